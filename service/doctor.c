#include "doctor.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "drivers.h"
#include "service.h"
#include "store/store.h"

enum { FINDINGS_MAX = 256, TEXT_MAX = 1024 };

struct chart {
	struct finding findings[FINDINGS_MAX];
	size_t count;
};

/* Texts are copied; a chart that is full takes no more. */
static void
add(struct chart *chart, const char *check, bool good, const char *result, const char *advice)
{
	char *copy = strdup(result);

	if (chart->count == FINDINGS_MAX || !copy) {
		free(copy);
		return;
	}
	chart->findings[chart->count++] = (struct finding){ check, copy, advice, good };
}

static void
add_place(struct chart *chart, const char *check, bool good, struct place at, const char *text,
    const char *advice)
{
	scoped(buf_drop) struct buf line = BUF(TEXT_MAX);

	if (at.line)
		buf_printf(&line, "%s:%u: ", at.file, at.line);
	buf_text(&line, text);
	add(chart, check, good, line.failed ? text : buf_string(&line), advice);
}

static void
add_error(struct chart *chart, const char *check, const struct err *err, const char *advice)
{
	add_place(chart, check, false, err->at, err->text, advice);
}

static void
drop(struct chart *chart)
{
	size_t i;

	for (i = 0; i < chart->count; i++) {
		char *text;

		memcpy(&text, &chart->findings[i].result, sizeof text);
		free(text);
	}
}

/* ---- options ---- */

static void
note(void *arg, struct place at, const char *text)
{
	add_place(arg, "option", true, at, text, NULL);
}

/* Does a table hold the options of a store that backup_driver does not name? */
static bool
is_idle_store(const struct opt_table *table, const char *backup_driver)
{
	static const struct opt_table *const stores[] = { &swift_table, &ceph_table, &posix_table,
		&nfs_table };
	static const char modules[] = "cinder.backup.drivers.";
	size_t length = strlen(table->name), i;

	for (i = 0; i < sizeof stores / sizeof stores[0]; i++) {
		if (stores[i] != table)
			continue;
		if (!backup_driver || strncmp(backup_driver, modules, sizeof modules - 1) != 0)
			return true;
		backup_driver += sizeof modules - 1;
		return strncmp(backup_driver, table->name, length) != 0 ||
		       (backup_driver[length] && backup_driver[length] != '.');
	}
	return false;
}

static void
check_options(struct chart *chart, struct service *service)
{
	const struct opt_table *const *table;
	struct err err = ERR_INIT;
	bool good = true;

	for (table = opt_tables; *table; table++) {
		scoped(scoped_free) void *filled = calloc(1, (*table)->size + 1);

		if (!filled || is_idle_store(*table, service->core.backup_driver) ||
		    config_fill(service->config, *table, filled, &err) == 0)
			continue;
		add_error(chart, "options", &err,
		    "correct the value; cinderbank.conf(5) tells what it may be");
		good = false;
	}
	if (good)
		add(chart, "options", true, "every value is one that its option takes", NULL);
	config_notes(service->config, note, chart);
}

/* ---- catalogue, store, volumes ---- */

static void
check_catalogue(struct chart *chart, struct service *service)
{
	struct err err = ERR_INIT;

	/* What is down is to be told, not to be waited for. */
	service->sql.max_retries = 0;
	service->sql.present = true;
	if (service_open_catalogue(service, &err) == 0)
		add(chart, "catalogue", true, "opens, and has its tables", NULL);
	else if (err.kind == ERR_NOT_FOUND)
		add(chart, "catalogue", true, err.text, NULL);
	else
		add_error(chart, "catalogue", &err, "see [database] connection");
}

/* A store says what is wrong; this is what to do about it. */
static const char *
advice_of(const struct err *err)
{
	switch (err->kind) {
	case ERR_DENIED:
		return "give this service the right to write there, or correct its credentials";
	case ERR_NO_SPACE:
		return "delete backups, or give the store more space";
	case ERR_RETRY:
	case ERR_SYSTEM:
		return "see that the server runs and can be reached from here, then ask again";
	default:
		return "see backup_driver and the options of its store";
	}
}

