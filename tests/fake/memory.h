/*
 * A store in memory that obeys store/store.h, for tests of what stands above
 * it.  Each open makes an empty one; opts is a struct file_opts, of which it
 * reads the sizes and the container.  Any thread.
 */
#ifndef CINDERBANK_TESTS_FAKE_MEMORY_H
#define CINDERBANK_TESTS_FAKE_MEMORY_H

#include <stddef.h>

struct store;
struct store_driver;

extern const struct store_driver fake_memory;

/* Bytes of one stored name, to look at or to spoil; NULL: there is none. */
char *
fake_memory_bytes(struct store *store, const char *container, const char *name, size_t *ret_length);

/* How many names are stored, of all backups. */
size_t fake_memory_count(struct store *store);

#endif
