/*
 * What oslo.messaging puts around a request, an answer, a failure and a
 * notification: two layers of JSON, ids, and the context of the caller.  Only
 * text here; how it travels is known in oslo.h.
 *
 * Source of the format: oslo_messaging/_drivers/common.py, amqpdriver.py,
 * rpc/client.py, notify/notifier.py; recordings in tests/data/oslo/.
 * Threads: pure functions.
 */
#ifndef CINDERBANK_NET_ENVELOPE_H
#define CINDERBANK_NET_ENVELOPE_H

#include <stdbool.h>

#include "base/buf.h"

struct err;
struct json;

enum { ENVELOPE_MAX = 32 * 1024 * 1024, ENVELOPE_ID = 33, ENVELOPE_NAME_MAX = 256 };

/* ---- in ---- */

/*
 * Open a body: *ret is the message within, an object.  ERR_INVALID: not JSON, no
 * envelope, or one of another major version.
 */
int envelope_open(struct span body, struct json **ret, struct err *err);

/* A member of the message that is a text; NULL: it has none. */
const char *envelope_text(const struct json *message, const char *key);

/* May a server of this version ("2.3") serve the wanted one?  NULL wants "1.0". */
bool envelope_compatible(const char *served, const char *wanted);

/*
 * What the failure of an answer says.  Text as "Class: what went wrong"; the kind
 * follows the class: what was not found is ERR_NOT_FOUND, what is invalid
 * ERR_INVALID, others ERR_SYSTEM.  Returns -1.
 */
int envelope_failure(const char *failure, struct err *err);

/* ---- out ---- */

/* Who asks, and for what. */
struct envelope_context {
	const struct json *from; /* a message that has it; NULL: the service itself */
	const char *request_id;  /* without from: "req-..." */
	const char *resource_id; /* with: of the backup that is worked on; NULL: unchanged */
	const char *action[2];   /* with resource_id: "013", "create backup" */
	bool public;             /* leave out tokens and addresses */
};

struct envelope_request {
	const char *method, *version;
	struct span args;              /* a JSON object */
	const char *msg_id, *reply_to; /* of a call; NULL: a cast */
	bool sure;                     /* of a cast: go on once the broker has it */
};

/* Each prints a whole body.  0, or -1 with ERR_INVALID: too long, not UTF-8. */
int envelope_print_request(const struct envelope_request *request,
    const struct envelope_context *context, struct buf *ret, struct err *err);

/* result: JSON. */
int envelope_print_result(const char *msg_id, struct span result, struct buf *ret, struct err *err);

/* The method still runs. */
int envelope_print_patience(const char *msg_id, struct buf *ret, struct err *err);

/* An exception of Python: the other side raises it again. */
struct envelope_failure {
	const char *class_name, *module; /* "InvalidBackup", "cinder.exception" */
	const char *text;
	const char *reason; /* what it is raised with, besides the text; NULL: nothing */
	int code;           /* HTTP status; with reason */
};
int envelope_print_failure(
    const char *msg_id, const struct envelope_failure *failure, struct buf *ret, struct err *err);

struct envelope_notification {
	const char *publisher, *event; /* "backup.HOST", "backup.create.start" */
	struct span payload;           /* a JSON object */
};
int envelope_print_notification(const struct envelope_notification *notification,
    const struct envelope_context *context, struct buf *ret, struct err *err);

/* 32 random hex digits. */
int envelope_id(char ret[ENVELOPE_ID], struct err *err);

/* Append the moment as Python's datetime prints it: with microseconds. */
void envelope_moment(struct buf *ret, char between);

#endif
