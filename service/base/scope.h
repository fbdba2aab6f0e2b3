/*
 * Cleanup at the end of a scope.  `scoped(buf_drop) struct buf text = ...;`
 * calls buf_drop(&text) on every way out; `take(&pointer)` hands a pointer on
 * and leaves NULL behind, so that the cleanup does nothing.
 */
#ifndef CINDERBANK_BASE_SCOPE_H
#define CINDERBANK_BASE_SCOPE_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define scoped(drop) __attribute__((cleanup(drop)))

#define take(pointer)                                                                              \
	__extension__({                                                                            \
		__typeof__(*(pointer)) taken_ = *(pointer);                                        \
		*(pointer) = NULL;                                                                 \
		taken_;                                                                            \
	})

/*
 * For a type whose close, free or drop takes the pointer itself:
 * SCOPED_POINTER(struct volume, volume_close) makes volume_close_scoped, to be
 * used as `scoped(volume_close_scoped) struct volume *volume = NULL;`.
 */
#define SCOPED_POINTER(type, close)                                                                \
	static inline void close##_scoped(type **held)                                             \
	{                                                                                          \
		if (*held)                                                                         \
			close(*held);                                                              \
	}                                                                                          \
	struct scoped_pointer_needs_a_semicolon

static inline void
scoped_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void
scoped_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}

/* For descriptors: -1 means none. */
static inline void
scoped_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void
scoped_unlock(pthread_mutex_t **mutex)
{
	pthread_mutex_unlock(*mutex);
}

static inline pthread_mutex_t *
scope_locked(pthread_mutex_t *mutex)
{
	pthread_mutex_lock(mutex);
	return mutex;
}

/* Hold mutex until the end of the scope. */
#define scoped_lock(mutex)                                                                         \
	scoped(scoped_unlock) pthread_mutex_t *locked_ __attribute__((unused)) = scope_locked(mutex)

#endif
