/* How the swift driver speaks to servers that fail; what it does on good ones is in the contract.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/md5_later.h"
#include "fake/http_server.h"
#include "options/tables.h"
#include "store/store.h"

#define MD5_OF_ONE "f97c5d29941bfb1b2fdab0874906ab82" /* "one" */
#define PREFIX                                                                                     \
	"volume_6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4/20260102030405/"                              \
	"az_nova_backup_582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb"

static const struct location at = { "volumebackups", PREFIX };

#define LOGIN                                                                                      \
	{                                                                                          \
		.status = 200, .headers = "X-Storage-Url: $URL/v1/AUTH_test\r\n"                   \
					  "X-Auth-Token: good\r\n"                                 \
	}
#define STORED                                                                                     \
	{                                                                                          \
		.status = 201, .headers = "Etag: " MD5_OF_ONE "\r\n"                               \
	}

struct scene {
	struct http_server *server;
	struct store *store;
	struct swift_opts opts;
	char url[128];
	struct err err;
};

static void
scene_begin(struct scene *scene, const struct http_step *steps)
{
	*scene = (struct scene){ .err = ERR_INIT };
	scene->server = http_server_start(steps);
	snprintf(scene->url, sizeof scene->url, "%s/auth/v1.0", http_server_url(scene->server));
	scene->opts = (struct swift_opts){
		.auth = SWIFT_AUTH_SINGLE_USER,
		.auth_version = "1.0",
		.auth_url = scene->url,
		.user = "test:tester",
		.key = "hush",
		.catalog_info = "object-store:swift:publicURL",
		.keystone_catalog_info = "identity:Identity Service:publicURL",
		.container = "volumebackups",
		.availability_zone = "nova",
		.object_size = 65536,
		.block_size = 4096,
		.retry_attempts = 3,
		.create_containers = true,
	};
}

static void
open_store(struct scene *scene)
{
	if (store_open(&scene->store, &store_swift, &scene->opts, &scene->err) < 0)
		fail_msg("%s", scene->err.text);
}

static void
scene_end(struct scene *scene)
{
	assert_null(strstr(scene->err.text, "hush"));
	store_close(scene->store);
	http_server_stop(scene->server);
}

/* Request number index began so. */
static void
see_request(struct scene *scene, size_t index, const char *line)
{
	const char *head = http_server_asked(scene->server, index)->head;

	if (strncmp(head, line, strlen(line)) != 0)
		fail_msg("request %zu should begin \"%s\", not\n%s", index, line, head);
}

static void
see_header(struct scene *scene, size_t index, const char *line)
{
	const char *head = http_server_asked(scene->server, index)->head;

	if (!strstr(head, line))
		fail_msg("request %zu should have \"%s\"\n%s", index, line, head);
}

static void
see_body(struct scene *scene, size_t index, const char *part)
{
	const char *body = http_server_asked(scene->server, index)->body;

	if (!strstr(body, part))
		fail_msg("request %zu should have \"%s\" in its body\n%s", index, part, body);
}

static int
write_one(struct scene *scene)
{
	const struct segment segment = { .number = 1, .packed = { "one", 3 } };

	return store_write(scene->store, &at, &segment, &scene->err);
}

/* ---- requests ---- */

static void
segment_is_put_as_upstream_names_it(void **state)
{
	static const struct http_step steps[] = { LOGIN, STORED, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(write_one(&scene), 0);
	see_request(&scene, 0, "GET /auth/v1.0 HTTP/1.1");
	see_header(&scene, 0, "\r\nX-Auth-User: test:tester\r\n");
	see_header(&scene, 0, "\r\nX-Auth-Key: hush\r\n");
	see_request(&scene, 1, "PUT /v1/AUTH_test/volumebackups/" PREFIX "-00001 HTTP/1.1\r\n");
	see_header(&scene, 1, "\r\nX-Auth-Token: good\r\n");
	see_header(&scene, 1, "\r\nETag: " MD5_OF_ONE "\r\n");
	assert_string_equal(http_server_asked(scene.server, 1)->body, "one");
	scene_end(&scene);
}

/* An MD5 that is put off is not sent, but what the server says is compared with it. */
static void
segment_may_be_put_before_its_md5_is_there(void **state)
{
	static const struct {
		const char *headers;
		bool same;
	} rows[] = {
		{ "Etag: " MD5_OF_ONE "\r\n", true },
		{ "Etag: \"F97C5D29941BFB1B2FDAB0874906AB82\"\r\n", true },
		{ "Etag: 00000000000000000000000000000000\r\n", false },
		{ "Etag: " MD5_OF_ONE "0\r\n", false },
		{ "Etag: f97c\r\n", false },
		{ "Etag: W/\"f97c5d29941bfb1b2fdab0874906ab82\"\r\n", false },
		{ NULL, false },
	};
	uint8_t md5[DIGEST_MD5_SIZE];
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct http_step steps[] = { LOGIN,
			{ .status = 201, .headers = rows[i].headers }, { .status = 0 } };
		scoped(md5_pool_close_scoped) struct md5_pool *pool = NULL;
		struct md5_later later;
		const struct segment segment = {
			.number = 1, .codec = "none", .packed = { "one", 3 }, .md5_later = &later
		};

		scene_begin(&scene, steps);
		open_store(&scene);
		assert_int_equal(md5_pool_open(&pool, &scene.err), 0);
		md5_later_add(pool, &later, segment.packed);
		assert_int_equal(store_write(scene.store, &at, &segment, &scene.err), 0);
		see_request(&scene, 1, "PUT /v1/AUTH_test/volumebackups/" PREFIX "-00001 HTTP");
		assert_null(strstr(http_server_asked(scene.server, 1)->head, "\r\nETag:"));
		assert_int_equal(md5_later_get(&later, md5), rows[i].same);
		scene_end(&scene);
	}
}

