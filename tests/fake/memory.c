#include "fake/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "options/tables.h"
#include "store/layout.h"
#include "store/store.h"

enum { FILE_MAX = 256 * 1024 * 1024 };

struct file {
	struct file *next;
	char container[COLUMN_TEXT_MAX], name[LAYOUT_NAME_MAX];
	struct buf bytes;
};

struct memory {
	struct store store;
	struct file_opts opts;
	pthread_mutex_t mutex;
	struct file *files;
};

struct memory_document {
	struct document document;
	char container[COLUMN_TEXT_MAX], name[LAYOUT_NAME_MAX];
	struct buf bytes;
};

static struct memory *
memory_of(struct store *store)
{
	return (struct memory *)store;
}

/* Where the file hangs, or the end of the list. */
static struct file **
find(struct memory *memory, const char *container, const char *name)
{
	struct file **at = &memory->files;

	while (*at && (strcmp((*at)->container, container) || strcmp((*at)->name, name)))
		at = &(*at)->next;
	return at;
}

static void
unhang(struct file **at)
{
	struct file *file = *at;

	*at = file->next;
	buf_drop(&file->bytes);
	free(file);
}

/* Takes over the bytes. */
static int
keep(struct memory *memory, const char *container, const char *name, struct buf *bytes,
    struct err *err)
{
	struct file *file = calloc(1, sizeof *file), **at;
	scoped_lock(&memory->mutex);

	if (!file || buf_check(bytes, err) < 0) {
		free(file);
		return err_memory(err);
	}
	at = find(memory, container, name);
	if (*at)
		unhang(at);
	snprintf(file->container, sizeof file->container, "%s", container);
	snprintf(file->name, sizeof file->name, "%s", name);
	file->bytes = *bytes;
	*bytes = (struct buf)BUF(FILE_MAX);
	file->next = memory->files;
	memory->files = file;
	return 0;
}

static int
memory_open(struct store **ret, const void *opts, struct err *err)
{
	const struct file_opts *from = opts;
	struct memory *memory = calloc(1, sizeof *memory);
	pthread_mutexattr_t kind;

	if (!memory)
		return err_memory(err);
	memory->store = (struct store){
		.driver = &fake_memory,
		.tries = 3,
		.object_size = (uint64_t)from->file_size,
		.block_size = (uint64_t)from->sha_block_size_bytes,
	};
	memory->opts = *from;
	pthread_mutexattr_init(&kind);
	pthread_mutexattr_settype(
	    &kind, PTHREAD_MUTEX_RECURSIVE); /* who is told a name may read it */
	pthread_mutex_init(&memory->mutex, &kind);
	pthread_mutexattr_destroy(&kind);
	*ret = &memory->store;
	return 0;
}

static void
memory_close(struct store *store)
{
	struct memory *memory = memory_of(store);

	while (memory->files)
		unhang(&memory->files);
	pthread_mutex_destroy(&memory->mutex);
	free(memory);
}

static int
memory_check(struct store *store, struct err *err)
{
	(void)store;
	(void)err;
	return 0;
}

static int
memory_place(
    struct store *store, const struct backup *backup, struct location *ret, struct err *err)
{
	return layout_place(&memory_of(store)->opts, backup, ret, err);
}

static int
memory_begin(struct store *store, const struct location *at, struct err *err)
{
	(void)store;
	return layout_check(at, err);
}

static int
memory_write(
    struct store *store, const struct location *at, const struct segment *segment, struct err *err)
{
	scoped(buf_drop) struct buf bytes = BUF(FILE_MAX);
	char name[LAYOUT_NAME_MAX];

	store_segment_name(at, segment->number, name);
	buf_add(&bytes, segment->packed.data, segment->packed.length);
	return keep(memory_of(store), at->container, name, &bytes, err);
}

/* 1, 0 absent, -1. */
static int
copy_out(struct memory *memory, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	size_t length, room = ret->ceiling - ret->length;
	struct file *file;
	scoped_lock(&memory->mutex);

	if (layout_check(at, err) < 0)
		return -1;
	file = *find(memory, at->container, name);
	if (!file)
		return 0;
	if (offset >= file->bytes.length)
		return 1;
	length = file->bytes.length - (size_t)offset;
	buf_add(ret, file->bytes.data + offset, length < room ? length : room);
	return buf_check(ret, err) < 0 ? -1 : 1;
}

