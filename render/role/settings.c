#include "role/settings.h"

#include <string.h>

#include "base/arena.h"
#include "options/opt.h"
#include "role/entries.h"
#include "role/finding.h"
#include "role/hiera.h"
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

static void
tell_refused(
    const struct settings_source *source, const struct setting_line *line, const char *what)
{
	const char *key = line->key ? line->key : "the default";
	struct finding finding =
	    line->section
		? finding_make(FINDING_ERROR, "value-refused", line->at, "%s for %s/%s: %s", key,
		      line->section, line->name, what)
		: finding_make(FINDING_ERROR, "value-refused", line->at, "%s: %s", key, what);

	findings_tell(source->findings, &finding);
}

/*
 * The first key with a value.  With several keys, empty text counts as none,
 * as Puppet's pick() has it; a lone key may be set to nothing.
 */
static int
look_up(const struct settings_source *source, const struct rule *rule, const struct value **ret,
    struct setting_line *line, struct err *err)
{
	for (size_t i = 0; i < rule->n_keys; i++) {
		const struct value *value;
		int got = hiera_find(source->hiera, rule->keys[i], &value, &line->level, err);

		if (got < 0)
			return -1;
		if (!got || value->type == VALUE_NULL)
			continue;
		if (i + 1 < rule->n_keys && value_is_text(value, ""))
			continue;
		line->key = rule->keys[i];
		line->at = value->at;
		*ret = value;
		if (rule->n_keys > 1 && !rule->url && value_is_text(value, ""))
			tell_refused(
			    source, line, "pick() must receive at least one non empty value");
		return 1;
	}
	line->level = NULL;
	return 0;
}

/* When no key has a value: another option's, or the class default; else nothing. */
static const struct value *
fallback(const struct settings *settings, const struct settings_source *source,
    const struct rule *rule, struct err *err)
{
	const struct rule *from = rule->from ? rules_find(source->rules, rule->from) : NULL;

	if (from) {
		const struct setting_line *line =
		    settings_find(settings, from->section, from->name);

		return line ? value_text(source->arena, line->value, err) : &value_null;
	}
	return rule->dflt ? rule->dflt : &value_null;
}

static void
tell_cut(const struct settings_source *source, const struct setting_line *line)
{
	struct finding finding = finding_make(FINDING_WARNING, "value-cut", line->at,
	    "%s/%s takes one value: only \"%s\" is used", line->section, line->name, line->value);

	finding_hint(&finding, "write one line of text");
	findings_tell(source->findings, &finding);
}

int
settings_keep(struct settings *settings, const struct settings_source *source,
    struct setting_line *line, const struct munge *munge, const struct value *value,
    struct err *err)
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
		tell_refused(source, line, "tabs are refused: valid values match /^[\\S ]*$/");
		return 0;
	case MUNGED_LINES:
		tell_refused(
		    source, line, "cinder.conf takes one line; the next would be no option");
		return 0;
	case MUNGED_MAP:
		tell_refused(source, line, "one value wanted, not a map");
		return 0;
	case MUNGED_ABSENT:
		line->absent = true;
		line->value = "";
		break;
	case MUNGED_LINE:
		if (cut)
			tell_cut(source, line);
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
		if (!value || settings_keep(&one, source, &item, munge, value, err) < 0)
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
	if (here.modern && !here.join && value->type == VALUE_LIST)
		return keep_each(settings, source, line, &here, value, err);
	return settings_keep(settings, source, line, &here, value, err);
}

static bool
applies(const struct settings *settings, const struct rules *rules, const struct rule *rule)
{
	const struct rule *when = rule->when ? rules_find(rules, rule->when) : NULL;
	const struct setting_line *line =
	    when ? settings_find(settings, when->section, when->name) : NULL;

	if (!rule->when)
		return true;
	return rule->when_value ? line && !strcmp(line->value, rule->when_value) : !line;
}

/* What Puppet would say of a value; NULL: nothing. */
static const char *
objection(const struct settings_source *source, const struct rule *rule, const struct value *value)
{
	const struct value *needed;
	bool found = false;

	if (value_is_text(value, "<SERVICE DEFAULT>"))
		return rule->must == MUST_BOOLEAN ? "true or false wanted" : NULL;
	if (rule->must == MUST_BOOLEAN && value->type != VALUE_BOOL)
		return "true or false wanted, without quotes";
	if (rule->must == MUST_TRUTH && value->type == VALUE_TEXT &&
	    munge_truth(value->text.data) < 0)
		return "true or false wanted";
	if (rule->must == MUST_MAP && value->type != VALUE_MAP)
		return "a map wanted";
	if (rule->must == MUST_TEXT && value->type != VALUE_TEXT)
		return "a text wanted; put it in quotes";
	for (size_t i = 0; rule->choices && i < rule->choices->list.count; i++)
		found = found || value_equal(rule->choices->list.items[i], value);
	if (rule->choices && !found)
		return "a value that Puppet does not know";
	if (!rule->needs || (value->type == VALUE_BOOL && !value->boolean))
		return NULL;
	needed = hiera_raw(source->hiera, rule->needs, NULL);
	return needed && needed->type == VALUE_BOOL && needed->boolean
		   ? NULL
		   : "it requires cinder::rabbit_use_ssl to be true";
}

/* Parameters without an option are looked at all the same. */
static int
judge(const struct settings_source *source, const struct rule *rule, struct setting_line *line,
    const struct value *value)
{
	const char *what = value->type == VALUE_NULL ? NULL : objection(source, rule, value);

	if (what)
		tell_refused(source, line, what);
	return what ? -1 : 0;
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
	if (!applies(settings, source->rules, rule) || !rule->n_keys)
		return 0;
	if (rule->url) {
		if (transport_url(source, rule->url, &value, err) < 0)
			return -1;
		return value ? settings_keep(settings, source, &line, &munge, value, err) : 0;
	}
	int got = look_up(source, rule, &value, &line, err);
	if (got < 0)
		return -1;
	if (got && judge(source, rule, &line, value) < 0)
		return 0;
	if (!rule->title)
		return 0;
	if (!got)
		value = fallback(settings, source, rule, err);
	if (!value)
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