/* What a write meets, and what becomes of it. */
static void
write_is_tried_again_where_that_helps(void **state)
{
	static const struct {
		struct http_step steps[8];
		enum err_kind kind; /* ERR_NONE: done */
		size_t asked;       /* requests */
	} rows[] = {
		/* A token that expires in mid-backup is renewed, once. */
		{ { LOGIN, { .status = 401 }, LOGIN, STORED }, ERR_NONE, 4 },
		{ { LOGIN, { .status = 401 }, LOGIN, { .status = 401 } }, ERR_DENIED, 4 },
		{ { LOGIN, { .status = 403 } }, ERR_DENIED, 2 },
		{ { { .status = 401 } }, ERR_DENIED, 1 },
		{ { { .status = 503 }, LOGIN, STORED }, ERR_NONE, 3 },
		{ { { .status = 200 } }, ERR_INVALID, 1 },
		{ { LOGIN, { .status = 503 }, { .status = 429 }, { .status = 408 }, STORED },
		    ERR_NONE, 5 },
		{ { LOGIN, { .status = 500 }, { .status = 498 }, { .status = 499 },
		      { .status = 502 } },
		    ERR_RETRY, 5 },
		{ { LOGIN, { .status = 201, .act = HTTP_CUTS_REQUEST }, STORED }, ERR_NONE, 3 },
		{ { LOGIN, { .status = 422 }, STORED }, ERR_NONE, 3 },
		{ { LOGIN, { .status = 413 } }, ERR_NO_SPACE, 2 },
		{ { LOGIN, { .status = 507 } }, ERR_NO_SPACE, 2 },
		{ { LOGIN, { .status = 404 } }, ERR_NOT_FOUND, 2 },
		/* Stored, but not what was sent. */
		{ { LOGIN, { .status = 201, .headers = "Etag: 0123\r\n" } }, ERR_CORRUPT, 2 },
		{ { LOGIN, { .status = 201 } }, ERR_CORRUPT, 2 },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i].steps);
		open_store(&scene);
		if (write_one(&scene) < 0 ? scene.err.kind != rows[i].kind : rows[i].kind != 0)
			fail_msg("row %zu: %d, %s", i, scene.err.kind, scene.err.text);
		assert_int_equal(http_server_count(scene.server), rows[i].asked);
		scene_end(&scene);
	}
}

#define LOGIN_FOR(seconds)                                                                         \
	{                                                                                          \
		.status = 200, .headers = "X-Storage-Url: $URL/v1/AUTH_test\r\n"                   \
					  "X-Auth-Token: good\r\n"                                 \
					  "X-Auth-Token-Expires: " seconds "\r\n"                  \
	}

/* What version 1 says of a token's life is believed, less a minute. */
static void
token_is_renewed_before_it_expires(void **state)
{
	static const struct {
		struct http_step steps[6];
		size_t asked;
	} rows[] = {
		{ { LOGIN_FOR("3600"), STORED, STORED }, 3 },
		{ { LOGIN_FOR("59"), STORED, LOGIN_FOR("59"), STORED }, 4 },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i].steps);
		open_store(&scene);
		assert_int_equal(write_one(&scene), 0);
		assert_int_equal(write_one(&scene), 0);
		assert_int_equal(http_server_count(scene.server), rows[i].asked);
		scene_end(&scene);
	}
}

