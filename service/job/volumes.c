#include "job/volumes.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "job/desk.h"
#include "options/tables.h"
#include "volume/attach.h"

enum { GIB_BITS = 30 };

/* A volume that a backup or a restore works on. */
struct busy {
	char id[UUID_TEXT];
	uint64_t size;
	enum volume_status status;
	bool seen; /* it lies in volumes_dir */
};

struct survey {
	struct busy *busy;
	size_t count, room;
	volume_record_fn *fn;
	void *arg;
};

static void
drop_survey(struct survey *survey)
{
	free(survey->busy);
}

static int
note_busy(void *arg, const struct backup *row, struct err *err)
{
	bool restoring = row->status == BACKUP_RESTORING;
	const char *id = restoring ? row->restore_volume_id : row->volume_id;
	struct survey *survey = arg;

	if (!uuid_valid(id))
		return 0;
	if (survey->count == survey->room) {
		size_t room = survey->room ? 2 * survey->room : 16;
		struct busy *busy = realloc(survey->busy, room * sizeof *busy);

		if (!busy)
			return err_memory(err);
		survey->busy = busy;
		survey->room = room;
	}
	survey->busy[survey->count] = (struct busy){ .size = (uint64_t)row->size,
		.status = restoring ? VOLUME_RESTORING_BACKUP : VOLUME_BACKING_UP };
	memcpy(survey->busy[survey->count++].id, id, UUID_TEXT);
	return 0;
}

static enum volume_status
status_of(struct survey *survey, const char *id)
{
	enum volume_status status = VOLUME_AVAILABLE;
	size_t i;

	for (i = 0; i < survey->count; i++) {
		if (strcmp(survey->busy[i].id, id) == 0) {
			survey->busy[i].seen = true;
			status = survey->busy[i].status;
		}
	}
	return status;
}

/* Of a device, the end says what fstat() does not. */
static bool
measure(const char *path, struct volume_record *ret)
{
	scoped(scoped_close) int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat state;
	off_t end;

	if (fd < 0 || fstat(fd, &state) < 0 || (!S_ISREG(state.st_mode) && !S_ISBLK(state.st_mode)))
		return false;
	end = lseek(fd, 0, SEEK_END);
	if (end <= 0)
		return false;
	ret->size = ((uint64_t)end + (1u << GIB_BITS) - 1) >> GIB_BITS;
	ret->created_at = ret->updated_at = state.st_mtim.tv_sec;
	return true;
}

static int
tell_volume(void *arg, const char *name, const struct attachment *found, struct err *err)
{
	struct volume_record record = { .kind = VOLUME };
	struct survey *survey = arg;

	if (!measure(found->path, &record))
		return 0;
	memcpy(record.id, found->volume_id, sizeof record.id);
	memcpy(record.path, found->path, sizeof record.path);
	strncat(record.name, name, sizeof record.name - 1);
	record.status = status_of(survey, record.id);
	return survey->fn(survey->arg, &record, err);
}

/* Targets that have no name yet. */
static int
tell_coming(struct survey *survey, struct err *err)
{
	struct volume_record record;
	int result = 0;
	size_t i;

	for (i = 0; i < survey->count && result == 0; i++) {
		const struct busy *busy = &survey->busy[i];

		if (busy->seen || busy->status != VOLUME_RESTORING_BACKUP)
			continue;
		record = (struct volume_record){ .size = busy->size, .status = busy->status };
		memcpy(record.id, busy->id, sizeof record.id);
		result = survey->fn(survey->arg, &record, err);
	}
	return result;
}

int
volumes_each(const struct desk_setup *setup, volume_record_fn *fn, void *arg, struct err *err)
{
	const struct backup_filter filter = { .statuses =
						  1u << BACKUP_CREATING | 1u << BACKUP_RESTORING };
	scoped(drop_survey) struct survey survey = { .fn = fn, .arg = arg };
	int result;

	if (catalogue_each(setup->catalogue, &filter, note_busy, &survey, err) < 0)
		return -1;
	result = attach_each(setup->own->volumes_dir, tell_volume, &survey, err);
	return result ? result : tell_coming(&survey, err);
}
