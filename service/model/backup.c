#include "model/backup.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/err.h"

/* clang-format off */
#define FIELD(type_, name_) \
	.name = #name_, .type = (type_), .offset = offsetof(struct backup, name_)
#define TEXT(name_, characters_) \
	FIELD(COLUMN_TEXT, name_), .characters = (characters_), \
	.room = sizeof(((struct backup *)0)->name_)

const struct backup_column backup_columns[BACKUP_FIELD_COUNT] = {
	[BACKUP_CREATED_AT]            = { FIELD(COLUMN_TIME, created_at) },
	[BACKUP_UPDATED_AT]            = { FIELD(COLUMN_TIME, updated_at) },
	[BACKUP_DELETED_AT]            = { FIELD(COLUMN_TIME, deleted_at) },
	[BACKUP_DELETED_FLAG]          = { FIELD(COLUMN_BOOL, deleted) },
	[BACKUP_ID]                    = { TEXT(id, 36) },
	[BACKUP_VOLUME_ID]             = { TEXT(volume_id, 36) },
	[BACKUP_USER_ID]               = { TEXT(user_id, 255) },
	[BACKUP_PROJECT_ID]            = { TEXT(project_id, 255) },
	[BACKUP_HOST]                  = { TEXT(host, 255) },
	[BACKUP_AVAILABILITY_ZONE]     = { TEXT(availability_zone, 255) },
	[BACKUP_DISPLAY_NAME]          = { TEXT(display_name, 255) },
	[BACKUP_DISPLAY_DESCRIPTION]   = { TEXT(display_description, 255) },
	[BACKUP_CONTAINER]             = { TEXT(container, 255) },
	[BACKUP_STATUS]                = { FIELD(COLUMN_STATUS, status) },
	[BACKUP_FAIL_REASON]           = { TEXT(fail_reason, 255) },
	[BACKUP_SERVICE_METADATA]      = { TEXT(service_metadata, 255) },
	[BACKUP_SERVICE]               = { TEXT(service, 255) },
	[BACKUP_SIZE]                  = { FIELD(COLUMN_INTEGER, size) },
	[BACKUP_OBJECT_COUNT]          = { FIELD(COLUMN_INTEGER, object_count) },
	[BACKUP_PARENT_ID]             = { TEXT(parent_id, 36) },
	[BACKUP_TEMP_VOLUME_ID]        = { TEXT(temp_volume_id, 36) },
	[BACKUP_TEMP_SNAPSHOT_ID]      = { TEXT(temp_snapshot_id, 36) },
	[BACKUP_NUM_DEPENDENT_BACKUPS] = { FIELD(COLUMN_INTEGER, num_dependent_backups) },
	[BACKUP_SNAPSHOT_ID]           = { TEXT(snapshot_id, 36) },
	[BACKUP_DATA_TIMESTAMP]        = { FIELD(COLUMN_TIME, data_timestamp) },
	[BACKUP_RESTORE_VOLUME_ID]     = { TEXT(restore_volume_id, 36) },
	[BACKUP_ENCRYPTION_KEY_ID]     = { TEXT(encryption_key_id, 36) },
};
/* clang-format on */

static const char *const status_names[] = {
	[BACKUP_CREATING] = "creating",
	[BACKUP_AVAILABLE] = "available",
	[BACKUP_RESTORING] = "restoring",
	[BACKUP_DELETING] = "deleting",
	[BACKUP_DELETED] = "deleted",
	[BACKUP_ERROR] = "error",
	[BACKUP_ERROR_DELETING] = "error_deleting",
};

enum { STATUS_COUNT = sizeof status_names / sizeof status_names[0] };

/* Where a backup may go from each status, as bits. */
static const unsigned moves[STATUS_COUNT] = {
	[BACKUP_CREATING] = 1u << BACKUP_AVAILABLE | 1u << BACKUP_ERROR | 1u << BACKUP_DELETING,
	[BACKUP_AVAILABLE] = 1u << BACKUP_RESTORING | 1u << BACKUP_DELETING | 1u << BACKUP_ERROR,
	[BACKUP_RESTORING] = 1u << BACKUP_AVAILABLE | 1u << BACKUP_ERROR | 1u << BACKUP_DELETING,
	[BACKUP_DELETING] = 1u << BACKUP_DELETED | 1u << BACKUP_ERROR | 1u << BACKUP_ERROR_DELETING,
	[BACKUP_DELETED] = 0,
	[BACKUP_ERROR] = 1u << BACKUP_DELETING | 1u << BACKUP_AVAILABLE,
	[BACKUP_ERROR_DELETING] =
	    1u << BACKUP_DELETING | 1u << BACKUP_AVAILABLE | 1u << BACKUP_ERROR,
};

static char *
text_of(struct backup *backup, enum backup_field field)
{
	assert(backup_columns[field].type == COLUMN_TEXT);
	return (char *)backup + backup_columns[field].offset;
}

bool
backup_has(const struct backup *backup, enum backup_field field)
{
	enum column_type type = backup_columns[field].type;

	return type == COLUMN_STATUS || type == COLUMN_BOOL || backup->present & 1u << field;
}

const char *
backup_text(const struct backup *backup, enum backup_field field)
{
	assert(backup_columns[field].type == COLUMN_TEXT);
	if (!backup_has(backup, field))
		return NULL;
	return (const char *)backup + backup_columns[field].offset;
}

/*
 * Bytes of the UTF-8 character that text begins with; 0: it begins with none.
 * Overlong forms, surrogates and what lies above U+10FFFF are no characters.
 */