static void
container_is_made_as_the_options_say(void **state)
{
	static const struct {
		struct http_step steps[4];
		bool create;
		enum err_kind kind;
		size_t asked;
		const char *says;
	} rows[] = {
		{ { LOGIN, { .status = 204 } }, true, ERR_NONE, 2, "" },
		{ { LOGIN, { .status = 404 }, { .status = 201 } }, true, ERR_NONE, 3, "" },
		{ { LOGIN, { .status = 404 } }, false, ERR_NOT_FOUND, 2,
		    "backup_create_containers" },
		{ { LOGIN, { .status = 403 } }, true, ERR_DENIED, 2, "403" },
		{ { LOGIN, { .status = 404 }, { .status = 400 } }, true, ERR_INVALID, 3,
		    "backup_swift_create_storage_policy = silver" },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i].steps);
		scene.opts.create_containers = rows[i].create;
		scene.opts.create_storage_policy = "silver";
		open_store(&scene);
		if (store_begin(scene.store, &at, &scene.err) < 0) {
			assert_non_null(strstr(scene.err.text, rows[i].says));
			assert_int_equal(scene.err.kind, rows[i].kind);
		} else {
			assert_int_equal(rows[i].kind, ERR_NONE);
		}
		assert_int_equal(http_server_count(scene.server), rows[i].asked);
		see_request(&scene, 1, "HEAD /v1/AUTH_test/volumebackups HTTP");
		if (rows[i].asked == 3) {
			see_request(&scene, 2, "PUT /v1/AUTH_test/volumebackups HTTP");
			see_header(&scene, 2, "\r\nX-Storage-Policy: silver\r\n");
		}
		scene_end(&scene);
	}
}

/* ---- places ---- */

static void
place_is_upstreams(void **state)
{
	static const struct http_step none[] = { { .status = 0 } };
	static const struct {
		const char *container, *zone, *in, *says;
	} rows[] = {
		{ NULL, "nova", "volumebackups", "" },
		{ "mine", "nova", "mine", "" },
		{ "a/b", "nova", NULL, "without a slash" },
		{ "..", "nova", NULL, "without a slash" },
		{ NULL,
		    "an availability zone which has got a name of so many words that together with "
		    "the "
		    "identifiers of the volume and of the backup it does not fit into the column "
		    "that cinder has got for it",
		    NULL, "storage_availability_zone" },
	};
	struct backup backup = { .created_at = 1767323045 };
	struct location found;
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, none);
		backup_set_text(
		    &backup, BACKUP_ID, "582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb", &scene.err);
		backup_set_text(
		    &backup, BACKUP_VOLUME_ID, "6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4", &scene.err);
		backup_set_text(&backup, BACKUP_CONTAINER, rows[i].container, &scene.err);
		scene.opts.availability_zone = rows[i].zone;
		open_store(&scene);
		if (store_place(scene.store, &backup, &found, &scene.err) < 0) {
			assert_null(rows[i].in);
			assert_non_null(strstr(scene.err.text, rows[i].says));
		} else {
			assert_string_equal(found.container, rows[i].in);
			assert_string_equal(found.prefix, PREFIX);
		}
		assert_int_equal(http_server_count(scene.server), 0);
		scene_end(&scene);
	}
}

/* ---- listing, erasing ---- */

static int
add_name(void *arg, const char *name, uint64_t length, struct err *err)
{
	(void)err;
	buf_printf(arg, "%s %u\n", name + strlen(PREFIX), (unsigned)length);
	return 0;
}

#define PAGE(name)                                                                                 \
	{                                                                                          \
		.status = 200, .body = "[{\"name\": \"" PREFIX name "\", \"bytes\": 7}]"           \
	}

static void
listing_goes_on_until_a_page_is_empty(void **state)
{
	static const struct http_step steps[] = { LOGIN, PAGE("-00001"), PAGE("-00001x"),
		PAGE("_metadata"), { .status = 200, .body = "[]" }, { .status = 0 } };
	struct buf names = BUF(256);
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(store_list(scene.store, &at, add_name, &names, &scene.err), 0);
	assert_string_equal(buf_string(&names), "-00001 7\n_metadata 7\n");
	see_request(&scene, 1, "GET /v1/AUTH_test/volumebackups?format=json&prefix=volume_6f");
	assert_null(strstr(http_server_asked(scene.server, 1)->head, "marker"));
	see_header(&scene, 2, "-00001 HTTP/1.1\r\n");
	see_header(&scene, 3, "&marker=volume_6f");
	see_header(&scene, 3, "-00001x HTTP/1.1\r\n");
	buf_drop(&names);
	scene_end(&scene);
}

static void
listing_that_fails_is_not_an_empty_one(void **state)
{
	static const struct {
		struct http_step steps[8];
		enum err_kind kind;
	} rows[] = {
		{ { LOGIN, { .status = 404 } }, ERR_NONE },
		{ { LOGIN, { .status = 503 }, { .status = 503 }, { .status = 503 },
		      { .status = 503 } },
		    ERR_RETRY },
		{ { LOGIN, { .status = 403 } }, ERR_DENIED },
		{ { LOGIN, { .status = 200, .body = "<html>" } }, ERR_INVALID },
		{ { LOGIN, { .status = 200, .body = "[{\"bytes\": 1}]" } }, ERR_CORRUPT },
		/* A server that goes in circles. */
		{ { LOGIN, PAGE("-00002"), PAGE("-00002") }, ERR_CORRUPT },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct buf names = BUF(256);

		scene_begin(&scene, rows[i].steps);
		open_store(&scene);
		assert_int_equal(store_list(scene.store, &at, add_name, &names, &scene.err),
		    rows[i].kind ? -1 : 0);
		if (rows[i].kind)
			assert_int_equal(scene.err.kind, rows[i].kind);
		buf_drop(&names);
		scene_end(&scene);
	}
}

