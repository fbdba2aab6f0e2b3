/* Anything as the body of a message, and as a transport_url. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "model/object.h"
#include "net/envelope.h"
#include "net/transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was read can be sent on, and is read again. */
static void
send_on(const struct json *message)
{
	scoped(buf_drop) struct buf args = BUF(1 << 20);
	scoped(buf_drop) struct buf body = BUF(ENVELOPE_MAX);
	scoped(json_free_scoped) struct json *again = NULL;
	struct json_writer json = JSON_WRITER(&args, 0);
	const struct json *backup = json_member(json_member(message, "args"), "backup");
	struct envelope_request request = { .method = "m", .version = "1.0" };
	const struct envelope_context context = { .from = message, .public = true };
	struct err err = ERR_INIT;

	if (!object_data(backup, "Backup", &err) && !err.text[0])
		__builtin_trap();
	object_put(&json, backup, NULL);
	if (json_check(&json, &err) < 0)
		return;
	request.args = buf_span(&args);
	if (envelope_print_request(&request, &context, &body, &err) < 0)
		return;
	if (envelope_open(buf_span(&body), &again, &err) < 0)
		__builtin_trap();
}

static void
read_url(const uint8_t *data, size_t size)
{
	struct transport transport;
	struct err err = ERR_INIT;
	char *url = calloc(1, size + 10);

	if (!url)
		return;
	memcpy(url, "rabbit://", 9);
	memcpy(url + 9, data, size);
	if (transport_parse(url, &transport, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
	} else if (!transport.n_brokers || !transport.brokers[0].host[0] || !transport.vhost[0]) {
		__builtin_trap();
	}
	free(url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span body = { (const char *)data, size };
	struct json *message;
	struct err err = ERR_INIT;

	read_url(data, size);
	if (envelope_open(body, &message, &err) < 0)
		return 0;
	if (envelope_text(message, "failure"))
		(void)envelope_failure(envelope_text(message, "failure"), &err);
	send_on(message);
	json_free(message);
	return 0;
}
