#include "net/barbican.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "net/http.h"
#include "net/keystone.h"
#include "options/tables.h"

enum { URL_MAX = 4096, TOKEN_MAX = 48 * 1024, ANSWER_MAX = 64 * 1024 };
enum { PAYLOAD_MAX = 64 * 1024, BODY_MAX = 2 * PAYLOAD_MAX }; /* barbican takes 20 KB */
enum { CONNECT_MS = 10 * 1000, CALL_MS = 60 * 1000 };

struct barbican {
	const struct wire_opts *opts;
	struct http *http, *keystone_http; /* each trusts other certificates */
	struct keystone *keystone;         /* NULL: this service has no login */
};

/* ---- opening ---- */

static int
open_login(struct barbican *barbican, struct err *err)
{
	const struct wire_opts *opts = barbican->opts;
	const struct http_setup setup = { .ca_file = opts->keystone_cafile,
		.insecure = opts->keystone_insecure,
		.connect_ms = CONNECT_MS,
		.call_ms = CALL_MS };
	const struct keystone_login login = {
		.url = opts->keystone_auth_url,
		.version = 3,
		.user = opts->keystone_username,
		.password = opts->keystone_password,
		.user_domain = opts->keystone_user_domain_name,
		.project_domain = opts->keystone_project_domain_name,
		.user_domain_id = opts->keystone_user_domain_id,
		.project_domain_id = opts->keystone_project_domain_id,
		.project = opts->keystone_project_name,
	};

	if (!login.url || !login.user || !login.password)
		return 0;
	if (http_open(&barbican->keystone_http, &setup, err) < 0)
		return -1;
	return keystone_open(&barbican->keystone, barbican->keystone_http, &login, err);
}

int
barbican_open(struct barbican **ret, const struct wire_opts *opts, struct err *err)
{
	const struct http_setup setup = { .ca_file = opts->barbican_verify_ssl_path,
		.insecure = !opts->barbican_verify_ssl,
		.connect_ms = CONNECT_MS,
		.call_ms = CALL_MS };
	scoped(barbican_close_scoped) struct barbican *barbican = calloc(1, sizeof *barbican);

	if (!barbican)
		return err_memory(err);
	barbican->opts = opts;
	if (http_open(&barbican->http, &setup, err) < 0 || open_login(barbican, err) < 0)
		return -1;
	*ret = take(&barbican);
	return 0;
}

void
barbican_close(struct barbican *barbican)
{
	if (!barbican)
		return;
	keystone_close(barbican->keystone);
	http_close(barbican->keystone_http);
	http_close(barbican->http);
	free(barbican);
}

/* ---- who asks where ---- */

struct pass {
	struct buf secrets; /* the URL of all keys */
	struct buf token;   /* as a header */
};

/* clang-format off */
#define PASS { .secrets = BUF(URL_MAX), .token = BUF(TOKEN_MAX) }
/* clang-format on */

/* Nothing of it stays in memory that others get. */
static void
wipe(struct buf *buf)
{
	if (buf->data)
		explicit_bzero(buf->data, buf->room);
	buf_drop(buf);
}

static void
drop_pass(struct pass *pass)
{
	wipe(&pass->token);
	buf_drop(&pass->secrets);
}

/* Where the keys are, by the catalogue of the request: for whoever asks about them. */
static int
find_secrets(const struct barbican *barbican, const struct barbican_user *user, struct buf *url,
    struct err *err)
{
	scoped(json_free_scoped) struct json *catalogue = NULL;
	const struct wire_opts *opts = barbican->opts;
	const struct keystone_choice choice = { "key-manager", opts->barbican_endpoint_type,
		opts->barbican_region_name };

	if (opts->barbican_endpoint) {
		buf_text(url, opts->barbican_endpoint);
	} else {
		if (!user->catalogue)
			return err_set(err, ERR_INVALID,
			    "the request has no catalogue to look barbican up; set [barbican] "
			    "barbican_endpoint");
		if (json_parse(&catalogue, span_of(user->catalogue), err) < 0)
			return err_wrap(err, "catalogue of the request");
		if (keystone_endpoint(catalogue, &choice, url, err) < 0)
			return err_wrap(err, "[barbican] barbican_endpoint is not set");
	}
	while (url->length > 0 && url->data[url->length - 1] == '/')
		url->length--;
	buf_text(url, url->length > 3 && memcmp(url->data + url->length - 3, "/v1", 3) == 0
			  ? "/secrets"
			  : "/v1/secrets");
	return buf_check(url, err);
}

static int
user_pass(const struct barbican *barbican, const struct barbican_user *user, struct pass *ret,
    struct err *err)
{
	if (find_secrets(barbican, user, &ret->secrets, err) < 0)
		return -1;
	if (!user->token)
		return err_set(err, ERR_DENIED, "the request has no token for barbican");
	buf_printf(&ret->token, "X-Auth-Token: %s", user->token);
	return buf_check(&ret->token, err);
}

static int
service_pass(const struct barbican *barbican, const struct barbican_user *user, struct pass *ret,
    struct err *err)
{
	if (find_secrets(barbican, user, &ret->secrets, err) < 0)
		return -1;
	buf_text(&ret->token, "X-Auth-Token: ");
	return keystone_token(barbican->keystone, &ret->token, err);
}

/* ---- calls ---- */

