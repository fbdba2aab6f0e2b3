#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "net/keystone.h"
#include "store/swift.h"

enum { MARGIN_S = 60, WORD_MAX = 128 };

struct swift_access {
	struct http *http;
	const struct swift_opts *opts;
	char type[WORD_MAX], interface[WORD_MAX]; /* of swift_catalog_info */
	struct keystone *keystone;                /* single_user of version 2 and 3 */
	struct keystone *service;                 /* the service's own token, or NULL */
	struct http *service_http;                /* where [service_user] trusts others */
	struct buf auth_url, tenant;
	pthread_mutex_t mutex; /* of what follows: per_user, version 1 */
	struct buf url, token;
	int64_t expires_at; /* 0: it does not say */
};

void
swift_pass_drop(struct swift_pass *pass)
{
	buf_drop(&pass->url);
	buf_drop(&pass->token);
	buf_drop(&pass->service_token);
}

static bool
is_single(const struct swift_opts *opts)
{
	return opts->auth == SWIFT_AUTH_SINGLE_USER;
}

/* ---- the catalogue ---- */

/* "type:name:interface"; the name does not count. */
static void
split(const char *text, char type[WORD_MAX], char interface[WORD_MAX])
{
	size_t length = strcspn(text, ":");
	const char *last = strrchr(text, ':');

	snprintf(type, WORD_MAX, "%.*s", (int)length, text);
	snprintf(interface, WORD_MAX, "%s", last ? last + 1 : "public");
}

/* Append the URL that a request's catalogue has for an option like swift_catalog_info. */
static int
look_up(const struct swift_opts *opts, const struct store_user *user, const char *option,
    struct buf *ret, struct err *err)
{
	scoped(json_free_scoped) struct json *catalogue = NULL;
	char type[WORD_MAX], interface[WORD_MAX];
	struct keystone_choice choice = { type, interface, opts->region_name };

	split(option, type, interface);
	if (!user || !user->catalogue)
		return err_set(err, ERR_INVALID,
		    "the request has no catalogue to look up the %s endpoint; set %s", type,
		    is_single(opts) ? "backup_swift_auth_url" : "backup_swift_url");
	if (json_parse(&catalogue, span_of(user->catalogue), err) < 0)
		return err_wrap(err, "catalogue of the request");
	return keystone_endpoint(catalogue, &choice, ret, err);
}

/* ---- opening ---- */

/* The account and the token of whoever asks. */
static int
open_user(struct swift_access *access, const struct store_user *user, struct err *err)
{
	const struct swift_opts *opts = access->opts;

	if (!user || !user->token)
		return 0; /* swift_access_get() says so, when it is needed */
	buf_text(&access->token, user->token);
	if (!opts->url)
		return look_up(opts, user, opts->catalog_info, &access->url, err);
	if (!user->project_id)
		return err_set(err, ERR_INVALID, "the request names no project");
	buf_printf(&access->url, "%s%s", opts->url, user->project_id);
	return buf_check(&access->url, err);
}

/* Upstream's client takes a user "tenant:user" for both, whatever the version. */
static int
open_keystone(struct swift_access *access, struct err *err)
{
	const struct swift_opts *opts = access->opts;
	const char *colon = strchr(opts->user, ':');
	struct keystone_login login = {
		.url = buf_string(&access->auth_url),
		.version = opts->auth_version[0] == '2' ? 2 : 3,
		.user = colon ? colon + 1 : opts->user,
		.password = opts->key,
		.user_domain = opts->user_domain,
		.project_domain = opts->project_domain,
		.project = opts->tenant,
	};

	if (colon) {
		buf_add(&access->tenant, opts->user, (size_t)(colon - opts->user));
		login.project = buf_string(&access->tenant);
	}
	if (login.version == 3 && opts->project)
		login.project = opts->project;
	if (buf_check(&access->tenant, err) < 0)
		return -1;
	return keystone_open(&access->keystone, access->http, &login, err);
}

