/* Casts, calls, notifications, and the connections below them. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "net/oslo_own.h"
#include "net/rabbit.h"
#include "options/tables.h"

enum { FLUSH_MS = 10 * 1000 };

/* ---- open and close ---- */

static int
read_url(const struct bus_opts *opts, struct transport *ret, struct err *err)
{
	if (!opts->transport_url)
		return err_set(err, ERR_INVALID, "transport_url is not set: where is the broker?");
	if (opts->stream_fanout)
		return err_set(err, ERR_INVALID,
		    "[oslo_messaging_rabbit] rabbit_stream_fanout: streams cannot be read here");
	return transport_parse(opts->transport_url, ret, err);
}

static int
read_urls(struct oslo *oslo, struct err *err)
{
	const struct bus_opts *opts = oslo->opts;

	if (read_url(opts, &oslo->transport, err) < 0)
		return -1;
	if (opts->notifications_transport_url &&
	    transport_parse(opts->notifications_transport_url, &oslo->notices, err) < 0)
		return err_wrap(err, "[oslo_messaging_notifications]");
	return 0;
}

int
oslo_open(struct oslo **ret, const struct bus_opts *opts, const char *host, struct err *err)
{
	struct oslo *oslo = calloc(1, sizeof *oslo);

	if (!oslo)
		return err_memory(err);
	oslo->opts = opts;
	snprintf(oslo->host, sizeof oslo->host, "%s", host);
	snprintf(oslo->name, sizeof oslo->name, "cinder-backup:%d:%.200s", (int)getpid(), host);
	pthread_mutex_init(&oslo->mutex, NULL);
	pthread_cond_init(&oslo->answered, NULL);
	if (read_urls(oslo, err) < 0 ||
	    outbox_open(&oslo->outbox, &oslo->transport, opts, oslo->name, err) < 0 ||
	    (oslo->notices.n_brokers &&
		outbox_open(&oslo->notice_outbox, &oslo->notices, opts, oslo->name, err) < 0)) {
		oslo_close(oslo);
		return -1;
	}
	*ret = oslo;
	return 0;
}

void
oslo_close(struct oslo *oslo)
{
	if (!oslo)
		return;
	intake_close(oslo->server);
	intake_close(oslo->replies);
	outbox_close(oslo->outbox, FLUSH_MS);
	outbox_close(oslo->notice_outbox, FLUSH_MS);
	pthread_mutex_destroy(&oslo->mutex);
	pthread_cond_destroy(&oslo->answered);
	free(oslo);
}

int
oslo_check(const struct bus_opts *opts, struct err *err)
{
	scoped(rabbit_close_scoped) struct rabbit *rabbit = NULL;
	struct transport transport;
	unsigned i;

	if (read_url(opts, &transport, err) < 0 ||
	    rabbit_open(&rabbit, &transport, opts, "cinderbank doctor", err) < 0)
		return -1;
	for (i = 0; i < transport.n_brokers; i++) {
		if (rabbit_connect(rabbit, err) == 0)
			return 0;
	}
	return -1;
}

/* ---- send ---- */

static int
post(struct oslo *oslo, const struct oslo_target *target, const struct envelope_request *request,
    struct span body, struct err *err)
{
	char key[OUTBOX_NAME], about[OUTBOX_NAME];
	uint64_t timeout_ms = (uint64_t)oslo->opts->rpc_response_timeout * 1000;
	const struct letter letter = {
		.kind = target->fanout ? LETTER_FANOUT : LETTER_TOPIC,
		.exchange = oslo->opts->control_exchange,
		.key = key,
		.body = body,
		.expires_ms = request->msg_id ? (int64_t)timeout_ms : 0,
		/* What is told to all that listen now is of no use to later ones. */
		.patience_ms = request->msg_id || target->fanout ? timeout_ms : 0,
		.sure_ms = request->sure ? timeout_ms : 0,
		.about = about,
	};
	int length = target->server && !target->fanout
			 ? snprintf(key, sizeof key, "%s.%s", target->topic, target->server)
			 : snprintf(key, sizeof key, "%s", target->topic);

	if (length < 0 || (size_t)length >= sizeof key)
		return err_set(err, ERR_INVALID, "queue %.80s...: the name is too long", key);
	snprintf(about, sizeof about, "%s to %.100s", request->method, key);
	return outbox_post(oslo->outbox, &letter, err);
}

int
oslo_cast(struct oslo *oslo, const struct oslo_target *target,
    const struct envelope_request *request, const struct envelope_context *context, struct err *err)
{
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);

	if (envelope_print_request(request, context, &body, err) < 0)
		return -1;
	return post(oslo, target, request, buf_span(&body), err);
}

/* ---- calls ---- */

static void
take_answer(void *arg, struct span body)
{
	struct oslo *oslo = arg;
	struct waiting *waiting;
	struct err err = ERR_INIT;
	struct json *message;
	const char *msg_id;
	bool ending = true;

	if (envelope_open(body, &message, &err) < 0) {
		log_warning("bus", "an answer is passed over: %s", err.text);
		return;
	}
	msg_id = envelope_text(message, "_msg_id");
	(void)json_truth(json_member(message, "ending"), &ending);
	scoped_lock(&oslo->mutex);
	for (waiting = oslo->waiting; waiting && msg_id && ending; waiting = waiting->next) {
		if (strcmp(waiting->msg_id, msg_id) == 0 && !waiting->answer) {
			waiting->answer = message;
			message = NULL;
			pthread_cond_broadcast(&oslo->answered);
			break;
		}
	}
	json_free(message);
}

