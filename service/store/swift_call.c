#include <inttypes.h>
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "base/md5_later.h"
#include "store/swift.h"

/* What swift is delivered with. */
enum { SEGMENTS_MAX = 1000 };
static const uint64_t object_max = 5368709122;
enum { INFO_MAX = 1024 * 1024, MD5_TEXT = 2 * DIGEST_MD5_SIZE + 1, HEADERS_MAX = 8 };

/* ---- one request ---- */

static int
print_url(
    const struct swift_pass *pass, const struct swift_call *call, struct buf *ret, struct err *err)
{
	buf_text(ret, buf_string(&pass->url));
	while (ret->length && ret->data[ret->length - 1] == '/')
		ret->data[--ret->length] = '\0';
	if (call->container) {
		buf_byte(ret, '/');
		http_quote(ret, call->container, false);
	}
	if (call->object) {
		buf_byte(ret, '/');
		http_quote(ret, call->object, true);
	}
	if (call->query)
		buf_printf(ret, "?%s", call->query);
	return buf_check(ret, err);
}

static void
print_tokens(
    const struct swift_pass *pass, struct buf *token, struct buf *service, const char **headers)
{
	size_t i = 0;

	while (headers[i])
		i++;
	buf_printf(token, "X-Auth-Token: %s", buf_string(&pass->token));
	headers[i++] = buf_string(token);
	if (pass->service_token.length) {
		buf_printf(service, "X-Service-Token: %s", buf_string(&pass->service_token));
		headers[i++] = buf_string(service);
	}
}

static int
call_once(struct swift *swift, const struct swift_pass *pass, const struct swift_call *call,
    struct http_answer *answer, struct err *err)
{
	scoped(buf_drop) struct buf url = BUF(2 * SWIFT_URL_MAX);
	scoped(buf_drop) struct buf token = BUF(SWIFT_TOKEN_MAX + 64);
	scoped(buf_drop) struct buf service = BUF(SWIFT_TOKEN_MAX + 64);
	const char *headers[HEADERS_MAX] = { NULL };
	struct http_request request = {
		.method = call->method,
		.headers = headers,
		.body = call->body,
		.source = call->source,
		.source_arg = call->source_arg,
		.length = call->length,
		.into = call->into,
	};

	memcpy(headers, call->headers, sizeof call->headers);
	print_tokens(pass, &token, &service, headers);
	if (print_url(pass, call, &url, err) < 0 || buf_check(&token, err) < 0 ||
	    buf_check(&service, err) < 0)
		return -1;
	request.url = buf_string(&url);
	answer->status = 0;
	if (http_call(swift->http, &request, answer, err) < 0) {
		answer->status = 0;
		return -1;
	}
	return http_check(&request, answer, err);
}

int
swift_call(
    struct swift *swift, const struct swift_call *call, struct http_answer *answer, struct err *err)
{
	int result = -1, i;

	answer->status = 0;
	for (i = 0; i < 2; i++) {
		scoped(swift_pass_drop) struct swift_pass pass = SWIFT_PASS;

		if (swift_access_get(swift->access, &pass, err) < 0)
			return -1;
		result = call_once(swift, &pass, call, answer, err);
		if (result == 0 || answer->status != 401 ||
		    !swift_access_renew(swift->access, &pass))
			break;
	}
	if (answer->status == 401 && swift->opts.auth == SWIFT_AUTH_PER_USER)
		err_wrap(err, "the token of whoever asked is no longer good");
	return result;
}

/* ---- PUT, DELETE ---- */

/* The MD5 that an ETag is, with or without quotes; zeros where it is none. */
static void
read_etag(const char *etag, uint8_t ret[DIGEST_MD5_SIZE])
{
	const size_t length = MD5_TEXT - 1;
	bool quoted = etag && etag[0] == '"';

	if (!etag || !digest_unhex(etag + quoted, ret, DIGEST_MD5_SIZE) ||
	    (etag[quoted + length] && etag[quoted + length] != '"'))
		memset(ret, 0, DIGEST_MD5_SIZE);
}

