/* Does the store take backups, and how much room have quotas left? */
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/err.h"
#include "store/swift.h"

enum { HEADER_MAX = 64 };

/* Without a request there may be no account to look into; that somebody answers can be seen. */
static int
check_server(struct swift *swift, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	const char *url = swift->opts.url;
	struct http_request request = { .method = "GET", .url = url };

	if (swift_access_check(swift->access, err) < 0)
		return -1;
	if (!url)
		return 0;
	if (http_call(swift->http, &request, &answer, err) < 0)
		return err_wrap(err, "backup_swift_url");
	return 0;
}

static int
check_object(struct swift *swift, const char *container, struct err *err)
{
	static const char text[] = "written by a check, and removed by it\n";
	char id[DIGEST_UUID_TEXT], name[LAYOUT_NAME_MAX];
	struct swift_call call = {
		.container = container, .object = name, .body = { text, sizeof text - 1 }
	};
	uint8_t md5[DIGEST_MD5_SIZE];

	if (digest_uuid_random(id, err) < 0)
		return -1;
	snprintf(name, sizeof name, "cinderbank_check/%s", id);
	digest_md5(text, sizeof text - 1, md5);
	if (swift_put(swift, &call, md5, err) < 0)
		return err_wrap(err, "write into container %s", container);
	if (swift_delete(swift, container, name, err) < 0)
		return err_wrap(err, "delete from container %s", container);
	return 0;
}

int
swift_check(struct store *store, struct err *err)
{
	struct swift *swift = swift_of(store);
	const char *container = swift->opts.container ? swift->opts.container : "";

	if (swift_check_container(container, err) < 0)
		return err_wrap(err, "backup_swift_container");
	if (!swift_access_known(swift->access))
		return check_server(swift, err);
	if (swift_find_container(swift, container, err) < 0)
		return -1;
	return check_object(swift, container, err);
}

/* ---- room ---- */

static bool
find_number(const struct http_answer *answer, const char *kind, const char *what, uint64_t *ret)
{
	char name[HEADER_MAX], *end;
	const char *text;

	snprintf(name, sizeof name, "X-%s-%s", kind, what);
	text = http_header(answer, name);
	if (!text)
		return false;
	*ret = strtoull(text, &end, 10);
	return end > text;
}

/* What the quota of the account (container NULL) or of a container leaves, if that is less. */
static int
take_quota(struct swift *swift, const char *container, struct store_room *room, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	struct swift_call call = { .method = "HEAD", .container = container };
	const char *kind = container ? "Container" : "Account";
	uint64_t quota, used, left;

	if (swift_call(swift, &call, &answer, err) < 0)
		return answer.status == 403 || answer.status == 404 ? 0 : -1;
	if (!find_number(&answer, kind, "Meta-Quota-Bytes", &quota) ||
	    !find_number(&answer, kind, "Bytes-Used", &used))
		return 0;
	left = used < quota ? quota - used : 0;
	if (!room->total || left < room->free)
		*room = (struct store_room){ left, quota };
	return 0;
}

int
swift_room(struct store *store, struct store_room *ret, struct err *err)
{
	struct swift *swift = swift_of(store);
	struct store_room room = { 0, 0 };

	if (!swift_access_known(swift->access))
		return 0;
	if (take_quota(swift, NULL, &room, err) < 0 ||
	    take_quota(swift, swift->opts.container, &room, err) < 0)
		return -1;
	*ret = room;
	return 0;
}
