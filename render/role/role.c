#include "role/role.h"

#include <string.h>

#include "base/arena.h"
#include "role/levels.h"

const char *
role_form_name(enum role_form form)
{
	static const char *const names[] = {
		[ROLE_BUNDLE] = "bundle",
		[ROLE_CLUSTERED] = "clustered",
		[ROLE_CONTAINER] = "container",
		[ROLE_PLAIN] = "plain",
		[ROLE_OTHER] = "another service",
	};

	return names[form];
}

/* step_config stands by itself, or inside puppet_config where there are containers. */
static const char *
step_config(const struct value *data)
{
	const struct value *puppet = value_get(data, "puppet_config");
	const struct value *step =
	    value_get(puppet && puppet->type == VALUE_MAP ? puppet : data, "step_config");

	return step && step->type == VALUE_TEXT ? step->text.data : "";
}

/* The classes of "include ::a::b" lines; a line may hold several behind semicolons. */
static int
read_classes(struct role *role, const char *manifest, struct err *err)
{
	char *text = arena_text(role->arena, manifest, err), *line;
	const char **classes =
	    arena_array(role->arena, strlen(manifest) / 8 + 1, sizeof(*classes), err);

	if (!text || !classes)
		return -1;
	while ((line = strsep(&text, "\n;"))) {
		line += strspn(line, " \t");
		if (strncmp(line, "include ", 8) != 0)
			continue;
		line += 8 + strspn(line + 8, " \t:");
		line[strcspn(line, " \t")] = '\0';
		if (*line)
			classes[role->n_classes++] = line;
	}
	role->classes = classes;
	return 0;
}

static bool
includes(const struct role *role, const char *class)
{
	for (size_t i = 0; i < role->n_classes; i++)
		if (!strcmp(role->classes[i], class))
			return true;
	return false;
}

/* The container that stays: the one that is restarted whenever it ends. */
static void
read_step(struct role *role, const struct value *step)
{
	for (size_t i = 0; step->type == VALUE_MAP && i < step->map.count; i++) {
		const struct member *member = &step->map.members[i];

		if (member->key->type != VALUE_TEXT || member->value->type != VALUE_MAP ||
		    !value_get(member->value, "restart"))
			continue;
		role->container_name = member->key->text.data;
		role->container = member->value;
	}
}

/* Containers of the steps before, which end by themselves. */
static int
read_preparations(struct role *role, const struct value *config, struct err *err)
{
	struct map_builder map = { .arena = role->arena };

	for (size_t i = 0; i < config->map.count; i++) {
		const struct value *step = config->map.members[i].value;

		for (size_t k = 0; step->type == VALUE_MAP && k < step->map.count; k++) {
			const struct member *member = &step->map.members[k];

			if (member->value != role->container && member->key->type == VALUE_TEXT &&
			    member->value->type == VALUE_MAP &&
			    map_set(&map, member->key, member->value, err) < 0)
				return -1;
		}
	}
	role->preparations = map_done(&map, (struct place){ 0 }, err);
	return role->preparations ? 0 : -1;
}

static int
read_containers(struct role *role, struct err *err)
{
	const struct value *config = value_get(role->data, "docker_config");

	if (!config || config->type != VALUE_MAP)
		return 0;
	for (size_t i = 0; i < config->map.count; i++)
		read_step(role, config->map.members[i].value);
	return role->container ? read_preparations(role, config, err) : 0;
}

/* By its name, or by what it includes. */
static bool
is_backup(const struct role *role)
{
	const struct value *name = value_get(role->data, "service_name");

	if (name && name->type == VALUE_TEXT && !strcmp(name->text.data, "cinder_backup"))
		return true;
	for (size_t i = 0; i < role->n_classes; i++)
		if (strstr(role->classes[i], "::cinder::backup"))
			return true;
	return false;
}

static enum role_form
form_of(const struct role *role)
{
	if (!is_backup(role))
		return ROLE_OTHER;
	if (bundle_wanted(&role->hiera))
		return ROLE_BUNDLE;
	if (includes(role, "tripleo::profile::pacemaker::cinder::backup"))
		return ROLE_CLUSTERED;
	return role->container ? ROLE_CONTAINER : ROLE_PLAIN;
}

/* Facts, and the role's own name, for the names of levels. */
static const struct value *
all_facts(const struct role_source *source, struct err *err)
{
	struct map_builder facts = { .arena = source->loader->arena };
	const char *lower = levels_role(source, err);
	const struct value *name = lower ? value_text(source->loader->arena, lower, err) : NULL;

	if (!name || (source->facts && map_copy(&facts, source->facts, err) < 0) ||
	    map_put(&facts, "role", name, err) < 0)
		return NULL;
	return map_done(&facts, (struct place){ 0 }, err);
}

static int
read_settings(struct role *role, const struct role_source *source, struct err *err)
{
	const struct settings_source from = { role->arena, &role->rules, &role->hiera,
		role->release, source->findings };

	return settings_make(&role->settings, &from, err);
}

int
role_read(struct role *ret, const struct role_source *source, struct err *err)
{
	struct role role = {
		.arena = source->loader->arena,
		.name = source->name,
		.release = source->release,
		.data = source->role_data,
		.merged = source->merged,
	};
	const struct value *facts = all_facts(source, err);
	char *rules = arena_printf(role.arena, err, "%s/puppet-hiera", source->data_directory);

	if (!facts || !rules)
		return -1;
	if (read_classes(&role, step_config(role.data), err) < 0 ||
	    read_containers(&role, err) < 0 ||
	    rules_load(&role.rules, source->loader, rules, role.release, role.classes,
		role.n_classes, err) < 0 ||
	    levels_make(source, &role.hieradata, err) < 0 ||
	    hiera_make(&role.hiera, role.arena, role.rules.hierarchy, role.hieradata, facts, err) <
		0 ||
	    read_settings(&role, source, err) < 0)
		return -1;
	role.modern = rules_release(role.rules.releases, role.release) >=
		      rules_release(role.rules.releases, "train");
	role.form = form_of(&role);
	enum bundle_age age = bundle_age(role.rules.releases, role.release);
	if (role.form <= ROLE_CLUSTERED && bundle_read(&role.bundle, role.arena, &role.hiera,
					       role.form == ROLE_BUNDLE, age, err) < 0)
		return -1;
	*ret = role;
	return 0;
}
