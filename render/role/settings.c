#include "role/settings.h"

#include <string.h>

#include "base/arena.h"
#include "options/opt.h"
#include "role/entries.h"
#include "role/finding.h"
#include "role/lookup.h"
#include "role/munge.h"
#include "role/rules.h"
#include "role/transport.h"

static struct setting_line *
find(const struct settings *settings, const char *section, const char *name)
{
	for (size_t i = settings->count; i-- > 0;) {
		struct setting_line *line = &settings->lines[i];

		if (!strcmp(line->section, section) && !strcmp(line->name, name))
			return line;
	}
	return NULL;
}

const struct setting_line *
settings_find(const struct settings *settings, const char *section, const char *name)
{
	const struct setting_line *line = find(settings, section, name);

	return line && !line->absent ? line : NULL;
}

static int
append(struct settings *settings, const struct setting_line *line, struct err *err)
{
	if (settings->count == settings->room) {
		size_t room = settings->room ? 2 * settings->room : 64;
		struct setting_line *lines =
		    arena_array(settings->arena, room, sizeof(*lines), err);

		if (!lines)
			return -1;
		if (settings->count)
			memcpy(lines, settings->lines, settings->count * sizeof(*lines));
		settings->lines = lines;
		settings->room = room;
	}
	settings->lines[settings->count++] = *line;
	return 0;
}

int
settings_put(struct settings *settings, const struct setting_line *line, struct err *err)
{
	struct setting_line *old = find(settings, line->section, line->name);

	if (!old)
		return append(settings, line, err);
	*old = *line;
	return 0;
}

/* When no key has a value: another option's, or the class default; else nothing. */
static int
fallback(const struct settings_source *source, const struct rule *rule, const struct value **ret,
    struct err *err)
{
	const struct rule *from = rule->from ? rules_find(source->rules, rule->from) : rule;
	struct setting_line line = { 0 };

	*ret = NULL;
	if (from != rule && from && lookup_rule(source, from, ret, &line, err) < 0)
		return -1;
	if (!*ret)
		*ret = from && from->dflt ? from->dflt : &value_null;
	return 0;
}

static void
tell_cut(const struct settings_source *source, const struct setting_line *line)
{
	struct finding finding = finding_make(FINDING_WARNING, "value-cut", line->at,
	    "%s/%s takes one value: only \"%s\" is used", line->section, line->name, line->value);

	finding_hint(&finding, "write one line of text");
	findings_tell(source->findings, &finding);
}

/* What Puppet writes as it is, although cinder.conf has no such value. */
static void
tell_odd(const struct settings_source *source, const struct setting_line *line,
    const struct munge *munge, const struct value *value)
{
	struct finding finding;

	if (value->type == VALUE_LIST && value->list.count && !munge->modern)
		value = value->list.items[0];
	if (!munge->map && !munge->join && (value->type == VALUE_MAP || value->type == VALUE_LIST))
		finding = finding_make(FINDING_WARNING, "value-structure", line->at,
		    "%s/%s takes one value, and becomes the text %.120s", line->section, line->name,
		    line->secret ? "of a map or list" : line->value);
	else if (strchr(line->value, '\n'))
		finding = finding_make(FINDING_REFUSED, "value-lines", line->at,
		    "%s/%s: cinder.conf takes one line; the next would be no option", line->section,
		    line->name);
	else
		return;
	finding_hint(&finding, "write one line of text");
	findings_tell(source->findings, &finding);
}

static int
keep(struct settings *settings, const struct settings_source *source, struct setting_line *line,
    const struct munge *munge, const struct value *value, struct err *err)
{
	const struct opt *opt = opt_find(line->section, line->name);
	enum munged kind = MUNGED_UNSET;
	bool cut = false;

	line->secret = line->secret || (opt && (opt->flags & OPT_SECRET)) ||
		       strstr(line->name, "password") || !strcmp(line->name, "transport_url");
	if (munge_value(munge, value, &kind, &line->value, &cut, err) < 0)
		return -1;
	switch (kind) {
	case MUNGED_UNSET:
		return 0;
	case MUNGED_TAB:
		lookup_refused(source, line, "tabs are refused: valid values match /^[\\S ]*$/");
		return 0;
	case MUNGED_ABSENT:
		line->absent = true;
		line->value = "";
		break;
	case MUNGED_LINE:
		if (cut)
			tell_cut(source, line);
		tell_odd(source, line, munge, value);
		break;
	}
	return settings_put(settings, line, err);
}

