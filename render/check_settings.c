/* Checks of the cinder.conf that comes out, against the rows of its options. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options/opt.h"
#include "validate.h"

static const struct setting_line *
line_of(const struct inspection *inspection, const char *name)
{
	return settings_find(&inspection->render->role.settings, "DEFAULT", name);
}

static bool
uses(const struct inspection *inspection, const char *backend)
{
	const struct setting_line *driver = line_of(inspection, "backup_driver");

	return driver && strstr(driver->value, backend);
}

/* Where a setting came from, or else who chose the backend. */
static struct place
place_of(const struct inspection *inspection, const struct setting_line *line)
{
	const struct value *backend =
	    value_get(inspection->render->parameter_defaults, "CinderBackupBackend");

	if (line && line->at.line)
		return line->at;
	return backend ? backend->at : (struct place){ 0 };
}

static void
check_share(const struct inspection *inspection, const char *name)
{
	const struct setting_line *share = line_of(inspection, "backup_share");
	const struct value *backend =
	    value_get(inspection->render->parameter_defaults, "CinderBackupBackend");

	if (!uses(inspection, "drivers.nfs"))
		return;
	if (!share || !*share->value)
		validate_tell(inspection, FINDING_ERROR, name,
		    backend ? backend->at : (struct place){ 0 },
		    "set CinderBackupNfsShare: 'HOST:/PATH'",
		    "backups go to an NFS share, but CinderBackupNfsShare is empty");
	else if (!strstr(share->value, ":/") || *share->value == ':')
		validate_tell(inspection, FINDING_ERROR, name, place_of(inspection, share),
		    "write HOST:/PATH", "\"%s\" is not a share", share->value);
	else if (*share->value != '[' && strchr(share->value, ':') != strstr(share->value, ":/"))
		validate_tell(inspection, FINDING_ERROR, name, place_of(inspection, share),
		    "write [ADDRESS]:/PATH", "\"%s\": an IPv6 address stands in brackets",
		    share->value);
}

/* The value of an option that counts bytes, or its default; 0: it is no number. */
static uint64_t
bytes_of(const struct inspection *inspection, const char *option)
{
	const struct setting_line *line = line_of(inspection, option);
	const struct opt *opt = opt_find("DEFAULT", option);
	const char *text = line ? line->value : opt && opt->dflt ? opt->dflt : "";

	return strtoull(text, NULL, 10);
}

/* Every backup fails where an object does not end at the end of a hash block. */
static void
check_object_size(const struct inspection *inspection, const char *name)
{
	static const struct {
		const char *driver, *size, *block;
	} pairs[] = {
		{ "drivers.nfs", "backup_file_size", "backup_sha_block_size_bytes" },
		{ "drivers.posix", "backup_file_size", "backup_sha_block_size_bytes" },
		{ "drivers.swift", "backup_swift_object_size", "backup_swift_block_size" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		uint64_t size = bytes_of(inspection, pairs[i].size);
		uint64_t block = bytes_of(inspection, pairs[i].block);
		const struct setting_line *line = line_of(inspection, pairs[i].size);

		if (!uses(inspection, pairs[i].driver) || !size || !block || size % block == 0)
			continue;
		line = line ? line : line_of(inspection, pairs[i].block);
		char hint[96];
		snprintf(hint, sizeof(hint), "write %" PRIu64,
		    size > block ? size / block * block : block);
		validate_tell(inspection, FINDING_ERROR, name, place_of(inspection, line), hint,
		    "%s=%" PRIu64 " is not a multiple of %s=%" PRIu64 ": every backup would fail",
		    pairs[i].size, size, pairs[i].block, block);
	}
}

/* Version of cinder in each release, in the order of the list; queens is 12.0.0. */
static unsigned
major_of(const struct inspection *inspection)
{
	return inspection->release < 0 ? 0 : 12u + (unsigned)inspection->release;
}

static void
check_entry_name(
    const struct inspection *inspection, const char *name, const struct setting_line *line)
{
	const struct opt *opt = opt_find(line->section, line->name);
	const struct opt *near = opt ? NULL : opt_nearest(line->section, line->name);
	char hint[160] = "";

	if (!opt && near)
		snprintf(hint, sizeof(hint), "did you mean %s?", near->name);
	if (!opt)
		validate_tell(inspection, FINDING_WARNING, name, line->at, hint,
		    "unknown option [%s] %s", line->section, line->name);
	else if (opt->since && strtoul(opt->since, NULL, 10) > major_of(inspection))
		validate_tell(inspection, FINDING_WARNING, name, line->at,
		    "Cinderbank reads it all the same",
		    "cinder of %s does not know [%s] %s: it came with version %s",
		    inspection->render->inputs->release, line->section, line->name, opt->since);
}

/* Whose option it is, by its name; NULL: several drivers read it, or none. */
static const char *
driver_of(const char *option)
{
	static const char *const owned[][2] = {
		{ "backup_swift_", "swift" },
		{ "backup_ceph_", "ceph" },
		{ "backup_share", "nfs" },
		{ "backup_mount_", "nfs" },
		{ "backup_posix_path", "posix" },
	};

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		if (!strncmp(option, owned[i][0], strlen(owned[i][0])))
			return owned[i][1];
	return NULL;
}

static void
check_entry_driver(
    const struct inspection *inspection, const char *name, const struct setting_line *line)
{
	const struct setting_line *driver = line_of(inspection, "backup_driver");
	const char *owner = driver_of(line->name);

	if (owner && driver && !strcmp(line->section, "DEFAULT") && !strstr(driver->value, owner))
		validate_tell(inspection, FINDING_WARNING, name, line->at, "leave it out",
		    "[DEFAULT] %s is for %s and has no effect: backups go elsewhere", line->name,
		    owner);
}

/* Lines that the operator wrote, by whatever key. */
static void
check_names(const struct inspection *inspection, const char *name)
{
	const struct settings *settings = &inspection->render->role.settings;

	for (size_t i = 0; i < settings->count; i++)
		if (!settings->lines[i].absent && settings->lines[i].key &&
		    !strcmp(settings->lines[i].key, "cinder::config::cinder_config")) {
			check_entry_name(inspection, name, &settings->lines[i]);
			check_entry_driver(inspection, "other-backend", &settings->lines[i]);
		}
}

static bool
same_case(const struct opt *opt, const char *value)
{
	for (const struct choice *choice = opt->choices; choice && choice->name; choice++)
		if (!strcmp(choice->name, value))
			return true;
	return false;
}

/* Types, bounds and choices; up to rocky, choices are read with regard to case. */
static void
check_values(const struct inspection *inspection, const char *name)
{
	const struct settings *settings = &inspection->render->role.settings;

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting_line *line = &settings->lines[i];
		const struct opt *opt = opt_find(line->section, line->name);
		struct err err = ERR_INIT;

		if (line->absent || !opt || !line->level)
			continue;
		if (opt_check(opt, line->value, &err) < 0)
			validate_tell(inspection, FINDING_ERROR, name, place_of(inspection, line),
			    "", "%s", err.text);
		else if (opt->type == OPT_TYPE_CHOICE && major_of(inspection) < 14 &&
			 !same_case(opt, line->value))
			validate_tell(inspection, FINDING_ERROR, name, place_of(inspection, line),
			    "write it in small letters",
			    "[%s] %s = \"%s\": cinder of %s reads only small letters and would "
			    "not start",
			    line->section, line->name, line->value,
			    inspection->render->inputs->release);
	}
}

