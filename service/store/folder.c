#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/err.h"
#include "store/file.h"
#include "store/sweep.h"
#include "store/tree.h"

struct folder_document {
	struct document document;
	struct file file;
};

static const char *
root_of(const struct store *store)
{
	return ((const struct folder *)store)->root;
}

/* Is what lies at the root still the store? */
static int
make_ready(struct store *store, struct err *err)
{
	struct folder *folder = (struct folder *)store;

	return folder->ready ? folder->ready(folder, err) : 0;
}

int
folder_init(struct folder *ret, const struct store_driver *driver, const struct file_opts *opts,
    const char *root, struct err *err)
{
	if (opts->sha_block_size_bytes < 1 || opts->file_size < 1 ||
	    opts->file_size % opts->sha_block_size_bytes)
		return err_set(err, ERR_INVALID,
		    "backup_file_size %" PRId64 " is not a multiple of"
		    " backup_sha_block_size_bytes %" PRId64,
		    opts->file_size, opts->sha_block_size_bytes);
	if (snprintf(ret->root, sizeof ret->root, "%s", root) > PATH_MAX - LAYOUT_NAME_MAX)
		return err_set(err, ERR_INVALID, "repository %s: the path is too long", root);
	ret->store = (struct store){
		.driver = driver,
		.tries = FOLDER_TRIES,
		.backoff_ms = FOLDER_BACKOFF_MS,
		.object_size = (uint64_t)opts->file_size,
		.block_size = (uint64_t)opts->sha_block_size_bytes,
		.untimed = !opts->enable_progress_timer,
	};
	ret->opts = *opts;
	ret->ready = NULL;
	return 0;
}

int
folder_check(struct store *store, struct err *err)
{
	struct folder *folder = (struct folder *)store;

	if (make_ready(store, err) < 0)
		return -1;
	return tree_check(
	    folder->root, folder->opts.create_containers && !folder->ready, store->block_size, err);
}

int
folder_room(struct store *store, struct store_room *ret, struct err *err)
{
	scoped(scoped_close) int fd = -1;
	struct statvfs state;
	int found = make_ready(store, err) < 0 ? -1 : tree_open(root_of(store), "", &fd, err);

	/* A root that is still to be made lies on a disk that nobody knows yet. */
	if (found < 0)
		return err->sys == ENOENT ? 0 : -1;
	if (fstatvfs(fd, &state) < 0)
		return tree_sys(err, "ask for free space");
	*ret = (struct store_room){ (uint64_t)state.f_bavail * state.f_frsize,
		(uint64_t)state.f_blocks * state.f_frsize };
	return 0;
}

/* Nothing is open in it, so a copy is another one. */
int
folder_act_as(
    struct store *store, const struct store_user *user, struct store **ret, struct err *err)
{
	struct folder *copy = malloc(sizeof *copy);

	(void)user;
	if (!copy)
		return err_memory(err); /* uncovered: no memory */
	*copy = *(const struct folder *)store;
	*ret = &copy->store;
	return 1;
}

void
folder_close(struct store *store)
{
	free(store);
}

/* ---- containers ---- */

int
folder_place(
    struct store *store, const struct backup *backup, struct location *ret, struct err *err)
{
	return layout_place(&((struct folder *)store)->opts, backup, ret, err);
}

/* As tree_open(), of a container. */
static int
find_container(struct store *store, const struct location *at, int *ret, struct err *err)
{
	if (layout_check(at, err) < 0 || make_ready(store, err) < 0)
		return -1;
	return tree_open(root_of(store), at->container, ret, err);
}

/* The same, where it must be there. */
static int
open_container(struct store *store, const struct location *at, int *ret, struct err *err)
{
	int found = find_container(store, at, ret, err);

	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "container %s does not exist in %s",
		    at->container, root_of(store));
	return found < 0 ? -1 : 0;
}

int
folder_begin(struct store *store, const struct location *at, struct err *err)
{
	scoped(scoped_close) int fd = -1;

	if (layout_check(at, err) < 0 || make_ready(store, err) < 0)
		return -1;
	if (((struct folder *)store)->opts.create_containers)
		return tree_make(root_of(store), at->container, err);
	if (open_container(store, at, &fd, err) < 0)
		return err_wrap(err, "backup_create_containers is false");
	return 0;
}

/* ---- writing ---- */

/* Begin the file that file->name says, in the container. */
static int
begin_file(struct file *file, struct store *store, const struct location *at, struct err *err)
{
	return open_container(store, at, &file->dir, err) < 0 ? -1 : file_create(file, err);
}

int
folder_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err)
{
	scoped(file_drop) struct file file = FILE_INIT;

	store_segment_name(at, segment->number, file.name);
	if (begin_file(&file, store, at, err) < 0 || file_write(&file, segment->packed, err) < 0)
		return -1;
	return file_publish(&file, err);
}

/* The names of files are synced many at once. */
int
folder_seal(struct store *store, const struct location *at, struct err *err)
{
	scoped(scoped_close) int fd = -1;

	if (open_container(store, at, &fd, err) < 0)
		return -1;
	return fsync(fd) < 0 ? tree_sys(err, "sync the directory") : 0;
}

void
folder_discard(struct document *document)
{
	file_drop(&((struct folder_document *)document)->file);
	free(document);
}

