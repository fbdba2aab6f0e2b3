#include "net/keystone.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "net/http.h"

enum { URL_MAX = 4096, ANSWER_MAX = 4 * 1024 * 1024, TOKEN_MAX = 48 * 1024, MARGIN_S = 60 };

struct keystone {
	struct http *http;
	struct keystone_login login;
	pthread_mutex_t mutex;
	atomic_uint failures;    /* of logins */
	struct err failure;      /* the last one */
	struct buf token;        /* empty: none */
	int64_t expires_at;      /* 0: it does not say */
	struct json *answer;     /* of the last login */
	const struct json *body; /* what in it has the catalogue */
};

int
keystone_open(
    struct keystone **ret, struct http *http, const struct keystone_login *login, struct err *err)
{
	struct keystone *keystone;

	if (!login->url || !login->user || !login->password)
		return err_set(err, ERR_INVALID, "keystone: %s is not set",
		    !login->url    ? "the URL"
		    : !login->user ? "the user"
				   : "the password");
	keystone = calloc(1, sizeof *keystone);
	if (!keystone)
		return err_memory(err);
	keystone->http = http;
	keystone->login = *login;
	keystone->token = (struct buf)BUF(TOKEN_MAX);
	pthread_mutex_init(&keystone->mutex, NULL);
	*ret = keystone;
	return 0;
}

void
keystone_close(struct keystone *keystone)
{
	if (!keystone)
		return;
	json_free(keystone->answer);
	buf_drop(&keystone->token);
	pthread_mutex_destroy(&keystone->mutex);
	free(keystone);
}

/* ---- what is sent ---- */

/* Is the last part of the path a version, as in /v3 or /identity/v2.0/? */
static bool
names_version(const char *url, size_t length)
{
	size_t start = length;

	while (start > 0 && url[start - 1] != '/')
		start--;
	return length - start >= 2 && url[start] == 'v' && strchr("23", url[start + 1]);
}

void
keystone_print_url(const struct keystone_login *login, struct buf *ret)
{
	size_t length = strlen(login->url);

	while (length > 0 && login->url[length - 1] == '/')
		length--;
	buf_add(ret, login->url, length);
	if (!names_version(login->url, length))
		buf_text(ret, login->version == 2 ? "/v2.0" : "/v3");
	buf_text(ret, login->version == 2 ? "/tokens" : "/auth/tokens");
}

static void
print_v2(const struct keystone_login *login, struct json_writer *json)
{
	json_begin_object(json);
	json_key(json, "auth");
	json_begin_object(json);
	json_key(json, "passwordCredentials");
	json_begin_object(json);
	json_member_text(json, "username", login->user);
	json_member_text(json, "password", login->password);
	json_end_object(json);
	if (login->project)
		json_member_text(json, "tenantName", login->project);
	json_end_object(json);
	json_end_object(json);
}

static void
print_domain(struct json_writer *json, const char *name, const char *id)
{
	json_key(json, "domain");
	json_begin_object(json);
	json_member_text(json, name ? "name" : "id", name ? name : id ? id : "default");
	json_end_object(json);
}

static void
print_v3(const struct keystone_login *login, struct json_writer *json)
{
	json_begin_object(json);
	json_key(json, "auth");
	json_begin_object(json);
	json_key(json, "identity");
	json_begin_object(json);
	json_key(json, "methods");
	json_begin_array(json);
	json_put_text(json, "password");
	json_end_array(json);
	json_key(json, "password");
	json_begin_object(json);
	json_key(json, "user");
	json_begin_object(json);
	json_member_text(json, "name", login->user);
	json_member_text(json, "password", login->password);
	print_domain(json, login->user_domain, login->user_domain_id);
	json_end_object(json);
	json_end_object(json);
	json_end_object(json);
	if (login->project) {
		json_key(json, "scope");
		json_begin_object(json);
		json_key(json, "project");
		json_begin_object(json);
		json_member_text(json, "name", login->project);
		print_domain(json, login->project_domain, login->project_domain_id);
		json_end_object(json);
		json_end_object(json);
	}
	json_end_object(json);
	json_end_object(json);
}

/* ---- what comes back ---- */

static int64_t
expiry(const struct json *text)
{
	int64_t seconds;

	return json_text(text) && clock_parse(json_text(text), &seconds) ? seconds : 0;
}

static int
keep(struct keystone *keystone, const struct http_answer *answer, struct err *err)
{
	const struct json *access = json_member(keystone->answer, "access");
	const struct json *v2 = json_member(access, "token");
	const char *token;

	if (keystone->login.version == 2) {
		keystone->body = access;
		token = json_text(json_member(v2, "id"));
		keystone->expires_at = expiry(json_member(v2, "expires"));
	} else {
		keystone->body = json_member(keystone->answer, "token");
		token = http_header(answer, "X-Subject-Token");
		keystone->expires_at = expiry(json_member(keystone->body, "expires_at"));
	}
	if (!token || !*token)
		return err_set(err, ERR_INVALID, "%s: answers, but not as keystone v%u",
		    keystone->login.url, keystone->login.version);
	buf_text(&keystone->token, token);
	return buf_check(&keystone->token, err);
}

