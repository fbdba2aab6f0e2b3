#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "options/entries.h"
#include "options/load.h"
#include "options/opt.h"
#include "options/share.h"
#include "options/tables.h"

enum { NOTE_MAX = 2048 };

struct listener {
	config_note_fn *fn;
	void *arg;
};

static void tell(const struct listener *listener, struct place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static void
tell(const struct listener *listener, struct place at, const char *fmt, ...)
{
	char text[NOTE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	listener->fn(listener->arg, at, text);
}

/* The entry of an earlier line in the same file that sets the same option, or NULL. */
static const struct entry *
earlier(const struct config *config, const struct entry *entry)
{
	const struct entry *other;

	for (other = entry; other > config->entries && other[-1].file == entry->file; other--)
		if (other[-1].opt == entry->opt && strcmp(other[-1].name, entry->name) == 0)
			return &other[-1];
	return NULL;
}

static void
note_known(const struct config *config, const struct entry *entry, const struct listener *listener)
{
	const struct opt *opt = entry->opt;
	const struct entry *other;

	if (opt->flags & OPT_ELSEWHERE)
		return;
	if (strcmp(entry->name, opt->name) != 0)
		tell(listener, entry->at, "%s is the old name of %s", entry->name, opt->name);
	if (opt->flags & OPT_NO_EFFECT && (!opt->dflt || strcasecmp(entry->value, opt->dflt) != 0))
		tell(listener, entry->at, "%s has no effect: %s", opt->name, opt->help);
	other = opt->type == OPT_TYPE_LIST ? NULL : earlier(config, entry);
	if (other)
		tell(listener, entry->at, "%s is set again; line %u no longer counts", entry->name,
		    other->at.line);
}

static void
note_unknown(const struct entry *entry, const struct listener *listener)
{
	const struct opt *nearest = opt_nearest(entry->section, entry->name);
	const char *section = opt_section_of(entry->name);

	if (nearest)
		tell(listener, entry->at, "no option %s in [%s]; did you mean %s", entry->name,
		    entry->section, nearest->name);
	else if (section)
		tell(listener, entry->at, "no option %s in [%s]; it belongs in [%s]", entry->name,
		    entry->section, section);
	else
		tell(listener, entry->at, "no option %s in [%s] of this service", entry->name,
		    entry->section);
}

/* In a section that we do not know: most are of other services, unless an option says otherwise. */
static void
note_stranger(const struct config *config, const struct entry *entry, const char *nearest,
    const struct listener *listener)
{
	const char *section = opt_section_of(entry->name);
	bool first = entry == config->entries || entry[-1].section != entry->section;

	if (nearest && first)
		tell(listener, entry->at, "no section [%s]; did you mean [%s]", entry->section,
		    nearest);
	else if (!nearest && section && strncmp(entry->name, "backup_", 7) == 0 &&
		 strcmp(entry->name, "backup_use_temp_snapshot") != 0) /* each backend's own */
		tell(listener, entry->at, "%s has no effect in [%s]; it belongs in [%s]",
		    entry->name, entry->section, section);
}

/* ---- what the NFS client that is built in cannot do ---- */

static void
tell_share(void *arg, const char *text)
{
	tell(arg, (struct place){ NULL, 0, 0 }, "%s", text);
}

/* It mounts nothing. */
static void
note_mounting(const struct config *config, const struct listener *listener)
{
	static const char *const names[] = { "backup_mount_point_base", "backup_mount_attempts" };
	size_t i, n;

	for (i = 0; i < config->count; i++) {
		for (n = 0; n < sizeof names / sizeof *names; n++) {
			if (config->entries[i].opt &&
			    strcmp(config->entries[i].name, names[n]) == 0)
				tell(listener, config->entries[i].at,
				    "%s has no effect without [cinderbank] nfs_client = mount",
				    names[n]);
		}
	}
}

/* A share that cannot be parsed is an error, and told as one. */
static void
note_share(struct config *config, const struct listener *listener)
{
	struct listener copy = *listener;
	struct core_opts core;
	struct file_opts nfs;
	struct share share;
	struct err err;

	if (config_fill(config, &core_table, &core, &err) == 0 && core.backup_driver &&
	    strstr(core.backup_driver, ".nfs") &&
	    config_fill(config, &nfs_table, &nfs, &err) == 0 &&
	    nfs.nfs_client == NFS_CLIENT_LIBNFS) {
		share_parse(nfs.share, nfs.mount_options, &share, tell_share, &copy, &err);
		note_mounting(config, listener);
	}
}

void
config_notes(struct config *config, config_note_fn *fn, void *arg)
{
	const struct listener listener = { fn, arg };
	const struct entry *entry;
	const char *section;
	size_t i;

	for (i = 0; i < config->count; i++) {
		entry = &config->entries[i];
		section = opt_nearest_section(entry->section);
		if (entry->opt)
			note_known(config, entry, &listener);
		else if (section && opt_same_section(section, entry->section))
			note_unknown(entry, &listener);
		else
			note_stranger(config, entry, section, &listener);
	}
	note_share(config, &listener);
}