/* The queue for answers is made when the first call needs it. */
static int
open_replies(struct oslo *oslo, struct err *err)
{
	struct intake_setup setup = {
		.transport = &oslo->transport,
		.opts = oslo->opts,
		.name = oslo->name,
		.n_queues = 1,
		.hand = take_answer,
		.arg = oslo,
	};
	struct intake_queue *queue = &setup.queues[0];
	char id[ENVELOPE_ID];
	scoped_lock(&oslo->mutex);

	if (oslo->replies)
		return 0;
	if (envelope_id(id, err) < 0)
		return -1;
	snprintf(oslo->reply_queue, sizeof oslo->reply_queue, "reply_%s", id);
	queue->queue.name = queue->key = oslo->reply_queue;
	queue->queue.expires_ms = oslo->opts->transient_queues_ttl * 1000;
	queue->queue.durable = oslo->opts->transient_quorum_queue;
	queue->queue.quorum = oslo->opts->transient_quorum_queue ? oslo->opts : NULL;
	/* Services before oslo.messaging 9.3 look for an exchange of that name. */
	queue->exchange = (struct rabbit_exchange){
		.name = oslo->reply_queue, .type = "direct", .auto_delete = true
	};
	return intake_open(&oslo->replies, &setup, err);
}

static void
enter(struct oslo *oslo, struct waiting *waiting)
{
	scoped_lock(&oslo->mutex);

	waiting->next = oslo->waiting;
	oslo->waiting = waiting;
}

static void
leave(struct oslo *oslo, struct waiting *waiting)
{
	struct waiting **link = &oslo->waiting;
	scoped_lock(&oslo->mutex);

	while (*link != waiting)
		link = &(*link)->next;
	*link = waiting->next;
}

static void
wait_for_answer(struct oslo *oslo, const struct waiting *waiting)
{
	const uint64_t until_ms = clock_ms() + (uint64_t)oslo->opts->rpc_response_timeout * 1000;
	scoped_lock(&oslo->mutex);

	while (!waiting->answer && clock_await(&oslo->answered, &oslo->mutex, until_ms))
		;
}

static int
judge(
    const struct envelope_request *request, struct json *answer, struct json **ret, struct err *err)
{
	const char *failure;

	if (!answer)
		return err_set(
		    err, ERR_RETRY, "%s: timed out waiting for an answer", request->method);
	failure = envelope_text(answer, "failure");
	if (failure) {
		envelope_failure(failure, err);
		json_free(answer);
		return err_wrap(err, "%s", request->method);
	}
	*ret = answer;
	return 0;
}

int
oslo_call(struct oslo *oslo, const struct oslo_target *target,
    const struct envelope_request *request, const struct envelope_context *context,
    struct json **ret, struct err *err)
{
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	struct envelope_request call = *request;
	struct waiting waiting = { .answer = NULL };
	int posted;

	if (open_replies(oslo, err) < 0 || envelope_id(waiting.msg_id, err) < 0)
		return -1;
	call.msg_id = waiting.msg_id;
	call.reply_to = oslo->reply_queue;
	if (envelope_print_request(&call, context, &body, err) < 0)
		return -1;
	if (!intake_ready(oslo->replies, (uint64_t)oslo->opts->rpc_response_timeout * 1000))
		return err_set(err, ERR_RETRY, "%s: the message broker is away", request->method);
	enter(oslo, &waiting);
	posted = post(oslo, target, &call, buf_span(&body), err);
	if (posted == 0)
		wait_for_answer(oslo, &waiting);
	leave(oslo, &waiting);
	return posted < 0 ? -1 : judge(request, waiting.answer, ret, err);
}

/* ---- notifications ---- */

static int
notify_topic(struct oslo *oslo, const char *topic, size_t length, struct span body, struct err *err)
{
	char key[OUTBOX_NAME];
	const struct letter letter = {
		.kind = LETTER_NOTIFICATION,
		.exchange = oslo->opts->control_exchange,
		.key = key,
		.body = body,
		.about = "notification",
	};

	snprintf(key, sizeof key, "%.*s.info", (int)length, topic);
	return outbox_post(oslo->notice_outbox ? oslo->notice_outbox : oslo->outbox, &letter, err);
}

/* One of the words of a list? */
static bool
lists(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (; list && *list; list += strcspn(list, ",\n")) {
		list += strspn(list, ", \t\n");
		if (strncmp(list, word, length) == 0 &&
		    !strchr(
			"_abcdefghijklmnopqrstuvwxyz0123456789", list[length] ? list[length] : ' '))
			return true;
	}
	return false;
}

int
oslo_notify(struct oslo *oslo, const struct envelope_notification *notification,
    const struct envelope_context *context, struct err *err)
{
	const struct bus_opts *opts = oslo->opts;
	const char *topic = opts->notifications_topics;
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	struct envelope_context public = *context;

	if (lists(opts->notifications_driver, "log"))
		log_info("notification", "%s %.*s", notification->event,
		    (int)notification->payload.length, notification->payload.data);
	if (!lists(opts->notifications_driver, "messagingv2") &&
	    !lists(opts->notifications_driver, "messaging"))
		return 0;
	public.public = true;
	if (envelope_print_notification(notification, &public, &body, err) < 0)
		return -1;
	while (topic && *topic) {
		size_t length;

		topic += strspn(topic, ", \t");
		length = strcspn(topic, ", \t");
		if (length && notify_topic(oslo, topic, length, buf_span(&body), err) < 0)
			return -1;
		topic += length;
	}
	return 0;
}