static void
add_store(struct chart *chart, struct store *store)
{
	scoped(buf_drop) struct buf line = BUF(TEXT_MAX);
	struct err err = ERR_INIT;
	struct store_room room;

	buf_printf(&line, "%s: %s", store->driver->class_path,
	    store->caveat ? store->caveat : "takes backups");
	if (store_room(store, &room, &err) < 0)
		buf_printf(&line, "; free space: %s", err.text);
	else if (room.total)
		buf_printf(&line, "; %.1f GiB of %.1f GiB are free", (double)room.free / (1 << 30),
		    (double)room.total / (1 << 30));
	add(chart, "store", true, line.failed ? store->driver->class_path : buf_string(&line),
	    NULL);
}

/* As the verbs do: where each user has a store of his own, that of the token in the environment. */
static void
check_store(struct chart *chart, struct service *service)
{
	const struct store_user user = { .token = getenv("OS_TOKEN"),
		.project_id = getenv("OS_PROJECT_ID") };
	scoped(store_close_scoped) struct store *own = NULL;
	struct err err = ERR_INIT;

	if (service_open_store(service, &err) < 0 ||
	    (user.token && store_act_as(service->store, &user, &own, &err) < 0) ||
	    store_check(own ? own : service->store, &err) < 0)
		add_error(chart, "store", &err, advice_of(&err));
	else
		add_store(chart, own ? own : service->store);
}

/* In a cloud volumes are asked for over the message bus. */
static void
check_bus(struct chart *chart, struct service *service)
{
	struct err err = ERR_INIT;

	if (drivers_check_bus(&service->bus, &err) == 0)
		add(chart, "volumes", true, "cinder-volume's; the message broker lets us in", NULL);
	else
		add_error(chart, "volumes", &err,
		    "see transport_url, which the other services of the cloud have, too");
}

static void
check_volumes(struct chart *chart, struct service *service)
{
	const char *dir = service->own.volumes_dir;
	struct err err = ERR_INIT;

	if (service->own.volumes == VOLUMES_CINDER) {
		check_bus(chart, service);
		return;
	}
	if (access(dir, F_OK) < 0) {
		add(chart, "volumes", true,
		    "volumes_dir does not exist yet; it is made when needed", NULL);
	} else if (access(dir, R_OK | W_OK | X_OK) < 0) {
		err_sys(&err, "volumes_dir %s", dir);
		add_error(chart, "volumes", &err, "give this user the right to read and write it");
	} else {
		add(chart, "volumes", true, dir, NULL);
	}
}

static const struct {
	const char *name;
	void (*check)(struct chart *, struct service *);
	bool configured; /* needs a configuration without a slip */
} parts[] = {
	{ "options", check_options, false },
	{ "catalogue", check_catalogue, true },
	{ "store", check_store, true },
	{ "volumes", check_volumes, true },
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static int
check_part(const char *part, struct err *err)
{
	size_t i;

	for (i = 0; part && i < PARTS && strcmp(parts[i].name, part) != 0;)
		i++;
	if (i < PARTS)
		return 0;
	return err_set(err, ERR_INVALID,
	    "doctor looks at options, catalogue, store and volumes, not at %s", part);
}

enum cli_status
doctor(const struct cli *cli, FILE *out, FILE *complaints)
{
	scoped(service_close) struct service service = { .config = NULL };
	scoped(drop) struct chart chart = { .count = 0 };
	struct err err = ERR_INIT;
	size_t i;
	int configured;

	if (check_part(cli->part, &err) < 0) {
		cli_complain(complaints, &err);
		return CLI_USAGE;
	}
	configured = service_configure(&service, cli->sources, cli->n_sources, &err);
	if (configured < 0 && !service.config) {
		add_error(&chart, "configuration", &err, "correct the file, or name another one");
		return cli_report(cli, chart.findings, chart.count, out, complaints);
	}
	for (i = 0; i < PARTS; i++) {
		if ((!cli->part || strcmp(cli->part, parts[i].name) == 0) &&
		    (configured == 0 || !parts[i].configured))
			parts[i].check(&chart, &service);
	}
	return cli_report(cli, chart.findings, chart.count, out, complaints);
}
