/* Lists of volumes and snapshots: filters, order, pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/volume.h"

struct listing {
	struct rest_call *call;
	struct rest_page page;
	struct volume_filter filter;
	struct volume_record *rows; /* of the page */
	size_t count, room;
	uint64_t passed, total;
	bool detail;
};

static void
listing_drop(struct listing *listing)
{
	free(listing->rows);
}

/* ---- filters ---- */

/* What a volume has under that name; NULL: it has no such thing. */
static const char *
value_of(const struct rest_call *call, const struct volume_record *volume, const char *key,
    char digits[24])
{
	snprintf(digits, 24, "%llu", (unsigned long long)volume->size);
	return strcmp(key, "name") == 0 || strcmp(key, "display_name") == 0 ? volume->name
	       : strcmp(key, "id") == 0                                     ? volume->id
	       : strcmp(key, "status") == 0            ? volume_status_name(volume->status)
	       : strcmp(key, "volume_id") == 0         ? volume->volume_id
	       : strcmp(key, "project_id") == 0        ? volume->project_id
	       : strcmp(key, "size") == 0              ? digits
	       : strcmp(key, "availability_zone") == 0 ? desk_zone(call->rest->desk)
						       : NULL;
}

const char *const *
rest_volume_filters(enum volume_kind kind)
{
	static const char *const filters[][11] = {
		[VOLUME] = { "name", "status", "metadata", "bootable", "migration_status",
		    "availability_zone", "group_id", "size", "created_at", "updated_at", NULL },
		[SNAPSHOT] = { "name", "status", "volume_id", "metadata", "availability_zone",
		    NULL },
	};

	return filters[kind];
}

/* Whether or not there is anything to be filtered.  0, or -1 and the answer is filled. */
static int
check_filters(struct rest_call *call, enum volume_kind kind)
{
	unsigned i;

	for (i = 0; i < call->n_params; i++) {
		const char *key = call->params[i].key;

		if (!rest_page_knows(key) &&
		    rest_filter_admit(call, rest_volume_filters(kind), key) < 0)
			return -1;
	}
	return 0;
}

/* The next text of what Python prints of a dictionary of texts.  NULL: there is none. */
static const char *
take_quoted(struct rest_call *call, const char **at)
{
	const char *text = *at + strspn(*at, "{ ,:u");
	char *ret, quote = *text;
	struct err ignored = ERR_INIT;
	size_t length = 0;

	ret = arena_alloc(call->arena, strlen(text) + 1, &ignored);
	if (!ret || (quote != '\'' && quote != '"'))
		return NULL;
	for (text++; *text && *text != quote; text++) {
		text += *text == '\\' && text[1];
		ret[length++] = *text;
	}
	if (!*text)
		return NULL;
	ret[length] = '\0';
	*at = text + 1;
	return ret;
}

static int
compare_pair(void *arg, const char *key, const char *value, struct err *err)
{
	const struct metadata_pair *wanted = arg;

	(void)err;
	return strcmp(key, wanted->key) == 0 && strcmp(value, wanted->value) == 0;
}

/* Has it all of these: "{'a': 'b', 'c': 'd'}"? */
static bool
has_metadata(struct rest_call *call, const struct volume_record *volume, const char *wanted)
{
	enum metadata_owner owner =
	    volume->kind == SNAPSHOT ? METADATA_OF_SNAPSHOT : METADATA_OF_VOLUME;
	struct metadata_pair pair;
	struct err ignored = ERR_INIT;

	do {
		pair.key = take_quoted(call, &wanted);
		pair.value = pair.key ? take_quoted(call, &wanted) : NULL;
		if (!pair.value || volumes_metadata(call->rest->desk, owner, volume->id,
				       compare_pair, &pair, &ignored) <= 0)
			return false;
	} while (strcmp(wanted + strspn(wanted, " "), "}") != 0);
	return true;
}

/* key=text, or, from 3.34 on, key~=part, which a query spells with the key "key~". */
static bool
fits(struct rest_call *call, const struct volume_record *volume, const struct rest_param *param)
{
	char digits[24], key[64];
	size_t length = strlen(param->key);
	bool within = call->minor >= 34 && length && param->key[length - 1] == '~';
	const char *value;

	if (strcmp(param->key, "metadata") == 0)
		return has_metadata(call, volume, param->value);
	if (strcmp(param->key, "bootable") == 0)
		return rest_boolean(param->value) == 0;
	snprintf(key, sizeof key, "%.*s", (int)(length - within), param->key);
	value = value_of(call, volume, key, digits);
	return value &&
	       (within ? strstr(value, param->value) != NULL : strcmp(value, param->value) == 0);
}

static bool
is_wanted(struct rest_call *call, const struct volume_record *volume)
{
	unsigned i;

	for (i = 0; i < call->n_params; i++) {
		const struct rest_param *param = &call->params[i];

		if (!rest_page_knows(param->key) &&
		    rest_filter_admit(call, rest_volume_filters(volume->kind), param->key) != 0 &&
		    !fits(call, volume, param))
			return false;
	}
	return true;
}

