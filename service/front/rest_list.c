/* Paging, links, times: what the lists have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "front/rest.h"

enum { OFFSET_MAX = 2147483647 };

/* 1: a whole number; 0: none.  What is beyond 18 digits is as large as that. */
static bool
parse_number(const char *text, int64_t *ret)
{
	const char *digits = text + (*text == '-' || *text == '+');
	size_t length = strspn(digits, "0123456789");

	if (!length || digits[length])
		return false;
	*ret = length > 18 ? INT64_MAX : strtoll(digits, NULL, 10);
	if (*text == '-')
		*ret = -*ret;
	return true;
}

static int
parse_limit(struct rest_call *call, struct rest_page *ret)
{
	const char *text = rest_param(call, "limit");
	int64_t limit;

	ret->limit = REST_LIST_MAX;
	if (!text)
		return 0;
	if (!parse_number(text, &limit))
		return rest_fail(call, 400, "limit param must be an integer");
	if (limit < 0)
		return rest_fail(call, 400, "limit param must be positive");
	if (limit < REST_LIST_MAX)
		ret->limit = (uint64_t)limit;
	return 0;
}

static int
parse_offset(struct rest_call *call, struct rest_page *ret)
{
	const char *text = rest_param(call, "offset");
	int64_t offset;

	if (!text)
		return 0;
	if (!parse_number(text, &offset))
		return rest_fail(call, 400, "offset must be an integer");
	if (offset < 0)
		return rest_fail(call, 400, "offset must be >= 0");
	if (offset > OFFSET_MAX)
		return rest_fail(call, 400, "offset must be <= %d", OFFSET_MAX);
	ret->offset = (uint64_t)offset;
	return 0;
}

static int
parse_count(struct rest_call *call, struct rest_page *ret)
{
	const char *text = rest_param(call, "with_count");
	int wanted;

	if (!text || call->minor < 45)
		return 0;
	wanted = rest_boolean(text);
	if (wanted < 0)
		return rest_fail(call, 400, "Value '%s' for 'with_count' is not a boolean.", text);
	ret->with_count = wanted == 1;
	return 0;
}

int
rest_page_parse(struct rest_call *call, struct rest_page *ret)
{
	const char *tenants = call->admin ? rest_param(call, "all_tenants") : NULL;

	*ret = (struct rest_page){ .marker = rest_param(call, "marker") };
	if (parse_limit(call, ret) < 0 || parse_offset(call, ret) < 0 || parse_count(call, ret) < 0)
		return -1;
	if (tenants && rest_boolean(tenants) < 0)
		return rest_fail(call, 400, "all_tenants must be a boolean, got '%s'.", tenants);
	return 0;
}

bool
rest_all_tenants(const struct rest_call *call)
{
	const char *tenants = rest_param(call, "all_tenants");

	return call->admin && tenants && rest_boolean(tenants) == 1;
}

/* 1: it counts; 0: it is not for this caller, and counts as not given; -1. */
int
rest_filter_admit(struct rest_call *call, const char *const *allowed, const char *key)
{
	scoped(buf_drop) struct buf refused = BUF(REST_TARGET_MAX);
	unsigned i;

	for (i = 0; !call->admin && allowed[i]; i++) {
		if (strcmp(allowed[i], key) == 0)
			return 1;
	}
	if (call->admin || call->minor < 31)
		return call->admin;
	/* All that are refused, in one answer. */
	for (unsigned at = 0; at < call->n_params; at++) {
		const char *other = call->params[at].key;

		for (i = 0; allowed[i] && strcmp(allowed[i], other) != 0; i++)
			;
		if (!allowed[i] && !rest_page_knows(other))
			buf_printf(&refused, "%s%s", refused.length ? "," : "", other);
	}
	return rest_fail(
	    call, 400, "Invalid filters %s are found in query options.", buf_string(&refused));
}

bool
rest_page_knows(const char *key)
{
	static const char *const known[] = { "limit", "offset", "marker", "with_count",
		"all_tenants", "sort", "sort_key", "sort_dir" };
	size_t i;

	for (i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (strcmp(known[i], key) == 0)
			return true;
	}
	return false;
}

/* The same query with another marker. */
static void
put_next(struct rest_call *call, struct json_writer *writer, const char *last_id)
{
	scoped(buf_drop) struct buf href = BUF(4 * REST_TARGET_MAX);
	unsigned i;

	buf_printf(&href, "%s%.*s?", call->base, (int)strcspn(call->target, "?"), call->target);
	for (i = 0; i < call->n_params; i++) {
		if (strcmp(call->params[i].key, "marker") == 0)
			continue;
		rest_url_encode(&href, call->params[i].key);
		buf_byte(&href, '=');
		rest_url_encode(&href, call->params[i].value);
		buf_byte(&href, '&');
	}
	buf_printf(&href, "marker=%s", last_id);
	json_begin_array(writer);
	json_begin_object(writer);
	json_member_text(writer, "rel", "next");
	json_member_text(writer, "href", buf_string(&href));
	json_end_object(writer);
	json_end_array(writer);
}

void
rest_page_end(struct rest_call *call, struct json_writer *writer, const char *name,
    const struct rest_page *page, uint64_t told, const char *last_id, uint64_t total)
{
	char key[64];

	if (told && page->limit <= (page->with_count ? total : told)) {
		snprintf(key, sizeof key, "%s_links", name);
		json_key(writer, key);
		put_next(call, writer, last_id);
	}
	if (page->with_count)
		json_member_number(writer, "count", (int64_t)total);
}

void
rest_put_links(const struct rest_call *call, struct json_writer *writer, const char *collection,
    const char *id)
{
	static const char *const rels[] = { "self", "bookmark" };
	const char *project = call->project_in_path ? call->project_id : "";
	scoped(buf_drop) struct buf href = BUF(4096);
	unsigned i;

	json_key(writer, "links");
	json_begin_array(writer);
	for (i = 0; i < 2; i++) {
		buf_clear(&href);
		buf_printf(&href, "%s%s/%s%s%s/%s", call->base, i ? "" : "/v3", project,
		    *project ? "/" : "", collection, id);
		json_begin_object(writer);
		json_member_text(writer, "rel", rels[i]);
		json_member_text(writer, "href", buf_string(&href));
		json_end_object(writer);
	}
	json_end_array(writer);
}

void
rest_put_time(struct json_writer *writer, const char *key, int64_t seconds, bool present)
{
	char moment[CLOCK_TEXT];

	clock_format(seconds, "%Y-%m-%dT%H:%M:%S.000000", moment);
	json_member_text(writer, key, present ? moment : NULL);
}
