/* Who answers what: the table of paths, and what holds for all of them. */
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"

enum { ARENA_MAX = 8 * 1048576 };

static const struct route {
	const char *method;
	const char *path[4]; /* behind /v3 and the project; "*": an id */
	rest_handler *handler;
	unsigned since; /* microversion 3.since */
} routes[] = {
	{ "GET", { "backups" }, rest_backup_list, 0 },
	{ "POST", { "backups" }, rest_backup_create, 0 },
	{ "GET", { "backups", "detail" }, rest_backup_detail, 0 },
	{ "POST", { "backups", "import_record" }, rest_backup_import, 0 },
	{ "GET", { "backups", "*" }, rest_backup_show, 0 },
	{ "PUT", { "backups", "*" }, rest_backup_update, 9 },
	{ "DELETE", { "backups", "*" }, rest_backup_delete, 0 },
	{ "POST", { "backups", "*", "restore" }, rest_backup_restore, 0 },
	{ "POST", { "backups", "*", "action" }, rest_backup_action, 0 },
	{ "GET", { "backups", "*", "export_record" }, rest_backup_export, 0 },
	{ "GET", { "volumes" }, rest_volume_list, 0 },
	{ "GET", { "volumes", "detail" }, rest_volume_detail, 0 },
	{ "POST", { "volumes" }, rest_volume_create, 0 },
	{ "GET", { "volumes", "summary" }, rest_volume_summary, 12 },
	{ "GET", { "volumes", "*" }, rest_volume_show, 0 },
	{ "PUT", { "volumes", "*" }, rest_volume_update, 0 },
	{ "DELETE", { "volumes", "*" }, rest_volume_delete, 0 },
	{ "POST", { "volumes", "*", "action" }, rest_volume_action, 0 },
	{ "GET", { "volumes", "*", "metadata" }, rest_metadata_list, 0 },
	{ "POST", { "volumes", "*", "metadata" }, rest_metadata_add, 0 },
	{ "PUT", { "volumes", "*", "metadata" }, rest_metadata_replace, 0 },
	{ "GET", { "volumes", "*", "metadata", "*" }, rest_metadata_show, 0 },
	{ "PUT", { "volumes", "*", "metadata", "*" }, rest_metadata_set, 0 },
	{ "DELETE", { "volumes", "*", "metadata", "*" }, rest_metadata_remove, 0 },
	{ "POST", { "os-volume-manage" }, rest_volume_manage, 8 },
	{ "GET", { "snapshots" }, rest_snapshot_list, 0 },
	{ "GET", { "snapshots", "detail" }, rest_snapshot_detail, 0 },
	{ "POST", { "snapshots" }, rest_snapshot_create, 0 },
	{ "GET", { "snapshots", "*" }, rest_snapshot_show, 0 },
	{ "PUT", { "snapshots", "*" }, rest_snapshot_update, 0 },
	{ "DELETE", { "snapshots", "*" }, rest_snapshot_delete, 0 },
	{ "POST", { "snapshots", "*", "action" }, rest_snapshot_action, 0 },
	{ "GET", { "snapshots", "*", "metadata" }, rest_metadata_list, 0 },
	{ "POST", { "snapshots", "*", "metadata" }, rest_metadata_add, 0 },
	{ "PUT", { "snapshots", "*", "metadata" }, rest_metadata_replace, 0 },
	{ "GET", { "snapshots", "*", "metadata", "*" }, rest_metadata_show, 0 },
	{ "PUT", { "snapshots", "*", "metadata", "*" }, rest_metadata_set, 0 },
	{ "DELETE", { "snapshots", "*", "metadata", "*" }, rest_metadata_remove, 0 },
	{ "GET", { "types" }, rest_type_list, 0 },
	{ "GET", { "types", "*" }, rest_type_show, 0 },
	{ "GET", { "limits" }, rest_limit_list, 0 },
	{ "GET", { "os-quota-sets", "*" }, rest_quota_show, 0 },
	{ "GET", { "os-quota-sets", "*", "defaults" }, rest_quota_defaults, 0 },
	{ "PUT", { "os-quota-sets", "*" }, rest_quota_update, 0 },
	{ "DELETE", { "os-quota-sets", "*" }, rest_quota_delete, 0 },
	{ "GET", { "os-availability-zone" }, rest_zone_list, 0 },
	{ "GET", { "os-volume-transfer" }, rest_transfer_list, 0 },
	{ "GET", { "os-volume-transfer", "detail" }, rest_transfer_list, 0 },
	{ "GET", { "volume-transfers" }, rest_transfer_list, 55 },
	{ "GET", { "volume-transfers", "detail" }, rest_transfer_list, 55 },
	{ "GET", { "messages" }, rest_message_list, 3 },
	{ "GET", { "groups", "detail" }, rest_group_list, 13 },
	{ "GET", { "resource_filters" }, rest_filter_list, 33 },
	{ "GET", { "extensions" }, rest_extension_list, 0 },
	{ "GET", { "scheduler-stats", "get_pools" }, rest_pool_list, 0 },
	{ "GET", { "os-services" }, rest_service_list, 0 },
	{ "PUT", { "os-services", "*" }, rest_service_turn, 0 },
	{ "GET", { "os-hosts" }, rest_host_list, 0 },
	{ "GET", { "os-hosts", "*" }, rest_host_show, 0 },
};

