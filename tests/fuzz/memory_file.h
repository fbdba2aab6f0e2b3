/* Bytes as a file with a path, for parsers that read files. */
#ifndef CINDERBANK_FUZZ_MEMORY_FILE_H
#define CINDERBANK_FUZZ_MEMORY_FILE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MEMORY_FILE_PATH = 32 };

/* Returns a descriptor that keeps the file alive; -1: no memory.  ret_path: MEMORY_FILE_PATH bytes.
 */
static inline int
memory_file(const uint8_t *data, size_t size, char *ret_path)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, data, size) != (ssize_t)size) {
		close(fd);
		return -1;
	}
	snprintf(ret_path, MEMORY_FILE_PATH, "/proc/self/fd/%d", fd);
	return fd;
}

#endif
