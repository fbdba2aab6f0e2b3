#include "options/tables.h"

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "backup_driver",
	OPT_TEXT(struct core_opts, backup_driver),
	.dflt  = "cinder.backup.drivers.swift.SwiftBackupDriver",
	.was   = "backup_service",
	.help  = "Which store keeps the backups, by the Python class of the driver upstream: "
	         "cinder.backup.drivers.swift.SwiftBackupDriver, "
	         "cinder.backup.drivers.ceph.CephBackupDriver, "
	         "cinder.backup.drivers.nfs.NFSBackupDriver or "
	         "cinder.backup.drivers.posix.PosixBackupDriver. The module without the class, as "
	         "in cinder.backup.drivers.nfs, is the older spelling and works too. A backup can "
	         "only be restored or deleted by a service with the driver that made it.",
}, {
	.name  = "backup_manager",
	OPT_TEXT(struct core_opts, backup_manager),
	.dflt  = "cinder.backup.manager.BackupManager",
	.hiera = "cinder::backup::backup_manager",
	.flags = OPT_NO_EFFECT,
	.help  = "Python class of the manager upstream. It is accepted so that files written for "
	         "cinder-backup load; it has no effect, because the jobs here are not written in "
	         "Python.",
}, {
	.name  = "backup_api_class",
	OPT_TEXT(struct core_opts, backup_api_class),
	.dflt  = "cinder.backup.api.API",
	.hiera = "cinder::backup::backup_api_class",
	.flags = OPT_NO_EFFECT,
	.help  = "Python class of the programming interface upstream. It is accepted so that "
	         "files written for cinder-backup load; it has no effect here.",
}, {
	.name  = "backup_name_template",
	OPT_TEXT(struct core_opts, backup_name_template),
	.dflt  = "backup-%s",
	.hiera = "cinder::backup::backup_name_template",
	.help  = "How the internal name of a backup is made from its id, which replaces %s. Only "
	         "log lines and cinder's own tools show it.",
}, {
	.name  = "backup_workers",
	OPT_INTEGER(struct core_opts, backup_workers),
	.dflt  = "1", .min = 1, .max = INT64_MAX,
	.since = "13.0.0",
	.help  = "How many backup services to run on this node. Upstream starts that many "
	         "processes, and refuses more than the node has CPUs. One process of ours uses "
	         "all CPUs, so 1 is right, and a larger value starts no further process.",
}, {
	.name  = "backup_max_operations",
	OPT_INTEGER(struct core_opts, backup_max_operations),
	.dflt  = "15", .min = 0, .max = INT64_MAX,
	.since = "17.0.0",
	.help  = "How many backups and restores may run at once on this node; the others wait in "
	         "the order they came. Each takes memory of its own ([cinderbank] job_memory), "
	         "so lower this on a small node. 0 means no limit.",
}, {
	.name  = "backup_native_threads_pool_size",
	OPT_INTEGER(struct core_opts, backup_native_threads_pool_size),
	.dflt  = "60", .min = 20, .max = INT64_MAX,
	.since = "12.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Size of the thread pool in which upstream runs calls that block. It has no "
	         "effect here: a job starts the threads it needs, and its I/O never waits for a "
	         "pool.",
}, {
	.name  = "backup_service_inithost_offload",
	OPT_BOOL(struct core_opts, backup_service_inithost_offload),
	.dflt  = "True",
	.help  = "Whether deletes that a restart cut short are resumed in the background. If "
	         "false the service answers nothing until the last of them is done.",
}, {
	.name  = "backup_use_same_host",
	OPT_BOOL(struct core_opts, backup_use_same_host),
	.dflt  = "False",
	.help  = "Whether a backup is restored and deleted only by the service that made it. Set "
	         "it where nodes do not share one store, as with posix on local disks; a node "
	         "that is down then fails the request.",
}, {
	.name  = "backup_use_temp_snapshot",
	OPT_BOOL(struct core_opts, backup_use_temp_snapshot),
	.dflt  = "False",
	.help  = "How an attached volume is read. If true a temporary snapshot is taken, which "
	         "is cheap where the storage can attach snapshots; if false the volume is cloned "
	         "first, which any storage can do.",
}, {
	.name  = "backup_driver_init_check_interval",
	OPT_INTEGER(struct core_opts, backup_driver_init_check_interval),
	.dflt  = "60", .min = 5, .max = INT64_MAX,
	.since = "15.0.0",
	.help  = "Seconds between attempts to reach a store that was out of reach at start. "
	         "Until one succeeds the service reports itself as down.",
}, {
	.name  = "backup_driver_stats_polling_interval",
	OPT_INTEGER(struct core_opts, backup_driver_stats_polling_interval),
	.dflt  = "60", .min = 10, .max = INT64_MAX,
	.was   = "backup_driver_status_check_interval", .since = "16.0.0",
	.help  = "Seconds between reports to the scheduler that this service is able to take "
	         "backups. A longer interval makes less traffic, and lets the scheduler choose a "
	         "broken service for longer.",
}, {
	.name  = "backup_metadata_version",
	OPT_INTEGER(struct core_opts, backup_metadata_version),
	.dflt  = "2", .min = 1, .max = 2,
	.help  = "Version of the volume's metadata that is stored with each backup. 2 also keeps "
	         "the id of the encryption key, without which an encrypted volume cannot be "
	         "restored; 1 is for restoring with releases before Juno.",
}, {
	.name  = "backup_object_number_per_notification",
	OPT_INTEGER(struct core_opts, backup_object_number_per_notification),
	.dflt  = "10",
	.help  = "How many objects are stored between two progress notifications.",
}, {
	.name  = "backup_timer_interval",
	OPT_INTEGER(struct core_opts, backup_timer_interval),
	.dflt  = "120",
	.help  = "Seconds between two progress notifications that are sent by time, where the "
	         "store's progress timer is on.",
}, {
	.name  = "message_ttl",
	OPT_INTEGER(struct core_opts, message_ttl),
	.dflt  = "2592000", .min = 0, .max = INT32_MAX,
	.help  = "Seconds for which the messages to users are kept that say why a backup failed.",
}, {
	.name  = "backup_compression_algorithm",
	OPT_CHOICE(struct core_opts, backup_compression_algorithm),
	.dflt  = "zlib",
	.choices = compression_choices,
	.flags = OPT_ANY_CASE,
	.help  = "How objects are packed before the swift, nfs and posix drivers store them: "
	         "none, off or no; zlib or gzip; bz2 or bzip2; zstd. An object that would not "
	         "shrink is stored as it is. zstd is the fastest and packs as well as zlib, but "
	         "releases before 17 cannot restore it; releases before 14 want lower case. "
	         "Existing backups restore whatever stands here. Take none for encrypted "
	         "volumes: ciphertext does not shrink.",
}, {
	.name  = "backup_create_containers",
	OPT_BOOL(struct core_opts, backup_create_containers),
	.dflt  = "True",
	.since = "28.0.0",
	.help  = "Whether a container or directory that does not exist is made. If false a "
	         "backup into one that is missing fails, which catches a misspelt name.",
}, {
	.name  = "quota_backups",
	OPT_INTEGER(struct core_opts, quota_backups),
	.dflt  = "10", .min = -1, .max = INT64_MAX,
	.help  = "How many backups a project may have, unless its own quota says otherwise. -1 "
	         "means as many as it likes.",
}, {
	.name  = "quota_backup_gigabytes",
	OPT_INTEGER(struct core_opts, quota_backup_gigabytes),
	.dflt  = "1000", .min = -1, .max = INT64_MAX,
	.help  = "How many gigabytes the backups of a project may add up to, unless its own "
	         "quota says otherwise. Each backup counts with the full size of its volume, "
	         "increments too. -1 means no limit.",
}, {
	.name  = "quota_volumes",
	OPT_INTEGER(struct core_opts, quota_volumes),
	.dflt  = "10", .min = -1, .max = INT64_MAX,
	.help  = "How many volumes a project may have, unless its own quota says otherwise. -1 "
	         "means as many as it likes. Counts where the service has the volumes itself.",
}, {
	.name  = "quota_snapshots",
	OPT_INTEGER(struct core_opts, quota_snapshots),
	.dflt  = "10", .min = -1, .max = INT64_MAX,
	.help  = "How many snapshots a project may have, unless its own quota says otherwise. -1 "
	         "means as many as it likes. Counts where the service has the volumes itself.",
}, {
	.name  = "quota_gigabytes",
	OPT_INTEGER(struct core_opts, quota_gigabytes),
	.dflt  = "1000", .min = -1, .max = INT64_MAX,
	.help  = "How many gigabytes the volumes and snapshots of a project may add up to, unless "
	         "its own quota says otherwise. -1 means no limit. Counts where the service has "
	         "the volumes itself.",
}, {
	.name  = "per_volume_size_limit",
	OPT_INTEGER(struct core_opts, per_volume_size_limit),
	.dflt  = "-1", .min = -1, .max = INT64_MAX,
	.help  = "How many gigabytes one volume may have, unless the project's own quota says "
	         "otherwise. -1 means no limit. Counts where the service has the volumes itself.",
}, {
	.name  = "use_multipath_for_image_xfer",
	OPT_BOOL(struct core_opts, use_multipath_for_image_xfer),
	.dflt  = "False",
	.help  = "Whether volumes are attached over all their paths (multipath) to be read and "
	         "written. Needs multipathd on this node; set it where one path alone is too "
	         "slow or may fail.",
}, {
	.name  = "num_volume_device_scan_tries",
	OPT_INTEGER(struct core_opts, num_volume_device_scan_tries),
	.dflt  = "3", .min = 0, .max = INT64_MAX,
	.help  = "How often to look for the device of a volume that was just attached before "
	         "giving up. Raise it where storage is slow to show new devices.",
}, { 0 } };

const struct opt_table core_table = {
	.name  = "service",
	.title = "The service",
	.about = "What the backup service does, whatever the store. These options stand in "
	         "[DEFAULT].",
	.size  = sizeof(struct core_opts),
	.rows  = rows,
	.with  = &general_table,
};
/* clang-format on */
