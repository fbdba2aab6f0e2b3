/* The order of volumes and snapshots. */
#include <stdlib.h>
#include <string.h>

#include "front/rest.h"
#include "model/volume.h"

static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
compare_by(enum rest_sort_key key, const struct volume_record *a, const struct volume_record *b)
{
	switch (key) {
	case REST_SORT_NAME:
		return strcmp(a->name, b->name);
	case REST_SORT_SIZE:
		return compare_numbers((int64_t)a->size, (int64_t)b->size);
	case REST_SORT_STATUS:
		return strcmp(volume_status_name(a->status), volume_status_name(b->status));
	case REST_SORT_UPDATED:
		return compare_numbers(a->updated_at, b->updated_at);
	case REST_SORT_CREATED:
		return compare_numbers(a->created_at, b->created_at);
	default:
		return strcmp(a->id, b->id);
	}
}

static int
compare_records(const void *one, const void *other, void *arg)
{
	const struct rest_sort *sort = arg;
	unsigned i;

	for (i = 0; i < sort->count; i++) {
		int order = compare_by(sort->keys[i], one, other);

		if (order)
			return sort->ascending[i] ? order : -order;
	}
	return 0;
}

void
rest_volume_sort(const struct rest_sort *sort, struct volume_record *volumes, size_t count)
{
	if (count)
		qsort_r(volumes, count, sizeof *volumes, compare_records, (void *)(uintptr_t)sort);
}

static int
add(struct rest_call *call, struct rest_sort *sort, const char *key, size_t length,
    const char *direction, size_t direction_length)
{
	static const struct {
		const char *name;
		enum rest_sort_key key;
	} known[] = { { "name", REST_SORT_NAME }, { "display_name", REST_SORT_NAME },
		{ "size", REST_SORT_SIZE }, { "status", REST_SORT_STATUS },
		{ "created_at", REST_SORT_CREATED }, { "updated_at", REST_SORT_UPDATED },
		{ "id", REST_SORT_ID } };
	bool ascending = direction_length == 3 && strncmp(direction, "asc", 3) == 0;
	size_t i = 0;

	while (i < sizeof known / sizeof known[0] &&
	       (strlen(known[i].name) != length || strncmp(known[i].name, key, length) != 0))
		i++;
	if (i == sizeof known / sizeof known[0] || sort->count == REST_SORTS_MAX)
		return rest_fail(call, 400, "Invalid input received: Invalid sort key");
	if (!ascending && (direction_length != 4 || strncmp(direction, "desc", 4) != 0))
		return rest_fail(call, 400,
		    "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.");
	sort->keys[sort->count] = known[i].key;
	sort->ascending[sort->count++] = ascending;
	return 0;
}

/* "key:dir,key"; newest first, then by id, where nothing else is said. */
int
rest_volume_sort_parse(struct rest_call *call, struct rest_sort *ret)
{
	const char *sort = rest_param(call, "sort"), *key = rest_param(call, "sort_key");
	const char *direction = rest_param(call, "sort_dir");

	*ret = (struct rest_sort){ .count = 0 };
	if (sort && (key || direction))
		return rest_fail(call, 400,
		    "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used "
		    "with the 'sort' parameter.");
	while (sort && *sort) {
		size_t length = strcspn(sort, ","), name = strcspn(sort, ":,");
		bool given = name < length;

		if (add(call, ret, sort, name, given ? sort + name + 1 : "desc",
			given ? length - name - 1 : 4) < 0)
			return -1;
		sort += length + (sort[length] == ',');
	}
	if (key || direction) {
		key = key ? key : "created_at";
		direction = direction ? direction : "desc";
		if (add(call, ret, key, strlen(key), direction, strlen(direction)) < 0)
			return -1;
	}
	if (!ret->count)
		ret->keys[ret->count++] = REST_SORT_CREATED;
	ret->keys[ret->count++] = REST_SORT_ID;
	return 0;
}