static void
erase_begins_with_the_manifest(void **state)
{
	static const struct http_step steps[] = { LOGIN, { .status = 204 }, PAGE("-00001"),
		PAGE("-00001x"), PAGE("_sha256file"), { .status = 200, .body = "[]" },
		{ .status = 200, .body = "[]" }, { .status = 200, .body = "[]" }, { .status = 404 },
		{ .status = 204 }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(store_erase(scene.store, &at, &scene.err), 0);
	see_request(&scene, 1, "DELETE /v1/AUTH_test/volumebackups/" PREFIX "_metadata HTTP");
	see_header(&scene, 6, "prefix=cinderbank_segments%2Fvolume_6f");
	see_request(&scene, 8, "DELETE /v1/AUTH_test/volumebackups/" PREFIX "-00001 HTTP");
	see_request(&scene, 9, "DELETE /v1/AUTH_test/volumebackups/" PREFIX "_sha256file HTTP");
	assert_int_equal(http_server_count(scene.server), 10);
	scene_end(&scene);
}

/* ---- documents ---- */

static void
object_replaced_while_it_is_read_is_noticed(void **state)
{
	static const struct http_step steps[] = { LOGIN,
		{ .status = 206,
		    .headers = "Etag: e1\r\nContent-Range: bytes 0-3/10\r\n",
		    .body = "half" },
		{ .status = 206,
		    .headers = "Etag: e1\r\nContent-Range: bytes 4-7/10\r\n",
		    .body = "more" },
		{ .status = 412 }, { .status = 0 } };
	struct buf text = BUF(4);
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(store_load(scene.store, &at, "metadata", 0, &text, &scene.err), 1);
	buf_clear(&text);
	assert_int_equal(store_load(scene.store, &at, "metadata", 4, &text, &scene.err), 1);
	assert_string_equal(buf_string(&text), "more");
	see_header(&scene, 2, "\r\nRange: bytes=4-7\r\n");
	see_header(&scene, 2, "\r\nIf-Match: e1\r\n");
	buf_clear(&text);
	assert_int_equal(store_load(scene.store, &at, "metadata", 8, &text, &scene.err), -1);
	assert_non_null(strstr(scene.err.text, "was replaced"));
	/* Its length is known, so its end is not asked for. */
	assert_int_equal(store_load(scene.store, &at, "metadata", 10, &text, &scene.err), 1);
	assert_int_equal(text.length, 0);
	assert_int_equal(http_server_count(scene.server), 4);
	buf_drop(&text);
	scene_end(&scene);
}

/* More objects than are remembered are read in between. */
static void
what_is_read_on_is_not_forgotten(void **state)
{
	enum { BETWEEN = 200 };
	static const struct http_step part = { .status = 206,
		.headers = "Etag: e1\r\nContent-Range: bytes 0-3/10\r\n",
		.body = "half" };
	static const struct http_step whole = { .status = 206,
		.headers = "Etag: e2\r\nContent-Range: bytes 0-3/4\r\n",
		.body = "full" };
	static const struct http_step more = { .status = 206,
		.headers = "Etag: e1\r\nContent-Range: bytes 4-7/10\r\n",
		.body = "more" };
	struct http_step steps[BETWEEN + 4] = { LOGIN, part };
	struct segment segment = { .number = 0 };
	struct buf text = BUF(4);
	struct scene scene;

	(void)state;
	for (segment.number = 1; segment.number <= BETWEEN; segment.number++)
		steps[segment.number + 1] = whole;
	steps[BETWEEN + 2] = more;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(store_load(scene.store, &at, "sha256file", 0, &text, &scene.err), 1);
	for (segment.number = 1; segment.number <= BETWEEN; segment.number++) {
		buf_clear(&text);
		assert_int_equal(store_read(scene.store, &at, &segment, 0, &text, &scene.err), 0);
	}
	buf_clear(&text);
	assert_int_equal(store_load(scene.store, &at, "sha256file", 4, &text, &scene.err), 1);
	see_header(&scene, BETWEEN + 2, "\r\nIf-Match: e1\r\n");
	buf_drop(&text);
	scene_end(&scene);
}

static int
save(struct scene *scene, const char *text)
{
	struct document *document;

	if (store_create(scene->store, &at, "sha256file", &document, &scene->err) < 0)
		return -1;
	if (store_append(document, span_of(text), &scene->err) < 0) {
		store_discard(document);
		return -1;
	}
	return store_commit(document, &scene->err);
}

/* The header "Etag: <MD5 of text>". */
static const char *
etag_of(const char *text, char ret[64])
{
	uint8_t md5[DIGEST_MD5_SIZE];
	char hex[2 * DIGEST_MD5_SIZE + 1];

	digest_md5(text, strlen(text), md5);
	digest_hex(md5, sizeof md5, hex);
	snprintf(ret, 64, "Etag: %s\r\n", hex);
	return ret;
}

static void
document_beyond_the_limit_becomes_a_large_object(void **state)
{
	char one[64], two[64], both[64];
	struct http_step steps[] = { LOGIN,
		{ .status = 200, .body = "{\"swift\": {\"max_file_size\": 5}}" },
		{ .status = 201, .headers = etag_of("01234", one) }, { .status = 503 },
		{ .status = 201, .headers = etag_of("567", two) },
		{ .status = 201, .headers = both }, { .status = 0 } };
	char text[96];
	const struct http_asked *asked;
	struct scene scene;

	(void)state;
	snprintf(text, sizeof text, "%.32s%.32s", one + 6, two + 6);
	etag_of(text, both);
	scene_begin(&scene, steps);
	open_store(&scene);
	if (save(&scene, "01234567") < 0)
		fail_msg("%s", scene.err.text);
	see_request(&scene, 1, "GET /info HTTP");
	see_request(&scene, 2,
	    "PUT /v1/AUTH_test/volumebackups/cinderbank_segments/" PREFIX "_sha256file/");
	/* After a failure it goes on where it was. */
	see_header(&scene, 3, "/00000002 HTTP");
	see_header(&scene, 4, "/00000002 HTTP");
	asked = http_server_asked(scene.server, 5);
	see_request(&scene, 5,
	    "PUT /v1/AUTH_test/volumebackups/" PREFIX "_sha256file?multipart-manifest=put HTTP");
	assert_non_null(strstr(asked->body, "\"path\": \"/volumebackups/cinderbank_segments/"));
	assert_non_null(strstr(asked->body, "\"size_bytes\": 3}]"));
	assert_int_equal(http_server_count(scene.server), 6);
	scene_end(&scene);
}

static void
document_that_no_large_object_holds_is_refused(void **state)
{
	static const struct http_step steps[] = { LOGIN,
		{ .status = 200,
		    .body =
			"{\"swift\": {\"max_file_size\": 5}, \"slo\": {\"max_manifest_segments\":"
			" 2}}" },
		{ .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(save(&scene, "0123456789a"), -1);
	assert_int_equal(scene.err.kind, ERR_INVALID);
	assert_non_null(strstr(scene.err.text, "backup_swift_block_size"));
	scene_end(&scene);
}

static void
cluster_that_hides_its_limits_has_the_usual_ones(void **state)
{
	char one[64];
	struct http_step steps[] = { LOGIN, { .status = 404 },
		{ .status = 201, .headers = etag_of("text", one) },
		{ .status = 201, .headers = one }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	assert_int_equal(save(&scene, "text"), 0);
	assert_int_equal(save(&scene, "text"), 0);
	assert_int_equal(http_server_count(scene.server), 4);
	scene_end(&scene);
}

/* ---- whose account ---- */

#define CATALOGUE(url)                                                                             \
	"[{\"type\": \"object-store\", \"endpoints\": [{\"region\": \"One\", \"publicURL\": "      \
	"\"" url "\"}]}]"

static void
per_user_works_in_the_account_of_whoever_asks(void **state)
{
	static const struct http_step steps[] = { STORED, { .status = 401 }, { .status = 0 } };
	struct store_user user = { .token = "theirs", .project_id = "f00" };
	struct store *theirs = NULL;
	struct scene scene;
	char url[128], catalogue[512];
	unsigned i;

	(void)state;
	for (i = 0; i < 2; i++) {
		scene_begin(&scene, steps);
		scene.opts.auth = SWIFT_AUTH_PER_USER;
		snprintf(url, sizeof url, "%s/v1/AUTH_", http_server_url(scene.server));
		snprintf(catalogue, sizeof catalogue, CATALOGUE("%s/v1/AUTH_f00"),
		    http_server_url(scene.server));
		scene.opts.url = i == 0 ? url : NULL;
		user.catalogue = catalogue;
		open_store(&scene);
		assert_int_equal(write_one(&scene), -1);
		assert_int_equal(scene.err.kind, ERR_DENIED);
		assert_non_null(strstr(scene.err.text, "per_user"));
		if (store_act_as(scene.store, &user, &theirs, &scene.err) != 1)
			fail_msg("%s", scene.err.text);
		store_close(scene.store);
		scene.store = theirs;
		assert_int_equal(write_one(&scene), 0);
		see_request(&scene, 0, "PUT /v1/AUTH_f00/volumebackups/volume_6f");
		see_header(&scene, 0, "\r\nX-Auth-Token: theirs\r\n");
		/* Nobody can renew it. */
		assert_int_equal(write_one(&scene), -1);
		assert_int_equal(scene.err.kind, ERR_DENIED);
		assert_int_equal(http_server_count(scene.server), 2);
		scene_end(&scene);
	}
}

static void
service_token_goes_with_the_users(void **state)
{
	static const struct http_step steps[] = { { .status = 201,
						      .headers = "X-Subject-Token: service1\r\n",
						      .body = "{\"token\": {}}" },
		{ .status = 401 },
		{ .status = 201,
		    .headers = "X-Subject-Token: service2\r\n",
		    .body = "{\"token\": {}}" },
		STORED, { .status = 0 } };
	const struct store_user user = { .token = "theirs", .project_id = "f00" };
	struct store *theirs = NULL;
	struct scene scene;
	char url[128];

	(void)state;
	scene_begin(&scene, steps);
	snprintf(url, sizeof url, "%s/v1/AUTH_", http_server_url(scene.server));
	scene.opts.auth = SWIFT_AUTH_PER_USER;
	scene.opts.url = url;
	scene.opts.service_auth = scene.opts.send_service_user_token = true;
	scene.opts.service_user_auth_url = http_server_url(scene.server);
	scene.opts.service_user_username = "cinder";
	scene.opts.service_user_password = "hush";
	scene.opts.service_user_user_domain_id = "of-users";
	scene.opts.service_user_project_name = "service";
	scene.opts.service_user_project_domain_id = "of-projects";
	open_store(&scene);
	assert_int_equal(store_act_as(scene.store, &user, &theirs, &scene.err), 1);
	store_close(scene.store);
	scene.store = theirs;
	if (write_one(&scene) < 0)
		fail_msg("%s", scene.err.text);
	see_body(&scene, 0, "\"domain\": {\"id\": \"of-users\"}");
	see_body(&scene, 0, "\"domain\": {\"id\": \"of-projects\"}");
	see_header(&scene, 1, "\r\nX-Service-Token: service1\r\n");
	see_header(&scene, 3, "\r\nX-Service-Token: service2\r\n");
	see_header(&scene, 3, "\r\nX-Auth-Token: theirs\r\n");
	scene_end(&scene);
}

static void
single_user_finds_its_account_by_keystone(void **state)
{
	static const struct http_step steps[] = {
		{ .status = 201,
		    .headers = "X-Subject-Token: good\r\n",
		    .body = "{\"token\": {\"catalog\": " CATALOGUE("$URL/v1/AUTH_f00") "}}" },
		STORED, { .status = 0 }
	};
	static const struct store_user nobody = { .token = "theirs" };
	struct store *theirs = NULL;
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	scene.opts.auth_version = "3";
	open_store(&scene);
	assert_int_equal(store_act_as(scene.store, &nobody, &theirs, &scene.err), 1);
	store_close(scene.store);
	scene.store = theirs;
	if (write_one(&scene) < 0)
		fail_msg("%s", scene.err.text);
	see_request(&scene, 0, "POST /auth/v1.0/v3/auth/tokens");
	see_request(&scene, 1, "PUT /v1/AUTH_f00/volumebackups/volume_6f");
	scene_end(&scene);
}

static void
single_user_finds_keystone_by_the_request(void **state)
{
	static const struct http_step steps[] = {
		{ .status = 201,
		    .headers = "X-Subject-Token: good\r\n",
		    .body = "{\"token\": {\"catalog\": " CATALOGUE("$URL/v1/AUTH_f00") "}}" },
		STORED, { .status = 0 }
	};
	char catalogue[512];
	const struct store_user user = { .token = "theirs", .catalogue = catalogue };
	struct store *theirs = NULL;
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	scene.opts.auth_url = NULL;
	scene.opts.auth_version = "3";
	snprintf(catalogue, sizeof catalogue,
	    "[{\"type\": \"identity\", \"endpoints\": [{\"publicURL\": \"%s/id\"}]}]",
	    http_server_url(scene.server));
	open_store(&scene);
	assert_int_equal(store_act_as(scene.store, &user, &theirs, &scene.err), 1);
	store_close(scene.store);
	scene.store = theirs;
	if (write_one(&scene) < 0)
		fail_msg("%s", scene.err.text);
	see_request(&scene, 0, "POST /id/v3/auth/tokens");
	scene_end(&scene);
}

/* As upstream's client has it: what stands before a colon is the tenant, with 2 and 3. */
static void
user_may_name_its_tenant(void **state)
{
	static const struct http_step steps[] = { { .status = 201, .body = "{}" },
		{ .status = 0 } };
	static const struct {
		const char *version, *user, *tenant, *project, *name, *scope;
	} rows[] = {
		{ "2", "t:u", NULL, NULL, "\"username\": \"u\"", "\"tenantName\": \"t\"" },
		{ "2.0", "u", "t", "p", "\"username\": \"u\"", "\"tenantName\": \"t\"" },
		{ "3", "t:u", NULL, NULL, "\"name\": \"u\"", "\"project\": {\"name\": \"t\"" },
		{ "3", "t:u", NULL, "p", "\"name\": \"u\"", "\"project\": {\"name\": \"p\"" },
		{ "3.0", "u", "t", NULL, "\"name\": \"u\"", "\"project\": {\"name\": \"t\"" },
		{ "3", "u", "t", "p", "\"name\": \"u\"", "\"project\": {\"name\": \"p\"" },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, steps);
		scene.opts.auth_version = rows[i].version;
		scene.opts.user = rows[i].user;
		scene.opts.tenant = rows[i].tenant;
		scene.opts.project = rows[i].project;
		open_store(&scene);
		assert_int_equal(write_one(&scene), -1);
		assert_int_equal(scene.err.kind, ERR_INVALID);
		see_body(&scene, 0, rows[i].name);
		see_body(&scene, 0, rows[i].scope);
		scene_end(&scene);
	}
}

/* ---- waiting ---- */

static void *
cancel_soon(void *arg)
{
	clock_sleep_ms(300);
	atomic_store((atomic_bool *)arg, true);
	return NULL;
}

/* Neither a server that says nothing, nor one that wants to be left alone, keeps a job. */
static void
a_cancel_ends_what_waits(void **state)
{
	static const struct http_step rows[][3] = {
		{ { .status = 200, .act = HTTP_STALLS } },
		{ LOGIN, { .status = 201, .act = HTTP_STALLS } },
		{ LOGIN, { .status = 503, .headers = "Retry-After: 3600\r\n" } },
	};
	atomic_bool cancel;
	const struct store_user user = { .cancel = &cancel };
	struct store *job;
	struct scene scene;
	pthread_t thread;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i]);
		open_store(&scene);
		cancel = false;
		assert_int_equal(store_act_as(scene.store, &user, &job, &scene.err), 1);
		store_close(scene.store);
		scene.store = job;
		assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &cancel), 0);
		assert_int_equal(write_one(&scene), -1);
		assert_int_equal(scene.err.kind, ERR_CANCELLED);
		pthread_join(thread, NULL);
		scene_end(&scene);
	}
}

