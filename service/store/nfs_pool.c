#include "store/nfs_pool.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "options/share.h"

enum { KNOCK_MS = 250 }; /* between tries to reach a server that is away */

struct nfs_pool {
	const struct share *share;
	const atomic_bool *cancel;
	pthread_mutex_t mutex, dialing;
	pthread_cond_t returned;
	struct nfs_link *idle;
	unsigned links; /* idle or lent */
	uint64_t era;   /* counts the links that were lost */
	bool reached;   /* the share was mounted once */
};

static bool
was_reached(struct nfs_pool *pool)
{
	scoped_lock(&pool->mutex);

	return pool->reached;
}

int
nfs_pool_open(struct nfs_pool **ret, const struct share *share, const atomic_bool *cancel,
    struct nfs_pool *known, struct err *err)
{
	struct nfs_pool *pool = calloc(1, sizeof *pool);

	if (!pool)
		return err_memory(err);
	pool->share = share;
	pool->cancel = cancel;
	pool->reached = known && was_reached(known);
	pthread_mutex_init(&pool->mutex, NULL);
	pthread_mutex_init(&pool->dialing, NULL);
	pthread_cond_init(&pool->returned, NULL);
	*ret = pool;
	return 0;
}

/* An idle link, or NULL: room for a new one, which is counted already. */
static struct nfs_link *
take_idle(struct nfs_pool *pool, uint64_t *era)
{
	struct nfs_link *link;
	scoped_lock(&pool->mutex);

	while (!pool->idle && pool->links == NFS_LINKS_MAX)
		pthread_cond_wait(&pool->returned, &pool->mutex);
	while ((link = pool->idle)) {
		pool->idle = link->next;
		if (link->born == pool->era && !nfs_link_is_stale(link))
			return link;
		nfs_link_close(link);
		pool->links--;
	}
	pool->links++;
	*era = pool->era;
	return NULL;
}

/*
 * A server that was there may come back; one that never was is more likely misspelt.
 * Servers that start answer before they know their exports.
 */
static bool
may_come(struct nfs_pool *pool, const struct err *err)
{
	return was_reached(pool) &&
	       (err->kind == ERR_RETRY || err->kind == ERR_NOT_FOUND || err->kind == ERR_DENIED);
}

static int
open_link(struct nfs_pool *pool, bool patient, struct nfs_link **ret, struct err *err)
{
	uint64_t start_ms = clock_ms();

	while (nfs_link_open(ret, pool->share, pool->cancel, &pool->dialing, err) < 0) {
		if (!patient || !may_come(pool, err) ||
		    clock_ms() - start_ms >= pool->share->timeout_ms)
			return -1;
		clock_wait_ms(KNOCK_MS, pool->cancel);
	}
	return 0;
}

static void
give_up(struct nfs_pool *pool)
{
	scoped_lock(&pool->mutex);

	pool->links--;
	pthread_cond_signal(&pool->returned);
}

int
nfs_pool_borrow(struct nfs_pool *pool, bool patient, struct nfs_link **ret, struct err *err)
{
	uint64_t era = 0;
	struct nfs_link *link = take_idle(pool, &era);

	if (!link) {
		if (open_link(pool, patient, &link, err) < 0) {
			give_up(pool);
			return -1;
		}
		link->born = era;
		scoped_lock(&pool->mutex);
		pool->reached = true;
	}
	*ret = link;
	return 0;
}

void
nfs_pool_return(struct nfs_pool *pool, struct nfs_link *link)
{
	scoped_lock(&pool->mutex);

	if (link->rpc && !link->stale) {
		link->next = pool->idle;
		pool->idle = link;
	} else {
		nfs_link_close(link);
		pool->links--;
		pool->era++;
	}
	pthread_cond_signal(&pool->returned);
}

void
nfs_pool_close(struct nfs_pool *pool)
{
	struct nfs_link *link;

	if (!pool)
		return;
	while ((link = pool->idle)) {
		pool->idle = link->next;
		nfs_link_close(link);
	}
	pthread_cond_destroy(&pool->returned);
	pthread_mutex_destroy(&pool->dialing);
	pthread_mutex_destroy(&pool->mutex);
	free(pool);
}