/* From wallaby on each element of a list has a line of its own. */
static int
keep_each(struct settings *settings, const struct settings_source *source,
    const struct setting_line *line, const struct munge *munge, const struct value *list,
    struct err *err)
{
	for (size_t i = 0; i < list->list.count; i++) {
		struct settings one = { .arena = settings->arena };
		struct setting_line item = *line;
		const struct value *value = list->list.items[i];

		/* Ruby's nil is no text inside of a list. */
		if (value->type == VALUE_NULL)
			value = value_text(source->arena, "", err);
		/* Among others it is no order to remove the option, but a text. */
		if (value && list->list.count > 1 && value_is_text(value, "<SERVICE DEFAULT>")) {
			item.value = value->text.data;
			if (append(settings, &item, err) < 0)
				return -1;
			continue;
		}
		if (!value || keep(&one, source, &item, munge, value, err) < 0)
			return -1;
		if (one.count && append(settings, &one.lines[0], err) < 0)
			return -1;
	}
	return 0;
}

int
settings_take(struct settings *settings, const struct settings_source *source,
    struct setting_line *line, const struct munge *munge, const struct value *value,
    struct err *err)
{
	const struct value *releases = source->rules->releases;
	struct munge here = *munge;

	here.modern =
	    rules_release(releases, source->release) >= rules_release(releases, "wallaby");
	if (here.modern && !here.join && !here.map && value->type == VALUE_LIST)
		return keep_each(settings, source, line, &here, value, err);
	return keep(settings, source, line, &here, value, err);
}

/* 1, 0, -1: is the option that a rule depends on as it asks? */
static int
applies(const struct settings *settings, const struct settings_source *source,
    const struct rule *rule, struct err *err)
{
	const struct rule *when = rule->when ? rules_find(source->rules, rule->when) : NULL;
	const struct value *value;
	struct setting_line other = { 0 };

	if (!when)
		return !rule->when || !rule->when_value;
	if (rule->when_value) {
		const struct setting_line *line =
		    settings_find(settings, when->section, when->name);
		return line && !strcmp(line->value, rule->when_value);
	}
	int got = lookup_rule(source, when, &value, &other, err);
	if (got <= 0)
		return got < 0 ? -1 : 1;
	return value_is_text(value, "<SERVICE DEFAULT>");
}

static int
apply(struct settings *settings, const struct settings_source *source, const struct rule *rule,
    struct err *err)
{
	struct setting_line line = { .section = rule->section, .name = rule->name };
	struct munge munge = { .arena = source->arena,
		.boolean = rule->boolean,
		.map = rule->map,
		.join = rule->join };
	const struct value *value = NULL;

	/* What the guide promises has been set by cinder_config before. */
	const struct setting_line *set =
	    rule->title ? find(settings, rule->section, rule->name) : NULL;
	if (set && set->key && rule->promised)
		return 0;
	int due = rule->n_keys ? applies(settings, source, rule, err) : 0;
	if (due <= 0)
		return due;
	if (rule->url) {
		if (transport_url(source, rule->url, &value, err) < 0)
			return -1;
		return value ? keep(settings, source, &line, &munge, value, err) : 0;
	}
	int got = lookup_rule(source, rule, &value, &line, err);
	if (got < 0)
		return -1;
	/* Parameters without an option are looked at all the same. */
	if (got && lookup_judge(source, rule, &line, value) < 0)
		return 0;
	if (!rule->title)
		return 0;
	if (rule->from && got && value->type == VALUE_BOOL && !value->boolean)
		value = NULL;
	if (rule->many && lookup_many(source, rule, &line, &value, err) < 0)
		return -1;
	if (!value && fallback(source, rule, &value, err) < 0)
		return -1;
	return settings_take(settings, source, &line, &munge, value, err);
}

int
settings_make(struct settings *ret, const struct settings_source *source, struct err *err)
{
	struct settings settings = { .arena = source->arena };

	for (size_t i = 0; i < source->rules->count; i++) {
		const struct rule *rule = &source->rules->rows[i];
		int done = rule->entries ? entries_apply(&settings, source, rule->entries, err)
					 : apply(&settings, source, rule, err);

		if (done < 0)
			return -1;
	}
	*ret = settings;
	return 0;
}
