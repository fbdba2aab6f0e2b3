#include "options/tables.h"

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "backup_s3_endpoint_url",
	OPT_NO_FIELD(URI),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "URL of the S3 service. The store s3 is not built in, so this has no effect.",
}, {
	.name  = "backup_s3_store_access_key",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT | OPT_SECRET,
	.help  = "Access key of the account. The store s3 is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_s3_store_secret_key",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT | OPT_SECRET,
	.help  = "Secret key of the account. The store s3 is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_s3_store_bucket",
	OPT_NO_FIELD(TEXT),
	.dflt  = "volumebackups",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Bucket for backups whose owner named none. The store s3 is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_s3_object_size",
	OPT_NO_FIELD(BYTES),
	.dflt  = "52428800",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Size of one stored object in bytes. The store s3 is not built in, so this has "
	         "no effect.",
}, {
	.name  = "backup_s3_block_size",
	OPT_NO_FIELD(BYTES),
	.dflt  = "32768",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Bytes for which one hash is kept. The store s3 is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_s3_enable_progress_timer",
	OPT_NO_FIELD(BOOL),
	.dflt  = "True",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether progress is also notified by time. The store s3 is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_s3_http_proxy",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Proxy for plain requests. The store s3 is not built in, so this has no effect.",
}, {
	.name  = "backup_s3_https_proxy",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Proxy for encrypted requests. The store s3 is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_s3_timeout",
	OPT_NO_FIELD(FLOAT),
	.dflt  = "60.0",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Seconds after which a request counts as lost. The store s3 is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_s3_max_pool_connections",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "10",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "How many connections to keep open. The store s3 is not built in, so this has "
	         "no effect.",
}, {
	.name  = "backup_s3_retry_max_attempts",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "4",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "How often a request is tried. The store s3 is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_s3_retry_mode",
	OPT_NO_FIELD(TEXT),
	.dflt  = "legacy",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "How tries follow each other. The store s3 is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_s3_verify_ssl",
	OPT_NO_FIELD(BOOL),
	.dflt  = "True",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether the certificate of the service is checked. The store s3 is not built "
	         "in, so this has no effect.",
}, {
	.name  = "backup_s3_ca_cert_file",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "File with the certificates that may sign the service's. The store s3 is not "
	         "built in, so this has no effect.",
}, {
	.name  = "backup_s3_md5_validation",
	OPT_NO_FIELD(BOOL),
	.dflt  = "True",
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether each object is sent with its MD5. The store s3 is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_s3_sse_customer_key",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT | OPT_SECRET,
	.help  = "Key by which the service encrypts objects. The store s3 is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_s3_sse_customer_algorithm",
	OPT_NO_FIELD(TEXT),
	.since = "18.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Algorithm by which the service encrypts objects. The store s3 is not built in, "
	         "so this has no effect.",
}, {
	.name  = "backup_gcs_bucket",
	OPT_NO_FIELD(TEXT),
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Bucket for backups. The store gcs is not built in, so this has no effect.",
}, {
	.name  = "backup_gcs_object_size",
	OPT_NO_FIELD(BYTES),
	.dflt  = "52428800",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Size of one stored object in bytes. The store gcs is not built in, so this has "
	         "no effect.",
}, {
	.name  = "backup_gcs_block_size",
	OPT_NO_FIELD(BYTES),
	.dflt  = "32768",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Bytes for which one hash is kept. The store gcs is not built in, so this has "
	         "no effect.",
}, {
	.name  = "backup_gcs_reader_chunk_size",
	OPT_NO_FIELD(BYTES),
	.dflt  = "2097152",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Bytes of one read request. The store gcs is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_gcs_writer_chunk_size",
	OPT_NO_FIELD(BYTES),
	.dflt  = "2097152",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Bytes of one write request. The store gcs is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_gcs_num_retries",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "3",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "How often a failed request is tried again. The store gcs is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_gcs_retry_error_codes",
	OPT_NO_FIELD(TEXT),
	.dflt  = "429",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "HTTP codes after which a request is tried again, with commas between. The "
	         "store gcs is not built in, so this has no effect.",
}, {
	.name  = "backup_gcs_bucket_location",
	OPT_NO_FIELD(TEXT),
	.dflt  = "US",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Where a bucket that has to be made will be. The store gcs is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_gcs_storage_class",
	OPT_NO_FIELD(TEXT),
	.dflt  = "NEARLINE",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Storage class of a bucket that has to be made. The store gcs is not built in, "
	         "so this has no effect.",
}, {
	.name  = "backup_gcs_credential_file",
	OPT_NO_FIELD(TEXT),
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "File with the credentials of the account. The store gcs is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_gcs_project_id",
	OPT_NO_FIELD(TEXT),
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Project of the account. The store gcs is not built in, so this has no effect.",
}, {
	.name  = "backup_gcs_user_agent",
	OPT_NO_FIELD(TEXT),
	.dflt  = "gcscinder",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Name by which requests introduce themselves. The store gcs is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_gcs_enable_progress_timer",
	OPT_NO_FIELD(BOOL),
	.dflt  = "True",
	.since = "8.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether progress is also notified by time. The store gcs is not built in, so "
	         "this has no effect.",
}, {
	.name  = "backup_gcs_proxy_url",
	OPT_NO_FIELD(TEXT),
	.since = "9.0.0",
	.flags = OPT_NO_EFFECT,
	.help  = "Proxy for requests. The store gcs is not built in, so this has no effect.",
}, {
	.name  = "glusterfs_backup_mount_point",
	OPT_NO_FIELD(TEXT),
	.dflt  = "$state_path/backup_mount",
	.flags = OPT_NO_EFFECT,
	.help  = "Directory below which the volume of Gluster is mounted. The store glusterfs is "
	         "not built in, so this has no effect.",
}, {
	.name  = "glusterfs_backup_share",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_NO_EFFECT,
	.help  = "Volume of Gluster that keeps the backups, as HOST:VOLUME. The store glusterfs "
	         "is not built in, so this has no effect.",
}, {
	.name  = "backup_tsm_volume_prefix",
	OPT_NO_FIELD(TEXT),
	.dflt  = "backup",
	.flags = OPT_NO_EFFECT,
	.help  = "How names of backups begin. The store tsm is not built in, so this has no "
	         "effect.",
}, {
	.name  = "backup_tsm_password",
	OPT_NO_FIELD(TEXT),
	.dflt  = "password",
	.flags = OPT_NO_EFFECT | OPT_SECRET,
	.help  = "Password of the account. The store tsm is not built in, so this has no effect.",
}, {
	.name  = "backup_tsm_compression",
	OPT_NO_FIELD(BOOL),
	.dflt  = "True",
	.flags = OPT_NO_EFFECT,
	.help  = "Whether the client packs what it sends. The store tsm is not built in, so this "
	         "has no effect.",
}, { 0 } };

const struct opt_table foreign_table = {
	.name  = "foreign",
	.title = "Stores that are not built in",
	.about = "Options of upstream's drivers for S3, Google Cloud Storage, Gluster and "
	         "Tivoli. They are accepted with a warning, so that a file which still has them "
	         "loads. They stand in [DEFAULT].",
	.rows  = rows,
};
/* clang-format on */
