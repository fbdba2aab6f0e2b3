/* What may be asked of the desk besides work. */
#include "base/clock.h"
#include "base/err.h"
#include "catalogue/catalogue.h"
#include "job/desk_own.h"
#include "model/service.h"
#include "options/tables.h"

int
desk_each(struct desk *desk, const struct backup_filter *filter,
    int (*fn)(void *arg, const struct backup *backup, struct err *err), void *arg, struct err *err)
{
	return catalogue_each(desk->setup.catalogue, filter, fn, arg, err);
}

int
desk_find(struct desk *desk, const char *id_or_name, struct backup *ret, struct err *err)
{
	return catalogue_resolve(desk->setup.catalogue, id_or_name, NULL, ret, err);
}

int
desk_backup(struct desk *desk, const char *id, struct backup *ret, struct err *err)
{
	return catalogue_find(desk->setup.catalogue, id, ret, err);
}

int
desk_count(struct desk *desk, const struct backup_filter *filter, uint64_t *ret, struct err *err)
{
	return catalogue_count(desk->setup.catalogue, filter, ret, err);
}

int
desk_describe(struct desk *desk, const struct backup *backup, uint32_t fields, struct err *err)
{
	return catalogue_save(desk->setup.catalogue, backup,
	    fields & (1u << BACKUP_DISPLAY_NAME | 1u << BACKUP_DISPLAY_DESCRIPTION), err);
}

const struct desk_setup *
desk_setup_of(const struct desk *desk)
{
	return &desk->setup;
}

const char *
desk_host(const struct desk *desk)
{
	return desk->setup.core->host;
}

const char *
desk_zone(const struct desk *desk)
{
	return desk->setup.core->storage_availability_zone;
}

/* ---- services ---- */

int
desk_each_service(struct desk *desk, service_record_fn *fn, void *arg, struct err *err)
{
	return catalogue_each_service(desk->setup.catalogue, fn, arg, err);
}

int
desk_turn_service(struct desk *desk, const char *host, const char *binary, bool disabled,
    const char *reason, struct err *err)
{
	return catalogue_turn(desk->setup.catalogue, host, binary, disabled, reason, err);
}

bool
desk_is_up(const struct desk *desk, const struct service_record *service)
{
	return clock_now() - service->seen_at <= desk->setup.core->service_down_time;
}

/* ---- what is done ---- */

/* A running job counts as far as it has come. */
static void
add_job(const struct ticket *ticket, struct desk_tally *ret)
{
	const struct job *job = &ticket->job;

	if (ticket->turn.waits)
		ret->waiting++;
	else
		ret->running++;
	ret->volume_bytes += atomic_load(&job->done);
	ret->store_bytes += atomic_load(&job->stored);
	ret->ms += clock_ms() - ticket->since_ms;
}

void
desk_tally(struct desk *desk, enum request_verb verb, struct desk_tally *ret)
{
	const struct ticket *ticket;
	scoped_lock(&desk->mutex);

	*ret = desk->tallies[verb];
	ret->verb = desk_verb_name(verb);
	for (ticket = desk->tickets; ticket; ticket = ticket->next) {
		if (ticket->verb == verb)
			add_job(ticket, ret);
	}
}

uint64_t
desk_store_failures(struct desk *desk)
{
	return atomic_load(&desk->store_failures);
}
