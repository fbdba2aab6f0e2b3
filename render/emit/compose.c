#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "doc/dump.h"
#include "emit/kinds.h"
#include "role/role.h"

enum { FILE_MAX = 16 << 20 };

/* Names that the deployment and compose give to the same thing. */
static const struct {
	const char *ours, *theirs;
} fields[] = {
	{ "image", "image" },
	{ "command", "command" },
	{ "user", "user" },
	{ "net", "network_mode" },
	{ "ipc", "ipc" },
	{ "pid", "pid" },
	{ "privileged", "privileged" },
	{ "restart", "restart" },
	{ "environment", "environment" },
	{ "env_file", "env_file" },
	{ "ulimit", "ulimits" },
	{ "volumes", "volumes" },
	{ "healthcheck", "healthcheck" },
};

/* compose reads $ as its own: doubled, it is one of ours. */
static const struct value *
dollars(struct arena *arena, const struct value *value, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(1 << 16);
	struct list_builder list = { .arena = arena };

	if (value->type == VALUE_LIST) {
		for (size_t i = 0; i < value->list.count; i++) {
			const struct value *item = dollars(arena, value->list.items[i], err);

			if (!item || list_add(&list, item, err) < 0)
				return NULL;
		}
		return list_done(&list, value->at, err);
	}
	if (value->type != VALUE_TEXT || !strchr(value->text.data, '$'))
		return value;
	for (const char *c = value->text.data; *c; c++)
		buf_text(&out, *c == '$' ? "$$" : (const char[2]){ *c, '\0' });
	return buf_check(&out, err) < 0 ? NULL : value_span(arena, buf_span(&out), err);
}

static const struct value *
make_service(const struct role *role, const char *name, const struct value *from,
    const struct value *after, struct err *err)
{
	struct map_builder map = { .arena = role->arena };
	const struct value *text = value_text(role->arena, name, err);

	if (!text || map_put(&map, "container_name", text, err) < 0)
		return NULL;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const struct value *value = value_get(from, fields[i].ours);

		if (!value || value->type == VALUE_NULL)
			continue;
		value = dollars(role->arena, value, err);
		if (!value || map_put(&map, fields[i].theirs, value, err) < 0)
			return NULL;
	}
	if (after && map_put(&map, "depends_on", after, err) < 0)
		return NULL;
	return map_done(&map, from->at, err);
}

/* Start after every preparation has ended well. */
static const struct value *
make_after(const struct role *role, struct err *err)
{
	struct map_builder map = { .arena = role->arena };
	struct map_builder condition = { .arena = role->arena };
	const struct value *text = value_text(role->arena, "service_completed_successfully", err);

	if (!text || map_put(&condition, "condition", text, err) < 0)
		return NULL;
	const struct value *done = map_done(&condition, (struct place){ 0 }, err);
	for (size_t i = 0; done && i < role->preparations->map.count; i++)
		if (map_set(&map, role->preparations->map.members[i].key, done, err) < 0)
			return NULL;
	return done ? map_done(&map, (struct place){ 0 }, err) : NULL;
}

static int
add_services(const struct role *role, struct map_builder *services, struct err *err)
{
	const struct value *after = NULL, *service;

	for (size_t i = 0; i < role->preparations->map.count; i++) {
		const struct member *member = &role->preparations->map.members[i];

		service = make_service(role, member->key->text.data, member->value, NULL, err);
		if (!service || map_set(services, member->key, service, err) < 0)
			return -1;
	}
	if (role->preparations->map.count && !(after = make_after(role, err)))
		return -1;
	service = make_service(role, role->container_name, role->container, after, err);
	return service ? map_put(services, role->container_name, service, err) : -1;
}

int
emit_compose(const struct role *role, struct buf *out, struct err *err)
{
	struct map_builder services = { .arena = role->arena }, whole = { .arena = role->arena };
	const struct value *value;

	if (add_services(role, &services, err) < 0)
		return -1;
	value = map_done(&services, (struct place){ 0 }, err);
	if (!value || map_put(&whole, "services", value, err) < 0)
		return -1;
	value = map_done(&whole, (struct place){ 0 }, err);
	if (!value)
		return -1;
	dump_yaml(value, out);
	return buf_check(out, err);
}

/* What kolla_start does inside the container; the host mounts it from this path. */
static int
put_kolla(const struct role *role, const struct member *file, emit_file_fn *fn, void *arg,
    struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(FILE_MAX);
	const struct dump_style style = { .indent = 2 };
	const char *slash =
	    file->key->type == VALUE_TEXT ? strrchr(file->key->text.data, '/') : NULL;

	if (!slash || !slash[1] || slash[1] == '.')
		return err_at(err, file->key->at, ERR_INVALID, "kolla_config: a path wanted");
	char *path = arena_printf(role->arena, err, "kolla_config%s", slash);
	dump_json(file->value, &style, &out);
	buf_byte(&out, '\n');
	if (!path || buf_check(&out, err) < 0)
		return -1;
	return fn(arg, path, 0644, buf_span(&out), err);
}

int
emit_compose_files(const struct role *role, emit_file_fn *fn, void *arg, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(FILE_MAX);
	const struct value *kolla = value_get(role->data, "kolla_config");

	if (emit_compose(role, &out, err) < 0 ||
	    fn(arg, "compose.yaml", 0644, buf_span(&out), err) < 0)
		return -1;
	for (size_t i = 0; kolla && kolla->type == VALUE_MAP && i < kolla->map.count; i++)
		if (put_kolla(role, &kolla->map.members[i], fn, arg, err) < 0)
			return -1;
	return 0;
}
