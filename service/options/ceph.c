#include "options/tables.h"

#include "base/err.h"

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "backup_ceph_conf",
	OPT_TEXT(struct ceph_opts, conf),
	.dflt  = "/etc/ceph/ceph.conf",
	.hiera = "cinder::backup::ceph::backup_ceph_conf",
	.help  = "Configuration file of the Ceph cluster that keeps the backups. It names the "
	         "monitors and the keyring.",
}, {
	.name  = "backup_ceph_user",
	OPT_TEXT(struct ceph_opts, user),
	.dflt  = "cinder",
	.hiera = "cinder::backup::ceph::backup_ceph_user",
	.help  = "Ceph user (the part behind client.) that the service acts as. It must be able "
	         "to write to the pool of backups and to read the pool of volumes.",
}, {
	.name  = "backup_ceph_pool",
	OPT_TEXT(struct ceph_opts, pool),
	.dflt  = "backups",
	.hiera = "cinder::backup::ceph::backup_ceph_pool",
	.help  = "Pool for backups whose owner named none. Keep it apart from the pool of "
	         "volumes, or one failure takes both.",
}, {
	.name  = "backup_ceph_chunk_size",
	OPT_BYTES(struct ceph_opts, chunk_size),
	.dflt  = "134217728", .min = 1, .max = INT64_MAX,
	.hiera = "cinder::backup::ceph::backup_ceph_chunk_size",
	.help  = "Bytes that are copied at a time where a whole volume is transferred and not "
	         "the difference of two snapshots.",
}, {
	.name  = "backup_ceph_stripe_unit",
	OPT_BYTES(struct ceph_opts, stripe_unit),
	.dflt  = "0", .min = 0, .max = INT64_MAX,
	.hiera = "cinder::backup::ceph::backup_ceph_stripe_unit",
	.help  = "Bytes of a stripe of images that are made for backups. 0 leaves it to Ceph.",
}, {
	.name  = "backup_ceph_stripe_count",
	OPT_INTEGER(struct ceph_opts, stripe_count),
	.dflt  = "0", .min = 0, .max = INT64_MAX,
	.hiera = "cinder::backup::ceph::backup_ceph_stripe_count",
	.help  = "Objects to stripe over in images that are made for backups. 0 leaves it to "
	         "Ceph.",
}, {
	.name  = "backup_ceph_image_journals",
	OPT_BOOL(struct ceph_opts, image_journals),
	.dflt  = "False",
	.help  = "Whether images that are made for backups have a journal, so that Ceph can "
	         "mirror them to another cluster. Every write is then made twice.",
}, {
	.name  = "backup_ceph_max_snapshots",
	OPT_INTEGER(struct ceph_opts, max_snapshots),
	.dflt  = "0", .min = 0, .max = INT64_MAX,
	.since = "26.0.0",
	.help  = "How many snapshots a volume keeps for later increments; after a backup the "
	         "older ones are removed from the volume's pool. An increment whose parent's "
	         "snapshot is gone becomes a full backup. 0 keeps them all.",
}, {
	.name  = "restore_discard_excess_bytes",
	OPT_BOOL(struct ceph_opts, restore_discard_excess_bytes),
	.dflt  = "True",
	.help  = "Whether the end of a target that is larger than the backup is cleared on "
	         "restore. If false it keeps what it held.",
}, { 0 } };
/* clang-format on */

static int
check(const void *filled, struct err *err)
{
	const struct ceph_opts *opts = filled;

	if (!*opts->user)
		return err_set(err, ERR_INVALID, "backup_ceph_user must not be empty");
	if (!*opts->pool)
		return err_set(err, ERR_INVALID, "backup_ceph_pool must not be empty");
	if (!opts->stripe_unit != !opts->stripe_count)
		return err_set(err, ERR_INVALID,
		    "backup_ceph_stripe_unit and backup_ceph_stripe_count must be set together");
	return 0;
}

/* clang-format off */
const struct opt_table ceph_table = {
	.name  = "ceph",
	.title = "Ceph",
	.about = "Backups as images and snapshots of a Ceph pool; volumes of Ceph are copied as "
	         "the difference of two snapshots. backup_driver is "
	         "cinder.backup.drivers.ceph.CephBackupDriver. These options stand in [DEFAULT].",
	.size  = sizeof(struct ceph_opts),
	.rows  = rows,
	.check = check,
};
/* clang-format on */
