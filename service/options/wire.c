#include "options/tables.h"

/* clang-format off */
static const struct opt sql_rows[] = { {
	.name  = "connection",
	OPT_TEXT(struct sql_opts, connection),
	.section = "database",
	.dflt  = "sqlite:///$state_path/cinderbank.sqlite",
	.hiera = "cinder::database_connection",
	.was   = "sql_connection",
	.flags = OPT_SECRET,
	.help  = "The catalogue: what is known of each backup. sqlite:///PATH is a file of our "
	         "own (four slashes for an absolute path), for a service that runs alone; "
	         "mysql+pymysql://user:password@host/cinder is the database of cinder in a "
	         "cloud. The password must be percent-encoded.",
}, {
	.name  = "connection_parameters",
	OPT_TEXT(struct sql_opts, connection_parameters),
	.section = "database",
	.dflt  = "",
	.help  = "More of what may stand behind the ? of connection: name=value, with & between.",
}, {
	.name  = "mysql_sql_mode",
	OPT_TEXT(struct sql_opts, mysql_sql_mode),
	.section = "database",
	.dflt  = "TRADITIONAL",
	.help  = "The server's sql_mode for our connection. Empty leaves the server's own.",
}, {
	.name  = "mysql_wsrep_sync_wait",
	OPT_INTEGER(struct sql_opts, mysql_wsrep_sync_wait),
	.section = "database",
	.dflt  = "-1", .min = -1, .max = 15,
	.since = "21.0.0",
	.help  = "For a Galera cluster: which statements wait until this node has caught up with "
	         "the others. -1 leaves it to the server.",
}, {
	.name  = "connection_recycle_time",
	OPT_INTEGER(struct sql_opts, connection_recycle_time),
	.section = "database",
	.dflt  = "3600", .min = -1, .max = INT64_MAX,
	.was   = "idle_timeout",
	.help  = "Seconds after which the connection to the database is made anew; -1 is never.",
}, {
	.name  = "max_retries",
	OPT_INTEGER(struct sql_opts, max_retries),
	.section = "database",
	.dflt  = "10", .min = -1, .max = INT64_MAX,
	.hiera = "cinder::db::database_max_retries",
	.was   = "sql_max_retries",
	.help  = "How often the first connection to the database is tried again; -1 is without "
	         "end.",
}, {
	.name  = "retry_interval",
	OPT_INTEGER(struct sql_opts, retry_interval),
	.section = "database",
	.dflt  = "10", .min = 0, .max = INT64_MAX,
	.was   = "reconnect_interval",
	.help  = "Seconds between two such tries.",
}, {
	.name  = "db_max_retries",
	OPT_INTEGER(struct sql_opts, db_max_retries),
	.section = "database",
	.dflt  = "20", .min = -1, .max = INT64_MAX,
	.hiera = "cinder::db::database_db_max_retries",
	.help  = "How often a statement is tried again that failed because the server was gone, "
	         "not ready, or busy with others; -1 is without end. With the defaults jobs "
	         "outlive an outage of almost three minutes.",
}, {
	.name  = "db_retry_interval",
	OPT_INTEGER(struct sql_opts, db_retry_interval),
	.section = "database",
	.dflt  = "1", .min = 0, .max = INT64_MAX,
	.help  = "Seconds before the first such try.",
}, {
	.name  = "db_inc_retry_interval",
	OPT_BOOL(struct sql_opts, db_inc_retry_interval),
	.section = "database",
	.dflt  = "True",
	.help  = "Whether that time doubles from try to try, up to db_max_retry_interval.",
}, {
	.name  = "db_max_retry_interval",
	OPT_INTEGER(struct sql_opts, db_max_retry_interval),
	.section = "database",
	.dflt  = "10", .min = 0, .max = INT64_MAX,
	.help  = "Seconds between two such tries, at most.",
}, { 0 } };

const struct opt_table sql_table = {
	.name  = "database",
	.title = "The catalogue",
	.about = "Where the record of each backup is kept.",
	.size  = sizeof(struct sql_opts),
	.rows  = sql_rows,
};

