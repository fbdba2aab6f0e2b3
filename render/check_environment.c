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

static void
check_blank(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];

		if (member->value->type != VALUE_NULL || member->key->type != VALUE_TEXT)
			continue;
		validate_tell(inspection, FINDING_ERROR, name,
		    member->value->at.line ? member->value->at : member->key->at,
		    "write '' for an empty text, {} for an empty map, or leave the line out",
		    "property %s not assigned: it is blank", member->key->text.data);
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

const struct check environment_checks[] = {
    {"parameters-section", STAGE_ENVIRONMENT, true, check_parameters_section},
    {"blank-parameter", STAGE_ENVIRONMENT, false, check_blank},
    {"role-parameters", STAGE_ENVIRONMENT, false, check_role_parameters},
    {"other-role", STAGE_ENVIRONMENT, false, check_other_roles},
    {"deprecated-parameter", STAGE_ENVIRONMENT, false, check_deprecated},
    {0},
};
