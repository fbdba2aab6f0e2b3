#include "front/answer.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/scope.h"

enum { NUMBER_TEXT = 32 };

static const char *const property_headings[] = { "Property", "Value", NULL };

/* ---- JSON ---- */

static void
put_column(struct json_writer *json, const struct backup *backup, enum backup_field field)
{
	char moment[CLOCK_TEXT];

	if (!backup_has(backup, field)) {
		json_put_null(json);
		return;
	}
	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		json_put_text(json, backup_text(backup, field));
		break;
	case COLUMN_STATUS:
		json_put_text(json, backup_status_name(backup->status));
		break;
	case COLUMN_BOOL:
		json_put_bool(json, backup_number(backup, field) != 0);
		break;
	case COLUMN_INTEGER:
		json_put_number(json, backup_number(backup, field));
		break;
	case COLUMN_TIME:
		clock_format(backup_number(backup, field), "%Y-%m-%dT%H:%M:%SZ", moment);
		json_put_text(json, moment);
	}
}

/* Every column under its own name, and what follows from them. */
static void
put_backup(struct json_writer *json, const struct backup *backup)
{
	unsigned i;

	json_begin_object(json);
	for (i = 0; i < BACKUP_FIELD_COUNT; i++) {
		json_key(json, backup_columns[i].name);
		put_column(json, backup, (enum backup_field)i);
	}
	json_member_bool(json, "is_incremental", backup_has(backup, BACKUP_PARENT_ID));
	json_member_bool(json, "has_dependent_backups", backup->num_dependent_backups > 0);
	json_end_object(json);
}

/* ---- lists ---- */

void
answer_list_begin(struct answer_list *list, enum cli_format format)
{
	static const char *const headings[] = { "ID", "Volume ID", "Status", "Name", "Size",
		"Incremental", "Object Count", "Container", "Created At", NULL };

	*list = (struct answer_list){ .format = format, .text = BUF(GRID_MAX) };
	list->json = (struct json_writer)JSON_WRITER(&list->text, 2);
	grid_init(&list->grid, headings);
	json_begin_array(&list->json);
}

void
answer_list_drop(struct answer_list *list)
{
	grid_drop(&list->grid);
	buf_drop(&list->text);
}

/* A column as text; nothing is a dash. */
static void
add_column(
    struct grid *grid, const struct backup *backup, enum backup_field field, const char *nothing)
{
	char text[CLOCK_TEXT];

	if (!backup_has(backup, field)) {
		grid_add(grid, nothing);
		return;
	}
	switch (backup_columns[field].type) {
	case COLUMN_TEXT:
		grid_add(grid, backup_text(backup, field));
		break;
	case COLUMN_STATUS:
		grid_add(grid, backup_status_name(backup->status));
		break;
	case COLUMN_BOOL:
		grid_add(grid, backup_number(backup, field) ? "True" : "False");
		break;
	case COLUMN_INTEGER:
		snprintf(text, sizeof text, "%" PRId64, backup_number(backup, field));
		grid_add(grid, text);
		break;
	case COLUMN_TIME:
		clock_format(backup_number(backup, field), "%Y-%m-%dT%H:%M:%S", text);
		grid_add(grid, text);
	}
}

static void
add_truth(struct grid *grid, bool truth)
{
	grid_add(grid, truth ? "True" : "False");
}

void
answer_list_add(struct answer_list *list, const struct backup *backup)
{
	static const enum backup_field before[] = { BACKUP_ID, BACKUP_VOLUME_ID, BACKUP_STATUS,
		BACKUP_DISPLAY_NAME, BACKUP_SIZE };
	static const enum backup_field after[] = { BACKUP_OBJECT_COUNT, BACKUP_CONTAINER,
		BACKUP_CREATED_AT };
	unsigned i;

	if (list->format == CLI_JSON) {
		put_backup(&list->json, backup);
		return;
	}
	for (i = 0; i < sizeof before / sizeof before[0]; i++)
		add_column(&list->grid, backup, before[i], "-");
	add_truth(&list->grid, backup_has(backup, BACKUP_PARENT_ID));
	for (i = 0; i < sizeof after / sizeof after[0]; i++)
		add_column(&list->grid, backup, after[i], "-");
}

static int
end_json(struct json_writer *json, struct err *err)
{
	buf_byte(json->out, '\n');
	return json_check(json, err);
}

int
answer_list_end(struct answer_list *list, struct buf *ret, struct err *err)
{
	if (list->format == CLI_TABLE)
		return grid_draw(&list->grid, ret, err);
	json_end_array(&list->json);
	if (end_json(&list->json, err) < 0)
		return -1;
	buf_add(ret, list->text.data, list->text.length);
	return buf_check(ret, err);
}

/* ---- one backup ---- */

/* In the order of the client's table, under the names that it shows. */
static const struct {
	const char *name;
	enum backup_field field;
} shown[] = {
	{ "availability_zone", BACKUP_AVAILABILITY_ZONE },
	{ "container", BACKUP_CONTAINER },
	{ "created_at", BACKUP_CREATED_AT },
	{ "data_timestamp", BACKUP_DATA_TIMESTAMP },
	{ "description", BACKUP_DISPLAY_DESCRIPTION },
	{ "fail_reason", BACKUP_FAIL_REASON },
	{ "has_dependent_backups", BACKUP_NUM_DEPENDENT_BACKUPS },
	{ "host", BACKUP_HOST },
	{ "id", BACKUP_ID },
	{ "is_incremental", BACKUP_PARENT_ID },
	{ "name", BACKUP_DISPLAY_NAME },
	{ "object_count", BACKUP_OBJECT_COUNT },
	{ "parent_id", BACKUP_PARENT_ID },
	{ "project_id", BACKUP_PROJECT_ID },
	{ "service", BACKUP_SERVICE },
	{ "service_metadata", BACKUP_SERVICE_METADATA },
	{ "size", BACKUP_SIZE },
	{ "snapshot_id", BACKUP_SNAPSHOT_ID },
	{ "status", BACKUP_STATUS },
	{ "updated_at", BACKUP_UPDATED_AT },
	{ "user_id", BACKUP_USER_ID },
	{ "volume_id", BACKUP_VOLUME_ID },
};

