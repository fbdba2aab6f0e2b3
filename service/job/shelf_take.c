/* What is there becomes a volume of somebody's. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "job/desk.h"
#include "job/shelf.h"
#include "options/tables.h"
#include "volume/attach.h"
#include "volume/volume.h"

enum { GIB_BITS = 30 };

/* A name is one in volumes_dir or volumes_pool, and leads nowhere else. */
static int
find(const struct desk_setup *setup, const char *source, struct attachment *ret, struct err *err)
{
	const char *pool = setup->own->volumes_pool;
	bool image = attach_is_image(source);
	char name[2 * COLUMN_TEXT_MAX + 8];

	if (!image && (strchr(source, '/') || *source == '.'))
		return err_set(err, ERR_INVALID, "the name of a file in volumes_dir is wanted");
	if (strlen(source) >= COLUMN_TEXT_MAX || strchr(source, '@'))
		return err_set(err, ERR_INVALID, "too long, or a snapshot");
	if (image || !pool)
		snprintf(name, sizeof name, "%s", source);
	else
		snprintf(name, sizeof name, "rbd:%s/%s", pool, source);
	if (image || pool)
		return attach_find(NULL, name, ret, err);
	return attach_find(setup->own->volumes_dir, name, ret, err);
}

int
shelf_take(
    const struct desk_setup *setup, const char *source, struct volume_record *new, struct err *err)
{
	struct volume_record known;
	struct attachment at;
	struct volume_look seen;
	char name[PATH_MAX];
	int found;

	if (find(setup, source, &at, err) < 0)
		return -1;
	attach_name(&at, name);
	/* An image has the id of its row, where it has one. */
	if (at.kind == ATTACHMENT_RBD && shelf_attach(setup, name, &at, err) < 0)
		return -1;
	at.ceph = setup->ceph;
	if (volume_look(setup->volumes, &at, &seen, 1, err) < 0)
		return -1;
	if (!seen.there)
		return err_set(err, ERR_NOT_FOUND, "there is no such file or image");
	found = shelf_find(setup, VOLUME, at.volume_id, &known, err);
	if (found < 0)
		return -1;
	if (found && (known.project_id[0] || known.status != VOLUME_AVAILABLE))
		return err_set(err, ERR_CONFLICT,
		    "Unable to manage existing volume. The volume is already managed");
	memcpy(new->id, at.volume_id, sizeof new->id);
	snprintf(new->location, sizeof new->location, "%.255s",
	    at.kind == ATTACHMENT_RBD ? name : source);
	new->size = (seen.size + (1u << GIB_BITS) - 1) >> GIB_BITS;
	new->created_at = clock_now();
	new->status = VOLUME_AVAILABLE;
	return 0;
}
