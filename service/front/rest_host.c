/* Hosts: the services once more, by where they run, and what of volumes is on each. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/desk.h"
#include "job/volumes.h"
#include "model/service.h"

static const char rule[] = "volume_extension:hosts";

/* ---- list ---- */

struct listing {
	struct rest_call *call;
	struct json_writer *writer;
};

static const char *
zone_of(const struct rest_call *call, const struct service_record *service)
{
	return service->zone[0] ? service->zone : desk_zone(call->rest->desk);
}

static int
tell(void *arg, const struct service_record *service, struct err *err)
{
	const struct listing *listing = arg;
	const struct rest_call *call = listing->call;
	struct json_writer *writer = listing->writer;
	const char *zone = rest_param(call, "zone");

	(void)err;
	if (zone && strcmp(zone, zone_of(call, service)) != 0)
		return 0;
	json_begin_object(writer);
	json_member_text(writer, "host_name", service->host);
	json_member_text(writer, "service", service->binary);
	json_member_text(writer, "zone", zone_of(call, service));
	json_member_text(writer, "service-status",
	    desk_is_up(call->rest->desk, service) ? "available" : "unavailable");
	json_member_text(writer, "service-state", service->disabled ? "disabled" : "enabled");
	rest_put_time(writer, "last-update", service->seen_at, true);
	json_end_object(writer);
	return 0;
}

int
rest_host_list(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct listing listing = { call, &writer };
	struct err err = ERR_INIT;

	if (rest_check_admin(call, rule) < 0)
		return -1;
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "hosts");
	json_begin_array(&writer);
	if (desk_each_service(call->rest->desk, tell, &listing, &err) < 0)
		return rest_fail_err(call, &err);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}

/* ---- show ---- */

/* What one project has there, or all of them; in the order in which they were met. */
struct share {
	const char *project;
	uint64_t volumes, gigabytes, snapshots, snapshot_gigabytes;
	struct share *next;
};

struct count {
	struct rest_call *call;
	struct share all;
};

static void
add(struct share *share, const struct volume_record *volume)
{
	bool snapshot = volume->kind == SNAPSHOT;

	*(snapshot ? &share->snapshots : &share->volumes) += 1;
	*(snapshot ? &share->snapshot_gigabytes : &share->gigabytes) += volume->size;
}

static struct share *
share_of(struct count *count, const char *project, struct err *err)
{
	struct share **link = &count->all.next;

	while (*link && strcmp((*link)->project, project) != 0)
		link = &(*link)->next;
	if (*link)
		return *link;
	*link = arena_alloc(count->call->arena, sizeof **link, err);
	if (*link) {
		**link = (struct share){ .project = arena_text(count->call->arena, project, err) };
		if (!(*link)->project)
			*link = NULL;
	}
	return *link;
}

static int
count_in(void *arg, const struct volume_record *volume, struct err *err)
{
	struct count *count = arg;
	struct share *share;

	if (!volume->project_id[0])
		return 0;
	share = share_of(count, volume->project_id, err);
	if (!share)
		return -1;
	add(&count->all, volume);
	add(share, volume);
	return 0;
}

static void
put_count(struct json_writer *writer, const char *key, uint64_t count)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
	json_member_text(writer, key, digits);
}

static void
put_share(struct json_writer *writer, const char *host, const struct share *share)
{
	json_begin_object(writer);
	json_key(writer, "resource");
	json_begin_object(writer);
	json_member_text(writer, "host", host);
	json_member_text(writer, "project", share->project);
	put_count(writer, "volume_count", share->volumes);
	put_count(writer, "total_volume_gb", share->gigabytes);
	put_count(writer, "snapshot_count", share->snapshots);
	put_count(writer, "total_snapshot_gb", share->snapshot_gigabytes);
	json_end_object(writer);
	json_end_object(writer);
}

static int
is_host(void *arg, const struct service_record *service, struct err *err)
{
	struct rest_call *call = arg;

	(void)err;
	return strcmp(service->host, call->id) == 0;
}

/* Volumes lie on the host that serves them; others have none. */
static int
count_all(struct count *count, struct err *err)
{
	static const enum volume_kind kinds[] = { VOLUME, SNAPSHOT };
	struct desk *desk = count->call->rest->desk;
	size_t i;

	if (strcmp(count->call->id, desk_host(desk)) != 0)
		return 0;
	for (i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const struct volume_filter filter = { .kind = kinds[i] };

		if (volumes_each(desk, &filter, count_in, count, err) < 0)
			return -1;
	}
	return 0;
}

int
rest_host_show(struct rest_call *call)
{
	struct json_writer writer = JSON_WRITER(&call->answer, 0);
	struct count count = { .call = call, .all = { .project = "(total)" } };
	const struct share *share;
	struct err err = ERR_INIT;
	int found;

	if (rest_check_admin(call, rule) < 0)
		return -1;
	found = desk_each_service(call->rest->desk, is_host, call, &err);
	if (found < 0 || count_all(&count, &err) < 0)
		return rest_fail_err(call, &err);
	if (!found)
		return rest_fail_absent(call, "Host", call->id);
	call->status = 200;
	json_begin_object(&writer);
	json_key(&writer, "host");
	json_begin_array(&writer);
	for (share = &count.all; share; share = share->next)
		put_share(&writer, call->id, share);
	json_end_array(&writer);
	json_end_object(&writer);
	return 0;
}
