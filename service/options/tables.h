/*
 * The structs that rows fill, and the list of tables.  Each field is named
 * like its option, less the prefix of its table.
 */
#ifndef CINDERBANK_OPTIONS_TABLES_H
#define CINDERBANK_OPTIONS_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "options/opt.h"

/* Values of backup_compression_algorithm; aliases share one. */
enum compression { COMPRESSION_NONE, COMPRESSION_ZLIB, COMPRESSION_BZ2, COMPRESSION_ZSTD };

/* [DEFAULT] of the service: backup.md 4.1 and 4.5. */
struct core_opts {
	const char *backup_driver, *backup_manager, *backup_api_class, *backup_name_template;
	int64_t backup_workers, backup_max_operations, backup_native_threads_pool_size;
	bool backup_service_inithost_offload, backup_use_same_host, backup_use_temp_snapshot;
	int64_t backup_driver_init_check_interval, backup_driver_stats_polling_interval;
	int64_t backup_metadata_version, backup_object_number_per_notification;
	int64_t backup_timer_interval;
	int64_t message_ttl;
	int backup_compression_algorithm; /* enum compression */
	bool backup_create_containers;
	int64_t quota_backups, quota_backup_gigabytes;
	int64_t quota_volumes, quota_snapshots, quota_gigabytes, per_volume_size_limit;
	bool use_multipath_for_image_xfer;
	int64_t num_volume_device_scan_tries;
	const char *state_path, *host, *my_ip, *storage_availability_zone, *rootwrap_config;
	int64_t graceful_shutdown_timeout; /* seconds */
	int64_t report_interval, service_down_time, periodic_interval, periodic_fuzzy_delay;
	const char *volume_name_template;
	bool debug, use_syslog;
	int syslog_log_facility; /* as <syslog.h> has it */
	const char *log_file, *log_dir, *default_log_levels;
	const char *coordination_backend_url, *lock_path;
	const char *key_manager_backend, *key_manager_fixed_key;
};

enum nfs_client { NFS_CLIENT_LIBNFS, NFS_CLIENT_MOUNT };

/* posix and nfs share these fields; each has a table of its own. */
struct file_opts {
	const char *posix_path, *container, *share, *mount_point_base, *mount_options;
	int64_t file_size, sha_block_size_bytes; /* bytes */
	bool enable_progress_timer;
	int64_t mount_attempts;
	bool create_containers;        /* backup_create_containers */
	const char *availability_zone; /* storage_availability_zone */
	int compression_algorithm;     /* enum compression */
	int nfs_client;                /* enum nfs_client; [cinderbank] */
};

enum swift_auth { SWIFT_AUTH_PER_USER, SWIFT_AUTH_SINGLE_USER };

struct swift_opts {
	const char *url, *auth_url, *catalog_info, *keystone_catalog_info;
	int auth;                 /* enum swift_auth */
	const char *auth_version; /* 1, 2 or 3, with or without ".0" */
	const char *tenant, *user_domain, *project_domain, *project, *user, *key;
	const char *container, *create_storage_policy;
	int64_t object_size, block_size;       /* bytes */
	int64_t retry_attempts, retry_backoff; /* tries, seconds */
	bool enable_progress_timer;
	const char *ca_cert_file;
	bool auth_insecure, service_auth;
	const char *region_name;
	bool create_containers;
	const char *availability_zone;
	int compression_algorithm; /* enum compression */
	/* [service_user]: who backup_swift_service_auth logs in as. */
	bool send_service_user_token;
	const char *service_user_auth_url, *service_user_username, *service_user_password;
	const char *service_user_project_name, *service_user_user_domain_name;
	const char *service_user_project_domain_name;
	const char *service_user_user_domain_id, *service_user_project_domain_id;
	const char *service_user_auth_type, *service_user_region_name, *service_user_cafile;
	bool service_user_insecure;
};

struct ceph_opts {
	const char *conf, *user, *pool;
	int64_t chunk_size, stripe_unit, stripe_count; /* bytes, bytes, objects */
	bool image_journals;
	int64_t max_snapshots;
	bool restore_discard_excess_bytes;
};

enum broker_choice { BROKER_IN_ORDER, BROKER_AT_RANDOM };

