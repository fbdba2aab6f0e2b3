/* How a connection to a broker comes and goes. */
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "base/clock.h"
#include "net/rabbit_link.h"
#include "net/transport.h"
#include "options/tables.h"

enum { CONNECT_S = 10, RPC_S = 30 };
enum { NOT_ALLOWED = 530, ACCESS_REFUSED = 403, PRECONDITION_FAILED = 406 };

int
rabbit_open(struct rabbit **ret, const struct transport *transport, const struct bus_opts *opts,
    const char *name, struct err *err)
{
	struct rabbit *rabbit = calloc(1, sizeof *rabbit);

	if (!rabbit)
		return err_memory(err);
	rabbit->transport = transport;
	rabbit->opts = opts;
	snprintf(rabbit->name, sizeof rabbit->name, "%s", name);
	*ret = rabbit;
	return 0;
}

void
rabbit_drop(struct rabbit *rabbit)
{
	if (rabbit->state)
		amqp_destroy_connection(rabbit->state);
	rabbit->state = NULL;
}

void
rabbit_close(struct rabbit *rabbit)
{
	if (!rabbit)
		return;
	if (rabbit->state)
		(void)amqp_connection_close(rabbit->state, AMQP_REPLY_SUCCESS);
	rabbit_drop(rabbit);
	free(rabbit);
}

bool
rabbit_connected(const struct rabbit *rabbit)
{
	return rabbit->state != NULL;
}

/* ---- what went wrong ---- */

int
rabbit_fail(struct rabbit *rabbit, struct err *err, enum err_kind kind, const char *fmt, ...)
{
	const struct broker *broker = &rabbit->transport->brokers[rabbit->current];
	va_list args;

	va_start(args, fmt);
	err_setv(err, kind, fmt, args);
	va_end(args);
	rabbit_drop(rabbit);
	return err_wrap(err, "message broker %s:%u", broker->host, broker->port);
}

int
rabbit_fail_status(struct rabbit *rabbit, struct err *err, const char *what, int status)
{
	bool refused = status == AMQP_STATUS_SSL_PEER_VERIFY_FAILED ||
		       status == AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED;

	return rabbit_fail(rabbit, err, refused ? ERR_DENIED : ERR_RETRY, "%s: %s", what,
	    amqp_error_string2(status));
}

int
rabbit_fail_closed(
    struct rabbit *rabbit, struct err *err, const char *what, const amqp_method_t *method)
{
	unsigned code = 0;
	amqp_bytes_t text = amqp_empty_bytes;
	enum err_kind kind = ERR_RETRY;

	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		const amqp_channel_close_t *closed = method->decoded;

		code = closed->reply_code;
		text = closed->reply_text;
	} else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
		const amqp_connection_close_t *closed = method->decoded;

		code = closed->reply_code;
		text = closed->reply_text;
	}
	if (code == PRECONDITION_FAILED)
		kind = ERR_CONFLICT;
	if (code == NOT_ALLOWED || code == ACCESS_REFUSED)
		kind = ERR_DENIED;
	return rabbit_fail(rabbit, err, kind, "%s: %.*s (%u)", what, (int)text.len,
	    text.bytes ? (const char *)text.bytes : "", code);
}

int
rabbit_check(struct rabbit *rabbit, const char *what, amqp_rpc_reply_t reply, struct err *err)
{
	switch (reply.reply_type) {
	case AMQP_RESPONSE_NORMAL:
		return 0;
	case AMQP_RESPONSE_LIBRARY_EXCEPTION:
		return rabbit_fail_status(rabbit, err, what, reply.library_error);
	case AMQP_RESPONSE_SERVER_EXCEPTION:
		return rabbit_fail_closed(rabbit, err, what, &reply.reply);
	default:
		return rabbit_fail(rabbit, err, ERR_RETRY, "%s: no answer", what);
	}
}

/* ---- connect ---- */

static const char *
first_text(const char *a, const char *b)
{
	return a[0] ? a : b;
}

/* Certificates rarely have addresses, and librabbitmq looks for none. */
static bool
has_name(const struct broker *broker)
{
	struct in6_addr address;

	return inet_pton(AF_INET, broker->host, &address) != 1 &&
	       inet_pton(AF_INET6, broker->host, &address) != 1;
}

