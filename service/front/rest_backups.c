/* Lists of backups: filters, order, pages. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/desk.h"

struct listing {
	struct rest_call *call;
	struct json_writer *writer;
	void (*put)(const struct rest_call *, struct json_writer *, const struct backup *);
	struct rest_page page;
	struct backup_filter filter;
	uint64_t passed, told, total;
	bool nothing;
	char last_id[COLUMN_TEXT_MAX];
};

/* ---- filters ---- */

const char *const rest_backup_filters[] = { "name", "status", "volume_id", NULL };

static bool
find_column(const char *key, enum backup_field *ret)
{
	if (strcmp(key, "name") == 0)
		key = "display_name";
	else if (strcmp(key, "description") == 0)
		key = "display_description";
	return backup_field_find(key, ret) == 1 && *ret != BACKUP_DELETED_FLAG;
}

/* key=text, or key~=text, which a query spells with the key "key~". */
static int
add_filter(struct listing *listing, const char *key, const char *text)
{
	struct rest_call *call = listing->call;
	struct backup_filter *filter = &listing->filter;
	struct backup_match match = { .text = text };
	size_t length = strlen(key);
	struct err ignored = ERR_INIT;

	if (length && key[length - 1] == '~' && call->minor >= 34) {
		match.within = true;
		key = arena_copy(call->arena, key, length - 1, &ignored);
		if (!key)
			return rest_fail_generic(call, 500);
	}
	if (!find_column(key, &match.field)) {
		listing->nothing = true; /* no backup has such a column, so none has that value */
		return 0;
	}
	if (filter->n_matches == BACKUP_MATCHES_MAX)
		return rest_fail_generic(call, 400);
	filter->matches[filter->n_matches++] = match;
	return 0;
}

static int
parse_filters(struct listing *listing)
{
	struct rest_call *call = listing->call;
	unsigned i;
	int admitted;

	if (!call->admin || (!rest_param(call, "project_id") && !rest_all_tenants(call)))
		listing->filter.project_id = call->project_id;
	for (i = 0; i < call->n_params; i++) {
		const struct rest_param *param = &call->params[i];

		if (rest_page_knows(param->key))
			continue;
		admitted = rest_filter_admit(call, rest_backup_filters, param->key);
		if (admitted < 0 || (admitted && add_filter(listing, param->key, param->value) < 0))
			return -1;
	}
	return 0;
}

/* ---- order ---- */

static int
add_order(void *arg, const char *key, bool ascending)
{
	struct backup_filter *filter = arg;
	struct backup_order order = { .ascending = ascending };

	if (!find_column(key, &order.field) || filter->n_orders == BACKUP_ORDERS_MAX)
		return 0;
	filter->orders[filter->n_orders++] = order;
	return 1;
}

/* ---- rows ---- */

static int
find_marker(struct listing *listing)
{
	const char *marker = listing->page.marker;
	struct err err = ERR_INIT;
	struct backup backup;
	int found;

	if (!marker)
		return 0;
	found = desk_backup(listing->call->rest->desk, marker, &backup, &err);
	if (found < 0)
		return rest_fail_err(listing->call, &err);
	if (!found || !rest_may_see(listing->call, backup_text(&backup, BACKUP_PROJECT_ID)))
		return rest_fail_absent(listing->call, "Backup", marker);
	listing->filter.after = marker;
	return 0;
}

static int
tell(void *arg, const struct backup *backup, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	if (listing->passed < listing->page.offset) {
		listing->passed++;
		return 0;
	}
	if (listing->told == listing->page.limit)
		return 1;
	listing->put(listing->call, listing->writer, backup);
	memcpy(listing->last_id, backup->id, sizeof listing->last_id);
	return ++listing->told == listing->page.limit;
}

static int
ask(struct listing *listing)
{
	struct desk *desk = listing->call->rest->desk;
	struct err err = ERR_INIT;

	if (listing->nothing)
		return 0;
	if (listing->page.with_count &&
	    desk_count(desk, &listing->filter, &listing->total, &err) < 0)
		return rest_fail_err(listing->call, &err);
	if (listing->page.limit && desk_each(desk, &listing->filter, tell, listing, &err) < 0)
		return rest_fail_err(listing->call, &err);
	return 0;
}

static int
list(struct rest_call *call,
    void (*put)(const struct rest_call *, struct json_writer *, const struct backup *))
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct listing listing = { .call = call, .writer = &writer, .put = put };

	if (rest_page_parse(call, &listing.page) < 0 ||
	    rest_sort_parse(call, 37, add_order, &listing.filter) < 0 ||
	    parse_filters(&listing) < 0 || find_marker(&listing) < 0)
		return -1;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "backups");
	json_begin_array(&writer);
	if (ask(&listing) < 0)
		return -1;
	json_end_array(&writer);
	rest_page_end(
	    call, &writer, "backups", &listing.page, listing.told, listing.last_id, listing.total);
	json_end_object(&writer);
	return 0;
}

int
rest_backup_list(struct rest_call *call)
{
	return list(call, rest_backup_put_brief);
}

int
rest_backup_detail(struct rest_call *call)
{
	return list(call, rest_backup_put);
}
