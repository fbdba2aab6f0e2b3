#include "job/record.h"

#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"

/* ---- print ---- */

/* The order of upstream's field list, in which it writes them. */
static const enum backup_field printed[] = {
	BACKUP_ID,
	BACKUP_USER_ID,
	BACKUP_PROJECT_ID,
	BACKUP_VOLUME_ID,
	BACKUP_HOST,
	BACKUP_AVAILABILITY_ZONE,
	BACKUP_CONTAINER,
	BACKUP_PARENT_ID,
	BACKUP_STATUS,
	BACKUP_FAIL_REASON,
	BACKUP_SIZE,
	BACKUP_DISPLAY_NAME,
	BACKUP_DISPLAY_DESCRIPTION,
	BACKUP_SERVICE_METADATA,
	BACKUP_SERVICE,
	BACKUP_OBJECT_COUNT,
	BACKUP_TEMP_VOLUME_ID,
	BACKUP_TEMP_SNAPSHOT_ID,
	BACKUP_NUM_DEPENDENT_BACKUPS,
	BACKUP_SNAPSHOT_ID,
	BACKUP_DATA_TIMESTAMP,
	BACKUP_RESTORE_VOLUME_ID,
	BACKUP_ENCRYPTION_KEY_ID,
	BACKUP_CREATED_AT,
	BACKUP_UPDATED_AT,
	BACKUP_DELETED_AT,
	BACKUP_DELETED_FLAG,
};

_Static_assert(sizeof printed / sizeof printed[0] == BACKUP_FIELD_COUNT, "every column, once");

static void
print_column(struct json_writer *writer, const struct backup *backup, enum backup_field field)
{
	char moment[CLOCK_TEXT];

	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		json_put_text(writer, backup_text(backup, field));
		break;
	case COLUMN_STATUS:
		json_put_text(writer, backup_status_name(backup->status));
		break;
	case COLUMN_BOOL:
		json_put_bool(writer, backup_number(backup, field) != 0);
		break;
	case COLUMN_INTEGER: /* upstream's objects know no empty number */
		json_put_number(writer, backup_number(backup, field));
		break;
	case COLUMN_TIME:
		clock_format(backup_number(backup, field), "%Y-%m-%dT%H:%M:%SZ", moment);
		json_put_text(writer, backup_has(backup, field) ? moment : NULL);
	}
}

static void
print_object(struct json_writer *writer, const char *key, struct span object)
{
	json_key(writer, key);
	json_put_raw(writer, object.length ? object : span_of("{}"));
}

int
record_print(const struct backup *backup, struct span metadata, struct buf *ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	struct json_writer writer = JSON_WRITER(&text, 0);
	unsigned i;

	json_begin_object(&writer);
	print_object(&writer, "driver_info", span_of(""));
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (printed[i] == BACKUP_ENCRYPTION_KEY_ID)
			print_object(&writer, "metadata", metadata);
		json_key(&writer, backup_columns[printed[i]].name);
		print_column(&writer, backup, printed[i]);
	}
	json_end_object(&writer);
	if (json_check(&writer, err) < 0)
		return err_wrap(err, "record of backup %s", backup->id);
	digest_base64(buf_span(&text), ret);
	return buf_check(ret, err);
}

/* ---- parse ---- */

/* What record_adopt() forgets or overwrites: no reason to refuse a record. */
static const uint32_t ignored =
    1u << BACKUP_USER_ID | 1u << BACKUP_PROJECT_ID | 1u << BACKUP_HOST |
    1u << BACKUP_AVAILABILITY_ZONE | 1u << BACKUP_STATUS | 1u << BACKUP_FAIL_REASON |
    1u << BACKUP_SERVICE | 1u << BACKUP_TEMP_VOLUME_ID | 1u << BACKUP_TEMP_SNAPSHOT_ID |
    1u << BACKUP_NUM_DEPENDENT_BACKUPS | 1u << BACKUP_DELETED_AT | 1u << BACKUP_DELETED_FLAG;

