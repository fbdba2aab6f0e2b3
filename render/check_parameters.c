/* Checks of parameters against the templates that declare them. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/scope.h"
#include "options/nearest.h"
#include "validate.h"

enum { TOKEN_MAX = 64 };

/* Names that no service declares and that count all the same. */
static bool
is_general(const char *name)
{
	size_t length = strlen(name);

	return !strcmp(name, "NodeDataLookup") ||
	       (length >= 11 && !strcmp(name + length - 11, "ExtraConfig")) ||
	       (length >= 10 && !strcmp(name + length - 10, "Parameters"));
}

/* A name that nobody declares is ignored, without a word: tell of those that look like ours. */
static void
check_unknown(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct value *key = section->map.members[i].key;
		struct nearest nearest = { 0 };
		char hint[160] = "nothing declares it; leave it out";

		if (key->type != VALUE_TEXT || strstr(key->text.data, "::") ||
		    is_general(key->text.data) || validate_parameter(inspection, key->text.data))
			continue;
		nearest.word = key->text.data;
		for (size_t k = 0; k < inspection->n_parameters; k++)
			nearest_offer(&nearest, inspection->parameters[k].name);
		if (!nearest.name && !validate_begins(key, "CinderBackup") &&
		    !validate_begins(key, "Cinderbank"))
			continue;
		if (nearest.name)
			snprintf(hint, sizeof(hint), "did you mean %s?", nearest.name);
		validate_tell(inspection, FINDING_WARNING, name, key->at, hint,
		    "unknown parameter %s is ignored", key->text.data);
	}
}

/* The plain word that stands at a place of a file; 0: there is none to be read. */
static int
read_token(struct place at, char token[TOKEN_MAX])
{
	scoped(scoped_fclose) FILE *file = at.line ? fopen(at.file, "re") : NULL;
	scoped(scoped_free) char *line = NULL;
	size_t room = 0, length = 0;

	if (!file)
		return 0;
	for (unsigned number = 0; number < at.line; number++)
		if (getline(&line, &room, file) < 0)
			return 0;
	if (strlen(line) < at.column)
		return 0;
	for (const char *c = line + at.column - 1; *c && !strchr(",}]\n", *c); c++) {
		if (*c == '#' && length && token[length - 1] == ' ')
			break;
		if (length == TOKEN_MAX - 1)
			return 0;
		token[length++] = *c;
	}
	while (length && isspace((unsigned char)token[length - 1]))
		length--;
	token[length] = '\0';
	return length > 0;
}

/* What was typed and what YAML made of it, where a text was wanted. */
static void
check_unquoted(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];
		const struct hot_parameter *parameter =
		    member->key->type == VALUE_TEXT
			? validate_parameter(inspection, member->key->text.data)
			: NULL;
		scoped(buf_drop) struct buf made = BUF(256);
		char token[TOKEN_MAX], hint[160];

		if (!parameter || !parameter->type || strcmp(parameter->type, "string") != 0 ||
		    member->value->type == VALUE_TEXT || member->value->type == VALUE_NULL ||
		    member->value->type > VALUE_TEXT || !read_token(member->value->at, token))
			continue;
		value_python(member->value, &made);
		if (!strcasecmp(token, buf_string(&made)))
			continue;
		snprintf(hint, sizeof(hint), "write '%s', with quotes", token);
		validate_tell(inspection, FINDING_WARNING, name, member->value->at, hint,
		    "%s: unquoted %s becomes \"%s\"", parameter->name, token, buf_string(&made));
	}
}

static const struct value *
parameter_value(const struct inspection *inspection, const char *name)
{
	return value_get(inspection->render->parameter_defaults, name);
}

/* Puppet's cron takes * , lists, ranges and steps of numbers within bounds. */
static bool
is_cron(const char *text, long min, long max)
{
	if (!*text)
		return false;
	while (*text) {
		char *end;

		if (*text == '*')
			text++;
		else if (isdigit((unsigned char)*text)) {
			long number = strtol(text, &end, 10);

			if (number < min || number > max)
				return false;
			text = end;
		} else if (strchr(",-/", *text))
			text++;
		else
			return false;
	}
	return true;
}

static void
check_cron(const struct inspection *inspection, const char *name)
{
	static const struct {
		const char *parameter;
		long min, max;
	} times[] = {
		{ "CinderCronDbPurgeMinute", 0, 59 },
		{ "CinderCronDbPurgeHour", 0, 23 },
		{ "CinderCronDbPurgeMonthday", 1, 31 },
		{ "CinderCronDbPurgeMonth", 1, 12 },
		{ "CinderCronDbPurgeWeekday", 0, 7 },
	};

	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		const struct value *value = parameter_value(inspection, times[i].parameter);
		scoped(buf_drop) struct buf text = BUF(256);
		char hint[96];

		if (!value || value->type == VALUE_NULL)
			continue;
		value_python(value, &text);
		if (is_cron(buf_string(&text), times[i].min, times[i].max))
			continue;
		snprintf(hint, sizeof(hint), "write * or numbers from %ld to %ld, with quotes",
		    times[i].min, times[i].max);
		validate_tell(inspection, FINDING_ERROR, name, value->at, hint,
		    "%s: \"%s\" is no time that cron knows", times[i].parameter, buf_string(&text));
	}
}

