#include "job/shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "catalogue/local.h"
#include "job/desk.h"
#include "options/tables.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { GIB_BITS = 30 };

static const char snapshots_dir[] = ".snapshots";

/* ---- files ---- */

/* What is there says what the row does not: where, how large what grew is, who uses it. */
static bool
take_look(struct volume_record *volume, const struct attachment *at, const struct volume_look *look)
{
	if (!look->there)
		return false;
	if (at->kind == ATTACHMENT_PATH)
		snprintf(volume->path, sizeof volume->path, "%s", at->path);
	if (!volume->project_id[0])
		volume->size = (look->size + (1u << GIB_BITS) - 1) >> GIB_BITS;
	if (!volume->created_at)
		volume->created_at = volume->updated_at = look->written;
	if (volume->kind == VOLUME && volume->status == VOLUME_AVAILABLE && look->used)
		volume->status = VOLUME_IN_USE;
	return true;
}

bool
shelf_look_at(
    const struct desk_setup *setup, struct volume_record *volume, const struct attachment *at)
{
	struct volume_look seen;
	struct err ignored = ERR_INIT;

	return volume_look(setup->volumes, at, &seen, 1, &ignored) == 0 &&
	       take_look(volume, at, &seen);
}

bool
shelf_describe(const struct desk_setup *setup, const char *name, const struct attachment *file,
    struct volume_record *ret)
{
	struct volume_type type;

	*ret = (struct volume_record){ .kind = VOLUME, .status = VOLUME_AVAILABLE };
	memcpy(ret->id, file->volume_id, sizeof ret->id);
	snprintf(ret->name, sizeof ret->name, "%s", name);
	snprintf(ret->location, sizeof ret->location, "%s", name);
	shelf_type(setup, NULL, &type);
	memcpy(ret->type_id, type.id, sizeof ret->type_id);
	return shelf_look_at(setup, ret, file);
}

bool
shelf_is_image(const struct volume_record *volume)
{
	return attach_is_image(volume->location);
}

int
shelf_place(const struct desk_setup *setup, struct volume_record *new,
    const struct volume_record *origin, struct err *err)
{
	const char *pool = setup->own->volumes_pool;
	int length;

	if (new->kind == SNAPSHOT)
		length = snprintf(new->location, sizeof new->location, "%s%ssnapshot-%s",
		    shelf_is_image(origin) ? origin->location : "",
		    shelf_is_image(origin) ? "@" : "", new->id);
	else
		length = snprintf(new->location, sizeof new->location, "%s%s%svolume-%s",
		    pool ? "rbd:" : "", pool ? pool : "", pool ? "/" : "", new->id);
	if ((size_t)length < sizeof new->location)
		return 0;
	if (new->kind != SNAPSHOT)
		return err_set(err, ERR_INVALID,
		    "[cinderbank] volumes_pool %.32s...: the name is too long for volumes", pool);
	return err_set(err, ERR_INVALID, "%s: the name is too long for a snapshot to have one",
	    origin->location);
}

/* Where the file is, or is to be. */
static int
open_file(const struct desk_setup *setup, const struct volume_record *volume, bool create,
    struct attachment *ret, struct err *err)
{
	const char *dir = setup->own->volumes_dir, *id = volume->id;
	const char *below = volume->kind == SNAPSHOT ? snapshots_dir : "";
	char folder[PATH_MAX], path[PATH_MAX];

	if (!dir)
		return err_set(err, ERR_INVALID, "volume %s: volumes_dir is not set", id);
	if ((size_t)snprintf(folder, sizeof folder, "%s%s%s", dir, *below ? "/" : "", below) >=
		sizeof folder ||
	    (size_t)snprintf(path, sizeof path, "%s/%s", folder, volume->location) >= sizeof path)
		return err_set(err, ERR_INVALID, "volume %s: path is too long", id);
	if (create && mkdir(folder, 0750) < 0 && errno != EEXIST)
		return err_sys(err, "directory %s", folder);
	return create ? attach_new(dir, path, volume->size << GIB_BITS, ret, err)
		      : attach_find(dir, path, ret, err);
}

static int
open_image(const struct volume_record *volume, bool create, struct attachment *ret, struct err *err)
{
	if (attach_find(NULL, volume->location, ret, err) < 0)
		return -1;
	ret->create = create;
	ret->size = volume->size << GIB_BITS;
	return 0;
}