static void
check_none(const struct inspection *inspection, const char *name)
{
	const struct settings *settings = &inspection->render->role.settings;

	for (size_t i = 0; i < settings->count; i++) {
		const struct setting_line *line = &settings->lines[i];
		const struct opt *opt = opt_find(line->section, line->name);

		if (!line->absent && line->level && !strcmp(line->value, "None") &&
		    !(opt && opt->type == OPT_TYPE_CHOICE))
			validate_tell(inspection, FINDING_WARNING, name, place_of(inspection, line),
			    "leave the option out for no value",
			    "[%s] %s is the text None, not nothing", line->section, line->name);
	}
}

/* Values of ours that stand for what only a deployment knows. */
static void
check_placeholders(const struct inspection *inspection, const char *name)
{
	const struct settings *settings = &inspection->render->role.settings;

	for (size_t i = 0; i < settings->count; i++)
		if (!settings->lines[i].absent && strstr(settings->lines[i].value, "CHANGE-ME"))
			validate_tell(inspection, FINDING_NOTE, name, (struct place){ 0 },
			    "the plan's own is in overcloud-passwords or the plan environment",
			    "[%s] %s holds a placeholder for a password",
			    settings->lines[i].section, settings->lines[i].name);
}

/* Up to stein a template has keys for RabbitMQ, from train on for a service user. */
static void
check_template_release(const struct inspection *inspection, const char *name)
{
	const struct role *role = &inspection->render->role;
	const struct value *settings = value_get(role->data, "config_settings");
	const char *foreign =
	    role->modern ? "cinder::rabbit_userid" : "cinder::keystone::service_user::auth_type";

	if (settings && value_get(settings, foreign))
		validate_tell(inspection, FINDING_WARNING, name, (struct place){ 0 },
		    role->modern ? "map the service to templates/deployment/cinder/"
				 : "give --release train or later",
		    "%s is a template %s train, rendered for %s", inspection->render->template,
		    role->modern ? "from before" : "of", role->release);
}

const struct check settings_checks[] = {
	{ "template-release", STAGE_ROLE, true, check_template_release },
	{ "nfs-share", STAGE_ROLE, false, check_share },
	{ "object-size", STAGE_ROLE, false, check_object_size },
	{ "unknown-option", STAGE_ROLE, false, check_names },
	{ "option-value", STAGE_ROLE, false, check_values },
	{ "none-text", STAGE_ROLE, false, check_none },
	{ "placeholder", STAGE_ROLE, false, check_placeholders },
	{ 0 },
};
