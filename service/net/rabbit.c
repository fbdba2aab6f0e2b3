/* What is done on a connection: declare, consume, publish. */
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

#include "net/rabbit_link.h"
#include "options/tables.h"

enum { CONFIRM_MS = 30 * 1000 };

/* ---- declare ---- */

static amqp_bytes_t
bytes_of(const char *text)
{
	return amqp_cstring_bytes(text);
}

int
rabbit_exchange(struct rabbit *rabbit, const struct rabbit_exchange *exchange, struct err *err)
{
	amqp_exchange_declare(rabbit->state, RABBIT_CHANNEL, bytes_of(exchange->name),
	    bytes_of(exchange->type), 0, exchange->durable, exchange->auto_delete, 0,
	    amqp_empty_table);
	return rabbit_check(rabbit, "exchange", amqp_get_rpc_reply(rabbit->state), err);
}

static void
add_text(amqp_table_t *table, const char *key, const char *text)
{
	table->entries[table->num_entries++] = (amqp_table_entry_t){ .key = bytes_of(key),
		.value = { .kind = AMQP_FIELD_KIND_UTF8, .value.bytes = bytes_of(text) } };
}

/* 0: it is not said. */
static void
add_number(amqp_table_t *table, const char *key, int64_t number)
{
	if (!number)
		return;
	table->entries[table->num_entries++] = (amqp_table_entry_t){ .key = bytes_of(key),
		.value = { .kind = AMQP_FIELD_KIND_I32, .value.i32 = (int32_t)number } };
}

static void
add_quorum(amqp_table_t *table, const struct bus_opts *opts)
{
	add_text(table, "x-queue-type", "quorum");
	add_number(table, "x-delivery-limit", opts->quorum_delivery_limit);
	add_number(table, "x-max-in-memory-length", opts->quorum_max_memory_length);
	add_number(table, "x-max-in-memory-bytes", opts->quorum_max_memory_bytes);
}

int
rabbit_queue(struct rabbit *rabbit, const struct rabbit_queue *queue, struct err *err)
{
	amqp_table_entry_t entries[6];
	amqp_table_t arguments = { .num_entries = 0, .entries = entries };

	add_number(&arguments, "x-expires", queue->expires_ms);
	if (queue->mirrored)
		add_text(&arguments, "x-ha-policy", "all");
	if (queue->quorum)
		add_quorum(&arguments, queue->quorum);
	amqp_queue_declare(rabbit->state, RABBIT_CHANNEL, bytes_of(queue->name), 0, queue->durable,
	    0, queue->auto_delete, arguments);
	return rabbit_check(rabbit, "queue", amqp_get_rpc_reply(rabbit->state), err);
}

int
rabbit_bind(struct rabbit *rabbit, const char *queue, const char *exchange, const char *key,
    struct err *err)
{
	amqp_queue_bind(rabbit->state, RABBIT_CHANNEL, bytes_of(queue), bytes_of(exchange),
	    bytes_of(key), amqp_empty_table);
	return rabbit_check(rabbit, "binding", amqp_get_rpc_reply(rabbit->state), err);
}

/* ---- consume ---- */

int
rabbit_consume(struct rabbit *rabbit, const char *queue, const char *tag, struct err *err)
{
	amqp_basic_consume(rabbit->state, RABBIT_CHANNEL, bytes_of(queue), bytes_of(tag), 0, 0, 0,
	    amqp_empty_table);
	return rabbit_check(rabbit, "consumer", amqp_get_rpc_reply(rabbit->state), err);
}

int
rabbit_cancel(struct rabbit *rabbit, const char *tag, struct err *err)
{
	amqp_basic_cancel(rabbit->state, RABBIT_CHANNEL, bytes_of(tag));
	return rabbit_check(rabbit, "cancel", amqp_get_rpc_reply(rabbit->state), err);
}

static struct timeval
timeval_of(uint64_t ms)
{
	return (struct timeval){ .tv_sec = (time_t)(ms / 1000),
		.tv_usec = (suseconds_t)(ms % 1000 * 1000) };
}

/* A frame that is no message: only closing and cancelling are of interest. */
static int
take_frame(struct rabbit *rabbit, struct err *err)
{
	struct timeval now = { .tv_sec = 0 };
	amqp_frame_t frame;
	int status = amqp_simple_wait_frame_noblock(rabbit->state, &frame, &now);

	if (status == AMQP_STATUS_TIMEOUT)
		return 0;
	if (status != AMQP_STATUS_OK)
		return rabbit_fail_status(rabbit, err, "read", status);
	if (frame.frame_type != AMQP_FRAME_METHOD)
		return 0;
	switch (frame.payload.method.id) {
	case AMQP_CHANNEL_CLOSE_METHOD:
	case AMQP_CONNECTION_CLOSE_METHOD:
		return rabbit_fail_closed(rabbit, err, "closed", &frame.payload.method);
	case AMQP_BASIC_CANCEL_METHOD:
		return rabbit_fail(rabbit, err, ERR_RETRY, "a queue was removed");
	default:
		return 0;
	}
}

