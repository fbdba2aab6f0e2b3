/* Volumes, as a service that stands alone has them: seen, not yet made or removed. */
#include <stdlib.h>
#include <string.h>

#include "front/rest.h"
#include "job/desk.h"

/* ---- one volume ---- */

struct search {
	const char *id, *name; /* either */
	struct volume_record *ret;
	bool found;
};

static int
compare_volume(void *arg, const struct volume_record *volume, struct err *err)
{
	struct search *search = arg;

	(void)err;
	search->found = strcmp(search->id ? search->id : search->name,
			    search->id ? volume->id : volume->name) == 0;
	if (search->found && search->ret)
		*search->ret = *volume;
	return search->found;
}

int
rest_volume_find(struct rest_call *call, const char *id, struct volume_record *ret, struct err *err)
{
	struct search search = { .id = id, .ret = ret };

	if (desk_each_volume(call->rest->desk, compare_volume, &search, err) < 0)
		return -1;
	return search.found;
}

int
rest_volume_may_be_called(struct rest_call *call, const char *name, struct err *err)
{
	struct search search = { .name = name };
	const char *byte = name;

	/* Nothing that hides, leads elsewhere, means an id or breaks a line. */
	if (!*name || *name == '.' || strchr(name, '/') || strlen(name) > NAME_MAX ||
	    uuid_valid(name) || strncmp(name, "volume-", 7) == 0)
		return 0;
	for (; *byte; byte++) {
		if ((unsigned char)*byte < 0x20 || *byte == 0x7f)
			return 0;
	}
	if (desk_each_volume(call->rest->desk, compare_volume, &search, err) < 0)
		return -1;
	return !search.found;
}

/* ---- views ---- */

static void
put_brief(
    const struct rest_call *call, struct json_writer *writer, const struct volume_record *volume)
{
	json_member_text(writer, "id", volume->id);
	json_member_text(writer, "name", volume->name[0] ? volume->name : NULL);
	rest_put_links(call, writer, "volumes", volume->id);
}

/* What only administrators see. */
static const char *const admin_nulls[] = { "migration_status", "os-vol-mig-status-attr:migstat",
	"os-vol-mig-status-attr:name_id", "os-vol-host-attr:host", NULL };

static void
put_nulls(struct json_writer *writer, const char *const *keys)
{
	for (; *keys; keys++)
		json_member_text(writer, *keys, NULL);
}

static void
put_empty(struct json_writer *writer)
{
	json_key(writer, "metadata");
	json_begin_object(writer);
	json_end_object(writer);
	json_key(writer, "attachments");
	json_begin_array(writer);
	json_end_array(writer);
}

static void
put_later(const struct rest_call *call, struct json_writer *writer)
{
	static const struct {
		unsigned since;
		const char *key;
		bool admin;
	} nulls[] = { { 13, "group_id", false }, { 21, "provider_id", true },
		{ 48, "service_uuid", false }, { 61, "cluster_name", true },
		{ 63, "volume_type_id", false } };
	size_t i;

	for (i = 0; i < sizeof nulls / sizeof nulls[0]; i++) {
		if (call->minor >= nulls[i].since && (call->admin || !nulls[i].admin))
			json_member_text(writer, nulls[i].key, NULL);
	}
	if (call->minor >= 48)
		json_member_bool(writer, "shared_targets", false);
	if (call->minor >= 65)
		json_member_bool(writer, "consumes_quota", true);
}

static void
put_volume(
    const struct rest_call *call, struct json_writer *writer, const struct volume_record *volume)
{
	static const char *const nulls[] = { "description", "volume_type", "snapshot_id",
		"source_volid", "replication_status", "consistencygroup_id", NULL };

	json_begin_object(writer);
	put_brief(call, writer, volume);
	json_member_text(writer, "status", volume_status_name(volume->status));
	json_member_number(writer, "size", (int64_t)volume->size);
	json_member_text(writer, "availability_zone", desk_zone(call->rest->desk));
	rest_put_time(writer, "created_at", volume->created_at, true);
	rest_put_time(writer, "updated_at", volume->created_at, true);
	put_nulls(writer, nulls);
	if (call->admin)
		put_nulls(writer, admin_nulls);
	put_empty(writer);
	json_member_text(writer, "user_id", call->user_id);
	json_member_text(writer, "os-vol-tenant-attr:tenant_id", call->project_id);
	json_member_text(writer, "bootable", "false");
	json_member_bool(writer, "encrypted", false);
	json_member_bool(writer, "multiattach", false);
	put_later(call, writer);
	json_end_object(writer);
}