static int
open_single(struct swift_access *access, const struct store_user *user, struct err *err)
{
	const struct swift_opts *opts = access->opts;

	if (opts->auth_url)
		buf_text(&access->auth_url, opts->auth_url);
	else if (!user || !user->catalogue)
		return 0; /* swift_access_get() says so, when it is needed */
	else if (look_up(opts, user, opts->keystone_catalog_info, &access->auth_url, err) < 0)
		return -1;
	if (buf_check(&access->auth_url, err) < 0)
		return -1;
	return opts->auth_version[0] == '1' ? 0 : open_keystone(access, err);
}

static int
open_service(struct swift_access *access, const struct store_user *user, struct err *err)
{
	const struct swift_opts *opts = access->opts;
	const struct http_setup setup = {
		.ca_file = opts->service_user_cafile,
		.insecure = opts->service_user_insecure,
		.connect_ms = SWIFT_CONNECT_MS,
		.cancel = user ? user->cancel : NULL,
	};
	const struct keystone_login login = {
		.url = opts->service_user_auth_url,
		.version = 3,
		.user = opts->service_user_username,
		.password = opts->service_user_password,
		.user_domain = opts->service_user_user_domain_name,
		.project_domain = opts->service_user_project_domain_name,
		.user_domain_id = opts->service_user_user_domain_id,
		.project_domain_id = opts->service_user_project_domain_id,
		.project = opts->service_user_project_name,
	};

	if (!opts->service_auth || is_single(opts))
		return 0;
	if (!opts->send_service_user_token)
		return err_set(err, ERR_INVALID,
		    "backup_swift_service_auth needs [service_user] send_service_user_token = "
		    "True");
	if ((setup.ca_file || setup.insecure) && http_open(&access->service_http, &setup, err) < 0)
		return -1;
	if (keystone_open(&access->service,
		access->service_http ? access->service_http : access->http, &login, err) < 0)
		return err_wrap(err, "backup_swift_service_auth, [service_user]");
	return 0;
}

int
swift_access_open(struct swift_access **ret, struct http *http, const struct swift_opts *opts,
    const struct store_user *user, struct err *err)
{
	struct swift_access *access = calloc(1, sizeof *access);
	int opened;

	if (!access)
		return err_memory(err);
	access->http = http;
	access->opts = opts;
	access->auth_url = access->tenant = access->url = (struct buf)BUF(SWIFT_URL_MAX);
	access->token = (struct buf)BUF(SWIFT_TOKEN_MAX);
	pthread_mutex_init(&access->mutex, NULL);
	split(opts->catalog_info, access->type, access->interface);
	opened = is_single(opts) ? open_single(access, user, err) : open_user(access, user, err);
	if (opened < 0 || open_service(access, user, err) < 0) {
		swift_access_close(access);
		return -1;
	}
	*ret = access;
	return 0;
}

void
swift_access_close(struct swift_access *access)
{
	if (!access)
		return;
	keystone_close(access->keystone);
	keystone_close(access->service);
	http_close(access->service_http);
	buf_drop(&access->auth_url);
	buf_drop(&access->tenant);
	buf_drop(&access->url);
	buf_drop(&access->token);
	pthread_mutex_destroy(&access->mutex);
	free(access);
}

/* ---- version 1 ---- */

static int
keep_v1(struct swift_access *access, const struct http_answer *answer, struct err *err)
{
	const char *url = http_header(answer, "X-Storage-Url");
	const char *token = http_header(answer, "X-Storage-Token");
	const char *expires = http_header(answer, "X-Auth-Token-Expires");

	if (!token)
		token = http_header(answer, "X-Auth-Token");
	if (!url || !token)
		return err_set(err, ERR_INVALID,
		    "%s: answers without X-Storage-Url and X-Auth-Token; see"
		    " backup_swift_auth_url and backup_swift_auth_version",
		    buf_string(&access->auth_url));
	buf_clear(&access->url);
	buf_text(&access->url, url);
	buf_text(&access->token, token);
	access->expires_at = expires ? clock_now() + strtoll(expires, NULL, 10) : 0;
	if (buf_check(&access->url, err) < 0)
		return -1;
	return buf_check(&access->token, err);
}

