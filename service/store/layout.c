#include "store/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "options/tables.h"
#include "store/store.h"

static const char partial_end[] = ".partial";

static int
check_container(const char *container, struct err *err)
{
	const char *part;
	size_t length;

	if (container[0] == '/')
		return err_set(err, ERR_INVALID,
		    "container %s: a path below the repository is wanted, not an absolute one",
		    container);
	for (part = container; *container; part += length + 1) {
		length = strcspn(part, "/");
		if (length == 0)
			return err_set(
			    err, ERR_INVALID, "container %s: has an empty part", container);
		if (part[0] == '.' && (length == 1 || (length == 2 && part[1] == '.')))
			return err_set(err, ERR_INVALID, "container %s: has a part %.*s", container,
			    (int)length, part);
		if (!part[length])
			break;
	}
	return 0;
}

static int
check_prefix(const char *prefix, struct err *err)
{
	if (!prefix[0])
		return err_set(err, ERR_INVALID, "backup without a prefix (service_metadata)");
	if (prefix[0] == '.' || strchr(prefix, '/'))
		return err_set(err, ERR_INVALID, "prefix %s: not a plain file name", prefix);
	return 0;
}

int
layout_check(const struct location *at, struct err *err)
{
	return check_container(at->container, err) < 0 || check_prefix(at->prefix, err) < 0 ? -1
											    : 0;
}

/* The container of a new backup, as far as somebody chose one. */
static const char *
chosen_container(const struct file_opts *opts, const struct backup *backup)
{
	if (backup_has(backup, BACKUP_CONTAINER) && backup->container[0])
		return backup->container;
	return opts->container && opts->container[0] ? opts->container : NULL;
}

int
layout_place(const struct file_opts *opts, const struct backup *backup, struct location *ret,
    struct err *err)
{
	const char *chosen = chosen_container(opts, backup), *id = backup->id;
	struct location at;
	char moment[CLOCK_TEXT];
	int container, prefix;

	if (!uuid_valid(id) || !uuid_valid(backup->volume_id))
		return err_set(err, ERR_INVALID, "backup %s of volume %s: both ids must be UUIDs",
		    id, backup->volume_id);
	clock_format(backup->created_at, "%Y%m%d%H%M%S", moment);
	container =
	    chosen ? snprintf(at.container, sizeof at.container, "%s", chosen)
		   : snprintf(at.container, sizeof at.container, "%.2s/%.2s/%s", id, id + 2, id);
	prefix = snprintf(
	    at.prefix, sizeof at.prefix, "volume_%s_%s_backup_%s", backup->volume_id, moment, id);
	if (container >= (int)sizeof at.container || prefix >= (int)sizeof at.prefix)
		return err_set(err, ERR_INVALID, "container %s: longer than %d characters", chosen,
		    COLUMN_TEXT_MAX - 1);
	if (layout_check(&at, err) < 0)
		return -1;
	*ret = at;
	return 0;
}

void
layout_document_name(const struct location *at, const char *document, char *ret)
{
	snprintf(ret, LAYOUT_NAME_MAX, "%s_%s", at->prefix, document);
}

void
layout_partial_name(const char *name, char *ret)
{
	snprintf(ret, LAYOUT_NAME_MAX, ".%s%s", name, partial_end);
}

bool
layout_prefix(const char *name, char ret[LAYOUT_NAME_MAX])
{
	static const char end[] = "_metadata";
	size_t length = strlen(name);

	if (name[0] == '.' || length >= LAYOUT_NAME_MAX || length < sizeof end ||
	    strcmp(name + length - (sizeof end - 1), end) != 0)
		return false;
	snprintf(ret, LAYOUT_NAME_MAX, "%.*s", (int)(length - (sizeof end - 1)), name);
	return true;
}

/* Is text the end of a segment's name, spelt just as store_segment_name() does? */
static bool
is_number(const char *text)
{
	char again[16];
	unsigned long long number;

	if (text[0] != '-' || strlen(text) >= sizeof again || strspn(text + 1, "0123456789") < 5)
		return false;
	number = strtoull(text + 1, NULL, 10);
	snprintf(again, sizeof again, "-%05" PRIu32, (uint32_t)number);
	return number > 0 && strcmp(text, again) == 0;
}

static enum layout_kind
kind_of_finished(const char *prefix, const char *name)
{
	size_t length = strlen(prefix);

	if (strncmp(name, prefix, length) != 0)
		return LAYOUT_FOREIGN;
	if (strcmp(name + length, "_metadata") == 0)
		return LAYOUT_MANIFEST;
	if (strcmp(name + length, "_sha256file") == 0)
		return LAYOUT_HASHES;
	return is_number(name + length) ? LAYOUT_SEGMENT : LAYOUT_FOREIGN;
}

enum layout_kind
layout_kind(const struct location *at, const char *name)
{
	size_t length = strlen(name), end = sizeof partial_end - 1;
	char finished[LAYOUT_NAME_MAX];

	if (name[0] != '.')
		return kind_of_finished(at->prefix, name);
	if (length <= end + 1 || length >= sizeof finished ||
	    strcmp(name + length - end, partial_end) != 0)
		return LAYOUT_FOREIGN;
	snprintf(finished, sizeof finished, "%.*s", (int)(length - end - 1), name + 1);
	return kind_of_finished(at->prefix, finished) == LAYOUT_FOREIGN ? LAYOUT_FOREIGN
									: LAYOUT_PARTIAL;
}

bool
layout_container_is_own(const char *container)
{
	const char *id = container + strlen("XX/YY/");

	return strlen(container) > strlen("XX/YY/") && uuid_valid(id) && container[2] == '/' &&
	       container[5] == '/' && strncmp(container, id, 2) == 0 &&
	       strncmp(container + 3, id + 2, 2) == 0;
}

bool
layout_next_part(const char **path, char part[NAME_MAX + 1])
{
	size_t length = strcspn(*path, "/");

	if (length == 0)
		return false;
	snprintf(part, NAME_MAX + 1, "%.*s", (int)length, *path);
	*path += length + ((*path)[length] == '/');
	return true;
}