static const struct opt wire_rows[] = { {
	.name  = "www_authenticate_uri",
	OPT_URI(struct wire_opts, keystone_www_authenticate_uri),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::www_authenticate_uri",
	.was   = "auth_uri",
	.help  = "URL of keystone that is told to a caller who brings no token.",
}, {
	.name  = "auth_url",
	OPT_URI(struct wire_opts, keystone_auth_url),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::auth_url",
	.help  = "URL of keystone where tokens of callers are checked.",
}, {
	.name  = "auth_type",
	OPT_TEXT(struct wire_opts, keystone_auth_type),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::auth_type",
	.was   = "auth_plugin",
	.help  = "How the service logs in to keystone; password is the one that works here.",
}, {
	.name  = "username",
	OPT_TEXT(struct wire_opts, keystone_username),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::username",
	.was   = "user_name",
	.help  = "User name of the service.",
}, {
	.name  = "password",
	OPT_TEXT(struct wire_opts, keystone_password),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::password",
	.flags = OPT_SECRET,
	.help  = "Password of the service.",
}, {
	.name  = "project_name",
	OPT_TEXT(struct wire_opts, keystone_project_name),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::project_name",
	.was   = "tenant_name",
	.help  = "Project of the service.",
}, {
	.name  = "user_domain_name",
	OPT_TEXT(struct wire_opts, keystone_user_domain_name),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::user_domain_name",
	.help  = "Domain of the service's user.",
}, {
	.name  = "project_domain_name",
	OPT_TEXT(struct wire_opts, keystone_project_domain_name),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::project_domain_name",
	.help  = "Domain of the service's project.",
}, {
	.name  = "user_domain_id",
	OPT_TEXT(struct wire_opts, keystone_user_domain_id),
	.section = "keystone_authtoken",
	.help  = "The same by its id, where user_domain_name is unset. Unset as well, it is "
	         "default.",
}, {
	.name  = "project_domain_id",
	OPT_TEXT(struct wire_opts, keystone_project_domain_id),
	.section = "keystone_authtoken",
	.help  = "The same by its id, where project_domain_name is unset. Unset as well, it is "
	         "default.",
}, {
	.name  = "token_cache_time",
	OPT_INTEGER(struct wire_opts, keystone_token_cache_time),
	.section = "keystone_authtoken",
	.dflt  = "300", .min = -1, .max = 86400,
	.hiera = "cinder::keystone::authtoken::token_cache_time",
	.help  = "Seconds for which what keystone said of a token is remembered; one that is "
	         "revoked meanwhile is good until then. 0 or -1: it is asked every time.",
}, {
	.name  = "memcached_servers",
	OPT_TEXT(struct wire_opts, keystone_memcached_servers),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::memcached_servers",
	.flags = OPT_NO_EFFECT,
	.help  = "Servers that remember tokens upstream. It has no effect: the process that checks "
	         "tokens remembers them itself.",
}, {
	.name  = "region_name",
	OPT_TEXT(struct wire_opts, keystone_region_name),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::region_name",
	.help  = "Region whose keystone is asked.",
}, {
	.name  = "cafile",
	OPT_TEXT(struct wire_opts, keystone_cafile),
	.section = "keystone_authtoken",
	.hiera = "cinder::keystone::authtoken::cafile",
	.help  = "File with the certificates (PEM) that may sign keystone's. Unset, the system's "
	         "apply.",
}, {
	.name  = "insecure",
	OPT_BOOL(struct wire_opts, keystone_insecure),
	.section = "keystone_authtoken",
	.dflt  = "False",
	.hiera = "cinder::keystone::authtoken::insecure",
	.help  = "Whether keystone's certificate is accepted unseen. Anyone on the way can then "
	         "read the password; give cafile instead.",
}, {
	.name  = "barbican_endpoint",
	OPT_URI(struct wire_opts, barbican_endpoint),
	.section = "barbican",
	.help  = "URL of barbican, which keeps the keys of encrypted volumes. Unset, it is "
	         "looked up in the catalogue that comes with each request.",
}, {
	.name  = "barbican_endpoint_type",
	OPT_TEXT(struct wire_opts, barbican_endpoint_type),
	.section = "barbican",
	.dflt  = "public",
	.help  = "Which of its URLs in the catalogue: public, internal or admin.",
}, {
	.name  = "barbican_region_name",
	OPT_TEXT(struct wire_opts, barbican_region_name),
	.section = "barbican",
	.help  = "Region whose barbican is asked. Unset, it is the first in the catalogue.",
}, {
	.name  = "verify_ssl",
	OPT_BOOL(struct wire_opts, barbican_verify_ssl),
	.section = "barbican",
	.dflt  = "True",
	.help  = "Whether barbican's certificate is checked. Unchecked, anyone on the way can read "
	         "the keys; give verify_ssl_path instead.",
}, {
	.name  = "verify_ssl_path",
	OPT_TEXT(struct wire_opts, barbican_verify_ssl_path),
	.section = "barbican",
	.help  = "File with the certificates (PEM) that may sign barbican's. Unset, the system's "
	         "apply.",
}, {
	.name  = "auth_endpoint",
	OPT_URI(struct wire_opts, barbican_auth_endpoint),
	.section = "barbican",
	.flags = OPT_NO_EFFECT,
	.help  = "URL of keystone for barbican. It has no effect: tokens come with the requests, "
	         "and [keystone_authtoken] says where this service gets its own.",
}, { 0 } };

const struct opt_table wire_table = {
	.name  = "cloud",
	.title = "The cloud",
	.about = "Keystone and key manager of the cloud that the service is part of. A service "
	         "that runs alone needs none of them.",
	.size  = sizeof(struct wire_opts),
	.rows  = wire_rows,
};
/* clang-format on */
