#include "net/http.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/err.h"

enum {
	IDLE_MAX = 32,
	UNWANTED_MAX = 1024 * 1024, /* of a body that nobody wants, before we hang up */
	SLOW = 1024,                /* bytes a second */
	WINDOW = 512 * 1024,
	WAIT_MAX_S = 120,
};

struct http {
	struct http_setup setup;
	pthread_mutex_t mutex;
	CURL *idle[IDLE_MAX]; /* each keeps its connections */
	size_t n_idle;
};

/* One call. */
struct exchange {
	CURL *easy;
	const struct http_request *request;
	struct http_answer *answer;
	uint64_t sent, unwanted;
	bool failed; /* err is filled */
	struct err *err;
};

static void
begin_curl(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int
http_open(struct http **ret, const struct http_setup *setup, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http *http = calloc(1, sizeof *http);

	pthread_once(&once, begin_curl);
	if (!http)
		return err_memory(err);
	http->setup = *setup;
	if (!http->setup.connect_ms)
		http->setup.connect_ms = 30 * 1000;
	if (!http->setup.stall_s)
		http->setup.stall_s = 60;
	if (!http->setup.call_ms)
		http->setup.call_ms = 10 * 60 * 1000;
	if (!http->setup.call_ms_a_mib)
		http->setup.call_ms_a_mib = 10 * 1000;
	pthread_mutex_init(&http->mutex, NULL);
	*ret = http;
	return 0;
}

void
http_close(struct http *http)
{
	if (!http)
		return;
	while (http->n_idle)
		curl_easy_cleanup(http->idle[--http->n_idle]);
	pthread_mutex_destroy(&http->mutex);
	free(http);
}

/* The one that was used last has the warmest connection. */
static CURL *
borrow(struct http *http)
{
	scoped_lock(&http->mutex);

	return http->n_idle ? http->idle[--http->n_idle] : curl_easy_init();
}

static void
give_back(struct http *http, CURL *easy)
{
	scoped_lock(&http->mutex);

	curl_easy_reset(easy);
	if (http->n_idle < IDLE_MAX)
		http->idle[http->n_idle++] = easy;
	else
		curl_easy_cleanup(easy);
}

/* ---- what errors say ---- */

static enum err_kind
kind_of_code(CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return ERR_DENIED;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return ERR_INVALID;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_RECV_ERROR:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_HTTP_RETURNED_ERROR:
		return ERR_RETRY;
	default:
		return ERR_SYSTEM;
	}
}

/* ---- what curl calls ---- */

static size_t
send_bytes(char *data, size_t size, size_t count, void *arg)
{
	struct exchange *exchange = arg;
	const struct http_request *request = exchange->request;
	uint64_t rest = request->length - exchange->sent;
	size_t room = size * count < rest ? size * count : (size_t)rest, sent = room;

	if (!request->source) {
		if (room)
			memcpy(data, request->body.data + exchange->sent, room);
	} else if (room && request->source(request->source_arg, exchange->sent, data, room, &sent,
			       exchange->err) < 0) {
		exchange->failed = true;
		return CURL_READFUNC_ABORT;
	}
	exchange->sent += sent;
	return sent;
}

