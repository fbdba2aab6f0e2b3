/* Checks of hiera keys: where they stand, and whether any class knows them. */
#include <stdio.h>
#include <string.h>

#include "options/nearest.h"
#include "validate.h"

#define ENTRIES "cinder::config::cinder_config"

/* Does a key of ExtraConfig look like what belongs into cinder_config? */
static const char *
misplaced(const struct value *key)
{
	const char *text = key->type == VALUE_TEXT ? key->text.data : "";

	if (strchr(text, '/'))
		return "write it under " ENTRIES;
	if (!strcmp(text, "cinder_config") || !strcmp(text, "cinder::config") ||
	    !strcmp(text, "cinder:config::cinder_config") ||
	    !strcmp(text, "cinder::config:cinder_config") || !strcmp(text, "cinder::cinder_config"))
		return "write " ENTRIES;
	if (!strcmp(text, "DEFAULT"))
		return "write " ENTRIES ": DEFAULT/option: {value: ...}";
	if (!strstr(text, "::") && strstr(text, "backup_"))
		return "write " ENTRIES ": DEFAULT/option: {value: ...}";
	return NULL;
}

/* Hiera keys directly under parameter_defaults are parameters that nobody declares. */
static void
check_level(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct value *key = section->map.members[i].key;

		if (key->type == VALUE_TEXT && strstr(key->text.data, "::"))
			validate_tell(inspection, FINDING_WARNING, name, key->at,
			    "write it under ExtraConfig",
			    "%s has no effect directly under parameter_defaults", key->text.data);
	}
}

/* Calls fn on every map of hiera keys that the environment's parameters hold. */
static void
each_extra(const struct inspection *inspection, const char *name,
    void (*fn)(const struct inspection *, const char *, const struct value *))
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];
		size_t length = member->key->type == VALUE_TEXT ? member->key->text.length : 0;

		if (length >= 11 && member->value->type == VALUE_MAP &&
		    !strcmp(member->key->text.data + length - 11, "ExtraConfig"))
			fn(inspection, name, member->value);
	}
}

static void
look_for_misplaced(const struct inspection *inspection, const char *name, const struct value *keys)
{
	for (size_t i = 0; i < keys->map.count; i++) {
		const struct value *key = keys->map.members[i].key;
		const char *hint = misplaced(key);

		if (hint)
			validate_tell(inspection, FINDING_WARNING, name, key->at, hint,
			    "no class reads the hiera key %s: it has no effect", key->text.data);
	}
}

static void
check_misplaced(const struct inspection *inspection, const char *name)
{
	each_extra(inspection, name, look_for_misplaced);
}

static bool
is_read(const struct rules *rules, const char *key, struct nearest *nearest)
{
	for (size_t i = 0; i < rules->count; i++) {
		for (size_t k = 0; k < rules->rows[i].n_keys; k++) {
			if (!strcmp(rules->rows[i].keys[k], key))
				return true;
			nearest_offer(nearest, rules->rows[i].keys[k]);
		}
		if (rules->rows[i].entries && !strcmp(rules->rows[i].entries, key))
			return true;
	}
	return false;
}

/* A parameter of a class that the backup service brings in, to judge by its name. */
static bool
is_ours(const struct value *key)
{
	static const char *const classes[] = { "cinder::backup::", "cinder::db::",
		"cinder::glance::", "cinder::nova::", "cinder::logging::",
		"cinder::keystone::service_user::" };

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (validate_begins(key, classes[i]))
			return true;
	return false;
}

/* Class parameters of the chosen backend are all known; another backend's have no effect. */
static void
look_for_unread(const struct inspection *inspection, const char *name, const struct value *keys)
{
	const struct rules *rules = &inspection->render->role.rules;

	for (size_t i = 0; i < keys->map.count; i++) {
		const struct value *key = keys->map.members[i].key;
		struct nearest nearest = { 0 };
		char hint[200] = "leave it out";

		if (!is_ours(key))
			continue;
		nearest.word = key->text.data;
		if (is_read(rules, key->text.data, &nearest) ||
		    !strcmp(key->text.data, "cinder::backup::enabled") ||
		    !strcmp(key->text.data, "cinder::backup::manage_service"))
			continue;
		if (nearest.name)
			snprintf(hint, sizeof(hint), "did you mean %s?", nearest.name);
		else if (!validate_begins(key, "cinder::backup::"))
			continue;
		validate_tell(inspection, FINDING_WARNING, name, key->at, hint,
		    "no class of this backend reads %s: it has no effect", key->text.data);
	}
}

static void
check_unread(const struct inspection *inspection, const char *name)
{
	each_extra(inspection, name, look_for_unread);
}

/* The role's map replaces the general one as a whole. */
static void
check_hidden(const struct inspection *inspection, const char *name)
{
	const struct hiera *hiera = &inspection->render->role.hiera;
	const struct value *above = NULL;
	const char *level = NULL;

	for (size_t i = 0; i < hiera->n_levels; i++) {
		const struct value *here = value_get(hiera->levels[i].data, ENTRIES);

		for (size_t k = 0; above && here && here->type == VALUE_MAP && k < here->map.count;
		     k++) {
			const struct value *key = here->map.members[k].key;

			if (key->type == VALUE_TEXT &&
			    (above->type != VALUE_MAP || !value_get(above, key->text.data)))
				validate_tell(inspection, FINDING_WARNING, name, key->at,
				    "write it there too",
				    "%s is hidden: " ENTRIES " of %s counts as a whole",
				    key->text.data, level);
		}
		if (here && !above) {
			above = here;
			level = hiera->levels[i].name;
		}
	}
}

static void
look_for_percent(const struct inspection *inspection, const char *name, const struct value *value)
{
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++)
		look_for_percent(inspection, name, value->map.members[i].value);
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		look_for_percent(inspection, name, value->list.items[i]);
	if (value->type == VALUE_TEXT && strstr(value->text.data, "%{"))
		validate_tell(inspection, FINDING_WARNING, name, value->at,
		    "write %{literal('%')}{ for the characters themselves",
		    "%%{ in a value is replaced by hiera");
}

static void
check_percent(const struct inspection *inspection, const char *name)
{
	each_extra(inspection, name, look_for_percent);
}

const struct check hiera_checks[] = {
	{ "hiera-key-place", STAGE_ENVIRONMENT, false, check_level },
	{ "hiera-key-misplaced", STAGE_ENVIRONMENT, false, check_misplaced },
	{ "hiera-key-unread", STAGE_ROLE, false, check_unread },
	{ "hidden-entries", STAGE_ROLE, false, check_hidden },
	{ "interpolation", STAGE_ENVIRONMENT, false, check_percent },
	{ 0 },
};