/* Must be there, if only as null. */
static const enum backup_field required[] = {
	BACKUP_DISPLAY_NAME,
	BACKUP_DISPLAY_DESCRIPTION,
	BACKUP_CONTAINER,
	BACKUP_SERVICE_METADATA,
	BACKUP_OBJECT_COUNT,
};

static int
wrong_type(enum backup_field field, const char *wanted, struct err *err)
{
	return err_set(err, ERR_INVALID, "%s: not %s", backup_columns[field].name, wanted);
}

static int
read_text(const struct json *json, enum backup_field field, struct backup *ret, struct err *err)
{
	const char *text = json_text(json);

	if (!text)
		return wrong_type(field, "a text", err);
	return backup_set_text(ret, field, text, err);
}

static int
read_time(const struct json *json, enum backup_field field, struct backup *ret, struct err *err)
{
	const char *text = json_text(json);
	int64_t seconds;

	if (!text || !clock_parse(text, &seconds))
		return wrong_type(field, "a time such as 2026-01-02T03:04:05Z", err);
	backup_set_number(ret, field, seconds);
	return 0;
}

static int
read_number(const struct json *json, enum backup_field field, struct backup *ret, struct err *err)
{
	int64_t number;

	if (!json_number(json, &number) || number < 0 || number > INT32_MAX)
		return wrong_type(field, "a whole number from 0 to 2147483647", err);
	backup_set_number(ret, field, number);
	return 0;
}

static int
read_status(const struct json *json, struct backup *ret, struct err *err)
{
	const char *text = json_text(json);

	if (!text)
		return wrong_type(BACKUP_STATUS, "a text", err);
	return backup_status_parse(text, &ret->status, err);
}

static int
read_column(const struct json *json, enum backup_field field, struct backup *ret, struct err *err)
{
	bool truth;

	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		return read_text(json, field, ret, err);
	case COLUMN_TIME:
		return read_time(json, field, ret, err);
	case COLUMN_INTEGER:
		return read_number(json, field, ret, err);
	case COLUMN_STATUS:
		return read_status(json, ret, err);
	default:
		if (!json_truth(json, &truth))
			return wrong_type(field, "true or false", err);
		backup_set_number(ret, field, truth);
		return 0;
	}
}

static int
read_columns(const struct json *root, struct backup *ret, struct err *err)
{
	const struct json *value;
	unsigned i;

	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		value = json_member(root, backup_columns[i].name);
		if (!value || json_kind(value) == JSON_IS_NULL)
			continue;
		if (read_column(value, (enum backup_field)i, ret, err) == 0)
			continue;
		if (!(ignored & 1u << i))
			return err_wrap(err, "Can't parse backup record");
	}
	return 0;
}

static int
check_keys(const struct json *root, struct err *err)
{
	unsigned i;

	for (i = 0; i < sizeof required / sizeof required[0]; i++) {
		if (!json_member(root, backup_columns[required[i]].name))
			return err_set(err, ERR_INVALID,
			    "Driver successfully decoded imported backup data, but there are "
			    "missing fields (%s).",
			    backup_columns[required[i]].name);
	}
	return 0;
}

static int
check_values(const struct backup *backup, struct err *err)
{
	if (!backup_has(backup, BACKUP_ID))
		return err_set(err, ERR_INVALID, "Provided backup record is missing an id");
	if (!backup_has(backup, BACKUP_SIZE))
		return err_set(
		    err, ERR_INVALID, "Provided backup record is missing size attribute");
	if (!uuid_valid(backup->id))
		return err_set(err, ERR_INVALID, "Can't parse backup record: id: \"%s\" is no UUID",
		    backup->id);
	if (backup_has(backup, BACKUP_PARENT_ID) && !uuid_valid(backup->parent_id))
		return err_set(err, ERR_INVALID,
		    "Can't parse backup record: parent_id: \"%s\" is no UUID", backup->parent_id);
	if (strcmp(backup->id, backup->parent_id) == 0)
		return err_set(err, ERR_INVALID,
		    "Can't parse backup record: backup %s is its own parent", backup->id);
	if (backup->size == 0)
		return err_set(
		    err, ERR_INVALID, "Can't parse backup record: size: must be at least 1 GiB");
	return 0;
}