static void
options_that_lead_nowhere_are_refused(void **state)
{
	static const struct http_step none[] = { { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, none);
	scene.opts.auth_url = NULL;
	open_store(&scene);
	assert_int_equal(write_one(&scene), -1);
	/* Nor does a recovery find it later. */
	assert_int_equal(scene.err.kind, ERR_DENIED);
	assert_non_null(strstr(scene.err.text, "backup_swift_auth_url"));
	store_close(scene.store);
	scene.store = NULL;
	scene.opts.auth = SWIFT_AUTH_PER_USER;
	scene.opts.service_auth = true;
	assert_int_equal(store_open(&scene.store, &store_swift, &scene.opts, &scene.err), -1);
	assert_non_null(strstr(scene.err.text, "send_service_user_token"));
	scene_end(&scene);
}

/* ---- check ---- */

static void
check_writes_and_removes_an_object(void **state)
{
	char text[64];
	struct http_step steps[] = { LOGIN, { .status = 204 },
		{ .status = 201,
		    .headers = etag_of("written by a check, and removed by it\n", text) },
		{ .status = 204 }, { .status = 0 } };
	struct scene scene;

	(void)state;
	scene_begin(&scene, steps);
	open_store(&scene);
	if (store_check(scene.store, &scene.err) < 0)
		fail_msg("%s", scene.err.text);
	see_request(&scene, 2, "PUT /v1/AUTH_test/volumebackups/cinderbank_check/");
	see_request(&scene, 3, "DELETE /v1/AUTH_test/volumebackups/cinderbank_check/");
	scene_end(&scene);
}

/* Nobody asks: what can be seen is seen, and what cannot is said. */
static void
check_without_a_user_says_what_it_left_out(void **state)
{
	static const struct http_step answered[] = { { .status = 412 }, { .status = 0 } };
	static const struct http_step refused[] = { { .status = 401 }, { .status = 0 } };
	const struct store_user nobody = { .token = NULL };
	struct store *own = NULL;
	struct scene scene;

	(void)state;
	scene_begin(&scene, answered);
	scene.opts.auth = SWIFT_AUTH_PER_USER;
	scene.opts.url = scene.url;
	open_store(&scene);
	assert_int_equal(store_check(scene.store, &scene.err), 0);
	assert_int_equal(http_server_count(scene.server), 1);
	assert_non_null(strstr(scene.store->caveat, "OS_TOKEN"));
	scene_end(&scene);
	scene_begin(&scene, refused);
	scene.opts.auth = SWIFT_AUTH_PER_USER;
	scene.opts.service_auth = scene.opts.send_service_user_token = true;
	scene.opts.service_user_auth_url = http_server_url(scene.server);
	scene.opts.service_user_username = "cinder";
	scene.opts.service_user_password = "hush";
	open_store(&scene);
	assert_int_equal(store_check(scene.store, &scene.err), -1);
	assert_non_null(strstr(scene.err.text, "[service_user]"));
	scene_end(&scene);
	/* Keystone is to be found in a catalogue: a service that looks after its store has none. */
	scene_begin(&scene, answered);
	scene.opts.auth_url = NULL;
	scene.opts.auth_version = "3";
	open_store(&scene);
	assert_int_equal(store_act_as(scene.store, &nobody, &own, &scene.err), 1);
	assert_int_equal(store_check(own, &scene.err), 0);
	assert_non_null(strstr(own->caveat, "backup_swift_auth_url"));
	store_close(own);
	scene_end(&scene);
}

#define QUOTA(kind, bytes, used)                                                                   \
	{                                                                                          \
		.status = 204, .headers = "X-" kind "-Meta-Quota-Bytes: " bytes "\r\n"             \
					  "X-" kind "-Bytes-Used: " used "\r\n"                    \
	}

static void
room_is_what_the_tighter_quota_leaves(void **state)
{
	static const struct {
		struct http_step steps[4];
		uint64_t free, total;
	} rows[] = {
		{ { LOGIN, { .status = 204 }, { .status = 204 } }, 0, 0 },
		{ { LOGIN, QUOTA("Account", "100", "40"), { .status = 404 } }, 60, 100 },
		{ { LOGIN, QUOTA("Account", "100", "40"), QUOTA("Container", "50", "9") }, 41, 50 },
		{ { LOGIN, QUOTA("Account", "100", "90"), QUOTA("Container", "50", "9") }, 10,
		    100 },
		{ { LOGIN, { .status = 403 }, QUOTA("Container", "50", "60") }, 0, 50 },
	};
	struct store_room room;
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i].steps);
		open_store(&scene);
		assert_int_equal(store_room(scene.store, &room, &scene.err), 0);
		assert_int_equal(room.free, rows[i].free);
		assert_int_equal(room.total, rows[i].total);
		scene_end(&scene);
	}
}

