/*
 * The API on its server: an HTTP request becomes a struct rest_call, and its
 * answer goes back; the identity service is reached from here.
 */
#include "front/rest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "front/front.h"
#include "front/httpd.h"
#include "net/gate.h"
#include "net/http.h"
#include "net/keystone.h"
#include "options/tables.h"

enum { CONNECTIONS_MAX = 128 };

struct front {
	struct rest rest;
	struct http *http; /* to the identity service */
	struct httpd *httpd;
};

/* ---- one request ---- */

static int
fill_call(struct rest *rest, const struct httpd_request *request, struct rest_call *ret)
{
	struct err ignored = ERR_INIT;
	char uuid[DIGEST_UUID_TEXT];

	if (digest_uuid_random(uuid, &ignored) < 0)
		return -1;
	snprintf(ret->request_id, sizeof ret->request_id, "req-%s", uuid);
	ret->rest = rest;
	ret->method = request->method;
	ret->target = request->target;
	ret->host = httpd_header(request, "Host");
	ret->version = httpd_header(request, "OpenStack-API-Version");
	ret->content_type = httpd_header(request, "Content-Type");
	ret->accept = httpd_header(request, "Accept");
	ret->token = httpd_header(request, "X-Auth-Token");
	ret->user = httpd_header(request, "X-User-Id");
	ret->project = httpd_header(request, "X-Project-Id");
	ret->body = request->body;
	return 0;
}

static void
tell_headers(const struct rest_call *call, struct httpd_answer *answer)
{
	httpd_tell(answer, "Content-Type", "%s", call->kind ? call->kind : "application/json");
	httpd_tell(answer, "x-openstack-request-id", "%s", call->request_id);
	httpd_tell(answer, "x-compute-request-id", "%s", call->request_id);
	if (call->told_version) {
		httpd_tell(answer, "OpenStack-API-Version", "volume %s", call->told_version);
		httpd_tell(answer, "Vary", "OpenStack-API-Version");
	}
	if (call->status == 413)
		httpd_tell(answer, "Retry-After", "0");
	if (call->challenge && call->rest->identity)
		httpd_tell(answer, "WWW-Authenticate", "Keystone uri=\"%s\"", call->rest->identity);
	if (call->location)
		httpd_tell(answer, "Location", "%s%s", call->base, call->location);
}

static void
handle(void *arg, const struct httpd_request *request, struct httpd_answer *answer)
{
	struct rest_call call = { .answer = BUF(REST_ANSWER_MAX) };
	struct log_who who;
	uint64_t began_ms = clock_ms();

	if (fill_call(arg, request, &call) < 0)
		rest_fail_generic(&call, 500);
	else if (request->long_target)
		rest_fail(&call, 414, "The request is too long.");
	else if (request->long_body)
		rest_fail(&call, 413, "Request is too large.");
	else
		rest_answer(&call);
	tell_headers(&call, answer);
	answer->status = call.status;
	answer->body = call.answer; /* the server drops it */
	who = (struct log_who){ call.request_id, call.user_id, call.project_id };
	log_write(LOG_LEVEL_INFO, "rest", &who, "%s %.*s status: %u len: %zu time: %llu ms",
	    call.method, (int)strcspn(call.target, "?"), call.target, call.status,
	    call.answer.length, (unsigned long long)(clock_ms() - began_ms));
	arena_free(call.arena);
}

/* ---- the identity service ---- */

static int
open_gate(struct front *front, const struct wire_opts *wire, struct err *err)
{
	const struct http_setup setup = { .ca_file = wire->keystone_cafile,
		.insecure = wire->keystone_insecure,
		.connect_ms = 10 * 1000,
		.stall_s = 20,
		.call_ms = 30 * 1000 };
	const struct keystone_login login = {
		.url = wire->keystone_auth_url,
		.version = 3,
		.user = wire->keystone_username,
		.password = wire->keystone_password,
		.project = wire->keystone_project_name,
		.user_domain = wire->keystone_user_domain_name,
		.user_domain_id = wire->keystone_user_domain_id,
		.project_domain = wire->keystone_project_domain_name,
		.project_domain_id = wire->keystone_project_domain_id,
	};

	front->rest.ask = gate_ask;
	front->rest.identity = wire->keystone_www_authenticate_uri
				   ? wire->keystone_www_authenticate_uri
				   : wire->keystone_auth_url;
	if (http_open(&front->http, &setup, err) < 0 ||
	    gate_open(
		&front->rest.gate, front->http, &login, wire->keystone_token_cache_time, err) < 0)
		return err_wrap(err, "[keystone_authtoken]");
	return 0;
}

/* ---- life ---- */

static void
rest_drain(struct front *front)
{
	httpd_drain(front->httpd);
}

static void
rest_stop(struct front *front)
{
	if (!front)
		return;
	httpd_stop(front->httpd);
	gate_close(front->rest.gate);
	http_close(front->http);
	pthread_mutex_destroy(&front->rest.admission);
	free(front);
}

static int
rest_start(struct front **ret, const struct front_setup *setup, struct err *err)
{
	struct front *front;
	struct httpd_setup server = { .name = "rest",
		.option = "listen",
		.listen = setup->own->listen,
		.target_max = REST_TARGET_MAX,
		.body_max = REST_BODY_MAX,
		.connections_max = CONNECTIONS_MAX,
		.handler = handle };

	if (setup->own->volumes != VOLUMES_LOCAL)
		return 0;
	front = calloc(1, sizeof *front);
	if (!front)
		return err_memory(err);
	front->rest.desk = setup->desk;
	pthread_mutex_init(&front->rest.admission, NULL);
	server.arg = &front->rest;
	if ((setup->own->auth == AUTH_KEYSTONE && open_gate(front, setup->wire, err) < 0) ||
	    httpd_start(&front->httpd, &server, err) < 0) {
		rest_stop(front);
		return -1;
	}
	*ret = front;
	return 0;
}

const struct front_driver front_rest = {
	.name = "rest",
	.start = rest_start,
	.drain = rest_drain,
	.stop = rest_stop,
};