int
rest_volume_show(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct volume_record volume;
	struct err err = ERR_INIT;
	int found = rest_volume_find(call, call->id, &volume, &err);

	if (found < 0)
		return rest_fail_err(call, &err);
	if (!found)
		return rest_fail_absent(call, "Volume", call->id);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "volume");
	put_volume(call, &writer, &volume);
	json_end_object(&writer);
	return 0;
}

/* ---- lists ---- */

struct gathering {
	struct rest_call *call;
	struct volume_record *volumes;
	size_t count, room;
};

static void
drop_gathering(struct gathering *gathering)
{
	free(gathering->volumes);
}

/* Filters that a volume has a column for; of any other, its value is never theirs. */
static bool
is_wanted(const struct rest_call *call, const struct volume_record *volume)
{
	unsigned i;

	for (i = 0; i < call->n_params; i++) {
		const struct rest_param *param = &call->params[i];
		const char *value = strcmp(param->key, "name") == 0 ? volume->name
				    : strcmp(param->key, "id") == 0 ? volume->id
				    : strcmp(param->key, "status") == 0
					? volume_status_name(volume->status)
				    : strcmp(param->key, "project_id") == 0
					? param->value /* volumes are everybody's */
					: "";

		if (!rest_page_knows(param->key) && strcmp(value, param->value) != 0)
			return false;
	}
	return true;
}

static int
gather(void *arg, const struct volume_record *volume, struct err *err)
{
	struct gathering *gathering = arg;

	if (!is_wanted(gathering->call, volume))
		return 0;
	if (gathering->count == gathering->room) {
		size_t room = gathering->room ? 2 * gathering->room : 16;
		struct volume_record *volumes = realloc(gathering->volumes, room * sizeof *volumes);

		if (!volumes)
			return err_memory(err);
		gathering->volumes = volumes;
		gathering->room = room;
	}
	gathering->volumes[gathering->count++] = *volume;
	return 0;
}

/* Last written first, then by id. */
static int
compare_records(const void *one, const void *other)
{
	const struct volume_record *a = one, *b = other;

	if (a->created_at != b->created_at)
		return a->created_at < b->created_at ? 1 : -1;
	return strcmp(b->id, a->id);
}

/* Where the page begins; count + 1: there is no such marker. */
static size_t
find_start(const struct gathering *gathering, const struct rest_page *page)
{
	size_t i = 0;

	if (page->marker) {
		while (i < gathering->count && strcmp(gathering->volumes[i].id, page->marker) != 0)
			i++;
		i++;
	}
	return i > gathering->count || page->offset > gathering->count - i
		   ? gathering->count + (i > gathering->count)
		   : i + page->offset;
}

static int
list(struct rest_call *call, bool detail)
{
	scoped(drop_gathering) struct gathering found = { .call = call };
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct err err = ERR_INIT;
	struct rest_page page;
	size_t i, end;

	if (rest_page_parse(call, &page) < 0)
		return -1;
	if (desk_each_volume(call->rest->desk, gather, &found, &err) < 0)
		return rest_fail_err(call, &err);
	if (found.count)
		qsort(found.volumes, found.count, sizeof *found.volumes, compare_records);
	i = find_start(&found, &page);
	if (i > found.count)
		return rest_fail_absent(call, "Volume", page.marker);
	end = found.count - i > page.limit ? i + page.limit : found.count;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "volumes");
	json_begin_array(&writer);
	for (size_t at = i; at < end; at++) {
		if (detail) {
			put_volume(call, &writer, &found.volumes[at]);
			continue;
		}
		json_begin_object(&writer);
		put_brief(call, &writer, &found.volumes[at]);
		json_end_object(&writer);
	}
	json_end_array(&writer);
	rest_page_end(call, &writer, "volumes", &page, end - i,
	    end > i ? found.volumes[end - 1].id : "", found.count);
	json_end_object(&writer);
	return 0;
}

int
rest_volume_list(struct rest_call *call)
{
	return list(call, false);
}

int
rest_volume_detail(struct rest_call *call)
{
	return list(call, true);
}