void
rest_volume_scope(const struct rest_call *call, struct volume_filter *ret)
{
	bool every = rest_all_tenants(call) || (call->admin && rest_param(call, "project_id"));

	ret->project_id = every ? NULL : call->project_id;
	ret->strays = call->admin; /* nobody's: there for them, whatever they ask for */
}

/* ---- order ---- */

static int
add_order(void *arg, const char *key, bool ascending)
{
	struct volume_filter *filter = arg;
	struct volume_order *order = &filter->orders[filter->n_orders];

	if (strcmp(key, "size") == 0 && filter->kind == SNAPSHOT)
		key = "volume_size";
	if (filter->n_orders == VOLUME_ORDERS_MAX ||
	    !volume_column_find(filter->kind, key, &order->column))
		return 0;
	order->ascending = ascending;
	filter->n_orders++;
	return 1;
}

/* What is equal follows newest first, or oldest first where the first key rises. */
static int
parse_order(struct listing *listing)
{
	struct volume_filter *filter = &listing->filter;
	unsigned created, i;

	if (rest_sort_parse(listing->call, filter->kind == VOLUME ? 0 : 30, add_order, filter) < 0)
		return -1;
	(void)volume_column_find(filter->kind, "created_at", &created);
	for (i = 0; i < filter->n_orders; i++) {
		if (filter->orders[i].column == created)
			return 0;
	}
	(void)add_order(filter, "created_at", i > 0 && filter->orders[0].ascending);
	return 0;
}

/* ---- rows ---- */

static int
find_marker(struct listing *listing)
{
	const char *marker = listing->page.marker;
	struct volume_record volume;

	if (marker && rest_volume_find(listing->call, listing->filter.kind, marker, &volume) < 0)
		return -1;
	listing->filter.after = marker;
	return 0;
}

static int
gather(void *arg, const struct volume_record *volume, struct err *err)
{
	struct listing *listing = arg;

	if (!is_wanted(listing->call, volume) || listing->passed++ < listing->page.offset)
		return 0;
	if (listing->count == listing->room) {
		size_t room = listing->room ? 2 * listing->room : 16;
		struct volume_record *rows = realloc(listing->rows, room * sizeof *rows);

		if (!rows)
			return err_memory(err);
		listing->rows = rows;
		listing->room = room;
	}
	listing->rows[listing->count++] = *volume;
	return listing->count == listing->page.limit;
}

static int
count(void *arg, const struct volume_record *volume, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	listing->total += is_wanted(listing->call, volume);
	return 0;
}

static int
ask(struct listing *listing)
{
	struct desk *desk = listing->call->rest->desk;
	struct volume_filter all = listing->filter;
	struct err err = ERR_INIT;

	all.after = NULL;
	if (listing->page.with_count && volumes_each(desk, &all, count, listing, &err) < 0)
		return rest_fail_err(listing->call, &err);
	if (listing->page.limit && volumes_each(desk, &listing->filter, gather, listing, &err) < 0)
		return rest_fail_err(listing->call, &err);
	if (listing->count)
		(void)volumes_look(desk, listing->rows, listing->count, &err);
	return 0;
}

static void
put_row(
    const struct listing *listing, struct json_writer *writer, const struct volume_record *volume)
{
	json_begin_object(writer);
	/* Of a snapshot even the short form has all but what extensions add. */
	if (listing->detail || volume->kind == SNAPSHOT)
		rest_volume_put(listing->call, writer, volume, listing->detail);
	else
		rest_volume_put_brief(listing->call, writer, volume);
	json_end_object(writer);
}

static int
list(struct rest_call *call, enum volume_kind kind, bool detail)
{
	static const char *const names[] = { [VOLUME] = "volumes", [SNAPSHOT] = "snapshots" };
	scoped(listing_drop) struct listing listing = {
		.call = call, .filter = { .kind = kind }, .detail = detail
	};
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	size_t i;

	rest_volume_scope(call, &listing.filter);
	if (rest_page_parse(call, &listing.page) < 0 || parse_order(&listing) < 0 ||
	    check_filters(call, kind) < 0 || find_marker(&listing) < 0 || ask(&listing) < 0)
		return -1;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, names[kind]);
	json_begin_array(&writer);
	for (i = 0; i < listing.count; i++)
		put_row(&listing, &writer, &listing.rows[i]);
	json_end_array(&writer);
	rest_page_end(call, &writer, names[kind], &listing.page, listing.count,
	    listing.count ? listing.rows[listing.count - 1].id : "", listing.total);
	json_end_object(&writer);
	return 0;
}

int
rest_volume_list(struct rest_call *call)
{
	return list(call, VOLUME, false);
}

int
rest_volume_detail(struct rest_call *call)
{
	return list(call, VOLUME, true);
}

int
rest_snapshot_list(struct rest_call *call)
{
	return list(call, SNAPSHOT, false);
}

int
rest_snapshot_detail(struct rest_call *call)
{
	return list(call, SNAPSHOT, true);
}