static void
check_says_what_is_wrong(void **state)
{
	static const struct {
		struct http_step steps[4];
		const char *says;
	} rows[] = {
		{ { { .status = 401 } }, "see backup_swift_user and backup_swift_key" },
		{ { LOGIN, { .status = 204 }, { .status = 403 } },
		    "write into container volumebackups" },
		{ { { .status = 200 } }, "backup_swift_auth_version" },
	};
	struct scene scene;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		scene_begin(&scene, rows[i].steps);
		open_store(&scene);
		assert_int_equal(store_check(scene.store, &scene.err), -1);
		assert_non_null(strstr(scene.err.text, rows[i].says));
		scene_end(&scene);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(segment_is_put_as_upstream_names_it),
		cmocka_unit_test(segment_may_be_put_before_its_md5_is_there),
		cmocka_unit_test(write_is_tried_again_where_that_helps),
		cmocka_unit_test(token_is_renewed_before_it_expires),
		cmocka_unit_test(container_is_made_as_the_options_say),
		cmocka_unit_test(place_is_upstreams),
		cmocka_unit_test(listing_goes_on_until_a_page_is_empty),
		cmocka_unit_test(listing_that_fails_is_not_an_empty_one),
		cmocka_unit_test(erase_begins_with_the_manifest),
		cmocka_unit_test(object_replaced_while_it_is_read_is_noticed),
		cmocka_unit_test(what_is_read_on_is_not_forgotten),
		cmocka_unit_test(document_beyond_the_limit_becomes_a_large_object),
		cmocka_unit_test(document_that_no_large_object_holds_is_refused),
		cmocka_unit_test(cluster_that_hides_its_limits_has_the_usual_ones),
		cmocka_unit_test(per_user_works_in_the_account_of_whoever_asks),
		cmocka_unit_test(service_token_goes_with_the_users),
		cmocka_unit_test(single_user_finds_its_account_by_keystone),
		cmocka_unit_test(single_user_finds_keystone_by_the_request),
		cmocka_unit_test(user_may_name_its_tenant),
		cmocka_unit_test(a_cancel_ends_what_waits),
		cmocka_unit_test(options_that_lead_nowhere_are_refused),
		cmocka_unit_test(check_writes_and_removes_an_object),
		cmocka_unit_test(check_without_a_user_says_what_it_left_out),
		cmocka_unit_test(room_is_what_the_tighter_quota_leaves),
		cmocka_unit_test(check_says_what_is_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
