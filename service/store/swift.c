/* Backups in an object store that speaks Swift's protocol. */
#include "store/swift.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"

enum { WRITERS = 8, CONTAINER_MAX = 255, OBJECT_PAYS = 8 * 1024 * 1024 };

/* ---- opening ---- */

static void
swift_close(struct store *store)
{
	struct swift *swift = swift_of(store);

	swift_access_close(swift->access);
	swift_pins_free(swift->pins);
	http_close(swift->http);
	pthread_mutex_destroy(&swift->mutex);
	free(swift);
}

/* Where nobody asks, there is no account to look into. */
static const char *
caveat_of(const struct swift_opts *opts)
{
	return opts->auth == SWIFT_AUTH_PER_USER
		   ? "works in the account of whoever asks (per_user); OS_TOKEN and "
		     "OS_PROJECT_ID say whose is to be checked"
		   : "finds keystone in the catalogue of whoever asks; backup_swift_auth_url "
		     "lets it be checked";
}

static int
open_as(struct store **ret, const struct swift_opts *opts, const struct store_user *user,
    struct err *err)
{
	const struct http_setup setup = {
		.ca_file = opts->ca_cert_file,
		.insecure = opts->auth_insecure,
		.connect_ms = SWIFT_CONNECT_MS,
		.cancel = user ? user->cancel : NULL,
	};
	struct swift *swift = calloc(1, sizeof *swift);

	if (!swift)
		return err_memory(err);
	swift->store = (struct store){
		.driver = &store_swift,
		.tries = (unsigned)(opts->retry_attempts < 1000 ? opts->retry_attempts : 1000) + 1,
		.backoff_ms =
		    (unsigned)(opts->retry_backoff < 64 ? opts->retry_backoff : 64) * 1000,
		.object_size = (uint64_t)opts->object_size,
		.block_size = (uint64_t)opts->block_size,
		.untimed = !opts->enable_progress_timer,
	};
	swift->opts = *opts;
	pthread_mutex_init(&swift->mutex, NULL);
	swift->pins = swift_pins_new();
	if ((!swift->pins && err_memory(err) < 0) || http_open(&swift->http, &setup, err) < 0 ||
	    swift_access_open(&swift->access, swift->http, &swift->opts, user, err) < 0) {
		swift_close(&swift->store);
		return -1;
	}
	if (!swift_access_known(swift->access))
		swift->store.caveat = caveat_of(opts);
	*ret = &swift->store;
	return 0;
}

static int
swift_open(struct store **ret, const void *opts, struct err *err)
{
	return open_as(ret, opts, NULL, err);
}

static int
swift_act_as(
    struct store *store, const struct store_user *user, struct store **ret, struct err *err)
{
	return open_as(ret, &swift_of(store)->opts, user, err) < 0 ? -1 : 1;
}

/* ---- places ---- */

int
swift_check_container(const char *container, struct err *err)
{
	if (!container[0] || strlen(container) > CONTAINER_MAX || strchr(container, '/') ||
	    strcmp(container, ".") == 0 || strcmp(container, "..") == 0)
		return err_set(err, ERR_INVALID,
		    "container \"%s\": must be 1 to %d characters without a slash", container,
		    CONTAINER_MAX);
	return 0;
}

/* A prefix has slashes, but no part that means something else in a URL. */
int
swift_check_place(const struct location *at, struct err *err)
{
	const char *part = at->prefix;

	if (swift_check_container(at->container, err) < 0)
		return -1;
	for (;; part += strcspn(part, "/") + 1) {
		if (part[0] == '.' || part[0] == '/' || !part[0])
			return err_set(err, ERR_INVALID,
			    "prefix %s: has a part that is empty or hidden", at->prefix);
		if (!strchr(part, '/'))
			return 0;
	}
}

static int
swift_place(struct store *store, const struct backup *backup, struct location *ret, struct err *err)
{
	const struct swift_opts *opts = &swift_of(store)->opts;
	const char *container = opts->container;
	struct location at;
	char moment[CLOCK_TEXT];
	int prefix;

	if (!uuid_valid(backup->id) || !uuid_valid(backup->volume_id))
		return err_set(err, ERR_INVALID, "backup %s of volume %s: both ids must be UUIDs",
		    backup->id, backup->volume_id);
	if (backup_has(backup, BACKUP_CONTAINER) && backup->container[0])
		container = backup->container;
	if (!container || swift_check_container(container, err) < 0)
		return container ? -1
				 : err_set(err, ERR_INVALID, "backup_swift_container is empty");
	clock_format(backup->created_at, "%Y%m%d%H%M%S", moment);
	snprintf(at.container, sizeof at.container, "%s", container);
	prefix = snprintf(at.prefix, sizeof at.prefix, "volume_%s/%s/az_%s_backup_%s",
	    backup->volume_id, moment, opts->availability_zone, backup->id);
	if (prefix >= (int)sizeof at.prefix)
		return err_set(err, ERR_INVALID, "storage_availability_zone %s: too long",
		    opts->availability_zone);
	*ret = at;
	return swift_check_place(&at, err);
}

