#include <string.h>

#include "base/err.h"
#include "store/swift.h"
#include "store/sweep.h"

struct removal {
	struct sweep sweep;
	struct swift *swift;
	const struct location *at;
};

static int
remove_object(void *arg, const char *name, struct err *err)
{
	const struct removal *removal = arg;

	return swift_delete(removal->swift, removal->at->container, name, err);
}

static int
sweep_object(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct removal *removal = arg;

	(void)length;
	return sweep_add(&removal->sweep, name, err);
}

static int
sweep_own(void *arg, const char *name, uint64_t length, struct err *err)
{
	const struct removal *removal = arg;

	if (strlen(name) >= LAYOUT_NAME_MAX || layout_kind(removal->at, name) == LAYOUT_FOREIGN)
		return 0;
	return sweep_object(arg, name, length, err);
}

static int
remove_segments(struct removal *removal, const char *name, struct err *err)
{
	scoped(buf_drop) struct buf prefix = BUF(SWIFT_URL_MAX);

	swift_segments_prefix(removal->at, name, &prefix);
	if (buf_check(&prefix, err) < 0)
		return -1;
	return swift_each(removal->swift, removal->at->container, buf_string(&prefix), sweep_object,
	    removal, err);
}

static int
remove_all(struct removal *removal, struct err *err)
{
	const struct location *at = removal->at;

	if (swift_each(removal->swift, at->container, at->prefix, sweep_own, removal, err) < 0 ||
	    remove_segments(removal, "sha256file", err) < 0 ||
	    remove_segments(removal, "metadata", err) < 0)
		return -1;
	return sweep_run(&removal->sweep, err);
}

/* Once the manifest is gone there is no backup, whatever comes after. */
int
swift_erase(struct store *store, const struct location *at, struct err *err)
{
	struct removal removal = { SWEEP(store, remove_object, &removal), swift_of(store), at };
	char manifest[LAYOUT_NAME_MAX];
	int removed;

	if (swift_check_place(at, err) < 0)
		return -1;
	layout_document_name(at, "metadata", manifest);
	removed = swift_delete(removal.swift, at->container, manifest, err);
	if (removed > 0)
		atomic_fetch_add(&store->erased, 1);
	if (removed >= 0)
		removed = remove_all(&removal, err);
	sweep_drop(&removal.sweep);
	return removed < 0 ? -1 : 0;
}