/* The text within base64; nothing that is no base64 may hide in it. */
static int
decode(struct span url, struct buf *ret, struct err *err)
{
	static const char refusal[] = "Can't decode backup record.";

	if (url.length > RECORD_MAX)
		return err_set(
		    err, ERR_INVALID, "%s It is longer than %d bytes.", refusal, RECORD_MAX);
	if (!url.length || memchr(url.data, '\0', url.length) || digest_unbase64(url, ret, err) < 0)
		return err_set(err, ERR_INVALID, "%s", refusal);
	return 0;
}

/* The document as a tree. */
static int
parse(struct span url, struct json **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(RECORD_MAX);
	scoped(json_free_scoped) struct json *root = NULL;

	if (decode(url, &text, err) < 0)
		return -1;
	if (json_parse(&root, buf_span(&text), err) < 0)
		return err_wrap(err, "Can't parse backup record");
	if (json_kind(root) != JSON_IS_OBJECT)
		return err_set(err, ERR_INVALID, "Can't parse backup record: not an object");
	*ret = take(&root);
	return 0;
}

int
record_begin(struct span url, struct backup *ret, struct err *err)
{
	static const char letters[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	static const enum backup_field first[] = { BACKUP_ID, BACKUP_SIZE, BACKUP_DISPLAY_NAME,
		BACKUP_DISPLAY_DESCRIPTION };
	scoped(json_free_scoped) struct json *root = NULL;
	struct backup backup = { .present = 0 };
	unsigned i;

	if (parse(url, &root, err) < 0)
		return -1;
	for (i = 0; i < sizeof first / sizeof first[0]; i++) {
		const struct json *value = json_member(root, backup_columns[first[i]].name);

		if (value && json_kind(value) != JSON_IS_NULL &&
		    read_column(value, first[i], &backup, err) < 0)
			return err_wrap(err, "Can't parse backup record");
	}
	if (!backup_has(&backup, BACKUP_ID) || !backup_has(&backup, BACKUP_SIZE))
		return check_values(&backup, err);
	if (!backup.id[0] || backup.id[strspn(backup.id, letters)])
		return err_set(err, ERR_INVALID,
		    "Can't parse backup record: id: \"%s\" is no name of a backup", backup.id);
	*ret = backup;
	return 0;
}

int
record_parse(struct span url, struct backup *ret, struct err *err)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct backup backup = { .present = 0 };

	if (parse(url, &root, err) < 0 || read_columns(root, &backup, err) < 0 ||
	    check_values(&backup, err) < 0 || check_keys(root, err) < 0)
		return -1;
	*ret = backup;
	return 0;
}

/* ---- adopt ---- */

int
record_adopt(struct backup *backup, const struct adoption *by, struct err *err)
{
	static const char nowhere[] = "00000000-0000-0000-0000-000000000000";
	unsigned i;

	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		if (ignored & 1u << i)
			backup_unset(backup, (enum backup_field)i);
	}
	backup->status = BACKUP_CREATING;
	if (!backup_has(backup, BACKUP_VOLUME_ID) &&
	    backup_set_text(backup, BACKUP_VOLUME_ID, nowhere, err) < 0)
		return -1;
	if (backup_set_text(backup, BACKUP_SERVICE, by->service, err) < 0 ||
	    backup_set_text(backup, BACKUP_HOST, by->host, err) < 0 ||
	    backup_set_text(backup, BACKUP_AVAILABILITY_ZONE, by->availability_zone, err) < 0 ||
	    backup_set_text(backup, BACKUP_USER_ID, by->user_id, err) < 0)
		return -1;
	return backup_set_text(backup, BACKUP_PROJECT_ID, by->project_id, err);
}
