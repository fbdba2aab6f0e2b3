/* Requests that are served: where they come from, and how they are answered. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "net/oslo_own.h"
#include "options/tables.h"

enum { ANSWER_MS = 60 * 1000 };

/* Has a request of that id come lately?  Then it is the same one again. */
static bool
seen_before(struct oslo *oslo, const char *id)
{
	unsigned i;

	if (!id)
		return false;
	for (i = 0; i < OSLO_SEEN; i++) {
		if (strncmp(oslo->seen[i], id, ENVELOPE_ID) == 0)
			return true;
	}
	snprintf(oslo->seen[oslo->n_seen++ % OSLO_SEEN], ENVELOPE_ID, "%s", id);
	return false;
}

static struct served *
make_served(struct json *message)
{
	const char *msg_id = envelope_text(message, "_msg_id");
	const struct json *timeout = json_member(message, "_timeout");
	struct served *served = calloc(1, sizeof *served);
	int64_t seconds;

	if (!served)
		return NULL;
	served->request = (struct oslo_request){
		.message = message,
		.method = envelope_text(message, "method"),
		.version = envelope_text(message, "version"),
		.args = json_member(message, "args"),
		.call = msg_id && envelope_text(message, "_reply_q"),
	};
	if (served->request.call && json_number(timeout, &seconds) && seconds > 0)
		served->every_ms = (uint64_t)seconds * 500;
	served->last_ms = clock_ms();
	return served;
}

static void
take_request(void *arg, struct span body)
{
	struct oslo *oslo = arg;
	struct err err = ERR_INIT;
	struct served *served;
	struct json *message;

	if (envelope_open(body, &message, &err) < 0) {
		log_warning("bus", "a request is passed over: %s", err.text);
		return;
	}
	served =
	    seen_before(oslo, envelope_text(message, "_unique_id")) ? NULL : make_served(message);
	if (!served || !served->request.method) {
		if (served)
			log_warning("bus", "a request is passed over: it names no method");
		json_free(message);
		free(served);
		return;
	}
	pthread_mutex_lock(&oslo->mutex);
	served->next = oslo->served;
	oslo->served = served;
	pthread_mutex_unlock(&oslo->mutex);
	oslo->serve(oslo->serve_arg, &served->request);
}

static void
send_answer(struct oslo *oslo, const struct oslo_request *request, struct span body)
{
	const struct letter letter = {
		.kind = LETTER_ANSWER,
		.key = envelope_text(request->message, "_reply_q"),
		.body = body,
		.patience_ms = ANSWER_MS,
		.about = request->method,
	};
	struct err err = ERR_INIT;

	if (outbox_post(oslo->outbox, &letter, &err) < 0)
		log_error("bus", "answer: %s", err.text);
}

/* Callers that wait under a short deadline are told that it goes on. */
static void
tell_patience(void *arg)
{
	struct oslo *oslo = arg;
	struct served *served;
	scoped_lock(&oslo->mutex);

	for (served = oslo->served; served; served = served->next) {
		scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
		struct err err = ERR_INIT;

		if (!served->every_ms || clock_ms() - served->last_ms < served->every_ms)
			continue;
		served->last_ms = clock_ms();
		if (envelope_print_patience(
			envelope_text(served->request.message, "_msg_id"), &body, &err) == 0)
			send_answer(oslo, &served->request, buf_span(&body));
	}
}

static void
end(struct oslo *oslo, struct oslo_request *request)
{
	struct served *served = (struct served *)request, **link = &oslo->served;

	pthread_mutex_lock(&oslo->mutex);
	while (*link != served)
		link = &(*link)->next;
	*link = served->next;
	pthread_mutex_unlock(&oslo->mutex);
	json_free(request->message);
	free(served);
}

void
oslo_answer(struct oslo *oslo, struct oslo_request *request, struct span result)
{
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	struct err err = ERR_INIT;

	if (request->call) {
		if (envelope_print_result(
			envelope_text(request->message, "_msg_id"), result, &body, &err) < 0)
			log_error("bus", "answer to %s: %s", request->method, err.text);
		else
			send_answer(oslo, request, buf_span(&body));
	}
	end(oslo, request);
}

void
oslo_fail(struct oslo *oslo, struct oslo_request *request, const struct envelope_failure *failure)
{
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	struct err err = ERR_INIT;

	if (request->call) {
		if (envelope_print_failure(
			envelope_text(request->message, "_msg_id"), failure, &body, &err) < 0)
			log_error("bus", "failure of %s: %s", request->method, err.text);
		else
			send_answer(oslo, request, buf_span(&body));
	}
	end(oslo, request);
}

/* The queues of a topic, as oslo.messaging makes them. */
static void
choose_queues(struct oslo *oslo, struct intake_setup *setup)
{
	const struct bus_opts *opts = oslo->opts;
	const struct rabbit_queue lasting = {
		.durable = opts->amqp_durable_queues || opts->quorum_queue,
		.auto_delete = opts->amqp_auto_delete,
		.mirrored = opts->ha_queues,
		.quorum = opts->quorum_queue ? opts : NULL,
	};
	const bool kept = opts->transient_quorum_queue;
	const struct rabbit_exchange exchange = {
		.name = opts->control_exchange,
		.type = "topic",
		.durable = lasting.durable,
		.auto_delete = opts->amqp_auto_delete,
	};
	struct intake_queue *queue = setup->queues;

	queue[0] = queue[1] = (struct intake_queue){ .queue = lasting, .exchange = exchange };
	queue[0].queue.name = queue[0].key = oslo->topic;
	queue[1].queue.name = queue[1].key = oslo->server_queue;
	queue[2] = (struct intake_queue){
		.queue = { .name = oslo->fanout_queue,
		    .durable = kept,
		    .mirrored = opts->ha_queues && !kept,
		    .quorum = kept ? opts : NULL,
		    .expires_ms = opts->transient_queues_ttl * 1000 },
		.exchange = { .name = oslo->fanout,
		    .type = "fanout",
		    .durable = kept,
		    .auto_delete = true },
		.key = oslo->topic,
	};
	setup->n_queues = 3;
}

int
oslo_serve(struct oslo *oslo, const char *topic, oslo_serve_fn *fn, void *arg, struct err *err)
{
	struct intake_setup setup = {
		.transport = &oslo->transport,
		.opts = oslo->opts,
		.name = oslo->name,
		.hand = take_request,
		.tick = tell_patience,
		.arg = oslo,
	};
	char id[ENVELOPE_ID];

	if (envelope_id(id, err) < 0)
		return -1;
	oslo->serve = fn;
	oslo->serve_arg = arg;
	snprintf(oslo->topic, sizeof oslo->topic, "%s", topic);
	snprintf(oslo->server_queue, sizeof oslo->server_queue, "%s.%s", topic, oslo->host);
	snprintf(oslo->fanout, sizeof oslo->fanout, "%s_fanout", topic);
	snprintf(oslo->fanout_queue, sizeof oslo->fanout_queue, "%s_fanout_%s", topic, id);
	choose_queues(oslo, &setup);
	return intake_open(&oslo->server, &setup, err);
}

void
oslo_drain(struct oslo *oslo)
{
	if (oslo->server)
		intake_drain(oslo->server);
}