int
shelf_open(const struct desk_setup *setup, const struct volume_record *volume, bool create,
    struct attachment *ret, struct err *err)
{
	if ((shelf_is_image(volume) ? open_image(volume, create, ret, err)
				    : open_file(setup, volume, create, ret, err)) < 0)
		return -1;
	/* A snapshot is a moment of its volume. */
	memcpy(
	    ret->volume_id, volume->kind == SNAPSHOT ? volume->volume_id : volume->id, UUID_TEXT);
	ret->ceph = setup->ceph;
	return 0;
}

/* ---- rows and files ---- */

bool
shelf_is_there(const struct volume_record *volume)
{
	return volume->kind == SNAPSHOT || volume->path[0] || volume->project_id[0] ||
	       shelf_is_image(volume);
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
	       shelf_describe(search->setup, name, file, search->ret);
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
	if (shelf_open(setup, ret, false, &file, &none) == 0 &&
	    (file.kind == ATTACHMENT_PATH || ret->status == VOLUME_AVAILABLE))
		shelf_look_at(setup, ret, &file);
	return shelf_is_there(ret);
}

/* What is available unless somebody uses it, which takes a cluster to tell. */
static bool
is_quiet_image(const struct volume_record *volume)
{
	return volume->kind == VOLUME && volume->status == VOLUME_AVAILABLE &&
	       shelf_is_image(volume);
}

int
shelf_look(
    const struct desk_setup *setup, struct volume_record *volumes, size_t count, struct err *err)
{
	scoped(scoped_free) struct attachment *at = calloc(count + 1, sizeof *at);
	scoped(scoped_free) struct volume_look *seen = calloc(count + 1, sizeof *seen);
	size_t n = 0, i;

	if (!at || !seen)
		return err_memory(err);
	for (i = 0; i < count; i++) {
		if (is_quiet_image(&volumes[i]) &&
		    shelf_open(setup, &volumes[i], false, &at[n++], err) < 0)
			return -1;
	}
	if (n && volume_look(setup->volumes, at, seen, n, err) < 0)
		return -1;
	for (i = n = 0; i < count; i++) {
		if (is_quiet_image(&volumes[i])) {
			take_look(&volumes[i], &at[n], &seen[n]);
			n++;
		}
	}
	return 0;
}

struct namesake {
	const char *name;     /* as its row has it; or its id */
	const char *location; /* of an image; else NULL */
	struct volume_record *ret;
	unsigned count;
};

static int
compare_name(void *arg, const struct volume_record *volume, struct err *err)
{
	struct namesake *search = arg;
	bool same = search->location ? strcmp(volume->location, search->location) == 0
				     : strcmp(volume->name, search->name) == 0 ||
					   strcmp(volume->id, search->name) == 0;

	(void)err;
	if (same && !search->count++)
		*search->ret = *volume;
	return 0;
}

static int
find_rows(const struct desk_setup *setup, struct namesake *search, struct err *err)
{
	const struct volume_filter all = { .kind = VOLUME };

	return setup->catalogue->driver->local->each(
	    setup->catalogue, &all, NULL, compare_name, search, err);
}

/* An image that has a row is the volume of that row. */
static int
attach_image(const struct desk_setup *setup, struct attachment *image, struct err *err)
{
	struct attachment whole = *image;
	char location[PATH_MAX];
	struct volume_record volume;
	struct namesake search = { .location = location, .ret = &volume };

	whole.snapshot[0] = '\0';
	attach_name(&whole, location);
	if (find_rows(setup, &search, err) < 0)
		return -1;
	if (search.count)
		memcpy(image->volume_id, volume.id, UUID_TEXT);
	return 0;
}

int
shelf_attach(
    const struct desk_setup *setup, const char *name, struct attachment *ret, struct err *err)
{
	struct volume_record volume;
	struct namesake search = { .name = name, .ret = &volume };

	if (attach_find(setup->own->volumes_dir, name, ret, err) == 0)
		return ret->kind == ATTACHMENT_RBD ? attach_image(setup, ret, err) : 0;
	if (err->kind != ERR_NOT_FOUND || strchr(name, '/'))
		return -1;
	if (find_rows(setup, &search, err) < 0)
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