/* A kept connection that turns out to be dead: from the beginning, on a new one. */
static int
send_again(void *arg, curl_off_t offset, int origin)
{
	struct exchange *exchange = arg;

	if (origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	exchange->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static size_t
take_bytes(char *data, size_t size, size_t count, void *arg)
{
	struct exchange *exchange = arg;
	struct buf *into = exchange->request->into;
	long status = 0;

	curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
	if (into && status >= 200 && status < 300) {
		buf_add(into, data, size * count);
		return into->failed ? 0 : size * count;
	}
	exchange->unwanted += size * count;
	return exchange->unwanted > UNWANTED_MAX ? 0 : size * count;
}

/* Of several answers, as after 100 Continue, the last one counts. */
static size_t
take_header(char *data, size_t size, size_t count, void *arg)
{
	struct exchange *exchange = arg;
	struct buf *headers = &exchange->answer->headers;
	size_t length = size * count;

	if (length > 5 && strncmp(data, "HTTP/", 5) == 0)
		buf_clear(headers);
	while (length && (data[length - 1] == '\n' || data[length - 1] == '\r'))
		length--;
	if (length) {
		buf_add(headers, data, length);
		buf_byte(headers, '\0');
	}
	return headers->failed ? 0 : size * count;
}

/* Asked at least once a second, whatever the call waits for. */
static int
is_cancelled(void *arg, curl_off_t down, curl_off_t down_now, curl_off_t up, curl_off_t up_now)
{
	(void)down, (void)down_now, (void)up, (void)up_now;
	return atomic_load((const atomic_bool *)arg);
}

/* ---- the call ---- */

static int
add_headers(const struct http_request *request, struct curl_slist **ret, struct err *err)
{
	const char *const *header;

	for (header = request->headers; header && *header; header++) {
		struct curl_slist *more = curl_slist_append(*ret, *header);

		if (!more)
			return err_memory(err);
		*ret = more;
	}
	return 0;
}

static void
set_rules(CURL *easy, const struct http_setup *setup, uint64_t body)
{
	uint64_t whole = setup->call_ms + (body >> 20) * setup->call_ms_a_mib;

	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)WINDOW);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)WINDOW);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)setup->connect_ms);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)setup->stall_s);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, whole > INT32_MAX ? INT32_MAX : (long)whole);
	if (setup->cancel) {
		curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, is_cancelled);
		curl_easy_setopt(easy, CURLOPT_XFERINFODATA, setup->cancel);
		curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	}
	if (setup->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, setup->ca_file);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, setup->insecure ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, setup->insecure ? 0L : 2L);
}

static void
set_request(struct exchange *exchange, struct curl_slist *headers)
{
	const struct http_request *request = exchange->request;
	CURL *easy = exchange->easy;

	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
	if (strcmp(request->method, "HEAD") == 0)
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
	else if (strcmp(request->method, "PUT") == 0 || strcmp(request->method, "POST") == 0) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->length);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, send_bytes);
		curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, send_again);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, exchange);
	}
	if (strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
}

static int
explain(const struct exchange *exchange, CURLcode code, const char *detail, struct err *err)
{
	const struct http_request *request = exchange->request;

	if (exchange->failed)
		return -1;
	if (code == CURLE_OUT_OF_MEMORY)
		return err_memory(err);
	if (code == CURLE_ABORTED_BY_CALLBACK)
		return err_set(err, ERR_CANCELLED, "cancelled");
	if (code == CURLE_WRITE_ERROR && request->into && request->into->failed)
		return http_refuse(
		    request, ERR_INVALID, "the answer is longer than was asked for", err);
	return http_refuse(
	    request, kind_of_code(code), detail[0] ? detail : curl_easy_strerror(code), err);
}

/* Seconds or a date, says the server; more than WAIT_MAX_S is no one's to wait for. */
static unsigned
retry_after(CURL *easy)
{
	curl_off_t seconds = 0;

	curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
	if (seconds < 0)
		return 0;
	return (unsigned)(seconds < WAIT_MAX_S ? seconds : WAIT_MAX_S) * 1000;
}

static int
exchange_run(struct http *http, struct exchange *exchange, struct err *err)
{
	struct curl_slist *headers = NULL;
	char detail[CURL_ERROR_SIZE] = "";
	CURLcode code;
	long status = 0;
	int result;

	result = add_headers(exchange->request, &headers, err);
	if (result == 0) {
		uint64_t body = exchange->request->length;

		if (exchange->request->into)
			body += exchange->request->into->ceiling - exchange->request->into->length;
		set_rules(exchange->easy, &http->setup, body);
		set_request(exchange, headers);
		curl_easy_setopt(exchange->easy, CURLOPT_ERRORBUFFER, detail);
		code = curl_easy_perform(exchange->easy);
		curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status);
		exchange->answer->status = (unsigned)status;
		exchange->answer->wait_ms = retry_after(exchange->easy);
		if (code != CURLE_OK)
			result = explain(exchange, code, detail, err);
	}
	curl_slist_free_all(headers);
	return result;
}

int
http_call(struct http *http, const struct http_request *request, struct http_answer *answer,
    struct err *err)
{
	struct http_request whole = *request;
	struct exchange exchange = { .request = &whole, .answer = answer, .err = err };
	int result;

	if (!whole.source)
		whole.length = whole.body.length;
	buf_clear(&answer->headers);
	exchange.easy = borrow(http);
	if (!exchange.easy)
		return err_memory(err);
	result = exchange_run(http, &exchange, err);
	give_back(http, exchange.easy);
	return result;
}