static size_t
character_length(const char *text)
{
	const unsigned char *byte = (const unsigned char *)text;
	unsigned lowest = 0x80, highest = 0xbf;
	size_t length, i;

	if (byte[0] < 0x80)
		return 1;
	if (byte[0] < 0xc2 || byte[0] > 0xf4)
		return 0;
	length = byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
	if (byte[0] == 0xe0)
		lowest = 0xa0;
	else if (byte[0] == 0xed)
		highest = 0x9f;
	else if (byte[0] == 0xf0)
		lowest = 0x90;
	else if (byte[0] == 0xf4)
		highest = 0x8f;
	for (i = 1; i < length; i++) {
		if (byte[i] < lowest || byte[i] > highest)
			return 0;
		lowest = 0x80;
		highest = 0xbf;
	}
	return length;
}

/* As much of the reason as the column takes; strange bytes must not hide the rest. */
static void
set_reason(struct backup *backup, const char *text)
{
	const struct backup_column *column = &backup_columns[BACKUP_FAIL_REASON];
	char *out = backup->fail_reason;
	unsigned count;
	size_t length;

	for (count = 0; *text && count < column->characters; count++) {
		length = character_length(text);
		if (length)
			memcpy(out, text, length);
		else
			*out = '?';
		out += length ? length : 1;
		text += length ? length : 1;
	}
	*out = '\0';
	backup->present |= 1u << BACKUP_FAIL_REASON;
}

int
backup_set_text(struct backup *backup, enum backup_field field, const char *text, struct err *err)
{
	const struct backup_column *column = &backup_columns[field];
	size_t used = 0, length;
	unsigned count;

	if (!text) {
		backup_unset(backup, field);
		return 0;
	}
	if (field == BACKUP_FAIL_REASON) {
		set_reason(backup, text);
		return 0;
	}
	for (count = 0; text[used]; count++, used += length) {
		length = character_length(text + used);
		if (!length)
			return err_set(err, ERR_INVALID, "%s: not valid UTF-8", column->name);
		if (count == column->characters || used + length >= column->room)
			return err_set(err, ERR_INVALID, "%s: longer than %u characters",
			    column->name, column->characters);
	}
	memcpy(text_of(backup, field), text, used + 1);
	backup->present |= 1u << field;
	return 0;
}

void
backup_set_number(struct backup *backup, enum backup_field field, int64_t number)
{
	void *value = (char *)backup + backup_columns[field].offset;

	switch (backup_columns[field].type) {
	case COLUMN_INTEGER:
	case COLUMN_TIME:
		*(int64_t *)value = number;
		break;
	case COLUMN_BOOL:
		*(bool *)value = number != 0;
		break;
	case COLUMN_STATUS:
		*(enum backup_status *)value = (enum backup_status)number;
		break;
	case COLUMN_TEXT:
		assert(!"a text column takes no number");
	}
	backup->present |= 1u << field;
}

int64_t
backup_number(const struct backup *backup, enum backup_field field)
{
	const void *value = (const char *)backup + backup_columns[field].offset;

	if (!backup_has(backup, field))
		return 0;
	switch (backup_columns[field].type) {
	case COLUMN_BOOL:
		return *(const bool *)value;
	case COLUMN_STATUS:
		return *(const enum backup_status *)value;
	default:
		assert(backup_columns[field].type != COLUMN_TEXT);
		return *(const int64_t *)value;
	}
}

void
backup_unset(struct backup *backup, enum backup_field field)
{
	if (backup_columns[field].type == COLUMN_TEXT)
		text_of(backup, field)[0] = '\0';
	else
		backup_set_number(backup, field, 0);
	backup->present &= ~(1u << field);
}

int
backup_field_find(const char *name, enum backup_field *ret)
{
	unsigned field;

	for (field = 0; field < BACKUP_FIELD_COUNT; field++) {
		if (strcmp(backup_columns[field].name, name) == 0) {
			*ret = (enum backup_field)field;
			return 1;
		}
	}
	return 0;
}

const char *
backup_status_name(enum backup_status status)
{
	assert((unsigned)status < STATUS_COUNT);
	return status_names[status];
}

int
backup_status_parse(const char *name, enum backup_status *ret, struct err *err)
{
	unsigned status;

	for (status = 0; status < STATUS_COUNT; status++) {
		if (strcmp(status_names[status], name) == 0) {
			*ret = (enum backup_status)status;
			return 0;
		}
	}
	return err_set(err, ERR_INVALID, "no status is called \"%s\"", name);
}

bool
backup_may_move(enum backup_status from, enum backup_status to)
{
	return (unsigned)from < STATUS_COUNT && moves[from] & 1u << to;
}

bool
backup_is_of(const char *theirs, const char *class_path)
{
	static const char older[] = "cinder.backup.services.", newer[] = "cinder.backup.drivers.";

	if (!theirs)
		return true;
	if (strncmp(theirs, older, strlen(older)) == 0 &&
	    strncmp(class_path, newer, strlen(newer)) == 0) {
		theirs += strlen(older);
		class_path += strlen(newer);
	}
	return strncmp(theirs, class_path, strlen(theirs)) == 0;
}

void
backup_snapshot_name(const struct backup *backup, char ret[COLUMN_TEXT_MAX])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(ret, COLUMN_TEXT_MAX, "backup.%.100s.snap.%lld.%06ld", backup->id,
	    (long long)now.tv_sec, now.tv_nsec / 1000);
}

bool
uuid_valid(const char *text)
{
	unsigned i;

	for (i = 0; i < UUID_TEXT - 1; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return false;
		} else if (!isxdigit((unsigned char)text[i])) {
			return false;
		}
	}
	return text[i] == '\0';
}