/* About one key, or, where id is NULL, about all; type: what it is made of, as that. */
static int
call(const struct barbican *barbican, const struct pass *pass, const char *method, const char *id,
    const char *type, struct http_request request, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf url = BUF(URL_MAX);
	char second[128];
	const char *headers[] = { buf_string(&pass->token), second, NULL };

	snprintf(second, sizeof second, "%s: %s", request.body.length ? "Content-Type" : "Accept",
	    type ? type : "application/json");
	buf_text(&url, buf_string(&pass->secrets));
	if (id)
		buf_printf(&url, "/%s%s", id, type ? "/payload" : "");
	if (buf_check(&url, err) < 0)
		return -1;
	request.method = method;
	request.url = buf_string(&url);
	request.headers = headers;
	if (http_call(barbican->http, &request, &answer, err) < 0)
		return -1;
	return http_check(&request, &answer, err);
}

/* What barbican knows of a key, and how it is to be asked for. */
struct secret {
	struct json *about;
	const char *type;
	struct buf payload;
};

static void
drop_secret(struct secret *secret)
{
	json_free(secret->about);
	wipe(&secret->payload);
}

static int
get_secret(const struct barbican *barbican, const struct pass *pass, const char *id,
    struct secret *ret, struct err *err)
{
	scoped(buf_drop) struct buf about = BUF(ANSWER_MAX);

	if (call(barbican, pass, "GET", id, NULL, (struct http_request){ .into = &about }, err) < 0)
		return -1;
	if (json_parse(&ret->about, buf_span(&about), err) < 0)
		return err_wrap(err, "answer of barbican");
	ret->type = json_text(json_member(json_member(ret->about, "content_types"), "default"));
	if (!ret->type || (strcmp(ret->type, "application/octet-stream") != 0 &&
			      strcmp(ret->type, "text/plain") != 0))
		return err_set(
		    err, ERR_INVALID, "it is %s to barbican", ret->type ? ret->type : "empty");
	/* All at once, so that it never moves and leaves something behind. */
	if (!buf_reserve(&ret->payload, PAYLOAD_MAX))
		return err_memory(err);
	return call(barbican, pass, "GET", id, ret->type,
	    (struct http_request){ .into = &ret->payload }, err);
}

/* As castellan stores what it has got, but for the time when it ends. */
static int
print_secret(const struct secret *secret, struct buf *ret, struct err *err)
{
	static const char *const texts[] = { "name", "algorithm", "mode", "secret_type" };
	struct json_writer json = JSON_WRITER(ret, 0);
	bool binary = strcmp(secret->type, "text/plain") != 0;
	scoped(wipe) struct buf base64 = BUF(BODY_MAX);
	int64_t bits;
	size_t i;

	if (!buf_reserve(ret, BODY_MAX) || !buf_reserve(&base64, BODY_MAX))
		return err_memory(err);
	json_begin_object(&json);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		const char *text = json_text(json_member(secret->about, texts[i]));

		if (text)
			json_member_text(&json, texts[i], text);
	}
	if (json_number(json_member(secret->about, "bit_length"), &bits))
		json_member_number(&json, "bit_length", bits);
	if (binary)
		digest_base64(buf_span(&secret->payload), &base64);
	json_member_text(
	    &json, "payload", binary ? buf_string(&base64) : buf_string(&secret->payload));
	json_member_text(&json, "payload_content_type", secret->type);
	if (binary)
		json_member_text(&json, "payload_content_encoding", "base64");
	json_end_object(&json);
	return buf_check(&base64, err) < 0 ? -1 : json_check(&json, err);
}

/* The last part of the URL that came. */
static int
read_id(const struct buf *answer, char ret[BARBICAN_ID], struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	const char *url, *id;

	if (json_parse(&root, buf_span(answer), err) < 0)
		return err_wrap(err, "answer of barbican");
	url = json_text(json_member(root, "secret_ref"));
	id = url ? strrchr(url, '/') : NULL;
	if (!id || strlen(id + 1) != BARBICAN_ID - 1 ||
	    strspn(id + 1, "0123456789abcdef-") != BARBICAN_ID - 1)
		return err_set(err, ERR_INVALID, "barbican does not say what the copy is called");
	memcpy(ret, id + 1, BARBICAN_ID);
	return 0;
}

int
barbican_copy(struct barbican *barbican, const struct barbican_user *user, const char *id,
    char ret[BARBICAN_ID], struct err *err)
{
	scoped(drop_pass) struct pass pass = PASS;
	scoped(drop_secret) struct secret secret = { .payload = BUF(PAYLOAD_MAX) };
	scoped(wipe) struct buf body = BUF(BODY_MAX);
	scoped(buf_drop) struct buf answer = BUF(ANSWER_MAX);

	if (user_pass(barbican, user, &pass, err) < 0 ||
	    get_secret(barbican, &pass, id, &secret, err) < 0 ||
	    print_secret(&secret, &body, err) < 0)
		return err_wrap(err, "key %s", id);
	if (call(barbican, &pass, "POST", NULL, NULL,
		(struct http_request){ .body = buf_span(&body), .into = &answer }, err) < 0 ||
	    read_id(&answer, ret, err) < 0)
		return err_wrap(err, "copy of key %s", id);
	return 0;
}

static int
delete_as(const struct barbican *barbican, const struct pass *pass, const char *id, struct err *err)
{
	return call(barbican, pass, "DELETE", id, NULL, (struct http_request){ .into = NULL }, err);
}

int
barbican_delete(
    struct barbican *barbican, const struct barbican_user *user, const char *id, struct err *err)
{
	scoped(drop_pass) struct pass own = PASS, service = PASS;
	struct err second = ERR_INIT;

	if (user_pass(barbican, user, &own, err) == 0 && delete_as(barbican, &own, id, err) == 0)
		return 0;
	if (err->kind == ERR_NOT_FOUND || !barbican->keystone ||
	    service_pass(barbican, user, &service, &second) < 0 ||
	    delete_as(barbican, &service, id, &second) < 0)
		return err_wrap(err, "key %s", id);
	return 0;
}
