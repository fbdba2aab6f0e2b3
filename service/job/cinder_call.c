#include "job/cinder_call.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "job/cinder.h"
#include "net/oslo.h"

/* "cinder-volume.HOST@BACKEND", "HOST": what the pool is, the queue's name does not tell. */
struct address {
	char topic[2 * COLUMN_TEXT_MAX], server[COLUMN_TEXT_MAX];
	struct oslo_target target;
};

static void
address_of(const struct remote *remote, struct address *ret)
{
	int backend = (int)strcspn(remote->host, "#"), host = (int)strcspn(remote->host, "@#");

	snprintf(ret->topic, sizeof ret->topic, "cinder-volume.%.*s", backend, remote->host);
	snprintf(ret->server, sizeof ret->server, "%.*s", host, remote->host);
	ret->target = (struct oslo_target){ .topic = ret->topic, .server = ret->server };
}

static int
cast(const struct remote *remote, const char *method, const char *version, bool sure,
    struct buf *args, struct err *err)
{
	const struct envelope_request request = {
		.method = method, .version = version, .args = buf_span(args), .sure = sure
	};
	struct address to;

	if (buf_check(args, err) < 0)
		return -1;
	address_of(remote, &to);
	return oslo_cast(remote->setup->oslo, &to.target, &request, remote->context, err);
}

static int
call(const struct remote *remote, const char *method, const char *version, struct buf *args,
    struct json **ret, struct err *err)
{
	const struct envelope_request request = {
		.method = method, .version = version, .args = buf_span(args)
	};
	struct address to;

	if (buf_check(args, err) < 0)
		return -1;
	address_of(remote, &to);
	return oslo_call(remote->setup->oslo, &to.target, &request, remote->context, ret, err);
}

static void
add(struct buf *args, const char *text, struct span json)
{
	buf_text(args, text);
	buf_add(args, json.data, json.length);
}

/* ---- the calls ---- */

int
cinder_get_device(
    const struct remote *remote, struct span backup, struct json **ret, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(VOLUME_TEXT_MAX);

	add(&args, "{\"backup\": ", backup);
	buf_printf(&args, ", \"want_objects\": true%s}", ret ? "" : ", \"async_call\": true");
	return ret ? call(remote, "get_backup_device", "3.2", &args, ret, err)
		   : cast(remote, "get_backup_device", "3.17", false, &args, err);
}

int
cinder_secure_files(const struct remote *remote, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(VOLUME_TEXT_MAX);
	scoped(json_free_scoped) struct json *answer = NULL;
	bool secure = false;

	add(&args, "{\"volume\": ", remote->object);
	buf_byte(&args, '}');
	if (call(remote, "secure_file_operations_enabled", "3.0", &args, &answer, err) < 0)
		return -1;
	(void)json_truth(json_member(answer, "result"), &secure);
	return secure;
}

int
cinder_connect(const struct remote *remote, struct json **ret, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(VOLUME_TEXT_MAX);

	add(&args, "{\"connector\": ", remote->connector);
	if (remote->snapshot) {
		buf_printf(&args, ", \"snapshot_id\": \"%s\"}", remote->id);
		return call(remote, "initialize_connection_snapshot", "3.13", &args, ret, err);
	}
	add(&args, ", \"volume\": ", remote->object);
	buf_byte(&args, '}');
	return call(remote, "initialize_connection", "3.0", &args, ret, err);
}

static int
tell(const struct remote *remote, const char *method, bool quietly, struct buf *args,
    struct err *err)
{
	scoped(json_free_scoped) struct json *answer = NULL;
	const char *version = remote->snapshot ? "3.13" : "3.0";

	return quietly ? cast(remote, method, version, false, args, err)
		       : call(remote, method, version, args, &answer, err);
}

int
cinder_disconnect(const struct remote *remote, bool quietly, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(VOLUME_TEXT_MAX);
	scoped(buf_drop) struct buf export_args = BUF(VOLUME_TEXT_MAX);
	const char *key = remote->snapshot ? "snapshot_id" : "volume_id";
	struct err second = ERR_INIT;
	int ended;

	buf_printf(&args, "{\"%s\": \"%s\"", key, remote->id);
	add(&args, ", \"connector\": ", remote->connector);
	buf_text(&args, ", \"force\": true}");
	buf_printf(&export_args, "{\"%s\": \"%s\"}", key, remote->id);
	ended = tell(remote,
	    remote->snapshot ? "terminate_connection_snapshot" : "terminate_connection", quietly,
	    &args, err);
	if (tell(remote, remote->snapshot ? "remove_export_snapshot" : "remove_export", quietly,
		&export_args, &second) == 0)
		return ended;
	if (ended == 0)
		*err = second;
	return -1;
}

int
cinder_detach(const struct remote *remote, const char *attachment_id, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(VOLUME_TEXT_MAX);
	scoped(json_free_scoped) struct json *answer = NULL;

	add(&args, "{\"volume\": ", remote->object);
	buf_printf(&args, ", \"attachment_id\": \"%s\"}", attachment_id);
	return call(remote, "detach_volume", "3.4", &args, &answer, err);
}

int
cinder_delete(const struct remote *remote, struct err *err)
{
	scoped(buf_drop) struct buf args = BUF(VOLUME_TEXT_MAX);

	add(&args, remote->snapshot ? "{\"snapshot\": " : "{\"volume\": ", remote->object);
	buf_printf(
	    &args, ", \"unmanage_only\": false%s}", remote->snapshot ? "" : ", \"cascade\": false");
	return cast(remote, remote->snapshot ? "delete_snapshot" : "delete_volume", "3.0", true,
	    &args, err);
}