static int
memory_read(struct store *store, const struct location *at, const struct segment *segment,
    uint64_t offset, struct buf *packed, struct err *err)
{
	char name[LAYOUT_NAME_MAX];
	int found;

	store_segment_name(at, segment->number, name);
	found = copy_out(memory_of(store), at, name, offset, packed, err);
	if (found == 0)
		return err_set(err, ERR_NOT_FOUND, "%s: no such object", name);
	return found < 0 ? -1 : 0;
}

static int
memory_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err)
{
	struct memory_document *document = calloc(1, sizeof *document);

	if (!document)
		return err_memory(err);
	document->document.store = store;
	document->bytes = (struct buf)BUF(FILE_MAX);
	snprintf(document->container, sizeof document->container, "%s", at->container);
	layout_document_name(at, name, document->name);
	*ret = &document->document;
	return 0;
}

static int
memory_append(struct document *document, struct span text, struct err *err)
{
	struct memory_document *to = (struct memory_document *)document;

	buf_add(&to->bytes, text.data, text.length);
	return buf_check(&to->bytes, err);
}

static void
memory_discard(struct document *document)
{
	buf_drop(&((struct memory_document *)document)->bytes);
	free(document);
}

static int
memory_commit(struct document *document, struct err *err)
{
	struct memory_document *from = (struct memory_document *)document;
	int result =
	    keep(memory_of(document->store), from->container, from->name, &from->bytes, err);

	memory_discard(document);
	return result;
}

static int
memory_load(struct store *store, const struct location *at, const char *name, uint64_t offset,
    struct buf *ret, struct err *err)
{
	char file[LAYOUT_NAME_MAX];

	layout_document_name(at, name, file);
	return copy_out(memory_of(store), at, file, offset, ret, err);
}

static bool
belongs(const struct file *file, const struct location *at)
{
	return strcmp(file->container, at->container) == 0 &&
	       layout_kind(at, file->name) != LAYOUT_FOREIGN;
}

static int
memory_list(
    struct store *store, const struct location *at, store_name_fn *fn, void *arg, struct err *err)
{
	struct memory *memory = memory_of(store);
	const struct file *file;
	int result = 0;
	scoped_lock(&memory->mutex);

	if (layout_check(at, err) < 0)
		return -1;
	for (file = memory->files; file && result == 0; file = file->next) {
		if (belongs(file, at))
			result = fn(arg, file->name, file->bytes.length, err);
	}
	return result;
}

static int
memory_scan(struct store *store, store_place_fn *fn, void *arg, struct err *err)
{
	struct memory *memory = memory_of(store);
	char prefix[LAYOUT_NAME_MAX];
	const struct file *file;
	struct location at;
	int result = 0;
	scoped_lock(&memory->mutex);

	for (file = memory->files; file && result == 0; file = file->next) {
		if (!layout_prefix(file->name, prefix))
			continue;
		snprintf(at.container, sizeof at.container, "%s", file->container);
		snprintf(at.prefix, sizeof at.prefix, "%.254s", prefix);
		result = fn(arg, &at, err);
	}
	return result;
}

static int
memory_erase(struct store *store, const struct location *at, struct err *err)
{
	struct memory *memory = memory_of(store);
	struct file **file = &memory->files;
	scoped_lock(&memory->mutex);

	if (layout_check(at, err) < 0)
		return -1;
	while (*file) {
		if (belongs(*file, at))
			unhang(file);
		else
			file = &(*file)->next;
	}
	return 0;
}

char *
fake_memory_bytes(struct store *store, const char *container, const char *name, size_t *ret_length)
{
	struct memory *memory = memory_of(store);
	struct file *file;
	scoped_lock(&memory->mutex);

	file = *find(memory, container, name);
	if (!file)
		return NULL;
	*ret_length = file->bytes.length;
	return file->bytes.data;
}

size_t
fake_memory_count(struct store *store)
{
	struct memory *memory = memory_of(store);
	const struct file *file;
	size_t count = 0;
	scoped_lock(&memory->mutex);

	for (file = memory->files; file; file = file->next)
		count++;
	return count;
}

const struct store_driver fake_memory = {
	.name = "memory",
	.class_path = "tests.fake.memory",
	.open = memory_open,
	.check = memory_check,
	.place = memory_place,
	.begin = memory_begin,
	.write = memory_write,
	.read = memory_read,
	.create = memory_create,
	.append = memory_append,
	.commit = memory_commit,
	.discard = memory_discard,
	.load = memory_load,
	.list = memory_list,
	.scan = memory_scan,
	.erase = memory_erase,
	.close = memory_close,
};