static int
make_tls(struct rabbit *rabbit, const struct broker *broker, amqp_socket_t **ret, struct err *err)
{
	const struct transport *transport = rabbit->transport;
	const struct bus_opts *opts = rabbit->opts;
	const char *ca = first_text(transport->ssl_ca_file, opts->ssl_ca_file);
	const char *cert = first_text(transport->ssl_cert_file, opts->ssl_cert_file);
	const char *key = first_text(transport->ssl_key_file, opts->ssl_key_file);

	*ret = amqp_ssl_socket_new(rabbit->state);
	if (!*ret)
		return rabbit_fail(rabbit, err, ERR_SYSTEM, "no memory");
	amqp_ssl_socket_set_verify_peer(*ret, ca != NULL);
	amqp_ssl_socket_set_verify_hostname(*ret, ca && opts->ssl_check_name && has_name(broker));
	if (ca && amqp_ssl_socket_set_cacert(*ret, ca) != AMQP_STATUS_OK)
		return rabbit_fail(rabbit, err, ERR_INVALID, "ssl_ca_file %s cannot be read", ca);
	if (cert && key && amqp_ssl_socket_set_key(*ret, cert, key) != AMQP_STATUS_OK)
		return rabbit_fail(rabbit, err, ERR_INVALID,
		    "ssl_cert_file %s or ssl_key_file %s cannot be read", cert, key);
	return 0;
}

static int
open_socket(struct rabbit *rabbit, const struct broker *broker, struct err *err)
{
	const struct transport *transport = rabbit->transport;
	bool tls = transport->has_ssl ? transport->ssl : rabbit->opts->ssl;
	struct timeval connect = { .tv_sec = CONNECT_S }, call = { .tv_sec = RPC_S };
	amqp_socket_t *socket;
	int status;

	rabbit->state = amqp_new_connection();
	if (!rabbit->state)
		return rabbit_fail(rabbit, err, ERR_SYSTEM, "no memory");
	if (tls && make_tls(rabbit, broker, &socket, err) < 0)
		return -1;
	if (!tls)
		socket = amqp_tcp_socket_new(rabbit->state);
	if (!socket)
		return rabbit_fail(rabbit, err, ERR_SYSTEM, "no memory");
	(void)amqp_set_handshake_timeout(rabbit->state, &connect);
	(void)amqp_set_rpc_timeout(rabbit->state, &call);
	status = amqp_socket_open_noblock(socket, broker->host, (int)broker->port, &connect);
	return status == AMQP_STATUS_OK ? 0 : rabbit_fail_status(rabbit, err, "connect", status);
}

static int
log_in(struct rabbit *rabbit, const struct broker *broker, struct err *err)
{
	amqp_table_entry_t entry = { .key = amqp_cstring_bytes("connection_name"),
		.value = { .kind = AMQP_FIELD_KIND_UTF8,
		    .value.bytes = amqp_cstring_bytes(rabbit->name) } };
	amqp_table_t properties = { .num_entries = 1, .entries = &entry };
	amqp_rpc_reply_t reply = amqp_login_with_properties(rabbit->state, rabbit->transport->vhost,
	    0, AMQP_DEFAULT_FRAME_SIZE, (int)rabbit->opts->heartbeat_timeout_threshold, &properties,
	    AMQP_SASL_METHOD_PLAIN, broker->user, broker->password);

	/* A broker that does not like the password may just hang up. */
	if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION &&
	    (reply.library_error == AMQP_STATUS_SOCKET_ERROR ||
		reply.library_error == AMQP_STATUS_CONNECTION_CLOSED))
		return rabbit_fail(rabbit, err, ERR_RETRY,
		    "hangs up at login as %s: is it still starting, or are user, password or "
		    "virtual host %s wrong?",
		    broker->user, rabbit->transport->vhost);
	return rabbit_check(rabbit, "login", reply, err);
}

static int
open_channel(struct rabbit *rabbit, struct err *err)
{
	uint16_t prefetch = (uint16_t)rabbit->opts->qos_prefetch_count;

	(void)amqp_channel_open(rabbit->state, RABBIT_CHANNEL);
	if (rabbit_check(rabbit, "channel", amqp_get_rpc_reply(rabbit->state), err) < 0)
		return -1;
	(void)amqp_confirm_select(rabbit->state, RABBIT_CHANNEL);
	if (rabbit_check(rabbit, "confirm", amqp_get_rpc_reply(rabbit->state), err) < 0)
		return -1;
	if (!prefetch)
		return 0;
	(void)amqp_basic_qos(rabbit->state, RABBIT_CHANNEL, 0, prefetch, 0);
	return rabbit_check(rabbit, "prefetch", amqp_get_rpc_reply(rabbit->state), err);
}

int
rabbit_connect(struct rabbit *rabbit, struct err *err)
{
	const struct broker *broker;

	if (rabbit->state)
		return 0;
	rabbit->current = rabbit->next % rabbit->transport->n_brokers;
	rabbit->next = rabbit->opts->kombu_failover_strategy == BROKER_AT_RANDOM
			   ? (unsigned)clock_ms()
			   : rabbit->current + 1;
	broker = &rabbit->transport->brokers[rabbit->current];
	if (open_socket(rabbit, broker, err) < 0 || log_in(rabbit, broker, err) < 0)
		return -1;
	return open_channel(rabbit, err);
}
