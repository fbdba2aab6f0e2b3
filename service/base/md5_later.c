#include "base/md5_later.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/md5_wide.h"

/* The mutex guards all but data of what was added. */
struct md5_pool {
	pthread_mutex_t mutex;
	pthread_cond_t there;
	struct md5_later *first, **end; /* those that wait, as they were added */
};

int
md5_pool_open(struct md5_pool **ret, struct err *err)
{
	struct md5_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return err_memory(err);
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_cond_init(&pool->there, NULL);
	pool->end = &pool->first;
	*ret = pool;
	return 0;
}

void
md5_pool_close(struct md5_pool *pool)
{
	if (!pool)
		return;
	pthread_cond_destroy(&pool->there);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}

void
md5_later_add(struct md5_pool *pool, struct md5_later *later, struct span data)
{
	scoped_lock(&pool->mutex);

	*later = (struct md5_later){ .pool = pool, .data = data, .state = MD5_WAITS };
	*pool->end = later;
	pool->end = &later->next;
}

/* Take one that waits out of the line. */
static void
take_one(struct md5_pool *pool, struct md5_later *later)
{
	struct md5_later **at = &pool->first;

	while (*at != later)
		at = &(*at)->next;
	*at = later->next;
	if (!*at)
		pool->end = at;
	later->state = MD5_TAKEN;
}

/* This one, which waits, and others.  The mutex is held, but not while they are computed. */
static void
compute(struct md5_pool *pool, struct md5_later *later)
{
	struct md5_later *taken[MD5_WIDE];
	struct span data[MD5_WIDE];
	uint8_t md5[MD5_WIDE][DIGEST_MD5_SIZE];
	size_t most = digest_md5_best(), count = 0, i;

	while (later) {
		take_one(pool, later);
		data[count] = later->data;
		taken[count++] = later;
		later = count < most ? pool->first : NULL;
	}
	pthread_mutex_unlock(&pool->mutex);
	digest_md5_many(data, count, md5);
	pthread_mutex_lock(&pool->mutex);
	for (i = 0; i < count; i++) {
		memcpy(taken[i]->md5, md5[i], DIGEST_MD5_SIZE);
		taken[i]->state = MD5_THERE;
	}
	pthread_cond_broadcast(&pool->there);
}

void
md5_later_tell(struct md5_later *later, const uint8_t md5[DIGEST_MD5_SIZE])
{
	scoped_lock(&later->pool->mutex);

	memcpy(later->told, md5, DIGEST_MD5_SIZE);
	later->has_told = true;
}

bool
md5_later_get(struct md5_later *later, uint8_t ret[DIGEST_MD5_SIZE])
{
	struct md5_pool *pool = later->pool;
	scoped_lock(&pool->mutex);

	while (later->state != MD5_THERE) {
		if (later->state == MD5_WAITS)
			compute(pool, later);
		else
			pthread_cond_wait(&pool->there, &pool->mutex);
	}
	memcpy(ret, later->md5, DIGEST_MD5_SIZE);
	return !later->has_told || memcmp(later->told, ret, DIGEST_MD5_SIZE) == 0;
}
