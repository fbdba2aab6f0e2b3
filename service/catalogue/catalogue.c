#include "catalogue/catalogue.h"

#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "options/tables.h"

enum { NAMESAKES_SHOWN = 5 };

/* At debug level: what was asked, of what, what came of it, how long it took. */
static int
trace(const char *call, const char *of, uint64_t began_ms, int result, const struct err *err)
{
	if (log_enabled(LOG_LEVEL_DEBUG))
		log_debug("catalogue", "%s %s: %s in %llu ms", call, of,
		    result < 0 ? err->text
		    : result   ? "1"
			       : "0",
		    (unsigned long long)(clock_ms() - began_ms));
	return result;
}

/* Is the connection of that scheme, whatever Python's driver behind the `+` is? */
static bool
has_scheme(const char *connection, const char *scheme)
{
	size_t length = strlen(scheme);

	return strncmp(connection, scheme, length) == 0 && connection[length] &&
	       strchr(":+", connection[length]);
}

static int
refuse_scheme(
    const struct catalogue_driver *const *drivers, const char *connection, struct err *err)
{
	struct buf known = BUF(256);
	int length = (int)strcspn(connection, ":");

	if (!connection[length])
		length = 0;
	for (; *drivers; drivers++)
		buf_printf(&known, "%s%s://", known.length ? ", " : "", (*drivers)->scheme);
	err_set(err, ERR_INVALID,
	    "[database] connection: no driver for \"%.*s\"; this build has %s", length, connection,
	    buf_string(&known));
	buf_drop(&known);
	return -1;
}

int
catalogue_open(struct catalogue **ret, const struct catalogue_driver *const *drivers,
    const struct sql_opts *opts, struct err *err)
{
	const char *connection = opts->connection ? opts->connection : "";
	const struct catalogue_driver *const *driver = drivers;
	struct catalogue *catalogue = NULL;
	uint64_t began_ms = clock_ms();

	while (*driver && !has_scheme(connection, (*driver)->scheme))
		driver++;
	if (!*driver)
		return refuse_scheme(drivers, connection, err);
	if (trace("open", (*driver)->scheme, began_ms, (*driver)->open(&catalogue, opts, err),
		err) < 0)
		return -1;
	catalogue->driver = *driver;
	*ret = catalogue;
	return 0;
}

int
catalogue_add(struct catalogue *catalogue, const struct backup *backup, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace(
	    "add", backup->id, began_ms, catalogue->driver->add(catalogue, backup, err), err);
}

int
catalogue_find(struct catalogue *catalogue, const char *id, struct backup *ret, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace("find", id, began_ms, catalogue->driver->find(catalogue, id, ret, err), err);
}

int
catalogue_each(struct catalogue *catalogue, const struct backup_filter *filter, backup_fn *fn,
    void *arg, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace("each", filter->id_or_name ? filter->id_or_name : "backup", began_ms,
	    catalogue->driver->each(catalogue, filter, fn, arg, err), err);
}

int
catalogue_count(
    struct catalogue *catalogue, const struct backup_filter *filter, uint64_t *ret, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace("count", "backup", began_ms,
	    catalogue->driver->count(catalogue, filter, ret, err), err);
}

int
catalogue_save(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace("save", backup->id, began_ms,
	    catalogue->driver->save(catalogue, backup, fields, err), err);
}

int
catalogue_fill(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace("fill", backup->id, began_ms,
	    catalogue->driver->fill(catalogue, backup, fields, err), err);
}

int
catalogue_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err)
{
	uint64_t began_ms = clock_ms();
	char call[64];

	if (!backup_may_move(from, to))
		return err_set(err, ERR_CONFLICT, "backup %s: cannot go from %s to %s", id,
		    backup_status_name(from), backup_status_name(to));
	snprintf(
	    call, sizeof call, "move %s to %s", backup_status_name(from), backup_status_name(to));
	return trace(
	    call, id, began_ms, catalogue->driver->move(catalogue, id, from, to, reason, err), err);
}

int
catalogue_beat(struct catalogue *catalogue, const char *host, const char *zone, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace(
	    "beat", host, began_ms, catalogue->driver->beat(catalogue, host, zone, err), err);
}

int
catalogue_each_service(
    struct catalogue *catalogue, service_record_fn *fn, void *arg, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace("each", "service", began_ms,
	    catalogue->driver->each_service(catalogue, fn, arg, err), err);
}

int
catalogue_turn(struct catalogue *catalogue, const char *host, const char *binary, bool disabled,
    const char *reason, struct err *err)
{
	uint64_t began_ms = clock_ms();

	return trace(disabled ? "disable" : "enable", host, began_ms,
	    catalogue->driver->turn(catalogue, host, binary, disabled, reason, err), err);
}

void
catalogue_close(struct catalogue *catalogue)
{
	if (catalogue)
		catalogue->driver->close(catalogue);
}

/* ---- resolve ---- */

struct namesakes {
	struct backup *first;
	unsigned count;
	struct buf ids;
};

static int
note_namesake(void *arg, const struct backup *backup, struct err *err)
{
	struct namesakes *found = arg;

	(void)err;
	if (!found->count++)
		*found->first = *backup;
	if (found->count <= NAMESAKES_SHOWN)
		buf_printf(&found->ids, "%s%s", found->count > 1 ? ", " : "", backup->id);
	return 0;
}

int
catalogue_resolve(struct catalogue *catalogue, const char *id_or_name, const char *project_id,
    struct backup *ret, struct err *err)
{
	struct backup_filter filter = { .id_or_name = id_or_name, .project_id = project_id };
	struct backup backup;
	struct namesakes found = { .first = &backup, .ids = BUF(512) };
	int result = catalogue_find(catalogue, id_or_name, &backup, err);

	if (result < 0)
		return -1;
	/* An id is meant before a name; one of another project is not there at all. */
	if (result && (!project_id || strcmp(backup.project_id, project_id) == 0)) {
		*ret = backup;
		return 0;
	}
	result = catalogue_each(catalogue, &filter, note_namesake, &found, err);
	if (result == 0 && !found.count)
		result = err_set(err, ERR_NOT_FOUND, "no backup has the id or name %s", id_or_name);
	else if (result == 0 && found.count > 1)
		result = err_set(err, ERR_CONFLICT, "%u backups are called %s: %s%s; give the id",
		    found.count, id_or_name, buf_string(&found.ids),
		    found.count > NAMESAKES_SHOWN ? " and others" : "");
	if (result == 0)
		*ret = backup;
	buf_drop(&found.ids);
	return result;
}