int
rabbit_wait(struct rabbit *rabbit, unsigned timeout_ms, struct buf *ret, uint64_t *ret_delivery,
    struct err *err)
{
	struct timeval timeout = timeval_of(timeout_ms);
	amqp_envelope_t envelope;
	amqp_rpc_reply_t reply;

	amqp_maybe_release_buffers(rabbit->state);
	reply = amqp_consume_message(rabbit->state, &envelope, &timeout, 0);
	if (reply.reply_type == AMQP_RESPONSE_LIBRARY_EXCEPTION) {
		if (reply.library_error == AMQP_STATUS_TIMEOUT)
			return 0;
		if (reply.library_error == AMQP_STATUS_UNEXPECTED_STATE)
			return take_frame(rabbit, err);
	}
	if (rabbit_check(rabbit, "read", reply, err) < 0)
		return -1;
	buf_clear(ret);
	buf_add(ret, envelope.message.body.bytes, envelope.message.body.len);
	*ret_delivery = envelope.delivery_tag;
	amqp_destroy_envelope(&envelope);
	return 1;
}

int
rabbit_ack(struct rabbit *rabbit, uint64_t delivery, struct err *err)
{
	int status = amqp_basic_ack(rabbit->state, RABBIT_CHANNEL, delivery, 0);

	return status == AMQP_STATUS_OK ? 0
					: rabbit_fail_status(rabbit, err, "acknowledge", status);
}

/* ---- publish ---- */

/* The rest of a message that came back. */
static int
skip_returned(struct rabbit *rabbit, struct err *err)
{
	amqp_message_t message;
	amqp_rpc_reply_t reply = amqp_read_message(rabbit->state, RABBIT_CHANNEL, &message, 0);

	if (rabbit_check(rabbit, "read", reply, err) < 0)
		return -1;
	amqp_destroy_message(&message);
	return 0;
}

/* Until the broker has the message, or has sent it back: 1, 0, -1. */
static int
wait_for_confirm(struct rabbit *rabbit, struct err *err)
{
	struct timeval timeout = timeval_of(CONFIRM_MS);
	bool returned = false;

	for (;;) {
		amqp_frame_t frame;
		int status = amqp_simple_wait_frame_noblock(rabbit->state, &frame, &timeout);

		if (status != AMQP_STATUS_OK)
			return rabbit_fail_status(rabbit, err, "publish", status);
		if (frame.frame_type != AMQP_FRAME_METHOD)
			continue;
		switch (frame.payload.method.id) {
		case AMQP_BASIC_ACK_METHOD:
			return !returned;
		case AMQP_BASIC_NACK_METHOD:
			return rabbit_fail(
			    rabbit, err, ERR_RETRY, "publish: it does not take the message");
		case AMQP_BASIC_RETURN_METHOD:
			returned = true;
			if (skip_returned(rabbit, err) < 0)
				return -1;
			break;
		case AMQP_CHANNEL_CLOSE_METHOD:
		case AMQP_CONNECTION_CLOSE_METHOD:
			return rabbit_fail_closed(rabbit, err, "publish", &frame.payload.method);
		default:
			break;
		}
	}
}

int
rabbit_publish(struct rabbit *rabbit, const struct rabbit_message *message, struct err *err)
{
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
			  AMQP_BASIC_HEADERS_FLAG | AMQP_BASIC_DELIVERY_MODE_FLAG |
			  AMQP_BASIC_PRIORITY_FLAG,
		.content_type = bytes_of("application/json"),
		.content_encoding = bytes_of("utf-8"),
		.headers = amqp_empty_table,
		.delivery_mode = AMQP_DELIVERY_PERSISTENT,
	};
	amqp_bytes_t bytes = { .len = message->body.length };
	char expires[24];
	int status;

	amqp_maybe_release_buffers(rabbit->state);
	if (message->expires_ms) {
		snprintf(expires, sizeof expires, "%lld", (long long)message->expires_ms);
		properties.expiration = bytes_of(expires);
		properties._flags |= AMQP_BASIC_EXPIRATION_FLAG;
	}
	memcpy(&bytes.bytes, &message->body.data, sizeof bytes.bytes); /* it is only read */
	status = amqp_basic_publish(rabbit->state, RABBIT_CHANNEL, bytes_of(message->exchange),
	    bytes_of(message->key), message->mandatory, 0, &properties, bytes);
	if (status != AMQP_STATUS_OK)
		return rabbit_fail_status(rabbit, err, "publish", status);
	return wait_for_confirm(rabbit, err);
}

int
rabbit_beat(struct rabbit *rabbit, struct err *err)
{
	amqp_maybe_release_buffers(rabbit->state);
	return take_frame(rabbit, err);
}