/* ---- containers ---- */

static int
make_container(struct swift *swift, const char *container, struct err *err)
{
	const char *policy = swift->opts.create_storage_policy;
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf header = BUF(1024);
	struct swift_call call = { .method = "PUT", .container = container };

	if (policy && *policy) {
		buf_printf(&header, "X-Storage-Policy: %s", policy);
		call.headers[0] = buf_string(&header);
	}
	if (buf_check(&header, err) < 0)
		return -1;
	if (swift_call(swift, &call, &answer, err) == 0)
		return 0;
	if (answer.status == 400 && policy)
		err_wrap(err, "backup_swift_create_storage_policy = %s", policy);
	return err_wrap(err, "make container %s", container);
}

int
swift_find_container(struct swift *swift, const char *container, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	struct swift_call call = { .method = "HEAD", .container = container };

	if (swift_call(swift, &call, &answer, err) == 0)
		return 0;
	if (answer.status != 404)
		return -1;
	if (!swift->opts.create_containers)
		return err_set(err, ERR_NOT_FOUND,
		    "container %s does not exist, and backup_create_containers is false",
		    container);
	return make_container(swift, container, err);
}

static int
swift_begin(struct store *store, const struct location *at, struct err *err)
{
	if (swift_check_place(at, err) < 0)
		return -1;
	return swift_find_container(swift_of(store), at->container, err);
}

/* ---- segments ---- */

/* What is stored as it is has been digested already, or will be. */
static int
put_segment(
    struct swift *swift, struct swift_call *call, const struct segment *segment, struct err *err)
{
	bool raw = segment->codec && strcmp(segment->codec, "none") == 0;
	uint8_t md5[DIGEST_MD5_SIZE];

	if (raw && segment->has_md5)
		return swift_put(swift, call, segment->md5, err);
	if (raw && segment->md5_later)
		return swift_put_later(swift, call, segment->md5_later, err);
	digest_md5(segment->packed.data, segment->packed.length, md5);
	return swift_put(swift, call, md5, err);
}

static int
swift_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err)
{
	char name[LAYOUT_NAME_MAX];
	struct swift_call call = {
		.container = at->container, .object = name, .body = segment->packed
	};

	if (swift_check_place(at, err) < 0)
		return -1;
	store_segment_name(at, segment->number, name);
	return put_segment(swift_of(store), &call, segment, err);
}

static int
swift_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err)
{
	char name[LAYOUT_NAME_MAX];
	int found;

	if (swift_check_place(at, err) < 0)
		return -1;
	store_segment_name(at, segment->number, name);
	found = swift_fetch(swift_of(store), at->container, name, offset, packed, err);
	if (found == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "%s: no such object in container %s", name, at->container);
	return found < 0 ? -1 : 0;
}

static int
swift_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	char object[LAYOUT_NAME_MAX];

	if (swift_check_place(at, err) < 0)
		return -1;
	layout_document_name(at, name, object);
	return swift_fetch(swift_of(store), at->container, object, offset, ret, err);
}

/* ---- listing ---- */

struct visit {
	struct swift *swift;
	const struct location *at;
	store_name_fn *fn;
	void *arg;
};

static int
visit_own(void *arg, const char *name, uint64_t length, struct err *err)
{
	const struct visit *visit = arg;

	if (strlen(name) >= LAYOUT_NAME_MAX || layout_kind(visit->at, name) == LAYOUT_FOREIGN)
		return 0;
	return visit->fn(visit->arg, name, length, err);
}

static int
swift_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err)
{
	struct visit visit = { swift_of(store), at, fn, arg };

	if (swift_check_place(at, err) < 0)
		return -1;
	return swift_each(visit.swift, at->container, at->prefix, visit_own, &visit, err);
}

const struct store_driver store_swift = {
	.name = "swift",
	.class_path = "cinder.backup.drivers.swift.SwiftBackupDriver",
	.options = &swift_table,
	.writers = WRITERS,
	.object_pays = OBJECT_PAYS,
	.open = swift_open,
	.check = swift_check,
	.place = swift_place,
	.begin = swift_begin,
	.write = swift_write,
	.read = swift_read,
	.create = swift_create,
	.append = swift_append,
	.commit = swift_commit,
	.discard = swift_discard,
	.load = swift_load,
	.list = swift_list,
	.erase = swift_erase,
	.scan = swift_scan,
	.close = swift_close,
	.act_as = swift_act_as,
	.room = swift_room,
};
