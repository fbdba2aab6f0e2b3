/* cinderbank: words, options, what has to be open, then a verb or the service. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alive.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "doctor.h"
#include "drivers.h"
#include "front/cli.h"
#include "job/desk.h"
#include "service.h"
#include "stop.h"
#include "volume/attach.h"

enum { MALLOC_LARGE = 1 << 20 };

/* ---- the log ---- */

static enum log_level
choose_level(const struct cli *cli, const struct core_opts *core)
{
	if (cli->debug || (core->debug && !cli->no_debug))
		return LOG_LEVEL_DEBUG;
	return cli->verb == CLI_SERVE ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING;
}

/* The options of cinder.conf are the service's. */
static int
open_log(const struct cli *cli, const struct core_opts *core, struct err *err)
{
	bool serves = cli->verb == CLI_SERVE;
	const char *file = cli->log_file || !serves ? cli->log_file : core->log_file;
	const char *dir = cli->log_dir || !serves ? cli->log_dir : core->log_dir;
	enum log_level level = choose_level(cli, core);
	char path[PATH_MAX];

	if (serves && (cli->use_syslog || core->use_syslog) && !cli->no_syslog)
		log_to_syslog(core->syslog_log_facility);
	if (!dir || (file && file[0] == '/'))
		return log_open(file, level, err);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return err_sys(err, "log_dir %s", dir);
	snprintf(path, sizeof path, "%s/%s", dir, file ? file : "cinder-backup.log");
	return log_open(path, level, err);
}

static void
log_note(void *arg, struct place at, const char *text)
{
	(void)arg;
	log_warning("options", "%s%s%s", at.line ? at.file : "", at.line ? ": " : "", text);
}

/* ---- the service ---- */

static void
beat(struct service *service)
{
	struct err err = ERR_INIT;

	/* So those who ask for work see a service that is down. */
	if (!desk_works(service->desk))
		return;
	if (catalogue_beat(service->catalogue, service->core.host,
		service->core.storage_availability_zone, &err) < 0)
		log_error("serve", "heartbeat: %s", err.text);
}

/* Milliseconds of a poll that misses neither the heartbeat nor the watchdog. */
static uint64_t
choose_step(uint64_t most_ms)
{
	uint64_t watchdog_ms = alive_interval_ms();

	return watchdog_ms && watchdog_ms < most_ms ? watchdog_ms : most_ms;
}

/* The next signal within that time; less than 0: none came. */
static int
next_signal(uint64_t ms)
{
	static uint64_t beaten_ms;

	beaten_ms = alive_beat(beaten_ms);
	return stop_next(ms);
}

/* After SIGHUP: the log that was moved away, and its level.  All else takes a restart. */
static void
look_anew(const struct cli *cli)
{
	struct service read = { .config = NULL };
	struct err err = ERR_INIT;

	if (log_reopen(&err) < 0)
		log_error("serve", "%s", err.text);
	if (service_configure(&read, cli->sources, cli->n_sources, &err) < 0)
		log_error("serve", "options are as they were: %s", err.text);
	else
		log_set_level(choose_level(cli, &read.core));
	config_free(read.config);
}

/* Wait for signals, and tell now and then that this host is alive. */
static void
wait_for_end(const struct cli *cli, struct service *service)
{
	uint64_t interval_ms = (uint64_t)service->core.report_interval * 1000, next_ms = 0;
	int number = -1;

	while (number != SIGINT && number != SIGTERM) {
		if (clock_ms() >= next_ms) {
			beat(service);
			next_ms = clock_ms() + interval_ms;
		}
		number = next_signal(choose_step(interval_ms));
		if (number == SIGHUP)
			look_anew(cli);
	}
	alive_stopping();
	log_info("serve", "stopping; running jobs may finish");
}

/* The second signal, or the end of patience, ends the jobs in order; the third the process. */
static void
wait_for_jobs(struct service *service)
{
	/* In a cloud, what is ended is set right; a service that stands alone has the time. */
	int64_t patience_s = service->oslo ? service->core.graceful_shutdown_timeout : 0;
	uint64_t deadline_ms = clock_ms() + (uint64_t)patience_s * 1000;
	bool cancelled = false;

	while (!desk_idle(service->desk)) {
		int number = next_signal(50);
		bool late = !cancelled && patience_s && clock_ms() >= deadline_ms;

		if (number != SIGINT && number != SIGTERM && !late)
			continue;
		if (cancelled)
			_exit(CLI_CANCELLED);
		if (late)
			log_warning("serve",
			    "graceful_shutdown_timeout has passed: running jobs are ended");
		desk_cancel_all(service->desk);
		cancelled = true;
	}
}

/* All up to the first request. */
static int
start(struct service *service, const struct stop *stop, struct err *err)
{
	config_notes(service->config, log_note, NULL);
	if (desk_recover_all(service->desk, err) < 0)
		log_error("recover", "%s", err->text);
	if (atomic_load(&stop->asked))
		return 0;
	if (desk_watch_store(service->desk, err) < 0)
		return -1;
	beat(service); /* before anyone asks who is alive */
	return service_start_fronts(service, err);
}

