#include "net/gate.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "net/http.h"
#include "net/keystone.h"

enum { MEMORIES = 1024, TOKEN_MAX = 16 * 1024, URL_MAX = 4096 };

/* Of a token only its digest is kept. */
struct memory {
	uint8_t digest[DIGEST_SHA256_SIZE];
	int64_t until; /* seconds since 1970; 0: nothing is here */
	bool good;
	struct gate_caller caller; /* of a good one */
};

struct gate {
	struct http *http;
	struct keystone *self; /* the service's own login */
	struct keystone_login login;
	int64_t remember_s;
	pthread_mutex_t mutex;
	struct memory memories[MEMORIES];
};

int
gate_open(struct gate **ret, struct http *http, const struct keystone_login *login,
    int64_t remember_s, struct err *err)
{
	struct gate *gate = calloc(1, sizeof *gate);

	if (!gate)
		return err_memory(err);
	if (keystone_open(&gate->self, http, login, err) < 0) {
		free(gate);
		return -1;
	}
	gate->http = http;
	gate->login = *login;
	gate->remember_s = remember_s;
	pthread_mutex_init(&gate->mutex, NULL);
	*ret = gate;
	return 0;
}

void
gate_close(struct gate *gate)
{
	size_t i;

	if (!gate)
		return;
	for (i = 0; i < MEMORIES; i++)
		gate_caller_drop(&gate->memories[i].caller);
	keystone_close(gate->self);
	pthread_mutex_destroy(&gate->mutex);
	free(gate);
}

void
gate_caller_drop(struct gate_caller *caller)
{
	free(caller->catalogue);
	caller->catalogue = NULL;
}

static int
copy_caller(const struct gate_caller *caller, struct gate_caller *ret, struct err *err)
{
	struct gate_caller copy = *caller;

	if (caller->catalogue) {
		copy.catalogue = strdup(caller->catalogue);
		if (!copy.catalogue)
			return err_memory(err);
	}
	*ret = copy;
	return 0;
}

/* ---- what is remembered ---- */

/* 1: remembered, as *ret_good, and ret where it is; 0: nothing is known; -1. */
static int
recall(struct gate *gate, const uint8_t *digest, bool *ret_good, struct gate_caller *ret,
    struct err *err)
{
	int64_t now = clock_now();
	size_t i;
	scoped_lock(&gate->mutex);

	for (i = 0; i < MEMORIES; i++) {
		const struct memory *memory = &gate->memories[i];

		if (memory->until <= now || memcmp(memory->digest, digest, DIGEST_SHA256_SIZE) != 0)
			continue;
		*ret_good = memory->good;
		return memory->good && copy_caller(&memory->caller, ret, err) < 0 ? -1 : 1;
	}
	return 0;
}

/* What is over goes first, then what refuses, then what is over soonest: bad tokens displace none.
 */
static struct memory *
choose_victim(struct gate *gate)
{
	struct memory *victim = &gate->memories[0];
	int64_t now = clock_now();
	size_t i;

	for (i = 0; i < MEMORIES; i++) {
		struct memory *memory = &gate->memories[i];

		if (memory->until <= now)
			return memory;
		if (memory->good != victim->good ? victim->good : memory->until < victim->until)
			victim = memory;
	}
	return victim;
}

/* caller NULL: the token is no good.  Without memory nothing is remembered. */
static void
remember(struct gate *gate, const uint8_t *digest, const struct gate_caller *caller)
{
	int64_t until = clock_now() + gate->remember_s;
	struct gate_caller copy = { .catalogue = NULL };
	struct err ignored = ERR_INIT;
	struct memory *memory;

	if (gate->remember_s <= 0 || (caller && copy_caller(caller, &copy, &ignored) < 0))
		return;
	if (caller && caller->expires_at < until)
		until = caller->expires_at;
	scoped_lock(&gate->mutex);
	memory = choose_victim(gate);
	gate_caller_drop(&memory->caller);
	*memory = (struct memory){ .until = until, .good = caller != NULL, .caller = copy };
	memcpy(memory->digest, digest, DIGEST_SHA256_SIZE);
}

/* ---- what keystone says ---- */

static int
copy_id(const struct json *json, const char *what, char ret[GATE_ID_MAX], struct err *err)
{
	const char *text = json_text(json_member(json, "id"));

	if (!text || !*text || strlen(text) >= GATE_ID_MAX)
		return err_set(err, ERR_INVALID, "keystone says of a token: no %s", what);
	memcpy(ret, text, strlen(text) + 1);
	return 0;
}