static int
log_in(struct keystone *keystone, struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/json",
		"Accept: application/json", NULL };
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf url = BUF(URL_MAX), body = BUF(URL_MAX), into = BUF(ANSWER_MAX);
	struct json_writer json = JSON_WRITER(&body, 0);
	struct http_request request = { .method = "POST", .headers = headers, .into = &into };

	keystone_print_url(&keystone->login, &url);
	if (keystone->login.version == 2)
		print_v2(&keystone->login, &json);
	else
		print_v3(&keystone->login, &json);
	if (buf_check(&url, err) < 0 || json_check(&json, err) < 0)
		return -1;
	request.url = buf_string(&url);
	request.body = buf_span(&body);
	buf_clear(&keystone->token);
	if (http_call(keystone->http, &request, &answer, err) < 0)
		return -1;
	if (http_check(&request, &answer, err) < 0)
		return err_wrap(err, "keystone, user %s", keystone->login.user);
	json_free(take(&keystone->answer));
	keystone->body = NULL;
	if (json_parse(&keystone->answer, buf_span(&into), err) < 0)
		return err_wrap(err, "answer of %s", request.url);
	return keep(keystone, &answer, err);
}

/*
 * With the mutex held; failures as they were before it was waited for.  Whoever waited
 * while another's login failed hears the same: a keystone that hangs holds each up for
 * as long as one login takes, however many they are.
 */
static int
be_logged_in(struct keystone *keystone, unsigned failures, struct err *err)
{
	bool good = keystone->token.length > 0 &&
		    (!keystone->expires_at || keystone->expires_at > clock_now() + MARGIN_S);

	if (good)
		return 0;
	if (atomic_load(&keystone->failures) != failures) {
		*err = keystone->failure;
		return -1;
	}
	if (log_in(keystone, err) == 0)
		return 0;
	keystone->failure = *err;
	atomic_fetch_add(&keystone->failures, 1);
	return -1;
}

int
keystone_token(struct keystone *keystone, struct buf *ret, struct err *err)
{
	unsigned failures = atomic_load(&keystone->failures);
	scoped_lock(&keystone->mutex);

	if (be_logged_in(keystone, failures, err) < 0)
		return -1;
	buf_text(ret, buf_string(&keystone->token));
	return buf_check(ret, err);
}

/* A token that somebody else got in the meantime stays. */
void
keystone_forget(struct keystone *keystone, const char *token)
{
	scoped_lock(&keystone->mutex);

	if (strcmp(buf_string(&keystone->token), token) == 0)
		buf_clear(&keystone->token);
}

/* ---- the catalogue ---- */

/* "publicURL" or "public", which it begins with. */
static bool
same_interface(const char *a, const char *b)
{
	size_t length_a = strcspn(a, "U"), length_b = strcspn(b, "U");

	return length_a == length_b && strncasecmp(a, b, length_a) == 0;
}

/* The URL of an endpoint of that interface; NULL: it has none. */
static const char *
url_of(const struct json *endpoint, const char *interface)
{
	static const char *const keys[] = { "publicURL", "internalURL", "adminURL" };
	const char *named = json_text(json_member(endpoint, "interface"));
	size_t i;

	if (named)
		return same_interface(named, interface) ? json_text(json_member(endpoint, "url"))
							: NULL;
	for (i = 0; i < sizeof keys / sizeof keys[0]; i++)
		if (same_interface(keys[i], interface))
			return json_text(json_member(endpoint, keys[i]));
	return NULL;
}

static bool
is_in(const struct json *endpoint, const char *region)
{
	const char *name = json_text(json_member(endpoint, "region"));
	const char *id = json_text(json_member(endpoint, "region_id"));

	return (name && strcmp(name, region) == 0) || (id && strcmp(id, region) == 0);
}

/* What a search has found so far. */
struct search {
	bool type;                 /* a service of that type */
	const char *first, *local; /* of any region, of the wanted one */
};

static void
search_service(
    const struct json *service, const struct keystone_choice *choice, struct search *search)
{
	const struct json *endpoints = json_member(service, "endpoints");
	const char *type = json_text(json_member(service, "type"));
	size_t i;

	if (!type || strcmp(type, choice->type) != 0)
		return;
	search->type = true;
	for (i = 0; i < json_count(endpoints); i++) {
		const struct json *endpoint = json_element(endpoints, i);
		const char *url = url_of(endpoint, choice->interface);

		if (url && !search->first)
			search->first = url;
		if (url && !search->local && choice->region && is_in(endpoint, choice->region))
			search->local = url;
	}
}

int
keystone_endpoint(const struct json *catalogue, const struct keystone_choice *choice,
    struct buf *ret, struct err *err)
{
	struct search search = { false, NULL, NULL };
	size_t i;

	for (i = 0; i < json_count(catalogue); i++)
		search_service(json_element(catalogue, i), choice, &search);
	if (!search.first)
		return err_set(err, ERR_NOT_FOUND, "keystone's catalogue has no %s%s%s",
		    search.type ? choice->interface : "service of type ",
		    search.type ? " endpoint of type " : "", choice->type);
	buf_text(ret, search.local ? search.local : search.first);
	return buf_check(ret, err);
}

int
keystone_find(struct keystone *keystone, const struct keystone_choice *choice, struct buf *ret,
    struct err *err)
{
	const char *key = keystone->login.version == 2 ? "serviceCatalog" : "catalog";
	unsigned failures = atomic_load(&keystone->failures);
	scoped_lock(&keystone->mutex);

	if (be_logged_in(keystone, failures, err) < 0)
		return -1;
	return keystone_endpoint(json_member(keystone->body, key), choice, ret, err);
}
