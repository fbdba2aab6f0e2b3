#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "store/swift.h"

enum { PINS = 64, ETAG_MAX = 96, PAGE_MAX = 64 * 1024 * 1024, NAME_MAX_BYTES = 1024 };

/* ---- pins ---- */

struct pin {
	char container[COLUMN_TEXT_MAX], object[LAYOUT_NAME_MAX], etag[ETAG_MAX];
	uint64_t total;
	bool at_end; /* all of it was read */
};

struct swift_pins {
	pthread_mutex_t mutex;
	struct pin pins[PINS];
	size_t next; /* to be replaced */
};

struct swift_pins *
swift_pins_new(void)
{
	struct swift_pins *pins = calloc(1, sizeof *pins);

	if (pins)
		pthread_mutex_init(&pins->mutex, NULL);
	return pins;
}

void
swift_pins_free(struct swift_pins *pins)
{
	if (!pins)
		return;
	pthread_mutex_destroy(&pins->mutex);
	free(pins);
}

/* With the mutex held.  NULL: none. */
static struct pin *
find(struct swift_pins *pins, const char *container, const char *object)
{
	size_t i;

	for (i = 0; i < PINS; i++)
		if (strcmp(pins->pins[i].object, object) == 0 &&
		    strcmp(pins->pins[i].container, container) == 0)
			return &pins->pins[i];
	return NULL;
}

void
swift_pins_forget(struct swift_pins *pins, const char *container, const char *object)
{
	struct pin *pin;
	scoped_lock(&pins->mutex);

	pin = find(pins, container, object);
	if (pin)
		*pin = (struct pin){ .total = 0 };
}

static bool
look(struct swift_pins *pins, const char *container, const char *object, struct pin *ret)
{
	const struct pin *pin;
	scoped_lock(&pins->mutex);

	pin = find(pins, container, object);
	if (pin)
		*ret = *pin;
	return pin != NULL;
}

/* A place for another: if there is one, of what nobody reads on. */
static struct pin *
find_place(struct swift_pins *pins)
{
	const struct pin *pin;
	size_t i;

	for (i = 0; i < PINS; i++, pins->next++) {
		pin = &pins->pins[pins->next % PINS];
		if (pin->at_end || !pin->object[0])
			break;
	}
	return &pins->pins[pins->next++ % PINS];
}

static void
remember(struct swift_pins *pins, const struct pin *pin)
{
	struct pin *old;
	scoped_lock(&pins->mutex);

	old = find(pins, pin->container, pin->object);
	if (!old)
		old = find_place(pins);
	*old = *pin;
}

/* ---- reading ---- */

static int
replaced(const char *container, const char *object, struct err *err)
{
	return err_set(
	    err, ERR_CONFLICT, "%s/%s: was replaced while it was read", container, object);
}

/* After an answer to a read from the beginning. */
static void
pin_down(struct swift *swift, const char *container, const char *object,
    const struct http_answer *answer, uint64_t length)
{
	struct pin pin = { .total = length };
	const char *range = http_header(answer, "Content-Range");
	const char *etag = http_header(answer, "ETag"), *slash = range ? strchr(range, '/') : NULL;

	if (!etag || strlen(etag) >= sizeof pin.etag || (range && !slash))
		return;
	if (slash)
		pin.total = strtoull(slash + 1, NULL, 10);
	pin.at_end = length >= pin.total;
	snprintf(pin.container, sizeof pin.container, "%s", container);
	snprintf(pin.object, sizeof pin.object, "%s", object);
	snprintf(pin.etag, sizeof pin.etag, "%s", etag);
	remember(swift->pins, &pin);
}

int
swift_fetch(struct swift *swift, const char *container, const char *object, uint64_t offset,
    struct buf *ret, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	char range[64], match[ETAG_MAX + 16];
	struct swift_call call = { .method = "GET",
		.container = container,
		.object = object,
		.headers = { range },
		.into = ret };
	uint64_t room = ret->ceiling - ret->length;
	struct pin pin;
	size_t before = ret->length;

	if (offset > 0 && look(swift->pins, container, object, &pin)) {
		if (offset >= pin.total)
			return 1;
		snprintf(match, sizeof match, "If-Match: %s", pin.etag);
		call.headers[1] = match;
	}
	snprintf(
	    range, sizeof range, "Range: bytes=%" PRIu64 "-%" PRIu64, offset, offset + room - 1);
	if (swift_call(swift, &call, &answer, err) < 0) {
		if (answer.status == 416)
			return 1;
		if (answer.status == 404)
			return 0;
		return answer.status == 412 ? replaced(container, object, err) : -1;
	}
	if (answer.status != 206 && offset > 0)
		return err_set(err, ERR_SYSTEM, "%s/%s: the server does not read from an offset",
		    container, object);
	if (offset == 0) {
		pin_down(swift, container, object, &answer, ret->length - before);
	} else if (call.headers[1] && offset + ret->length - before >= pin.total) {
		pin.at_end = true;
		remember(swift->pins, &pin);
	}
	return 1;
}

/* ---- listing ---- */

struct page {
	char last[NAME_MAX_BYTES + 1]; /* where the next one begins */
	size_t count;
};

static int
tell(const struct json *names, store_name_fn *fn, void *arg, struct page *page, struct err *err)
{
	size_t i;

	page->count = json_count(names);
	for (i = 0; i < page->count; i++) {
		const struct json *entry = json_element(names, i);
		const char *name = json_text(json_member(entry, "name"));
		int64_t length = 0;
		int stopped;

		if (!name || strlen(name) > NAME_MAX_BYTES || strcmp(name, page->last) <= 0)
			return err_set(err, ERR_CORRUPT,
			    "the container's listing has no name, or one out of order, behind %s",
			    page->last);
		(void)json_number(json_member(entry, "bytes"), &length);
		stopped = fn(arg, name, (uint64_t)length, err);
		if (stopped)
			return stopped;
		snprintf(page->last, sizeof page->last, "%s", name);
	}
	return 0;
}

static int
read_page(struct swift *swift, const char *container, const char *prefix, store_name_fn *fn,
    void *arg, struct page *page, struct err *err)
{
	scoped(http_answer_drop) struct http_answer answer = HTTP_ANSWER;
	scoped(buf_drop) struct buf query = BUF(SWIFT_URL_MAX), text = BUF(PAGE_MAX);
	scoped(json_free_scoped) struct json *names = NULL;
	struct swift_call call = { .method = "GET", .container = container, .into = &text };

	buf_text(&query, "format=json&prefix=");
	http_quote(&query, prefix, false);
	if (page->last[0]) {
		buf_text(&query, "&marker=");
		http_quote(&query, page->last, false);
	}
	if (buf_check(&query, err) < 0)
		return -1;
	call.query = buf_string(&query);
	page->count = 0;
	if (swift_call(swift, &call, &answer, err) < 0)
		return answer.status == 404 ? 0 : -1;
	if (answer.status == 204)
		return 0;
	if (json_parse(&names, buf_span(&text), err) < 0)
		return err_wrap(err, "listing of %s", container ? container : "the account");
	return tell(names, fn, arg, page, err);
}

int
swift_each(struct swift *swift, const char *container, const char *prefix, store_name_fn *fn,
    void *arg, struct err *err)
{
	struct page page = { .count = 0 };
	int result;

	do
		result = read_page(swift, container, prefix, fn, arg, &page, err);
	while (result == 0 && page.count > 0);
	return result;
}