static bool
has_role(const struct json *roles, const char *name)
{
	size_t i;

	for (i = 0; i < json_count(roles); i++) {
		const char *role = json_text(json_member(json_element(roles, i), "name"));

		if (role && strcasecmp(role, name) == 0)
			return true;
	}
	return false;
}

static int
read_token(const struct json *token, struct gate_caller *ret, struct err *err)
{
	const struct json *project = json_member(token, "project");
	const char *expires = json_text(json_member(token, "expires_at"));

	if (!expires || !clock_parse(expires, &ret->expires_at))
		return err_set(err, ERR_INVALID, "keystone says of a token: no expires_at");
	if (copy_id(json_member(token, "user"), "user", ret->user_id, err) < 0 ||
	    (project && copy_id(project, "project", ret->project_id, err) < 0))
		return -1;
	ret->admin = has_role(json_member(token, "roles"), "admin");
	return 0;
}

int
gate_read(struct span document, struct gate_caller *ret, struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	scoped(buf_drop) struct buf text = BUF(GATE_ANSWER_MAX);
	struct json_writer writer = JSON_WRITER(&text, 0);
	struct gate_caller caller = { .admin = false };
	const struct json *token, *catalogue;

	if (json_parse(&root, document, err) < 0)
		return err_wrap(err, "keystone says of a token");
	token = json_member(root, "token");
	catalogue = json_member(token, "catalog");
	if (read_token(token, &caller, err) < 0)
		return -1;
	if (catalogue) {
		json_put(&writer, catalogue);
		if (json_check(&writer, err) < 0)
			return -1;
		caller.catalogue = strdup(buf_string(&text));
		if (!caller.catalogue)
			return err_memory(err);
	}
	*ret = caller;
	return 0;
}

/* 1: document has what keystone says; 0: that token is no good; -1. */
static int
ask_once(struct gate *gate, const char *token, const char *own, struct buf *document,
    unsigned *ret_status, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf url = BUF(URL_MAX), subject = BUF(2 * TOKEN_MAX);
	scoped(buf_drop) struct buf auth = BUF(4 * TOKEN_MAX);
	const char *headers[] = { "Accept: application/json", NULL, NULL, NULL };
	struct http_request request = { .method = "GET", .headers = headers, .into = document };

	keystone_print_url(&gate->login, &url);
	buf_printf(&subject, "X-Subject-Token: %s", token);
	buf_printf(&auth, "X-Auth-Token: %s", own);
	if (buf_check(&url, err) < 0 || buf_check(&subject, err) < 0 || buf_check(&auth, err) < 0)
		return -1;
	request.url = buf_string(&url);
	headers[1] = buf_string(&subject);
	headers[2] = buf_string(&auth);
	if (http_call(gate->http, &request, &answer, err) < 0)
		return -1;
	*ret_status = answer.status;
	if (answer.status == 404)
		return 0;
	return http_check(&request, &answer, err) < 0 ? -1 : 1;
}

/* Our own token may have been revoked as well: then with another one. */
static int
ask_keystone(struct gate *gate, const char *token, struct gate_caller *ret, struct err *err)
{
	scoped(buf_drop) struct buf document = BUF(GATE_ANSWER_MAX);
	unsigned status = 401, tries;
	int known = -1;

	for (tries = 0; tries < 2 && known < 0 && status == 401; tries++) {
		scoped(buf_drop) struct buf own = BUF(4 * TOKEN_MAX);

		if (keystone_token(gate->self, &own, err) < 0)
			return -1;
		status = 0;
		known = ask_once(gate, token, buf_string(&own), &document, &status, err);
		if (status == 401)
			keystone_forget(gate->self, buf_string(&own));
	}
	if (known != 1)
		return known;
	if (gate_read(buf_span(&document), ret, err) < 0)
		return -1;
	if (ret->expires_at > clock_now())
		return 1;
	gate_caller_drop(ret);
	return 0;
}

/* Nothing else fits into a header. */
static bool
is_token(const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	}
	return i > 0 && i < TOKEN_MAX;
}

int
gate_ask(struct gate *gate, const char *token, struct gate_caller *ret, struct err *err)
{
	uint8_t digest[DIGEST_SHA256_SIZE];
	bool good = false;
	int known;

	if (!is_token(token))
		return 0;
	digest_sha256(token, strlen(token), digest);
	known = recall(gate, digest, &good, ret, err);
	if (known != 0)
		return known < 0 ? -1 : good;
	known = ask_keystone(gate, token, ret, err);
	if (known >= 0)
		remember(gate, digest, known ? ret : NULL);
	return known;
}
