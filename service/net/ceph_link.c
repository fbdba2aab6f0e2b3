/* Links to clusters: who shares one, and what was left on it. */
#include <rados/librados.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/ceph.h"
#include "options/tables.h"

/*
 * PATIENCE_MS: how long, from the first to the last, those who are cancelled wait for
 * a cluster that does not answer.
 */
enum { PATIENCE_MS = 1000, NAP_MS = 10, TRIES = 2, SLACK_MS = 2000, VALUE_MAX = 64 };

/* Links that a job shares. */
static struct ceph_link *shared;
static pthread_mutex_t shared_mutex = PTHREAD_MUTEX_INITIALIZER;

/* Calls that were left, over all links. */
static atomic_uint left_anywhere;

static struct ceph_link *
link_new(const struct ceph_opts *opts, const struct ceph_cluster *other)
{
	struct ceph_link *link = calloc(1, sizeof *link);

	if (!link)
		return NULL;
	pthread_mutex_init(&link->mutex, NULL);
	atomic_init(&link->users, 1);
	if (other && other->monitors[0])
		link->other = *other;
	if (opts) {
		snprintf(link->conf, sizeof link->conf, "%s", opts->conf);
		snprintf(link->user, sizeof link->user, "%s", opts->user);
	}
	return link;
}

static bool
is_same(const struct ceph_link *link, const struct ceph_opts *opts, const atomic_bool *job)
{
	return link->job == job && strcmp(link->conf, opts->conf) == 0 &&
	       strcmp(link->user, opts->user) == 0;
}

struct ceph_link *
ceph_link_open(
    const struct ceph_opts *opts, const struct ceph_cluster *other, const atomic_bool *job)
{
	struct ceph_link *link;
	scoped_lock(&shared_mutex);

	for (link = shared; link && job && opts && !(other && other->monitors[0]);
	     link = link->next) {
		if (is_same(link, opts, job))
			return ceph_link_hold(link);
	}
	return link_new(opts, other);
}

struct ceph_link *
ceph_link_share(const struct ceph_opts *opts, const atomic_bool *job)
{
	struct ceph_link *link = link_new(opts, NULL);

	if (!link || !job)
		return link;
	scoped_lock(&shared_mutex);
	link->job = job;
	link->next = shared;
	shared = link;
	return link;
}

void
ceph_link_unshare(struct ceph_link *link)
{
	struct ceph_link **at = &shared;

	if (!link)
		return;
	pthread_mutex_lock(&shared_mutex);
	while (*at && *at != link)
		at = &(*at)->next;
	if (*at)
		*at = link->next;
	pthread_mutex_unlock(&shared_mutex);
	ceph_link_close(link);
}

struct ceph_link *
ceph_link_hold(struct ceph_link *link)
{
	atomic_fetch_add(&link->users, 1);
	return link;
}

void
ceph_link_close(struct ceph_link *link)
{
	if (!link || atomic_fetch_sub(&link->users, 1) > 1)
		return;
	if (link->cluster)
		rados_shutdown(link->cluster);
	pthread_mutex_destroy(&link->mutex);
	free(link);
}

/* ---- what was left ---- */

void
ceph_link_leave(struct ceph_link *link)
{
	atomic_fetch_add(&left_anywhere, 1);
	atomic_fetch_add(&link->left, 1);
}

void
ceph_link_return(struct ceph_link *link)
{
	atomic_fetch_sub(&link->left, 1);
	atomic_fetch_sub(&left_anywhere, 1);
}

uint64_t
ceph_link_deadline(const struct ceph_link *link)
{
	char value[VALUE_MAX] = "";
	double seconds = 0;

	if (rados_conf_get(link->cluster, "rados_osd_op_timeout", value, sizeof value) == 0)
		seconds = strtod(value, NULL);
	return (uint64_t)(seconds * TRIES * 1000) + SLACK_MS;
}

bool
ceph_settled(void)
{
	return !atomic_load(&left_anywhere);
}

void
ceph_link_wait(struct ceph_link *link, unsigned ms)
{
	atomic_store(&link->patient_ms, clock_ms() + ms);
}

bool
ceph_link_patient(struct ceph_link *link)
{
	unsigned long long none = 0;

	atomic_compare_exchange_strong(&link->patient_ms, &none, clock_ms() + PATIENCE_MS);
	return clock_ms() < atomic_load(&link->patient_ms);
}

bool
ceph_link_settle(struct ceph_link *link)
{
	while (atomic_load(&link->left) && ceph_link_patient(link))
		clock_sleep_ms(NAP_MS);
	return !atomic_load(&link->left);
}
