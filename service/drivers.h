/*
 * What is built in: the lists of drivers, and the choice among them.  The only
 * place that knows which libraries this build has.
 */
#ifndef CINDERBANK_DRIVERS_H
#define CINDERBANK_DRIVERS_H

#include <stdbool.h>

struct bus_opts;
struct catalogue;
struct catalogue_driver;
struct ceph_opts;
struct core_opts;
struct err;
struct front_driver;
struct lender;
struct oslo;
struct store_driver;
struct volume_driver;
struct wire_opts;

/* Each ends with NULL. */
extern const struct catalogue_driver *const catalogue_drivers[];
extern const struct volume_driver *const volume_drivers[];
extern const struct front_driver *const front_drivers[];

/*
 * The store that backup_driver names: a class path, or the module that older
 * releases wrote ("cinder.backup.drivers.nfs", "cinder.backup.services.nfs").
 * ERR_INVALID: no such driver in this build; the text lists those it has.
 */
int drivers_store(const char *backup_driver, const struct store_driver **ret, struct err *err);

/* All borrowed until it is closed. */
struct cloud_setup {
	const struct bus_opts *bus;
	const struct core_opts *core;
	const struct ceph_opts *ceph;
	const struct wire_opts *wire;
	struct catalogue *catalogue;
};

/*
 * The message bus of a cloud, and who lends its volumes.  Waits for nobody.
 * ERR_INVALID: this build knows no clouds, or transport_url makes no sense.
 */
int drivers_open_cloud(const struct cloud_setup *setup, struct oslo **ret_oslo,
    struct lender **ret_lender, struct err *err);

/* Does one of the brokers let us in?  Tries each once. */
int drivers_check_bus(const struct bus_opts *bus, struct err *err);

/* Sends what waits.  Each may be NULL. */
void drivers_close_cloud(struct oslo *oslo, struct lender *lender);

/* false: what was cancelled still waits in a library, on a thread that must not see exit(). */
bool drivers_settled(void);

/* Is it a cloud whose scheduler picks the service of each backup?  Since Ussuri it does. */
bool drivers_has_scheduler(struct catalogue *catalogue);

#endif
