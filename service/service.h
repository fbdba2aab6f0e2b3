/*
 * Everything that a running program has open: configuration, catalogue, store,
 * desk, in this order and closed in the other.  What main.c and doctor.c share.
 */
#ifndef CINDERBANK_SERVICE_H
#define CINDERBANK_SERVICE_H

#include <stddef.h>

#include "options/load.h"
#include "options/tables.h"

struct catalogue;
struct desk;
struct err;
struct front;
struct lender;
struct oslo;
struct store;
struct store_driver;

enum { SERVICE_FRONTS_MAX = 4 };

struct service {
	struct config *config;
	struct core_opts core;
	struct cinderbank_opts own;
	struct sql_opts sql;
	struct ceph_opts ceph;
	struct wire_opts wire;
	struct bus_opts bus;
	char host[256]; /* where the option is unset: the machine's name */
	void *store_opts;
	struct catalogue *catalogue;
	struct store *store;
	struct oslo *oslo;     /* in a cloud: its message bus */
	struct lender *lender; /* in a cloud: of volumes */
	struct desk *desk;
	struct front *fronts[SERVICE_FRONTS_MAX]; /* as in front_drivers[]; NULL: not started */
};

/* Read the sources and fill the tables that every verb needs. */
int service_configure(struct service *service, const struct config_source *sources,
    size_t n_sources, struct err *err);

/* Open the catalogue that [database] connection names. */
int service_open_catalogue(struct service *service, struct err *err);

/* Open the store that backup_driver names. */
int service_open_store(struct service *service, struct err *err);

/* In a cloud, on a catalogue that is open: its message bus, and who lends its volumes. */
int service_open_cloud(struct service *service, struct err *err);

/* Open the desk, on a catalogue that is open and a store that may be. */
int service_open_desk(struct service *service, struct err *err);

/* Start whatever the options want to take requests from outside. */
int service_start_fronts(struct service *service, struct err *err);

/* Take no more requests. */
void service_drain_fronts(struct service *service);

/* The same, and when no job runs any more, end the fronts. */
void service_stop_fronts(struct service *service);

/* Wait for the jobs, then close everything that was opened. */
void service_close(struct service *service);

#endif