enum { ROUTE_COUNT = sizeof routes / sizeof routes[0], ROUTE_DEPTH = 4 };

static bool
is_collection(const char *part)
{
	size_t i;

	for (i = 0; i < ROUTE_COUNT; i++) {
		if (strcmp(routes[i].path[0], part) == 0)
			return true;
	}
	return false;
}

static bool
is_project(const char *part)
{
	return part[strspn(part, "0123456789abcdef-")] == '\0';
}

static bool
leads_to(const struct route *route, struct rest_call *call, unsigned from)
{
	unsigned i, n = call->n_parts - from;

	for (i = 0; i < ROUTE_DEPTH && route->path[i]; i++) {
		if (i == n)
			return false;
		if (strcmp(route->path[i], "*") == 0)
			*(i < 2 ? &call->id : &call->key) = call->parts[from + i];
		else if (strcmp(route->path[i], call->parts[from + i]) != 0)
			return false;
	}
	return i == n && strcmp(route->method, call->method) == 0;
}

static const struct route *
find_route(struct rest_call *call, unsigned from)
{
	size_t i;

	for (i = 0; i < ROUTE_COUNT; i++) {
		if (leads_to(&routes[i], call, from))
			return &routes[i];
	}
	return NULL;
}

/* Below /v3: the route first, then the version, then who asks. */
static int
dispatch(struct rest_call *call)
{
	unsigned from = is_collection(call->parts[1]) ? 1 : 2;
	const struct route *route = NULL;

	if (from < call->n_parts && (from == 1 || is_project(call->parts[1])))
		route = find_route(call, from);
	if (!route)
		return rest_fail_route(call);
	call->project_in_path = from == 2;
	if (rest_version_choose(call) < 0 ||
	    rest_enter_project(call, from == 2 ? call->parts[1] : NULL) < 0)
		return -1;
	if (call->minor < route->since)
		return rest_fail_generic(call, 404);
	return route->handler(call);
}

static int
find_out(struct rest_call *call)
{
	size_t path = strcspn(call->target, "?");
	bool slash = path && call->target[path - 1] == '/', get;

	get = strcmp(call->method, "GET") == 0;
	if (rest_target_parse(call) < 0)
		return -1;
	if (call->n_parts == 0)
		return get ? rest_versions(call) : rest_fail_route(call);
	if (strcmp(call->parts[0], "v3") != 0 || (call->n_parts == 1 && !get))
		return rest_fail_route(call);
	if (rest_identify(call) < 0)
		return -1;
	if (call->n_parts == 1)
		return slash ? rest_versions(call) : rest_versions_redirect(call);
	return slash ? rest_fail_route(call) : dispatch(call);
}

/* Not every text that a caller calls us is one that an answer should repeat. */
static const char *
find_base(const struct rest_call *call)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789.-_:[]";
	struct err ignored = ERR_INIT;
	const char *base = NULL;

	if (call->host && call->host[0] && call->host[strspn(call->host, good)] == '\0' &&
	    strlen(call->host) < 256)
		base = arena_printf(call->arena, &ignored, "http://%s", call->host);
	return base ? base : "";
}

void
rest_answer(struct rest_call *call)
{
	call->arena = arena_new(ARENA_MAX);
	call->base = call->arena ? find_base(call) : "";
	if (!call->arena)
		rest_fail_generic(call, 500);
	else
		find_out(call);
	if (call->answer.failed)
		rest_fail_generic(call, 500);
}