int
folder_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err)
{
	struct folder_document *document = calloc(1, sizeof *document);

	if (!document)
		return err_memory(err); /* uncovered: no memory */
	*document = (struct folder_document){ .document.store = store, .file = FILE_INIT };
	layout_document_name(at, name, document->file.name);
	if (begin_file(&document->file, store, at, err) < 0) {
		folder_discard(&document->document);
		return -1;
	}
	*ret = &document->document;
	return 0;
}

/* How much of a document is on disk after a failure nobody knows: no second try. */
static int
for_good(int result, struct err *err)
{
	if (result < 0 && err->kind == ERR_RETRY)
		err->kind = ERR_SYSTEM;
	return result;
}

int
folder_append(struct document *document, struct span text, struct err *err)
{
	return for_good(file_write(&((struct folder_document *)document)->file, text, err), err);
}

int
folder_commit(struct document *document, struct err *err)
{
	struct file *file = &((struct folder_document *)document)->file;
	int result = file_publish(file, err);

	if (result == 0 && fsync(file->dir) < 0) {
		/* uncovered: the disk dies between rename and sync; the name might vanish later */
		result = tree_sys(err, "%s: sync its directory", file->name);
		unlinkat(file->dir, file->name, 0);
	}
	folder_discard(document);
	return for_good(result, err);
}

/* ---- reading ---- */

/* 1, 0: no such file or container, -1. */
static int
read_file(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	scoped(scoped_close) int dir = -1;
	int found = find_container(store, at, &dir, err);

	return found <= 0 ? found : file_read(dir, name, offset, ret, err);
}

int
folder_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err)
{
	char name[LAYOUT_NAME_MAX];
	int found;

	store_segment_name(at, segment->number, name);
	found = read_file(store, at, name, offset, packed, err);
	if (found == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "%s: no such file below %s", name, root_of(store));
	return found < 0 ? -1 : 0;
}

int
folder_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	char file[LAYOUT_NAME_MAX];

	layout_document_name(at, name, file);
	return read_file(store, at, file, offset, ret, err);
}

/* ---- listing ---- */

struct listing {
	const struct location *at;
	store_name_fn *fn;
	void *arg;
};

static int
list_entry(void *arg, int dir, const char *name, struct err *err)
{
	const struct listing *listing = arg;
	enum layout_kind kind = layout_kind(listing->at, name);
	struct stat state;

	if (kind == LAYOUT_FOREIGN || kind == LAYOUT_PARTIAL)
		return 0;
	if (fstatat(dir, name, &state, AT_SYMLINK_NOFOLLOW) < 0)
		/* uncovered: somebody removes it while it is listed */
		return errno == ENOENT ? 0 : tree_sys(err, "%s", name);
	return listing->fn(listing->arg, name, (uint64_t)state.st_size, err);
}

int
folder_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err)
{
	struct listing listing = { at, fn, arg };
	scoped(scoped_close) int dir = -1;
	int found = find_container(store, at, &dir, err);

	return found <= 0 ? found : tree_each(dir, list_entry, &listing, err);
}

/* ---- removing ---- */

struct removal {
	struct sweep sweep;
	const struct location *at;
	int dir;
};

static int
remove_file(void *arg, const char *name, struct err *err)
{
	const struct removal *removal = arg;

	if (unlinkat(removal->dir, name, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : tree_sys(err, "%s: remove", name);
}

static int
sweep_entry(void *arg, int dir, const char *name, struct err *err)
{
	struct removal *removal = arg;

	(void)dir;
	if (layout_kind(removal->at, name) == LAYOUT_FOREIGN)
		return 0;
	return sweep_add(&removal->sweep, name, err);
}

/* Once the manifest is gone for good there is no backup, whatever comes after. */
static int
remove_manifest(struct removal *removal, struct err *err)
{
	char name[LAYOUT_NAME_MAX];
	int removed;

	layout_document_name(removal->at, "metadata", name);
	removed = remove_file(removal, name, err);
	if (removed <= 0)
		return removed;
	atomic_fetch_add(&removal->sweep.store->erased, 1);
	return fsync(removal->dir) < 0 ? tree_sys(err, "%s: sync its directory", name) : 0;
}

/* Some file systems skip entries while others are being removed: go on until none is seen. */
static int
remove_files(struct removal *removal, struct err *err)
{
	if (remove_manifest(removal, err) < 0)
		return -1;
	do {
		removal->sweep.removed = false;
		if (tree_each(removal->dir, sweep_entry, removal, err) < 0 ||
		    sweep_run(&removal->sweep, err) < 0)
			return -1;
	} while (removal->sweep.removed);
	return fsync(removal->dir) < 0 ? tree_sys(err, "sync the directory") : 0;
}

/* A container that is missing may have been made in part, or removed in part. */
int
folder_erase(struct store *store, const struct location *at, struct err *err)
{
	scoped(scoped_close) int dir = -1;
	int found = find_container(store, at, &dir, err);
	struct removal removal = { SWEEP(store, remove_file, &removal), at, dir };

	if (found > 0)
		found = remove_files(&removal, err);
	sweep_drop(&removal.sweep);
	if (found < 0)
		return -1;
	if (layout_container_is_own(at->container))
		return tree_prune(root_of(store), at->container, err);
	return 0;
}
