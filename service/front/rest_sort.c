/* In what order a list is asked for: sort, or sort_key and sort_dir. */
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"

struct sorting {
	struct rest_call *call;
	unsigned named; /* the microversion since which `name` is a key */
	rest_order_fn *add;
	void *arg;
};

static const char *
trim(struct rest_call *call, const char *text, size_t length)
{
	struct err ignored = ERR_INIT;

	for (; length && strchr(" \t\r\n\v\f", *text); length--)
		text++;
	while (length && strchr(" \t\r\n\v\f", text[length - 1]))
		length--;
	return arena_copy(call->arena, text, length, &ignored);
}

static int
add(const struct sorting *sorting, const char *key, size_t length, const char *direction,
    size_t direction_length)
{
	struct rest_call *call = sorting->call;
	const char *name = trim(call, key, length);
	const char *way = trim(call, direction, direction_length);
	bool ascending;

	if (!name || !way)
		return rest_fail_generic(call, 500);
	ascending = strcmp(way, "asc") == 0;
	if (strcmp(name, "name") == 0)
		name = call->minor >= sorting->named ? "display_name" : "";
	if (!sorting->add(sorting->arg, name, ascending))
		return rest_fail(call, 400, "Invalid input received: Invalid sort key");
	if (!ascending && strcmp(way, "desc") != 0)
		return rest_fail(call, 400,
		    "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.");
	return 0;
}

/* "key:dir,key" */
static int
parse_pairs(const struct sorting *sorting, const char *sort)
{
	for (;;) {
		size_t length = strcspn(sort, ","), key = strcspn(sort, ":,");
		bool given = key + 1 < length;

		if (add(sorting, sort, key, given ? sort + key + 1 : "desc",
			given ? length - key - 1 : 4) < 0)
			return -1;
		if (!sort[length])
			return 0;
		sort += length + 1;
	}
}

int
rest_sort_parse(struct rest_call *call, unsigned named, rest_order_fn *add_order, void *arg)
{
	const struct sorting sorting = { call, named, add_order, arg };
	const char *sort = rest_param(call, "sort"), *key = rest_param(call, "sort_key");
	const char *direction = rest_param(call, "sort_dir");

	if (sort && (key || direction))
		return rest_fail(call, 400,
		    "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used "
		    "with the 'sort' parameter.");
	if (sort)
		return parse_pairs(&sorting, sort);
	if (!key && !direction)
		return 0;
	key = key ? key : "created_at";
	direction = direction ? direction : "desc";
	return add(&sorting, key, strlen(key), direction, strlen(direction));
}
