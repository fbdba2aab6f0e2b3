/*
 * Long writes past the page cache: what is restored is not read again soon, so a copy
 * of it in memory would cost the CPU and drive out what others read.  Any thread.
 */
#ifndef CINDERBANK_VOLUME_DIRECT_H
#define CINDERBANK_VOLUME_DIRECT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct direct { /* start with DIRECT_INIT */
	int fd; /* -1: not here */
	atomic_bool refused;
};

/* clang-format off */
#define DIRECT_INIT { .fd = -1 }
/* clang-format on */

/* For the file that fd is open for writing; where that cannot be nothing is taken. */
void direct_open(struct direct *direct, int fd);

/*
 * Write what begins the range and can go that way: as many bytes as are written, 0:
 * write them as usual.  Errors too are left to the usual way.
 */
size_t direct_write(struct direct *direct, uint64_t offset, const void *data, size_t length);

void direct_drop(struct direct *direct);

#endif
