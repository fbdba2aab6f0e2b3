#include "options/tables.h"

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "api_paste_config",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_ELSEWHERE,
	.help  = "Configuration of the filters before cinder-api.",
}, {
	.name  = "default_availability_zone",
	OPT_NO_FIELD(TEXT),
	.hiera = "cinder::default_availability_zone",
	.flags = OPT_ELSEWHERE,
	.help  = "Availability zone of new volumes.",
}, {
	.name  = "allow_availability_zone_fallback",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether new volumes whose zone does not exist go to the default zone.",
}, {
	.name  = "enable_v3_api",
	OPT_NO_FIELD(BOOL),
	.dflt  = "True",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether cinder-api offers version 3.",
}, {
	.name  = "enabled_backends",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_ELSEWHERE,
	.help  = "Sections of the backends of cinder-volume, with commas between.",
}, {
	.name  = "glance_api_servers",
	OPT_NO_FIELD(TEXT),
	.hiera = "cinder::glance::glance_api_servers",
	.flags = OPT_ELSEWHERE,
	.help  = "URLs of the image service.",
}, {
	.name  = "glance_api_version",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "2",
	.flags = OPT_ELSEWHERE,
	.help  = "Version of the image service.",
}, {
	.name  = "auth_strategy",
	OPT_NO_FIELD(TEXT),
	.dflt  = "keystone",
	.flags = OPT_ELSEWHERE,
	.help  = "How cinder-api tells who asks.",
}, {
	.name  = "osapi_volume_listen",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_ELSEWHERE,
	.help  = "Address on which cinder-api answers.",
}, {
	.name  = "osapi_volume_listen_port",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "8776",
	.flags = OPT_ELSEWHERE,
	.help  = "Port on which cinder-api answers.",
}, {
	.name  = "osapi_volume_workers",
	OPT_NO_FIELD(INTEGER),
	.flags = OPT_ELSEWHERE,
	.help  = "How many processes cinder-api starts.",
}, {
	.name  = "default_volume_type",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_ELSEWHERE,
	.help  = "Type of volumes whose owner named none.",
}, {
	.name  = "image_conversion_dir",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_ELSEWHERE,
	.help  = "Directory in which cinder-volume converts images.",
}, {
	.name  = "nova_catalog_info",
	OPT_NO_FIELD(TEXT),
	.flags = OPT_ELSEWHERE,
	.help  = "Entry of the compute service in keystone's catalogue.",
}, {
	.name  = "fatal_deprecations",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether the use of a deprecated option stops the service.",
}, {
	.name  = "publish_errors",
	OPT_NO_FIELD(BOOL),
	.dflt  = "False",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether errors are also sent as notifications.",
}, {
	.name  = "executor_thread_pool_size",
	OPT_NO_FIELD(INTEGER),
	.dflt  = "64",
	.flags = OPT_ELSEWHERE,
	.help  = "Size of the thread pool of oslo.messaging.",
}, {
	.name  = "use_db_reconnect",
	OPT_NO_FIELD(BOOL),
	.section = "database",
	.dflt  = "False",
	.flags = OPT_ELSEWHERE,
	.help  = "Without effect: a connection that was lost is always made anew.",
}, {
	.name  = "min_pool_size",
	OPT_NO_FIELD(INTEGER),
	.section = "database",
	.dflt  = "1",
	.flags = OPT_ELSEWHERE,
	.help  = "Without effect: the service has one connection, since what it asks of the "
	         "database is little and short.",
}, {
	.name  = "pool_timeout",
	OPT_NO_FIELD(INTEGER),
	.section = "database",
	.flags = OPT_ELSEWHERE,
	.help  = "Without effect: there is one connection, and no pool to wait for.",
}, {
	.name  = "slave_connection",
	OPT_NO_FIELD(TEXT),
	.section = "database",
	.flags = OPT_ELSEWHERE | OPT_SECRET,
	.help  = "Without effect: what is read has to be what was written last, so nothing is "
	         "read from a replica.",
}, {
	.name  = "connection_debug",
	OPT_NO_FIELD(INTEGER),
	.section = "database",
	.dflt  = "0",
	.flags = OPT_ELSEWHERE,
	.help  = "Without effect: with debug every call to the database is logged, with what "
	         "came of it and how long it took.",
}, {
	.name  = "max_pool_size",
	OPT_NO_FIELD(INTEGER),
	.section = "database",
	.dflt  = "5",
	.hiera = "cinder::db::database_max_pool_size",
	.flags = OPT_ELSEWHERE,
	.help  = "How many connections to the database are kept.",
}, {
	.name  = "max_overflow",
	OPT_NO_FIELD(INTEGER),
	.section = "database",
	.dflt  = "50",
	.hiera = "cinder::db::database_max_overflow",
	.flags = OPT_ELSEWHERE,
	.help  = "How many further connections to the database may be made.",
}, {
	.name  = "ssl_version",
	OPT_NO_FIELD(TEXT),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::kombu_ssl_version",
	.was   = "kombu_ssl_version",
	.flags = OPT_ELSEWHERE,
	.help  = "Version of TLS. Without effect: the best that both sides know is used.",
}, {
	.name  = "heartbeat_rate",
	OPT_NO_FIELD(INTEGER),
	.section = "oslo_messaging_rabbit",
	.dflt  = "2",
	.hiera = "cinder::rabbit_heartbeat_rate",
	.flags = OPT_ELSEWHERE,
	.help  = "How often within heartbeat_timeout_threshold a heartbeat is looked for. "
	         "Without effect: it is sent when half of that time has passed.",
}, {
	.name  = "heartbeat_in_pthread",
	OPT_NO_FIELD(BOOL),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.hiera = "cinder::rabbit_heartbeat_in_pthread",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether heartbeats have a thread of their own. Without effect: they do.",
}, {
	.name  = "kombu_reconnect_delay",
	OPT_NO_FIELD(FLOAT),
	.section = "oslo_messaging_rabbit",
	.dflt  = "1.0",
	.hiera = "cinder::kombu_reconnect_delay",
	.was   = "rabbit_reconnect_delay",
	.flags = OPT_ELSEWHERE,
	.help  = "Seconds to wait before a lost connection is made anew. Without effect: that is "
	         "tried at once.",
}, {
	.name  = "use_queue_manager",
	OPT_NO_FIELD(BOOL),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.since = "24.0.0",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether queues for answers keep their names over a restart. Without effect: they "
	         "have new ones, and the old ones go after rabbit_transient_queues_ttl.",
}, {
	.name  = "hostname",
	OPT_NO_FIELD(TEXT),
	.section = "oslo_messaging_rabbit",
	.since = "24.0.0",
	.flags = OPT_ELSEWHERE,
	.help  = "Host in the names that use_queue_manager makes.",
}, {
	.name  = "processname",
	OPT_NO_FIELD(TEXT),
	.section = "oslo_messaging_rabbit",
	.since = "24.0.0",
	.flags = OPT_ELSEWHERE,
	.help  = "Process in the names that use_queue_manager makes.",
}, {
	.name  = "rabbit_login_method",
	OPT_NO_FIELD(TEXT),
	.section = "oslo_messaging_rabbit",
	.dflt  = "AMQPLAIN",
	.flags = OPT_ELSEWHERE,
	.help  = "How services log in at the message broker. Without effect: by PLAIN, which every "
	         "broker knows.",
}, {
	.name  = "kombu_missing_consumer_retry_timeout",
	OPT_NO_FIELD(INTEGER),
	.section = "oslo_messaging_rabbit",
	.dflt  = "60",
	.flags = OPT_ELSEWHERE,
	.help  = "Seconds for which an answer is kept for a queue that is not there. Without "
	         "effect: it is a minute.",
}, {
	.name  = "direct_mandatory_flag",
	OPT_NO_FIELD(BOOL),
	.section = "oslo_messaging_rabbit",
	.dflt  = "True",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether an answer that nobody gets is noticed. Without effect: it is.",
}, {
	.name  = "enable_cancel_on_failover",
	OPT_NO_FIELD(BOOL),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.flags = OPT_ELSEWHERE,
	.help  = "Whether a reader hears that its queue has moved to another broker. Without "
	         "effect: what a broker says is always heard.",
}, {
	.name  = "rabbit_userid",
	OPT_NO_FIELD(TEXT),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::rabbit_userid",
	.flags = OPT_ELSEWHERE,
	.help  = "User name at the message broker, older than transport_url.",
}, {
	.name  = "rabbit_password",
	OPT_NO_FIELD(TEXT),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::rabbit_password",
	.flags = OPT_ELSEWHERE | OPT_SECRET,
	.help  = "Password at the message broker, older than transport_url.",
}, {
	.name  = "rabbit_port",
	OPT_NO_FIELD(INTEGER),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::rabbit_port",
	.flags = OPT_ELSEWHERE,
	.help  = "Port of the message broker, older than transport_url.",
}, {
	.name  = "interface",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::interface",
	.flags = OPT_ELSEWHERE,
	.help  = "Interface of the compute service that is used.",
}, {
	.name  = "auth_type",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::auth_type",
	.flags = OPT_ELSEWHERE,
	.help  = "How the volume service logs in for the compute service.",
}, {
	.name  = "auth_url",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::auth_url",
	.flags = OPT_ELSEWHERE,
	.help  = "URL of keystone for the compute service.",
}, {
	.name  = "username",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::username",
	.flags = OPT_ELSEWHERE,
	.help  = "User name for the compute service.",
}, {
	.name  = "user_domain_name",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::user_domain_name",
	.flags = OPT_ELSEWHERE,
	.help  = "Domain of the user for the compute service.",
}, {
	.name  = "password",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::password",
	.flags = OPT_ELSEWHERE | OPT_SECRET,
	.help  = "Password for the compute service.",
}, {
	.name  = "project_name",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::project_name",
	.flags = OPT_ELSEWHERE,
	.help  = "Project for the compute service.",
}, {
	.name  = "project_domain_name",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::project_domain_name",
	.flags = OPT_ELSEWHERE,
	.help  = "Domain of the project for the compute service.",
}, {
	.name  = "region_name",
	OPT_NO_FIELD(TEXT),
	.section = "nova",
	.hiera = "cinder::nova::region_name",
	.flags = OPT_ELSEWHERE,
	.help  = "Region of the compute service.",
}, { 0 } };

const struct opt_table other_table = {
	.name  = "other",
	.title = "Of other services",
	.about = "On a controller one cinder.conf serves all of cinder's services. The options "
	         "that deployments write there for the others are known, so that no warning "
	         "speaks of them.",
	.rows  = rows,
};
/* clang-format on */
