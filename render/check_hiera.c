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

/* Its class, with the colons behind it: "cinder::backup::nfs::"; 0: it names none. */
static size_t
class_length(const char *key)
{
	const char *end = NULL;

	for (const char *at = strstr(key, "::"); at; at = strstr(at + 2, "::"))
		end = at + 2;
	return end ? (size_t)(end - key) : 0;
}

/* How a key stands to the classes that the backup service brings in. */
struct reading {
	bool read;  /* one of them has such a parameter */
	bool class; /* one of them is of the key's class */
};

static void
offer(const char *known, struct reading *reading, struct nearest *nearest)
{
	size_t length = class_length(nearest->word);

	if (!strcmp(known, nearest->word))
		reading->read = true;
	if (length && class_length(known) == length && !strncmp(known, nearest->word, length))
		reading->class = true;
	nearest_offer(nearest, known);
}

static struct reading
read_by(const struct rules *rules, struct nearest *nearest)
{
	struct reading reading = { 0 };

	for (size_t i = 0; i < rules->count; i++) {
		for (size_t k = 0; k < rules->rows[i].n_keys; k++)
			offer(rules->rows[i].keys[k], &reading, nearest);
		if (rules->rows[i].entries)
			offer(rules->rows[i].entries, &reading, nearest);
	}
	return reading;
}

/* Is its first word cinder, or meant to be? */
static bool
is_cinders(const char *key)
{
	struct nearest nearest = { 0 };
	const char *end = strchr(key, ':');
	char first[16];

	if (!end || end - key >= (ptrdiff_t)sizeof(first))
		return false;
	snprintf(first, sizeof(first), "%.*s", (int)(end - key), key);
	nearest.word = first;
	nearest_offer(&nearest, "cinder");
	return nearest.name != NULL;
}

/* Classes of puppet-cinder that other services of a node include. */
static bool
is_others(const struct value *key)
{
	static const char *const classes[] = { "api", "backend", "backends", "ceilometer", "client",
		"coordination", "cors", "cron", "db::mysql", "db::postgresql", "db::sync", "deps",
		"healthcheck", "keystone::auth", "keystone::authtoken", "params", "policy", "qos",
		"quota_set", "scheduler", "setup_test_volume", "type", "type_set", "vmware",
		"volume", "wsgi" };
	char prefix[64];

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		snprintf(prefix, sizeof(prefix), "cinder::%s::", classes[i]);
		if (validate_begins(key, prefix))
			return true;
	}
	return false;
}

/*
 * What no class reads.  Of our own classes all parameters are known; of another
 * name under cinder:: or close to it, what is near to one is meant to be it.
 */
static void
look_for_unread(const struct inspection *inspection, const char *name, const struct value *keys)
{
	const struct rules *rules = &inspection->render->role.rules;

	for (size_t i = 0; i < keys->map.count; i++) {
		const struct value *key = keys->map.members[i].key;
		struct nearest nearest = { 0 };
		struct reading reading;
		char hint[200] = "leave it out";
		bool ours;

		if (key->type != VALUE_TEXT || misplaced(key) || is_others(key) ||
		    (!is_cinders(key->text.data) && !validate_begins(key, "tripleo::")))
			continue;
		nearest.word = key->text.data;
		reading = read_by(rules, &nearest);
		ours = reading.class || validate_begins(key, "cinder::backup::");
		if (reading.read || (!ours && (!nearest.name || validate_begins(key, "tripleo::"))))
			continue;
		if (nearest.name)
			snprintf(hint, sizeof(hint), "did you mean %s?", nearest.name);
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