/* The password stands in a URL without being encoded. */
static void
check_bus_password(const struct inspection *inspection, const char *name)
{
	const struct value *releases = inspection->render->role.rules.releases;
	int release = inspection->release;
	const char *parameter =
	    release < rules_release(releases, "rocky") ? "RabbitPassword" : "RpcPassword";
	const struct value *value = parameter_value(inspection, parameter);

	if (value && value->type == VALUE_TEXT && release < rules_release(releases, "wallaby") &&
	    strpbrk(value->text.data, "@:/?,[]"))
		validate_tell(inspection, FINDING_WARNING, name, value->at,
		    "choose one of letters and digits",
		    "%s has a character that breaks transport_url", parameter);
}

/* What of the image's name Pacemaker's name is made of. */
static void
check_image(const struct inspection *inspection, const char *name)
{
	static const char *const parameters[] = { "DockerCinderBackupImage",
		"ContainerCinderBackupImage" };

	for (size_t i = 0; i < sizeof(parameters) / sizeof(*parameters); i++) {
		const struct value *value = parameter_value(inspection, parameters[i]);
		const char *image = value && value->type == VALUE_TEXT ? value->text.data : "x:y";
		const char *slash = strrchr(image, '/'), *tag = strrchr(image, ':');

		if (!validate_parameter(inspection, parameters[i]))
			continue;
		if (strchr(image, '@'))
			validate_tell(inspection, FINDING_WARNING, name, value->at,
			    "name the image by a tag",
			    "%s: an image by digest gets a broken name under Pacemaker",
			    parameters[i]);
		else if (!tag || (slash && tag < slash))
			validate_tell(inspection, FINDING_WARNING, name, value->at,
			    "add a tag, as :latest",
			    "%s: an image without a tag gets a broken name under Pacemaker",
			    parameters[i]);
	}
}

/* ExtraConfig, or the role's. */
static bool
is_extra(const struct inspection *inspection, const char *name)
{
	const char *role = inspection->render->role_name;

	return !strcmp(name, "ExtraConfig") ||
	       (!strncmp(name, role, strlen(role)) && !strcmp(name + strlen(role), "ExtraConfig"));
}

/* A blank value hides the default of the template, and assigns nothing. */
static void
check_blank(const struct inspection *inspection, const char *name)
{
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *member = &section->map.members[i];

		if (member->value->type != VALUE_NULL || member->key->type != VALUE_TEXT ||
		    (!validate_parameter(inspection, member->key->text.data) &&
			!is_extra(inspection, member->key->text.data)))
			continue;
		validate_tell(inspection, FINDING_ERROR, name,
		    member->value->at.line ? member->value->at : member->key->at,
		    "write '' for an empty text, {} for an empty map, or leave the line out",
		    "property %s not assigned: it is blank", member->key->text.data);
	}
}

/* Parameters of a backend that was not chosen. */
static void
check_backend(const struct inspection *inspection, const char *name)
{
	static const struct {
		const char *parameter, *backend;
	} owned[] = {
		{ "CinderBackupNfsShare", "nfs" },
		{ "CinderBackupNfsMountOptions", "nfs" },
		{ "CinderBackupRbdPoolName", "ceph" },
		{ "CinderBackupPosixPath", "posix" },
	};
	const struct value *section =
	    environment_section(inspection->render->environment, "parameter_defaults");
	const struct value *chosen = value_get(section, "CinderBackupBackend");
	const char *backend = chosen && chosen->type == VALUE_TEXT ? chosen->text.data : "swift";

	if (!validate_parameter(inspection, "CinderBackupBackend"))
		return;
	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++) {
		const struct member *member = value_member(section, owned[i].parameter);
		char hint[96];

		if (!member || !strcasecmp(owned[i].backend, backend))
			continue;
		snprintf(hint, sizeof(hint), "set CinderBackupBackend: %s, or leave it out",
		    owned[i].backend);
		validate_tell(inspection, FINDING_WARNING, name, member->key->at, hint,
		    "%s has no effect: backups go to %s", owned[i].parameter, backend);
	}
}

const struct check parameter_checks[] = {
	{ "blank-parameter", STAGE_TEMPLATE, true, check_blank },
	{ "other-backend", STAGE_TEMPLATE, false, check_backend },
	{ "unknown-parameter", STAGE_TEMPLATE, false, check_unknown },
	{ "unquoted-value", STAGE_TEMPLATE, false, check_unquoted },
	{ "cron-time", STAGE_TEMPLATE, false, check_cron },
	{ "bus-password", STAGE_ROLE, false, check_bus_password },
	{ "image-name", STAGE_TEMPLATE, false, check_image },
	{ 0 },
};
