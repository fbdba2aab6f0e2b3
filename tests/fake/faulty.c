#include "fake/faulty.h"

#include <stdlib.h>

#include "store/store.h"

struct faulty {
	struct store store;
	struct store *inner;
	struct fault *fault;
};

struct faulty_document {
	struct document document;
	struct document *inner;
};

struct store *
fake_faulty_inner(struct store *store)
{
	return ((struct faulty *)store)->inner;
}

/* Is this the call that fails? */
static bool
fails(struct store *store)
{
	struct fault *fault = ((struct faulty *)store)->fault;

	return atomic_fetch_add(&fault->calls, 1) + 1 == fault->fail_at;
}

static int
fail(struct store *store, const char *verb, struct err *err)
{
	const struct fault *fault = ((struct faulty *)store)->fault;

	return err_set(err, fault->kind, "%s: call %u fails on purpose", verb, fault->fail_at);
}

static bool
is_late(struct store *store)
{
	return ((struct faulty *)store)->fault->late;
}

/* Do call unless it is to fail at once, then fail if it is to fail at all. */
#define FAULTY(store, verb, call)                                                                  \
	do {                                                                                       \
		bool failing_ = fails(store);                                                      \
		int result_ = 0;                                                                   \
		if (!failing_ || is_late(store))                                                   \
			result_ = (call);                                                          \
		if (result_ < 0 || !failing_)                                                      \
			return result_;                                                            \
		return fail(store, verb, err);                                                     \
	} while (0)

static int
faulty_open(struct store **ret, const void *opts, struct err *err)
{
	const struct faulty_opts *from = opts;
	struct faulty *faulty = calloc(1, sizeof *faulty);

	if (!faulty)
		return err_memory(err);
	if (from->inner->open(&faulty->inner, from->inner_opts, err) < 0) {
		free(faulty);
		return -1;
	}
	faulty->store = *faulty->inner;
	faulty->store.driver = &fake_faulty;
	faulty->store.backoff_ms = 0;
	faulty->fault = from->fault;
	*ret = &faulty->store;
	return 0;
}

static void
faulty_close(struct store *store)
{
	struct store *inner = fake_faulty_inner(store);

	inner->driver->close(inner);
	free(store);
}

static int
faulty_check(struct store *store, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "check", inner->driver->check(inner, err));
}

static int
faulty_place(
    struct store *store, const struct backup *backup, struct location *ret, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "place", inner->driver->place(inner, backup, ret, err));
}

static int
faulty_begin(struct store *store, const struct location *at, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "begin", inner->driver->begin(inner, at, err));
}

static int
faulty_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "write", inner->driver->write(inner, at, segment, err));
}

static int
faulty_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "read", inner->driver->read(inner, at, segment, offset, packed, err));
}

static int
faulty_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);
	struct faulty_document *document;

	if (fails(store))
		return fail(store, "create", err);
	document = calloc(1, sizeof *document);
	if (!document)
		return err_memory(err);
	document->document.store = store;
	if (inner->driver->create(inner, at, name, &document->inner, err) < 0) {
		free(document);
		return -1;
	}
	*ret = &document->document;
	return 0;
}

static int
faulty_append(struct document *document, struct span text, struct err *err)
{
	struct store *store = document->store, *inner = fake_faulty_inner(store);

	/* After ERR_RETRY nothing may have been taken. */
	if (fails(store))
		return fail(store, "append", err);
	return inner->driver->append(((struct faulty_document *)document)->inner, text, err);
}

static void
faulty_discard(struct document *document)
{
	struct store *inner = fake_faulty_inner(document->store);

	inner->driver->discard(((struct faulty_document *)document)->inner);
	free(document);
}

static int
faulty_commit(struct document *document, struct err *err)
{
	struct store *store = document->store, *inner = fake_faulty_inner(store);
	int result;

	if (fails(store)) {
		result = fail(store, "commit", err);
		if (err->kind != ERR_RETRY)
			faulty_discard(document);
		return result;
	}
	result = inner->driver->commit(((struct faulty_document *)document)->inner, err);
	if (result == 0 || err->kind != ERR_RETRY)
		free(document);
	return result;
}

static int
faulty_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "load", inner->driver->load(inner, at, name, offset, ret, err));
}

static int
faulty_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "list", inner->driver->list(inner, at, fn, arg, err));
}

static int
faulty_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "scan", inner->driver->scan(inner, fn, arg, err));
}

static int
faulty_erase(struct store *store, const struct location *at, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "erase", inner->driver->erase(inner, at, err));
}

static int
faulty_seal(struct store *store, const struct location *at, struct err *err)
{
	struct store *inner = fake_faulty_inner(store);

	FAULTY(store, "seal", inner->driver->seal ? inner->driver->seal(inner, at, err) : 0);
}

const struct store_driver fake_faulty = {
	.name = "faulty",
	.class_path = "tests.fake.faulty",
	.open = faulty_open,
	.check = faulty_check,
	.place = faulty_place,
	.begin = faulty_begin,
	.write = faulty_write,
	.read = faulty_read,
	.create = faulty_create,
	.append = faulty_append,
	.commit = faulty_commit,
	.discard = faulty_discard,
	.load = faulty_load,
	.list = faulty_list,
	.scan = faulty_scan,
	.erase = faulty_erase,
	.close = faulty_close,
	.seal = faulty_seal,
};