/* header: "ETag: ...", or NULL. */
static int
put(struct swift *swift, struct swift_call *call, const char *header, struct http_answer *answer,
    struct err *err)
{
	call->method = "PUT";
	call->headers[0] = header;
	swift_pins_forget(swift->pins, call->container, call->object);
	if (swift_call(swift, call, answer, err) < 0)
		return answer->status == 413
			   ? err_wrap(err, "a quota of the account or container is used up")
			   : -1;
	return 0;
}

int
swift_put(struct swift *swift, struct swift_call *call, const uint8_t md5[16], struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	char hex[MD5_TEXT], header[MD5_TEXT + 8];
	uint8_t told[DIGEST_MD5_SIZE];
	const char *etag;

	digest_hex(md5, DIGEST_MD5_SIZE, hex);
	snprintf(header, sizeof header, "ETag: %s", hex);
	if (put(swift, call, header, &answer, err) < 0)
		return -1;
	etag = http_header(&answer, "ETag");
	read_etag(etag, told);
	if (memcmp(told, md5, sizeof told) != 0)
		return err_set(err, ERR_CORRUPT,
		    "%s/%s: stored with ETag %.64s, but what was sent has the MD5 %s",
		    call->container, call->object, etag ? etag : "(none)", hex);
	return 0;
}

int
swift_put_later(
    struct swift *swift, struct swift_call *call, struct md5_later *later, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	uint8_t told[DIGEST_MD5_SIZE];

	if (put(swift, call, NULL, &answer, err) < 0)
		return -1;
	read_etag(http_header(&answer, "ETag"), told);
	md5_later_tell(later, told);
	return 0;
}

int
swift_delete(struct swift *swift, const char *container, const char *object, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	struct swift_call call = { .method = "DELETE", .container = container, .object = object };

	swift_pins_forget(swift->pins, container, object);
	if (swift_call(swift, &call, &answer, err) == 0)
		return 1;
	return answer.status == 404 ? 0 : -1;
}

/* ---- the cluster's limits ---- */

/* "https://host/v1/AUTH_x" → "https://host/info" */
static int
print_info_url(struct swift *swift, struct buf *ret, struct err *err)
{
	scoped(swift_pass_drop) struct swift_pass pass = SWIFT_PASS;
	const char *url, *host;

	if (swift_access_get(swift->access, &pass, err) < 0)
		return -1;
	url = buf_string(&pass.url);
	host = strstr(url, "://");
	host = host ? host + 3 : url;
	buf_add(ret, url, (size_t)(host - url) + strcspn(host, "/"));
	buf_text(ret, "/info");
	return buf_check(ret, err);
}

static void
read_limit(const struct json *info, const char *part, const char *key, uint64_t *ret)
{
	int64_t number;

	if (json_number(json_member(json_member(info, part), key), &number) && number > 0)
		*ret = (uint64_t)number;
}

static int
ask_limits(struct swift *swift, struct swift_limits *ret, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf url = BUF(SWIFT_URL_MAX), text = BUF(INFO_MAX);
	scoped(json_free_scoped) struct json *info = NULL;
	struct http_request request = { .method = "GET", .into = &text };

	*ret = (struct swift_limits){ object_max, SEGMENTS_MAX };
	if (print_info_url(swift, &url, err) < 0)
		return -1;
	request.url = buf_string(&url);
	if (http_call(swift->http, &request, &answer, err) < 0 ||
	    http_check(&request, &answer, err) < 0 || json_parse(&info, buf_span(&text), err) < 0)
		return -1;
	read_limit(info, "swift", "max_file_size", &ret->object_max);
	read_limit(info, "slo", "max_manifest_segments", &ret->segments_max);
	return 0;
}

/* Clusters may keep /info to themselves; then a failure to ask changes nothing. */
void
swift_limits(struct swift *swift, struct swift_limits *ret)
{
	struct err err = ERR_INIT;
	scoped_lock(&swift->mutex);

	if (!swift->limits_known)
		swift->limits_known =
		    ask_limits(swift, &swift->limits, &err) == 0 || err.kind != ERR_RETRY;
	*ret = swift->limits;
}
