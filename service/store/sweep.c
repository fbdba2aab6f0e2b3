#include "store/sweep.h"

#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "store/store.h"

enum { THREADS = 8, EACH = 16 }; /* names that make it worth to begin a thread */

/* One run. */
struct run {
	struct sweep *sweep;
	pthread_mutex_t mutex; /* of what follows */
	size_t at;             /* of the next name */
	bool failed, removed;
	struct err err; /* the first one */
};

static const char *
next_name(struct run *run)
{
	const struct buf *names = &run->sweep->names;
	const char *name;
	scoped_lock(&run->mutex);

	if (run->failed || run->at == names->length)
		return NULL;
	name = names->data + run->at;
	run->at += strlen(name) + 1;
	return name;
}

static void
note(struct run *run, int removed, const struct err *err)
{
	scoped_lock(&run->mutex);

	run->removed |= removed > 0;
	if (removed >= 0 || run->failed)
		return;
	run->failed = true;
	run->err = *err;
}

static void *
remove_names(void *arg)
{
	struct run *run = arg;
	struct sweep *sweep = run->sweep;
	const char *name;

	while ((name = next_name(run))) {
		struct err err = ERR_INIT;
		int removed = store_go_on(sweep->store, &err);

		if (removed == 0)
			removed = sweep->remove(sweep->arg, name, &err);
		if (removed > 0)
			atomic_fetch_add(&sweep->store->erased, 1);
		note(run, removed, &err);
	}
	return NULL;
}

static size_t
count_names(const struct buf *names)
{
	size_t count = 0, at;

	for (at = 0; at < names->length; at += strlen(names->data + at) + 1)
		count++;
	return count;
}

int
sweep_run(struct sweep *sweep, struct err *err)
{
	struct run run = { .sweep = sweep, .mutex = PTHREAD_MUTEX_INITIALIZER, .err = ERR_INIT };
	size_t wanted = count_names(&sweep->names) / EACH, begun = 0;
	pthread_t threads[THREADS - 1];

	if (buf_check(&sweep->names, err) < 0)
		return -1;
	/* This one works too, and alone if there are no others to be had. */
	while (begun < wanted && begun < THREADS - 1 &&
	       pthread_create(&threads[begun], NULL, remove_names, &run) == 0)
		begun++;
	remove_names(&run);
	while (begun)
		pthread_join(threads[--begun], NULL);
	pthread_mutex_destroy(&run.mutex);
	buf_clear(&sweep->names);
	sweep->removed |= run.removed;
	if (!run.failed)
		return 0;
	*err = run.err;
	return -1;
}

int
sweep_add(struct sweep *sweep, const char *name, struct err *err)
{
	size_t length = strlen(name) + 1;

	if (sweep->names.length + length > SWEEP_BYTES && sweep_run(sweep, err) < 0)
		return -1;
	buf_add(&sweep->names, name, length);
	return 0;
}

void
sweep_drop(struct sweep *sweep)
{
	buf_drop(&sweep->names);
}