/* The message bus: RPC and notifications. */
struct bus_opts {
	const char *transport_url, *control_exchange; /* of [DEFAULT] */
	int64_t rpc_response_timeout;                 /* seconds */
	const char *notifications_driver, *notifications_topics, *notifications_transport_url;
	bool ssl;
	const char *ssl_ca_file, *ssl_cert_file, *ssl_key_file;
	int64_t heartbeat_timeout_threshold; /* seconds */
	bool ssl_check_name;
	bool amqp_durable_queues, amqp_auto_delete, ha_queues, quorum_queue;
	bool transient_quorum_queue, stream_fanout;
	int64_t quorum_delivery_limit, quorum_max_memory_length, quorum_max_memory_bytes;
	int64_t transient_queues_ttl;                        /* seconds */
	int64_t retry_interval, retry_backoff, interval_max; /* seconds */
	int kombu_failover_strategy;                         /* enum broker_choice */
	int64_t qos_prefetch_count;                          /* messages; 0: any number */
};

/*
 * What stands between the service and the cloud besides: keystone, the key
 * manager.  Groups are prefixes where two groups share a name.
 */
struct wire_opts {
	const char *keystone_www_authenticate_uri, *keystone_auth_url, *keystone_auth_type;
	const char *keystone_username, *keystone_password, *keystone_project_name;
	const char *keystone_user_domain_name, *keystone_project_domain_name;
	const char *keystone_user_domain_id, *keystone_project_domain_id;
	int64_t keystone_token_cache_time; /* seconds */
	const char *keystone_memcached_servers;
	const char *keystone_region_name, *keystone_cafile;
	bool keystone_insecure;
	const char *barbican_endpoint, *barbican_endpoint_type, *barbican_region_name;
	const char *barbican_verify_ssl_path, *barbican_auth_endpoint;
	bool barbican_verify_ssl;
};

/* [database]; what is 0 is not done: neither retries nor a new connection now and then. */
struct sql_opts {
	const char *connection, *connection_parameters, *mysql_sql_mode;
	int64_t mysql_wsrep_sync_wait;       /* -1: as the server says */
	int64_t connection_recycle_time;     /* seconds */
	int64_t max_retries, retry_interval; /* of the first connection: times, seconds */
	int64_t db_max_retries, db_retry_interval, db_max_retry_interval; /* of later failures */
	bool db_inc_retry_interval;
	bool present; /* of no row: a catalogue that is not there is not made */
};

enum volumes_kind { VOLUMES_LOCAL, VOLUMES_CINDER, VOLUMES_AUTO };
enum auth_kind { AUTH_NONE, AUTH_KEYSTONE };

/* [cinderbank] */
struct cinderbank_opts {
	int volumes;               /* enum volumes_kind */
	const char *volumes_dir;   /* $state_path/volumes */
	const char *volumes_pool;  /* of Ceph, for new volumes; NULL: they are files */
	const char *volume_types;  /* NAME or NAME:encrypted, commas between them; NULL: none */
	const char *listen;        /* 127.0.0.1:8776 */
	const char *health_listen; /* or NULL */
	int auth;                  /* enum auth_kind */
	int64_t object_size_max;   /* bytes, a multiple of the hash block */
	int64_t queue_max;         /* backups and restores that wait */
	int64_t job_memory;        /* bytes a job may use; 0: 64 MiB a CPU, at least 128 MiB */
	int64_t merge_gap;         /* bytes */
	bool rbd_keep_snapshot;
	bool skip_zeros;
	int compression_level; /* enum codec_level: fast, default, best */
};

/*
 * core_table fills all of core_opts: the rows of general_table come with it, and
 * those of service_user_table with swift_table.
 * The rows of foreign_table (stores that are not built in: s3, gcs, glusterfs,
 * tsm), log_table and other_table (options of other services in the same file) have no
 * fields.
 */
extern const struct opt_table core_table, general_table, log_table, nfs_table, posix_table,
    swift_table, service_user_table, ceph_table, sql_table, bus_table, wire_table, cinderbank_table,
    foreign_table, other_table;

/* The names of backup_compression_algorithm, aliases included. */
extern const struct choice compression_choices[];

/* Every table, in the order of the reference; ends with NULL. */
extern const struct opt_table *const opt_tables[];

#endif
