/* What is asked of the cluster for a job, which may be cancelled and go. */
#include <stdlib.h>

#include "base/err.h"
#include "net/ceph.h"
#include "store/ceph.h"
#include "store/store.h"

struct ceph_ask *
ceph_ask_new(const struct store *store, const struct backup *row, struct err *err)
{
	struct ceph_ask *ask = calloc(1, sizeof *ask);

	if (!ask || ceph_copy(store, &ask->store, err) < 0) {
		free(ask);
		err_memory(err);
		return NULL;
	}
	atomic_init(&ask->users, 1);
	ask->row = *row;
	return ask;
}

static void
release(void *arg)
{
	struct ceph_ask *ask = arg;

	if (atomic_fetch_sub(&ask->users, 1) > 1)
		return;
	while (ask->n_list)
		free(ask->list[--ask->n_list].meta);
	free(ask->list);
	free(ask->names);
	buf_drop(&ask->meta);
	store_close(ask->store);
	free(ask);
}

void
ceph_ask_free(struct ceph_ask *ask)
{
	if (ask)
		release(ask);
}

static int
answer(void *arg, struct err *err)
{
	struct ceph_ask *ask = arg;

	return ask->work(ask, err);
}

int
ceph_ask(struct ceph_ask *ask, int (*work)(struct ceph_ask *, struct err *),
    const atomic_bool *cancel, struct err *err)
{
	ask->work = work;
	atomic_fetch_add(&ask->users, 1);
	return ceph_leave(ceph_link_of(ask->store), answer, release, ask, cancel, err);
}
