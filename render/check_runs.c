/* Checks of several files together: of one run, and of this one with an earlier one. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "validate.h"

enum { NAME_MAX_LENGTH = 300 };

/* Two maps side by side: of a file and of all files, or of an earlier run and of this one. */
struct comparison {
	const struct inspection *inspection;
	const char *check;
	struct buf *path; /* of the maps, with / between */
	void (*tell)(const struct comparison *comparison, const struct member *was,
	    const struct member *now);
};

/* Tell of each value below was that now has otherwise, or not at all. */
static void
compare(const struct comparison *comparison, const struct value *was, const struct value *now)
{
	size_t length = comparison->path->length;

	for (size_t i = 0; i < was->map.count; i++) {
		const struct member *member = &was->map.members[i];
		const struct member *other =
		    now->type == VALUE_MAP ? value_find(now, member->key) : NULL;

		comparison->path->length = length;
		if (length)
			buf_byte(comparison->path, '/');
		value_python(member->key, comparison->path);
		if (comparison->path->failed)
			return;
		if (member->value->type == VALUE_MAP && other && other->value->type == VALUE_MAP)
			compare(comparison, member->value, other->value);
		else
			comparison->tell(comparison, member, other);
	}
	comparison->path->length = length;
}

static bool
same_place(struct place a, struct place b)
{
	return a.line == b.line && a.column == b.column && a.file && b.file &&
	       !strcmp(a.file, b.file);
}

/* A later -e says otherwise: as meant, mostly, but not where lists were thought to add up. */
static void
tell_lost(const struct comparison *comparison, const struct member *was, const struct member *now)
{
	const struct value *old = was->value, *new = now ? now->value : NULL;
	bool list = old->type == VALUE_LIST;

	if (!new || old->type == VALUE_NULL || same_place(old->at, new->at) ||
	    value_equal(old, new))
		return;
	validate_tell(comparison->inspection, list ? FINDING_WARNING : FINDING_NOTE,
	    comparison->check, old->at,
	    list ? "lists replace each other: write all items into the last one" : "",
	    "%s is lost: %s:%u:%u sets it again", buf_string(comparison->path), new->at.file,
	    new->at.line, new->at.column);
}

static bool
is_extra(const struct value *key)
{
	size_t length = key->type == VALUE_TEXT ? key->text.length : 0;

	return length >= 11 && !strcmp(key->text.data + length - 11, "ExtraConfig");
}

/* What of one file's parameters the backup service reads, against the merged ones. */
static void
compare_file(struct comparison *comparison, const struct value *section)
{
	const struct inspection *inspection = comparison->inspection;
	const struct value *merged =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		struct member member = section->map.members[i];
		const struct value one = { .type = VALUE_MAP,
			.map = { .members = &member, .count = 1 } };

		if (is_extra(member.key) ||
		    (member.key->type == VALUE_TEXT &&
			validate_parameter(inspection, member.key->text.data)))
			compare(comparison, &one, merged);
	}
}

static void
check_lost(const struct inspection *inspection, const char *name)
{
	const struct environment *environment = inspection->render->environment;
	scoped(buf_drop) struct buf path = BUF(NAME_MAX_LENGTH);
	struct comparison comparison = { inspection, name, &path, tell_lost };

	for (size_t i = 0; i < environment_count(environment); i++) {
		const char *file;
		const struct value *value = environment_file(environment, i, &file);
		const struct value *section =
		    value->type == VALUE_MAP ? value_get(value, "parameter_defaults") : NULL;

		/* Of a directory's files check_directories() tells. */
		if (section && section->type == VALUE_MAP &&
		    !validate_in_directory(inspection, file))
			compare_file(&comparison, section);
	}
}

/* Set by an earlier run, and by none of the files of this one. */
static void
tell_forgotten(
    const struct comparison *comparison, const struct member *was, const struct member *now)
{
	if (now || was->value->type == VALUE_NULL)
		return;
	validate_tell(comparison->inspection, FINDING_WARNING, comparison->check, was->key->at,
	    "pass the -e again that set it", "%s was set by an earlier run, and is set no more",
	    buf_string(comparison->path));
}

/* The plan keeps the registry of earlier runs, but not their parameters. */
static void
tell_kept(const struct comparison *comparison, const struct member *was, const struct member *now)
{
	if (!now)
		validate_tell(comparison->inspection, FINDING_NOTE, comparison->check, was->key->at,
		    "pass the -e again that maps it",
		    "%s was mapped by an earlier run: the plan keeps that, a new plan would not",
		    buf_string(comparison->path));
}

static void
check_redeploy(const struct inspection *inspection, const char *name)
{
	static const struct {
		const char *section;
		void (*tell)(
		    const struct comparison *, const struct member *, const struct member *);
	} sections[] = {
		{ "parameter_defaults", tell_forgotten },
		{ "parameters", tell_forgotten },
		{ "resource_registry", tell_kept },
	};
	scoped(buf_drop) struct buf path = BUF(NAME_MAX_LENGTH);

	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections); i++) {
		struct comparison comparison = { inspection, name, &path, sections[i].tell };
		const struct value *was =
		    inspection->render->earlier
			? value_get(inspection->render->earlier, sections[i].section)
			: NULL;

		if (was && was->type == VALUE_MAP)
			compare(&comparison, was,
			    environment_section(
				inspection->render->environment, sections[i].section));
	}
}

/* Does the list of a role in roles_data.yaml name the service?  True too without a list. */
static bool
lists_service(const struct value *role, const char *service)
{
	const struct value *services = value_get(role, "ServicesDefault");

	if (!services || services->type != VALUE_LIST)
		return true;
	for (size_t i = 0; i < services->list.count; i++)
		if (value_is_text(services->list.items[i], service))
			return true;
	return false;
}

/* A node of a role without the service has nothing of what is rendered. */
static void
check_role(const struct inspection *inspection, const char *name)
{
	const struct render *render = inspection->render;
	const struct value *roles = render->roles;

	for (size_t i = 0; roles && roles->type == VALUE_LIST && i < roles->list.count; i++) {
		const struct value *role = roles->list.items[i];

		if (role->type != VALUE_MAP ||
		    !value_is_text(value_get(role, "name"), render->role_name) ||
		    lists_service(role, render->service_type))
			continue;
		validate_tell(inspection, FINDING_WARNING, name, role->at,
		    "give --role of one that lists it", "role %s does not list %s",
		    render->role_name, render->service_type);
	}
}

const struct check run_checks[] = {
	{ "redeploy", STAGE_ENVIRONMENT, false, check_redeploy },
	{ "role-service", STAGE_ENVIRONMENT, false, check_role },
	{ "lost-setting", STAGE_TEMPLATE, false, check_lost },
	{ 0 },
};
