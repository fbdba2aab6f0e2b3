#include "job/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/desk.h"
#include "options/tables.h"
#include "volume/attach.h"

enum { GIB_BITS = 30 };

static const char default_type[] = "__DEFAULT__", snapshots_dir[] = ".snapshots";

/* ---- types ---- */

static void
name_type(struct volume_type *type)
{
	char name[COLUMN_TEXT_MAX + 16];

	snprintf(name, sizeof name, "volume-type:%s", type->name);
	digest_uuid_name(name, type->id);
}

/* The next of "a, b:encrypted"; text moves on.  false: there are no more. */
static bool
next_type(const char **text, struct volume_type *ret)
{
	static const char suffix[] = ":encrypted";
	size_t length, end = sizeof suffix - 1;

	*text += strspn(*text, ", ");
	length = strcspn(*text, ", ");
	if (!length)
		return false;
	*ret = (struct volume_type){ .encrypted = length > end &&
						  strncmp(*text + length - end, suffix, end) == 0 };
	snprintf(
	    ret->name, sizeof ret->name, "%.*s", (int)(length - (ret->encrypted ? end : 0)), *text);
	*text += length;
	name_type(ret);
	return true;
}

int
shelf_type(const struct desk_setup *setup, const char *id_or_name, struct volume_type *ret)
{
	const char *rest = setup->own->volume_types ? setup->own->volume_types : "";
	struct volume_type type = { .encrypted = false };

	snprintf(type.name, sizeof type.name, "%s", default_type);
	name_type(&type);
	do {
		if (!id_or_name || strcmp(type.name, id_or_name) == 0 ||
		    strcmp(type.id, id_or_name) == 0) {
			*ret = type;
			return 1;
		}
	} while (next_type(&rest, &type));
	return 0;
}

int
shelf_encrypted_type(const struct desk_setup *setup, struct volume_type *ret)
{
	const char *rest = setup->own->volume_types ? setup->own->volume_types : "";

	while (next_type(&rest, ret)) {
		if (ret->encrypted)
			return 1;
	}
	return 0;
}

struct quota
shelf_limits(const struct desk_setup *setup)
{
	const struct core_opts *core = setup->core;

	return (struct quota){ {
	    [QUOTA_VOLUMES] = core->quota_volumes,
	    [QUOTA_PER_VOLUME_GIGABYTES] = core->per_volume_size_limit,
	    [QUOTA_SNAPSHOTS] = core->quota_snapshots,
	    [QUOTA_GIGABYTES] = core->quota_gigabytes,
	    [QUOTA_BACKUPS] = core->quota_backups,
	    [QUOTA_BACKUP_GIGABYTES] = core->quota_backup_gigabytes,
	    [QUOTA_GROUPS] = 10, /* nobody can make one; cinder's default */
	} };
}

/* ---- files ---- */

/* Of a device, the end says what fstat() does not. */
static bool
measure(const char *path, uint64_t *ret_size, int64_t *ret_written)
{
	scoped(scoped_close) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat state;
	off_t end;

	if (fd < 0 || fstat(fd, &state) < 0 || (!S_ISREG(state.st_mode) && !S_ISBLK(state.st_mode)))
		return false;
	end = lseek(fd, 0, SEEK_END);
	if (end <= 0)
		return false;
	*ret_size = ((uint64_t)end + (1u << GIB_BITS) - 1) >> GIB_BITS;
	*ret_written = state.st_mtim.tv_sec;
	return true;
}

/* What the file says that the row does not: where it is, how large what grew is, who uses it. */
static bool
look(struct volume_record *volume, const struct attachment *file)
{
	int64_t written;
	uint64_t size;

	if (!measure(file->path, &size, &written))
		return false;
	snprintf(volume->path, sizeof volume->path, "%s", file->path);
	if (!volume->project_id[0])
		volume->size = size;
	if (!volume->created_at)
		volume->created_at = volume->updated_at = written;
	if (volume->status == VOLUME_AVAILABLE && attach_in_use(file))
		volume->status = VOLUME_IN_USE;
	return true;
}

