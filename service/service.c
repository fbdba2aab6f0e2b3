#include "service.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "catalogue/catalogue.h"
#include "drivers.h"
#include "front/front.h"
#include "job/desk.h"
#include "store/store.h"

/* A cinder.conf of a cloud names a broker and cinder's database; ours alone needs neither. */
static bool
is_in_cloud(const struct service *service)
{
	const char *broker = service->bus.transport_url, *database = service->sql.connection;

	return broker && *broker && database && strncmp(database, "mysql", 5) == 0;
}

int
service_configure(
    struct service *service, const struct config_source *sources, size_t n_sources, struct err *err)
{
	if (config_load(&service->config, sources, n_sources, err) < 0 ||
	    config_fill(service->config, &core_table, &service->core, err) < 0 ||
	    config_fill(service->config, &cinderbank_table, &service->own, err) < 0 ||
	    config_fill(service->config, &sql_table, &service->sql, err) < 0 ||
	    config_fill(service->config, &ceph_table, &service->ceph, err) < 0 ||
	    config_fill(service->config, &bus_table, &service->bus, err) < 0 ||
	    config_fill(service->config, &wire_table, &service->wire, err) < 0)
		return -1;
	if (service->own.volumes == VOLUMES_AUTO)
		service->own.volumes = is_in_cloud(service) ? VOLUMES_CINDER : VOLUMES_LOCAL;
	if (service->core.host)
		return 0;
	if (gethostname(service->host, sizeof service->host - 1) < 0)
		return err_sys(err, "name of this machine");
	service->core.host = service->host;
	return 0;
}

/* In memory it would be lost with every backup's record when the program ends. */
static int
check_lasting(const char *connection, struct err *err)
{
	static const char prefix[] = "sqlite://", *const in_memory[] = { "", "/", "/:memory:" };
	size_t length = strcspn(connection, "?"), i;

	for (i = 0; i < sizeof in_memory / sizeof in_memory[0]; i++) {
		if (length == strlen(prefix) + strlen(in_memory[i]) &&
		    strncmp(connection, prefix, strlen(prefix)) == 0 &&
		    strncmp(connection + strlen(prefix), in_memory[i], strlen(in_memory[i])) == 0)
			return err_set(err, ERR_INVALID,
			    "[database] connection = %s: names no file, so the catalogue would be "
			    "lost at exit; sqlite:////var/lib/cinder/cinderbank.sqlite names one",
			    connection);
	}
	return 0;
}

int
service_open_catalogue(struct service *service, struct err *err)
{
	if (check_lasting(service->sql.connection, err) < 0)
		return -1;
	return catalogue_open(&service->catalogue, catalogue_drivers, &service->sql, err);
}

int
service_open_store(struct service *service, struct err *err)
{
	const struct store_driver *driver;

	if (drivers_store(service->core.backup_driver, &driver, err) < 0)
		return -1;
	service->store_opts = calloc(1, driver->options->size);
	if (!service->store_opts)
		return err_memory(err);
	if (config_fill(service->config, driver->options, service->store_opts, err) < 0)
		return -1;
	return store_open(&service->store, driver, service->store_opts, err);
}

int
service_open_cloud(struct service *service, struct err *err)
{
	const struct cloud_setup setup = {
		.bus = &service->bus,
		.core = &service->core,
		.ceph = &service->ceph,
		.wire = &service->wire,
		.catalogue = service->catalogue,
	};

	if (service->own.volumes != VOLUMES_CINDER)
		return 0;
	return drivers_open_cloud(&setup, &service->oslo, &service->lender, err);
}

/* CPUs that this process may run on, which in a container are fewer than there are. */
static unsigned
count_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return 2;
	return (unsigned)CPU_COUNT(&set);
}

int
service_open_desk(struct service *service, struct err *err)
{
	const struct desk_setup setup = {
		.catalogue = service->catalogue,
		.store = service->store,
		.volumes = volume_drivers,
		.core = &service->core,
		.own = &service->own,
		.cpus = count_cpus(),
		.ceph = &service->ceph,
		.lender = service->lender,
	};

	return desk_open(&service->desk, &setup, err);
}

int
service_start_fronts(struct service *service, struct err *err)
{
	const struct front_setup setup = {
		.desk = service->desk,
		.core = &service->core,
		.own = &service->own,
		.wire = &service->wire,
		.driver = service->store->driver->class_path,
		.oslo = service->oslo,
		.has_scheduler = service->oslo && drivers_has_scheduler(service->catalogue),
	};
	unsigned i;

	for (i = 0; i < SERVICE_FRONTS_MAX && front_drivers[i]; i++) {
		if (front_drivers[i]->start(&service->fronts[i], &setup, err) < 0)
			return -1;
	}
	return 0;
}

void
service_drain_fronts(struct service *service)
{
	unsigned i;

	for (i = 0; i < SERVICE_FRONTS_MAX; i++) {
		if (service->fronts[i])
			front_drivers[i]->drain(service->fronts[i]);
	}
}

void
service_stop_fronts(struct service *service)
{
	unsigned i;

	service_drain_fronts(service);
	for (i = 0; i < SERVICE_FRONTS_MAX; i++) {
		if (!service->fronts[i])
			continue;
		front_drivers[i]->stop(service->fronts[i]);
		service->fronts[i] = NULL;
	}
}

void
service_close(struct service *service)
{
	service_stop_fronts(service);
	desk_close(service->desk);
	drivers_close_cloud(service->oslo, service->lender);
	store_close(service->store);
	catalogue_close(service->catalogue);
	free(service->store_opts);
	config_free(service->config);
	*service = (struct service){ .config = NULL };
}
