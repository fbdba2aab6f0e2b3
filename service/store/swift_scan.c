/* Which backups lie in the containers of an account. */
#include <stdio.h>
#include <string.h>

#include "store/layout.h"
#include "store/swift.h"

struct scan {
	struct swift *swift;
	store_place_fn *fn;
	void *arg;
	struct location at;
};

static int
scan_object(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct scan *scan = arg;
	char prefix[LAYOUT_NAME_MAX];

	(void)length;
	if (!layout_prefix(name, prefix) || strlen(prefix) >= sizeof scan->at.prefix)
		return 0;
	memcpy(scan->at.prefix, prefix, strlen(prefix) + 1);
	return scan->fn(scan->arg, &scan->at, err);
}

static int
scan_container(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct scan *scan = arg;

	(void)length;
	if (strlen(name) >= sizeof scan->at.container)
		return 0;
	memcpy(scan->at.container, name, strlen(name) + 1);
	return swift_each(scan->swift, name, "volume_", scan_object, scan, err);
}

int
swift_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err)
{
	struct scan scan = { .swift = swift_of(store), .fn = fn, .arg = arg };

	return swift_each(scan.swift, NULL, "", scan_container, &scan, err);
}