/* A file without a row. */
static bool
describe(const struct desk_setup *setup, const char *name, const struct attachment *file,
    struct volume_record *ret)
{
	struct volume_type type;

	*ret = (struct volume_record){ .kind = VOLUME, .status = VOLUME_AVAILABLE };
	memcpy(ret->id, file->volume_id, sizeof ret->id);
	snprintf(ret->name, sizeof ret->name, "%s", name);
	snprintf(ret->location, sizeof ret->location, "%s", name);
	shelf_type(setup, NULL, &type);
	memcpy(ret->type_id, type.id, sizeof ret->type_id);
	return look(ret, file);
}

int
shelf_open(const struct desk_setup *setup, const struct volume_record *volume, bool create,
    struct attachment *ret, struct err *err)
{
	const char *dir = setup->own->volumes_dir, *id = volume->id;
	char path[PATH_MAX];

	if (strncmp(volume->location, "rbd:", 4) == 0) {
		snprintf(path, sizeof path, "%s", volume->location);
	} else if (!dir) {
		return err_set(err, ERR_INVALID, "volume %s: volumes_dir is not set", id);
	} else if ((size_t)snprintf(path, sizeof path, "%s/%s%s%s", dir,
		       volume->kind == SNAPSHOT ? snapshots_dir : "",
		       volume->kind == SNAPSHOT ? "/" : "", volume->location) >= sizeof path) {
		return err_set(err, ERR_INVALID, "volume %s: path is too long", id);
	}
	if (create && volume->kind == SNAPSHOT && dir) {
		char folder[PATH_MAX];

		snprintf(folder, sizeof folder, "%s/%s", dir, snapshots_dir);
		if (mkdir(folder, 0750) < 0 && errno != EEXIST)
			return err_sys(err, "directory %s", folder);
	} else if (create && dir && mkdir(dir, 0750) < 0 && errno != EEXIST) {
		return err_sys(err, "directory %s", dir);
	}
	if ((create ? attach_new(dir, path, volume->size << GIB_BITS, ret, err)
		    : attach_find(dir, path, ret, err)) < 0)
		return -1;
	/* A snapshot is a moment of its volume. */
	memcpy(ret->volume_id, volume->kind == SNAPSHOT ? volume->volume_id : id, UUID_TEXT);
	ret->ceph = setup->ceph;
	return 0;
}

/* ---- rows and files ---- */

struct gathering {
	const struct desk_setup *setup;
	struct volume_record *rows;
	size_t count, room;
};

static void
drop_gathering(struct gathering *gathering)
{
	free(gathering->rows);
}

static int
gather(void *arg, const struct volume_record *volume, struct err *err)
{
	struct gathering *found = arg;

	if (found->count == found->room) {
		size_t room = found->room ? 2 * found->room : 16;
		struct volume_record *rows = realloc(found->rows, room * sizeof *rows);

		if (!rows)
			return err_memory(err);
		found->rows = rows;
		found->room = room;
	}
	found->rows[found->count++] = *volume;
	return 0;
}

static int
compare_ids(const void *one, const void *other)
{
	const struct volume_record *a = one, *b = other;

	return strcmp(a->id, b->id);
}

struct walk {
	struct gathering *found;
	size_t n_rows; /* those of found that have a row, in the order of their ids */
};

static int
meet_file(void *arg, const char *name, const struct attachment *file, struct err *err)
{
	struct walk *walk = arg;
	struct gathering *found = walk->found;
	struct volume_record volume, *row = NULL;

	memcpy(volume.id, file->volume_id, sizeof volume.id);
	if (walk->n_rows)
		row = bsearch(&volume, found->rows, walk->n_rows, sizeof *found->rows, compare_ids);
	if (row) {
		look(row, file);
		return 0;
	}
	return describe(found->setup, name, file, &volume) ? gather(found, &volume, err) : 0;
}

/* A file that is gone takes its volume with it, unless a project has it. */
static bool
is_there(const struct volume_record *volume)
{
	return volume->kind == SNAPSHOT || volume->path[0] || volume->project_id[0] ||
	       strncmp(volume->location, "rbd:", 4) == 0;
}

