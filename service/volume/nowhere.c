#include "volume/nowhere.h"

#include <stdlib.h>

#include "base/err.h"
#include "volume/volume.h"

enum { BLOCK = 4096 };

static int
nowhere_write(
    struct volume *volume, uint64_t offset, const void *data, size_t length, struct err *err)
{
	(void)volume;
	(void)offset;
	(void)data;
	(void)length;
	(void)err;
	return 0;
}

static int
nowhere_flush(struct volume *volume, struct err *err)
{
	(void)volume;
	(void)err;
	return 0;
}

static int
nowhere_zero(struct volume *volume, struct extent range, struct err *err)
{
	(void)volume;
	(void)range;
	(void)err;
	return 1;
}

static void
nowhere_close(struct volume *volume)
{
	free(volume);
}

/* Not in the list of drivers: nothing can be attached to it, and it is never read. */
static const struct volume_driver nowhere = {
	.name = "nowhere",
	.write = nowhere_write,
	.flush = nowhere_flush,
	.zero = nowhere_zero,
	.close = nowhere_close,
};

int
nowhere_open(struct volume **ret, uint64_t size, struct err *err)
{
	struct volume *volume = malloc(sizeof *volume);

	if (!volume)
		return err_memory(err);
	*volume =
	    (struct volume){ .driver = &nowhere, .size = size, .block = BLOCK, .zeroed = true };
	*ret = volume;
	return 0;
}
