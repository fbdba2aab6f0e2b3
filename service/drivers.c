#include "drivers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "catalogue/cloud.h"
#include "front/front.h"
#include "job/cinder.h"
#include "net/ceph.h"
#include "net/oslo.h"
#include "options/tables.h"
#include "store/store.h"
#include "volume/volume.h"

static const struct store_driver *const store_drivers[] = {
#ifdef WITH_SWIFT
	&store_swift,
#endif
#ifdef WITH_NFS
	&store_nfs,
#endif
#ifdef WITH_CEPH
	&store_ceph,
#endif
	&store_posix,
	NULL,
};
const struct catalogue_driver *const catalogue_drivers[] = {
	&catalogue_sqlite,
#ifdef WITH_MYSQL
	&catalogue_mysql,
#endif
	NULL,
};
const struct volume_driver *const volume_drivers[] = {
	&volume_device,
#ifdef WITH_CEPH
	&volume_rbd,
#endif
#ifdef WITH_ISCSI
	&volume_iscsi,
#endif
	NULL,
};

const struct front_driver *const front_drivers[] = {
#ifdef WITH_REST
	&front_rest,
	&front_health,
#endif
#ifdef WITH_RPC
	&front_rpc,
#endif
	NULL,
};

/* Does name spell the class, or the module it stands in? */
static bool
spells(const char *class_path, const char *name)
{
	size_t length = strlen(name);

	return length && strncmp(class_path, name, length) == 0 &&
	       (class_path[length] == '\0' || class_path[length] == '.');
}

int
drivers_store(const char *backup_driver, const struct store_driver **ret, struct err *err)
{
	static const char old[] = "cinder.backup.services.", now[] = "cinder.backup.drivers.";
	scoped(buf_drop) struct buf known = BUF(1024), name = BUF(1024);
	const struct store_driver *const *driver;

	if (strncmp(backup_driver, old, sizeof old - 1) == 0)
		buf_printf(&name, "%s%s", now, backup_driver + sizeof old - 1);
	else
		buf_text(&name, backup_driver);
	if (buf_check(&name, err) < 0)
		return -1;
	for (driver = store_drivers; *driver; driver++) {
		if (spells((*driver)->class_path, buf_string(&name))) {
			*ret = *driver;
			return 0;
		}
		buf_printf(&known, "%s%s", known.length ? ", " : "", (*driver)->class_path);
	}
	return err_set(err, ERR_INVALID,
	    "backup_driver %s: this build has no such store; it has %s", backup_driver,
	    buf_string(&known));
}

#ifdef WITH_RPC
int
drivers_open_cloud(const struct cloud_setup *setup, struct oslo **ret_oslo,
    struct lender **ret_lender, struct err *err)
{
	struct cinder_setup lender = { .catalogue = setup->catalogue,
		.core = setup->core,
		.ceph = setup->ceph,
		.wire = setup->wire };
	struct oslo *oslo;

	if (oslo_open(&oslo, setup->bus, setup->core->host, err) < 0)
		return -1;
	lender.oslo = oslo;
	if (cinder_open(ret_lender, &lender, err) < 0) {
		oslo_close(oslo);
		return -1;
	}
	*ret_oslo = oslo;
	return 0;
}

int
drivers_check_bus(const struct bus_opts *bus, struct err *err)
{
	return oslo_check(bus, err);
}

void
drivers_close_cloud(struct oslo *oslo, struct lender *lender)
{
	oslo_close(oslo);
	cinder_close(lender);
}

bool
drivers_has_scheduler(struct catalogue *catalogue)
{
	struct cloud_version version;
	struct err ignored = ERR_INIT;

	/* One that says nothing of itself is of today. */
	return cloud_versions(catalogue, "cinder-scheduler", &version, &ignored) < 0 ||
	       !version.rpc[0] || envelope_compatible(version.rpc, "3.12");
}
#else
static int
know_no_clouds(struct err *err)
{
	return err_set(err, ERR_INVALID,
	    "[cinderbank] volumes = cinder: this build has no RabbitMQ or no MySQL");
}

int
drivers_check_bus(const struct bus_opts *bus, struct err *err)
{
	(void)bus;
	return know_no_clouds(err);
}

int
drivers_open_cloud(const struct cloud_setup *setup, struct oslo **ret_oslo,
    struct lender **ret_lender, struct err *err)
{
	(void)setup;
	(void)ret_oslo;
	(void)ret_lender;
	return know_no_clouds(err);
}

void
drivers_close_cloud(struct oslo *oslo, struct lender *lender)
{
	(void)oslo;
	(void)lender;
}

bool
drivers_has_scheduler(struct catalogue *catalogue)
{
	(void)catalogue;
	return false;
}
#endif

bool
drivers_settled(void)
{
#ifdef WITH_CEPH
	return ceph_settled();
#else
	return true;
#endif
}