static int
log_in_v1(struct swift_access *access, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf user = BUF(SWIFT_URL_MAX), key = BUF(SWIFT_URL_MAX);
	const char *headers[3] = { NULL };
	struct http_request request = {
		.method = "GET", .url = buf_string(&access->auth_url), .headers = headers
	};

	buf_printf(&user, "X-Auth-User: %s", access->opts->user);
	buf_printf(&key, "X-Auth-Key: %s", access->opts->key);
	if (buf_check(&user, err) < 0 || buf_check(&key, err) < 0)
		return -1;
	headers[0] = buf_string(&user);
	headers[1] = buf_string(&key);
	buf_clear(&access->token);
	if (http_call(access->http, &request, &answer, err) < 0)
		return -1;
	if (http_check(&request, &answer, err) < 0)
		return err->kind == ERR_DENIED
			   ? err_wrap(err, "see backup_swift_user and backup_swift_key")
			   : -1;
	return keep_v1(access, &answer, err);
}

/* ---- a pass for one request ---- */

bool
swift_access_known(const struct swift_access *access)
{
	return is_single(access->opts) ? access->auth_url.length > 0 : access->token.length > 0;
}

/* With the mutex held. */
static int
own_pass(struct swift_access *access, struct swift_pass *ret, struct err *err)
{
	bool good = access->token.length > 0 &&
		    (!access->expires_at || access->expires_at > clock_now() + MARGIN_S);

	if (!good && !is_single(access->opts))
		return err_set(err, ERR_DENIED,
		    "backup_swift_auth = per_user needs the token of whoever asks, and this request"
		    " has none; give the service credentials of its own by single_user");
	if (!good && log_in_v1(access, err) < 0)
		return -1;
	buf_text(&ret->url, buf_string(&access->url));
	buf_text(&ret->token, buf_string(&access->token));
	return buf_check(&ret->url, err) < 0 || buf_check(&ret->token, err) < 0 ? -1 : 0;
}

static int
keystone_pass(struct swift_access *access, struct swift_pass *ret, struct err *err)
{
	struct keystone_choice choice = { access->type, access->interface,
		access->opts->region_name };

	if (keystone_token(access->keystone, &ret->token, err) < 0)
		return err->kind == ERR_DENIED
			   ? err_wrap(err, "see backup_swift_user and backup_swift_key")
			   : -1;
	if (keystone_find(access->keystone, &choice, &ret->url, err) < 0)
		return err_wrap(err, "swift_catalog_info");
	return 0;
}

static int
add_service_token(struct swift_access *access, struct buf *ret, struct err *err)
{
	if (access->service && keystone_token(access->service, ret, err) < 0)
		return err_wrap(err, "token of [service_user]");
	return 0;
}

int
swift_access_check(struct swift_access *access, struct err *err)
{
	scoped(buf_drop) struct buf ignored = BUF(SWIFT_TOKEN_MAX);

	return add_service_token(access, &ignored, err);
}

int
swift_access_get(struct swift_access *access, struct swift_pass *ret, struct err *err)
{
	if (is_single(access->opts) && !access->auth_url.length)
		return err_set(err, ERR_DENIED,
		    "backup_swift_auth_url is not set, and there is no request whose catalogue "
		    "could be asked");
	if (add_service_token(access, &ret->service_token, err) < 0)
		return -1;
	if (access->keystone)
		return keystone_pass(access, ret, err);
	scoped_lock(&access->mutex);
	return own_pass(access, ret, err);
}

bool
swift_access_renew(struct swift_access *access, const struct swift_pass *pass)
{
	if (access->service)
		keystone_forget(access->service, buf_string(&pass->service_token));
	if (access->keystone)
		keystone_forget(access->keystone, buf_string(&pass->token));
	if (!is_single(access->opts))
		return access->service != NULL;
	scoped_lock(&access->mutex);
	if (strcmp(buf_string(&access->token), buf_string(&pass->token)) == 0)
		buf_clear(&access->token);
	return true;
}
