/* Checks of the merged environment alone, and of the files it was merged from. */
#include <stdio.h>
#include <string.h>

#include "validate.h"

/* parameters: reach the top template only, which declares none of ours. */
static void
check_parameters_section(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameters");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct value *key = section->map.members[i].key;

		if (!validate_begins(key, "CinderBackup") && !validate_begins(key, "Cinderbank") &&
		    !validate_begins(key, "ExtraConfig"))
			continue;
		validate_tell(inspection, FINDING_ERROR, name, key->at,
		    "write it under parameter_defaults",
		    "the Parameter (%s) was not defined in template", key->text.data);
	}
}

/* Role-specific parameters need a tag in the template, which none of ours has. */
static void
check_role_parameters(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];
		size_t length = member->key->type == VALUE_TEXT ? member->key->text.length : 0;

		if (length <= 10 || member->value->type != VALUE_MAP ||
		    strcmp(member->key->text.data + length - 10, "Parameters") != 0)
			continue;
		for (size_t k = 0; k < member->value->map.count; k++) {
			const struct value *key = member->value->map.members[k].key;

			if (validate_begins(key, "CinderBackup"))
				validate_tell(inspection, FINDING_WARNING, name, key->at,
				    "write it directly under parameter_defaults",
				    "%s has no effect under %s: it is not role-specific",
				    key->text.data, member->key->text.data);
		}
	}
}

/* Where ExtraConfig says something that counts for other nodes only. */
static void
check_other_roles(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];
		size_t length = member->key->type == VALUE_TEXT ? member->key->text.length : 0;
		size_t role = strlen(inspection->render->role_name);

		if (length <= 11 || member->value->type != VALUE_MAP ||
		    strcmp(member->key->text.data + length - 11, "ExtraConfig") != 0 ||
		    (length == role + 11 &&
			!strncasecmp(member->key->text.data, inspection->render->role_name, role)))
			continue;
		for (size_t k = 0; k < member->value->map.count; k++) {
			const struct value *key = member->value->map.members[k].key;

			if (validate_begins(key, "cinder::"))
				validate_tell(inspection, FINDING_WARNING, name, key->at,
				    "ExtraConfig reaches every node",
				    "%s reaches nodes of another role than %s",
				    member->key->text.data, inspection->render->role_name);
		}
	}
}

/* controllerExtraConfig still works, below ControllerExtraConfig. */
static void
check_deprecated(const struct inspection *inspection, const char *name)
{
	const struct member *member =
	    value_member(environment_section(inspection->render->environment, "parameter_defaults"),
		"controllerExtraConfig");

	if (member)
		validate_tell(inspection, FINDING_WARNING, name, member->key->at,
		    "write ControllerExtraConfig", "controllerExtraConfig is deprecated");
}

/* Keys by node are read only where the registry says so. */
static void
check_nodes(const struct inspection *inspection, const char *name)
{
	const struct member *member =
	    value_member(environment_section(inspection->render->environment, "parameter_defaults"),
		"NodeDataLookup");
	const struct value *registry =
	    environment_section(inspection->render->environment, "resource_registry");
	char type[128];

	snprintf(
	    type, sizeof(type), "OS::TripleO::%sExtraConfigPre", inspection->render->role_name);
	if (member && !value_get(registry, type) &&
	    !value_get(registry, "OS::TripleO::NodeExtraConfig"))
		validate_tell(inspection, FINDING_WARNING, name, member->key->at,
		    "map it to puppet/extraconfig/pre_deploy/per_node.yaml of director",
		    "NodeDataLookup has no effect in a deployment: %s is not mapped", type);
}

/* Is the file one of a directory's? */
static bool
is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	while (length > 1 && directory[length - 1] == '/')
		length--;
	return !strncmp(path, directory, length) && path[length] == '/';
}

bool
validate_in_directory(const struct inspection *inspection, const char *path)
{
	const struct environment_files *files = &inspection->render->inputs->files;

	for (size_t i = 0; i < files->n_directories; i++)
		if (is_below(path, files->directories[i]))
			return true;
	return false;
}

/* Does a file given by -e set the parameter to something else? */
static bool
is_beaten(const struct inspection *inspection, const struct member *member)
{
	const struct environment *environment = inspection->render->environment;

	for (size_t i = 0; i < environment_count(environment); i++) {
		const char *path;
		const struct value *file = environment_file(environment, i, &path);
		const struct value *section =
		    file->type == VALUE_MAP ? value_get(file, "parameter_defaults") : NULL;
		const struct value *value = section && section->type == VALUE_MAP
						? value_get(section, member->key->text.data)
						: NULL;

		if (value && value->type != VALUE_MAP && !validate_in_directory(inspection, path) &&
		    !value_equal(value, member->value))
			return true;
	}
	return false;
}

/* Directories come before every -e, wherever they stand on the command line. */
static void
check_directories(const struct inspection *inspection, const char *name)
{
	const struct environment *environment = inspection->render->environment;

	for (size_t i = 0; i < environment_count(environment); i++) {
		const char *path;
		const struct value *file = environment_file(environment, i, &path);
		const struct value *section =
		    file->type == VALUE_MAP ? value_get(file, "parameter_defaults") : NULL;

		if (!section || section->type != VALUE_MAP ||
		    !validate_in_directory(inspection, path))
			continue;
		for (size_t k = 0; k < section->map.count; k++) {
			const struct member *member = &section->map.members[k];

			if (member->key->type == VALUE_TEXT && is_beaten(inspection, member))
				validate_tell(inspection, FINDING_WARNING, name, member->key->at,
				    "give the file by -e, behind the others",
				    "%s is lost: a file given by -e wins over a directory's",
				    member->key->text.data);
		}
	}
}

const struct check environment_checks[] = {
	{ "node-data", STAGE_ENVIRONMENT, false, check_nodes },
	{ "directory-order", STAGE_ENVIRONMENT, false, check_directories },
	{ "parameters-section", STAGE_ENVIRONMENT, true, check_parameters_section },
	{ "role-parameters", STAGE_ENVIRONMENT, false, check_role_parameters },
	{ "other-role", STAGE_ENVIRONMENT, false, check_other_roles },
	{ "deprecated-parameter", STAGE_ENVIRONMENT, false, check_deprecated },
	{ 0 },
};