static int
show_table(const struct backup *backup, struct buf *ret, struct err *err)
{
	scoped(grid_drop) struct grid grid;
	unsigned i;

	grid_init(&grid, property_headings);
	for (i = 0; i < sizeof shown / sizeof shown[0]; i++) {
		grid_add(&grid, shown[i].name);
		if (strcmp(shown[i].name, "has_dependent_backups") == 0)
			add_truth(&grid, backup->num_dependent_backups > 0);
		else if (strcmp(shown[i].name, "is_incremental") == 0)
			add_truth(&grid, backup_has(backup, BACKUP_PARENT_ID));
		else
			add_column(&grid, backup, shown[i].field, "None");
	}
	return grid_draw(&grid, ret, err);
}

int
answer_show(const struct backup *backup, enum cli_format format, struct buf *ret, struct err *err)
{
	struct json_writer json = JSON_WRITER(ret, 2);

	if (format == CLI_TABLE)
		return show_table(backup, ret, err);
	put_backup(&json, backup);
	return end_json(&json, err);
}

/* ---- replies ---- */

struct property {
	const char *name, *value; /* value: or NULL */
};

static int
print_properties(const struct property *properties, size_t count, enum cli_format format,
    struct buf *ret, struct err *err)
{
	struct json_writer json = JSON_WRITER(ret, 2);
	scoped(grid_drop) struct grid grid;
	size_t i;

	grid_init(&grid, property_headings);
	if (format == CLI_TABLE) {
		for (i = 0; i < count; i++) {
			grid_add(&grid, properties[i].name);
			grid_add(&grid, properties[i].value ? properties[i].value : "None");
		}
		return grid_draw(&grid, ret, err);
	}
	json_begin_object(&json);
	for (i = 0; i < count; i++)
		json_member_text(&json, properties[i].name, properties[i].value);
	json_end_object(&json);
	return end_json(&json, err);
}

static int
print_backup(const struct backup *backup, struct buf *ret, struct err *err)
{
	char size[NUMBER_TEXT], objects[NUMBER_TEXT];
	const struct property properties[] = {
		{ "id", backup->id },
		{ "name", backup_text(backup, BACKUP_DISPLAY_NAME) },
		{ "volume_id", backup_text(backup, BACKUP_VOLUME_ID) },
		{ "status", backup_status_name(backup->status) },
		{ "size", size },
		{ "object_count", objects },
		{ "parent_id", backup_text(backup, BACKUP_PARENT_ID) },
	};

	snprintf(size, sizeof size, "%" PRId64, backup->size);
	snprintf(objects, sizeof objects, "%" PRId64, backup->object_count);
	return print_properties(
	    properties, sizeof properties / sizeof properties[0], CLI_TABLE, ret, err);
}

int
answer_reply(enum cli_verb verb, const struct reply *reply, enum cli_format format, struct buf *ret,
    struct err *err)
{
	const struct backup *backup = &reply->backup;
	const struct property record[] = { { "backup_service", reply->service },
		{ "backup_url", reply->record } };
	const struct property target[] = { { "backup_id", backup->id },
		{ "volume_id", reply->volume_id }, { "volume_path", reply->volume_path } };
	const struct property name[] = { { "id", backup->id },
		{ "name", backup_text(backup, BACKUP_DISPLAY_NAME) } };

	if (verb == CLI_EXPORT)
		return print_properties(record, 2, format, ret, err);
	if (verb == CLI_RESTORE)
		return print_properties(target, 3, format, ret, err);
	if (format == CLI_JSON)
		return answer_show(backup, format, ret, err);
	if (verb == CLI_IMPORT)
		return print_properties(name, 2, format, ret, err);
	if (verb == CLI_BACKUP)
		return print_backup(backup, ret, err);
	buf_printf(ret, "Backup %s is %s.\n", backup->id, backup_status_name(backup->status));
	return buf_check(ret, err);
}

/* ---- doctor ---- */

static int
findings_json(const struct finding *findings, size_t count, struct buf *ret, struct err *err)
{
	struct json_writer json = JSON_WRITER(ret, 2);
	size_t i;

	json_begin_array(&json);
	for (i = 0; i < count; i++) {
		json_begin_object(&json);
		json_member_text(&json, "check", findings[i].check);
		json_member_bool(&json, "good", findings[i].good);
		json_member_text(&json, "result", findings[i].result);
		json_member_text(&json, "advice", findings[i].advice);
		json_end_object(&json);
	}
	json_end_array(&json);
	return end_json(&json, err);
}

int
answer_findings(const struct finding *findings, size_t count, enum cli_format format,
    struct buf *ret, struct err *err)
{
	static const char *const headings[] = { "Check", "Good", "Result", "What to do", NULL };
	scoped(grid_drop) struct grid grid;
	size_t i;

	grid_init(&grid, headings);
	if (format == CLI_JSON)
		return findings_json(findings, count, ret, err);
	for (i = 0; i < count; i++) {
		grid_add(&grid, findings[i].check);
		grid_add(&grid, findings[i].good ? "yes" : "NO");
		grid_add(&grid, findings[i].result);
		grid_add(&grid, findings[i].advice ? findings[i].advice : "-");
	}
	return grid_draw(&grid, ret, err);
}
