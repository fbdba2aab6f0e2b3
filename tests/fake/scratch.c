#include "fake/scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/scope.h"

void
scratch_make(char ret[SCRATCH_PATH])
{
	const char *parent = getenv("TMPDIR");

	if (!parent)
		parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	snprintf(ret, SCRATCH_PATH, "%s/cinderbank-test-XXXXXX", parent);
	if (!mkdtemp(ret)) {
		perror(ret);
		abort();
	}
}

/* The descriptor, or -1: none, or another test took it meanwhile. */
static int
take_loop(int control, int backing, char ret[SCRATCH_PATH])
{
	struct loop_config config = { .fd = (unsigned)backing,
		.info.lo_flags = LO_FLAGS_AUTOCLEAR };
	int number = ioctl(control, LOOP_CTL_GET_FREE), loop;

	if (number < 0)
		return -1;
	snprintf(ret, SCRATCH_PATH, "/dev/loop%d", number);
	loop = open(ret, O_RDWR | O_CLOEXEC);
	if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) < 0) {
		close(loop);
		return -1;
	}
	return loop;
}

int
scratch_block_device(const char *file, char ret[SCRATCH_PATH])
{
	scoped(scoped_close) int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	scoped(scoped_close) int backing = open(file, O_RDWR | O_CLOEXEC);
	int loop = -1, tries;

	for (tries = 0; control >= 0 && backing >= 0 && loop < 0 && tries < 20; tries++)
		loop = take_loop(control, backing, ret);
	return loop;
}

static int
remove_one(const char *path, const struct stat *state, int kind, struct FTW *where)
{
	(void)state;
	(void)kind;
	(void)where;
	return remove(path);
}

void
scratch_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