/* New requests are refused; those that came are answered, their jobs run to the end. */
static enum cli_status
serve(const struct cli *cli, struct service *service, struct stop *stop)
{
	struct err err = ERR_INIT;

	atomic_store(&stop->desk, service->desk);
	if (start(service, stop, &err) < 0 && !atomic_load(&stop->asked))
		return cli_complain(stderr, &err);
	if (!atomic_load(&stop->asked))
		stop_end(stop);
	if (atomic_load(&stop->asked)) {
		log_info("serve", "stopped while it started");
		service_close(service); /* as long as somebody watches that it ends */
		return CLI_DONE;
	}
	log_info("serve", "host %s is ready", service->core.host);
	alive_ready();
	wait_for_end(cli, service);
	service_drain_fronts(service);
	wait_for_jobs(service);
	service_stop_fronts(service);
	return CLI_DONE;
}

/* ---- a verb ---- */

/* What the operator calls a volume, as the id that the catalogue has. */
static int
name_volume(struct cli *cli, const struct service *service, char id[UUID_TEXT], struct err *err)
{
	struct attachment volume;

	if (cli->verb != CLI_LIST || !cli->filter.volume_id || uuid_valid(cli->filter.volume_id))
		return 0;
	if (attach_find(service->own.volumes_dir, cli->filter.volume_id, &volume, err) < 0)
		return -1;
	memcpy(id, volume.volume_id, UUID_TEXT);
	cli->filter.volume_id = id;
	return 0;
}

static enum cli_status
run_verb(struct cli *cli, struct service *service, struct stop *stop)
{
	struct err err = ERR_INIT;
	char volume_id[UUID_TEXT];

	if (name_volume(cli, service, volume_id, &err) < 0)
		return cli_complain(stderr, &err);
	/* In a cloud, what is unfinished may be the service's, which waits for others. */
	if (service->store && !service->oslo && desk_recover(service->desk, &err) < 0)
		log_warning("recover", "%s", err.text);
	atomic_store(&stop->desk, service->desk);
	return cli_run(cli, service->desk, stdout, stderr);
}

/* Verbs that only look into the catalogue work without the store. */
static bool
needs_store(enum cli_verb verb)
{
	return verb != CLI_LIST && verb != CLI_SHOW && verb != CLI_EXPORT;
}

/* To the others, a catalogue that is not there is one whose name is wrong. */
static bool
makes_catalogue(enum cli_verb verb)
{
	return verb == CLI_SERVE || verb == CLI_BACKUP || verb == CLI_IMPORT || verb == CLI_RESCAN;
}

static int
open_all(const struct cli *cli, struct service *service, struct err *err)
{
	struct err store = ERR_INIT;

	if (service_configure(service, cli->sources, cli->n_sources, err) < 0 ||
	    open_log(cli, &service->core, err) < 0)
		return -1;
	service->sql.present = !makes_catalogue(cli->verb);
	if (service_open_catalogue(service, err) < 0)
		return -1;
	if (service_open_store(service, &store) < 0 && needs_store(cli->verb)) {
		*err = store;
		return -1;
	}
	if (needs_store(cli->verb) && service_open_cloud(service, err) < 0)
		return -1;
	return service_open_desk(service, err);
}

static enum cli_status
run(struct cli *cli)
{
	scoped(service_close) struct service service = { .config = NULL };
	scoped(stop_end) struct stop stop = { .runs = false };
	struct err err = ERR_INIT;

	if (cli->verb != CLI_SERVE)
		stop_leave_ignored();
	stop_begin(&stop, cli->verb == CLI_SERVE, _exit);
	if (cli->verb == CLI_DOCTOR)
		return doctor(cli, stdout, stderr);
	if (open_all(cli, &service, &err) < 0)
		return cli_complain(stderr, &err);
	return cli->verb == CLI_SERVE ? serve(cli, &service, &stop)
				      : run_verb(cli, &service, &stop);
}

/*
 * Libraries take half a MiB for each request and give it back: kept, it need not be
 * cleared by the kernel again, which cost more than to send it.
 */
static void
keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, MALLOC_LARGE);
	mallopt(M_TRIM_THRESHOLD, 16 * MALLOC_LARGE);
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;
	enum cli_status status;
	struct cli cli;
	int parsed;

	keep_memory();
	stop_block();
	parsed = cli_parse(argc, argv, stdout, &cli, &err);
	if (parsed == 0)
		return CLI_DONE;
	status = parsed < 0 ? cli_complain(stderr, &err) : run(&cli);
	if (parsed < 0)
		status = CLI_USAGE;
	log_close();
	if (drivers_settled())
		return (int)status;
	fflush(NULL);
	_exit((int)status);
}