static bool
is_wanted(const struct volume_record *volume, const struct volume_filter *filter)
{
	return is_there(volume) && (!filter->statuses || filter->statuses & 1u << volume->status);
}

int
shelf_each(const struct desk_setup *setup, const struct volume_filter *filter, volume_record_fn *fn,
    void *arg, struct err *err)
{
	const struct volume_filter rows = { .kind = filter->kind, .volume_id = filter->volume_id };
	scoped(drop_gathering) struct gathering found = { .setup = setup };
	struct walk walk = { .found = &found };
	int result = 0;
	size_t i;

	if (setup->catalogue->driver->local->each(setup->catalogue, &rows, gather, &found, err) < 0)
		return -1;
	walk.n_rows = found.count;
	if (found.count)
		qsort(found.rows, found.count, sizeof *found.rows, compare_ids);
	if (filter->kind == VOLUME &&
	    attach_each(setup->own->volumes_dir, meet_file, &walk, err) < 0)
		return -1;
	for (i = 0; i < found.count && result == 0; i++) {
		if (is_wanted(&found.rows[i], filter))
			result = fn(arg, &found.rows[i], err);
	}
	return result;
}

struct search {
	const struct desk_setup *setup;
	struct volume_record *ret;
	const char *id;
};

static int
compare_file(void *arg, const char *name, const struct attachment *file, struct err *err)
{
	struct search *search = arg;

	(void)err;
	return strcmp(file->volume_id, search->id) == 0 &&
	       describe(search->setup, name, file, search->ret);
}

int
shelf_find(const struct desk_setup *setup, enum volume_kind kind, const char *id,
    struct volume_record *ret, struct err *err)
{
	struct search search = { setup, ret, id };
	struct err none = ERR_INIT;
	struct attachment file;
	int found = setup->catalogue->driver->local->find(setup->catalogue, kind, id, ret, err);

	if (found < 0)
		return -1;
	if (!found)
		return kind == VOLUME
			   ? attach_each(setup->own->volumes_dir, compare_file, &search, err)
			   : 0;
	if (shelf_open(setup, ret, false, &file, &none) == 0 && file.kind == ATTACHMENT_PATH)
		look(ret, &file);
	return is_there(ret);
}

struct namesake {
	const char *name;
	struct volume_record *ret;
	unsigned count;
};

static int
compare_name(void *arg, const struct volume_record *volume, struct err *err)
{
	struct namesake *search = arg;

	(void)err;
	if (strcmp(volume->name, search->name) == 0 && !search->count++)
		*search->ret = *volume;
	return 0;
}

int
shelf_attach(
    const struct desk_setup *setup, const char *name, struct attachment *ret, struct err *err)
{
	const struct volume_filter all = { .kind = VOLUME };
	struct volume_record volume;
	struct namesake search = { .name = name, .ret = &volume };

	if (attach_find(setup->own->volumes_dir, name, ret, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND || strchr(name, '/'))
		return -1;
	if (setup->catalogue->driver->local->each(
		setup->catalogue, &all, compare_name, &search, err) < 0)
		return -1;
	if (search.count > 1)
		return err_set(
		    err, ERR_CONFLICT, "%u volumes are called %s; give the id", search.count, name);
	if (search.count)
		return shelf_open(setup, &volume, false, ret, err);
	return err_set(err, ERR_NOT_FOUND, "volume %s: no such file in %s, and no row of that name",
	    name,
	    setup->own->volumes_dir ? setup->own->volumes_dir : "volumes_dir, which is unset");
}

int
shelf_adopt(const struct desk_setup *setup, const struct volume_record *volume, struct err *err)
{
	struct volume_record row = *volume;
	struct volume_record known;
	const struct catalogue_local *local = setup->catalogue->driver->local;
	int found = local->find(setup->catalogue, volume->kind, volume->id, &known, err);

	if (found)
		return found < 0 ? -1 : 0;
	row.status = VOLUME_AVAILABLE; /* in use is what its lock says, and may end any time */
	if (local->add(setup->catalogue, &row, NULL, NULL, err) == 0 || err->kind == ERR_CONFLICT)
		return 0;
	return -1;
}
