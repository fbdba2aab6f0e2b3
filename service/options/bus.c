#include "options/tables.h"

static const struct choice broker_choices[] = {
	{ "round-robin", BROKER_IN_ORDER },
	{ "shuffle", BROKER_AT_RANDOM },
	{ 0 },
};

/* clang-format off */
static const struct opt rows[] = { {
	.name  = "transport_url",
	OPT_TEXT(struct bus_opts, transport_url),
	.hiera = "cinder::default_transport_url",
	.flags = OPT_SECRET,
	.help  = "Message broker through which cinder's services talk, as in "
	         "rabbit://user:password@host1:5672,user:password@host2:5672/. The password must "
	         "be percent-encoded. Unset, the service talks to no cloud.",
}, {
	.name  = "control_exchange",
	OPT_TEXT(struct bus_opts, control_exchange),
	.dflt  = "openstack",
	.hiera = "cinder::control_exchange",
	.help  = "Exchange of the message broker in which cinder's queues live. All of cinder's "
	         "services need the same one; deployments by TripleO and kolla keep the default.",
}, {
	.name  = "rpc_response_timeout",
	OPT_INTEGER(struct bus_opts, rpc_response_timeout),
	.dflt  = "60", .min = 1, .max = INT64_MAX,
	.hiera = "cinder::rpc_response_timeout",
	.help  = "Seconds to wait for another service's answer before a request counts as lost.",
}, {
	.name  = "driver",
	OPT_LIST(struct bus_opts, notifications_driver),
	.section = "oslo_messaging_notifications",
	.hiera = "cinder::ceilometer::notification_driver",
	.help  = "How notifications leave the service: messagingv2 sends them to the message "
	         "broker, log writes them to the log, noop drops them. May stand several times. "
	         "Unset, none are sent.",
}, {
	.name  = "topics",
	OPT_TEXT(struct bus_opts, notifications_topics),
	.section = "oslo_messaging_notifications",
	.dflt  = "notifications",
	.help  = "Topics to which notifications are sent, with commas between.",
}, {
	.name  = "transport_url",
	OPT_TEXT(struct bus_opts, notifications_transport_url),
	.section = "oslo_messaging_notifications",
	.hiera = "cinder::ceilometer::notification_transport_url",
	.flags = OPT_SECRET,
	.help  = "Message broker for notifications, where it is another than [DEFAULT] "
	         "transport_url.",
}, {
	.name  = "ssl",
	OPT_BOOL(struct bus_opts, ssl),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.hiera = "cinder::rabbit_use_ssl",
	.was   = "rabbit_use_ssl",
	.help  = "Whether the connection to the message broker is encrypted (TLS).",
}, {
	.name  = "ssl_ca_file",
	OPT_TEXT(struct bus_opts, ssl_ca_file),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::kombu_ssl_ca_certs",
	.was   = "kombu_ssl_ca_certs",
	.help  = "File with the certificates (PEM) that may sign the message broker's. Unset, "
	         "its certificate is accepted unseen, as upstream does.",
}, {
	.name  = "ssl_enforce_hostname_verification",
	OPT_BOOL(struct bus_opts, ssl_check_name),
	.section = "oslo_messaging_rabbit",
	.dflt  = "True",
	.help  = "With ssl_ca_file, whether the name in transport_url has to be one of the "
	         "certificate's, unless it is an address. Upstream's stable releases do not ask "
	         "for that.",
}, {
	.name  = "ssl_cert_file",
	OPT_TEXT(struct bus_opts, ssl_cert_file),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::kombu_ssl_certfile",
	.was   = "kombu_ssl_certfile",
	.help  = "File with the certificate (PEM) by which the service shows who it is.",
}, {
	.name  = "ssl_key_file",
	OPT_TEXT(struct bus_opts, ssl_key_file),
	.section = "oslo_messaging_rabbit",
	.hiera = "cinder::kombu_ssl_keyfile",
	.was   = "kombu_ssl_keyfile",
	.help  = "File with the key (PEM) of that certificate.",
}, {
	.name  = "heartbeat_timeout_threshold",
	OPT_INTEGER(struct bus_opts, heartbeat_timeout_threshold),
	.section = "oslo_messaging_rabbit",
	.dflt  = "60", .min = 0, .max = 65535,
	.hiera = "cinder::rabbit_heartbeat_timeout_threshold",
	.help  = "Seconds without a sign of life after which the message broker counts as dead "
	         "and the connection is made anew. 0 turns the check off.",
}, {
	.name  = "amqp_durable_queues",
	OPT_BOOL(struct bus_opts, amqp_durable_queues),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.hiera = "cinder::amqp_durable_queues",
	.was   = "rabbit_durable_queues",
	.help  = "Whether queues and exchanges outlive a restart of the message broker. All of "
	         "the cloud's services need the same: one that differs is turned away.",
}, {
	.name  = "amqp_auto_delete",
	OPT_BOOL(struct bus_opts, amqp_auto_delete),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.help  = "Whether queues go with their last reader. All services need the same.",
}, {
	.name  = "rabbit_ha_queues",
	OPT_BOOL(struct bus_opts, ha_queues),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.hiera = "cinder::rabbit_ha_queues",
	.help  = "Whether queues are declared with x-ha-policy, as brokers before 3.0 wanted it "
	         "to mirror them. All services need the same.",
}, {
	.name  = "rabbit_quorum_queue",
	OPT_BOOL(struct bus_opts, quorum_queue),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.hiera = "cinder::rabbit_quorum_queue",
	.since = "20.0.0",
	.help  = "Whether the queues of the service are quorum queues, kept by several brokers. "
	         "All services need the same.",
}, {
	.name  = "rabbit_quorum_delivery_limit",
	OPT_INTEGER(struct bus_opts, quorum_delivery_limit),
	.section = "oslo_messaging_rabbit",
	.dflt  = "0", .min = 0, .max = INT32_MAX,
	.since = "20.0.0",
	.help  = "How often a quorum queue hands a message out again before it drops it; 0 sets no "
	         "limit. All services need the same, also of the next two.",
}, {
	.name  = "rabbit_quorum_max_memory_length",
	OPT_INTEGER(struct bus_opts, quorum_max_memory_length),
	.section = "oslo_messaging_rabbit",
	.dflt  = "0", .min = 0, .max = INT32_MAX,
	.was   = "rabbit_quroum_max_memory_length",
	.since = "20.0.0",
	.help  = "How many messages a quorum queue keeps in memory; 0 sets no limit.",
}, {
	.name  = "rabbit_quorum_max_memory_bytes",
	OPT_INTEGER(struct bus_opts, quorum_max_memory_bytes),
	.section = "oslo_messaging_rabbit",
	.dflt  = "0", .min = 0, .max = INT32_MAX,
	.was   = "rabbit_quroum_max_memory_bytes",
	.since = "20.0.0",
	.help  = "How many bytes of messages a quorum queue keeps in memory; 0 sets no limit.",
}, {
	.name  = "rabbit_transient_quorum_queue",
	OPT_BOOL(struct bus_opts, transient_quorum_queue),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.since = "24.0.0",
	.help  = "Whether queues for answers and fanouts are quorum queues, too. All services need "
	         "the same.",
}, {
	.name  = "rabbit_stream_fanout",
	OPT_BOOL(struct bus_opts, stream_fanout),
	.section = "oslo_messaging_rabbit",
	.dflt  = "False",
	.since = "24.0.0",
	.help  = "Whether fanouts are streams of the message broker. Cinderbank does not read "
	         "those, and does not start where they are wanted.",
}, {
	.name  = "rabbit_transient_queues_ttl",
	OPT_INTEGER(struct bus_opts, transient_queues_ttl),
	.section = "oslo_messaging_rabbit",
	.dflt  = "1800", .min = 0, .max = INT32_MAX / 1000,
	.help  = "Seconds after which queues for answers and fanouts go that nobody reads.",
}, {
	.name  = "rabbit_retry_interval",
	OPT_INTEGER(struct bus_opts, retry_interval),
	.section = "oslo_messaging_rabbit",
	.dflt  = "1", .min = 1, .max = 3600,
	.help  = "Seconds before the first new try after every message broker was tried.",
}, {
	.name  = "rabbit_retry_backoff",
	OPT_INTEGER(struct bus_opts, retry_backoff),
	.section = "oslo_messaging_rabbit",
	.dflt  = "2", .min = 0, .max = 3600,
	.help  = "Seconds by which that time grows from try to try.",
}, {
	.name  = "rabbit_interval_max",
	OPT_INTEGER(struct bus_opts, interval_max),
	.section = "oslo_messaging_rabbit",
	.dflt  = "30", .min = 1, .max = 3600,
	.help  = "Seconds between two such tries, at most.",
}, {
	.name  = "kombu_failover_strategy",
	OPT_CHOICE(struct bus_opts, kombu_failover_strategy),
	.section = "oslo_messaging_rabbit",
	.dflt  = "round-robin",
	.choices = broker_choices,
	.hiera = "cinder::kombu_failover_strategy",
	.help  = "Which of several message brokers is tried next: the one that follows in "
	         "transport_url (round-robin), or any (shuffle).",
}, {
	.name  = "rabbit_qos_prefetch_count",
	OPT_INTEGER(struct bus_opts, qos_prefetch_count),
	.section = "oslo_messaging_rabbit",
	.dflt  = "0", .min = 0, .max = 65535,
	.help  = "How many messages the broker sends before one is acknowledged; 0 is any "
	         "number.",
}, { 0 } };
/* clang-format on */

const struct opt_table bus_table = {
	.name = "bus",
	.title = "The message bus",
	.about = "RabbitMQ, through which the services of a cloud talk. A service that runs alone "
		 "needs none.",
	.size = sizeof(struct bus_opts),
	.rows = rows,
};
