#include "role/lookup.h"

#include <string.h>

#include "role/finding.h"
#include "role/hiera.h"
#include "role/munge.h"
#include "role/rules.h"
#include "role/settings.h"

void
lookup_refused(
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

static int
is_empty(const struct settings_source *source, const char *key, bool *ret, struct err *err)
{
	const struct value *value;
	int got = hiera_find(source->hiera, key, &value, NULL, err);

	*ret = got > 0 && value_is_text(value, "");
	return got < 0 ? -1 : 0;
}

/*
 * Which keys count where the first one's default stands before the others: the
 * last one if it is empty, all if the first one is, else only that one.
 */
static int
narrow(const struct settings_source *source, const struct rule *rule, size_t *first, size_t *last,
    struct err *err)
{
	bool first_is_empty, last_is_empty;

	if (is_empty(source, rule->keys[0], &first_is_empty, err) < 0 ||
	    is_empty(source, rule->keys[*last - 1], &last_is_empty, err) < 0)
		return -1;
	if (last_is_empty)
		*first = *last - 1;
	else if (!first_is_empty)
		*last = 1;
	return 0;
}

/* As size() counts items or characters; -1: it refuses the value. */
static long
size_of(const struct value *value)
{
	switch (value->type) {
	case VALUE_LIST:
		return (long)value->list.count;
	case VALUE_MAP:
		return (long)value->map.count;
	case VALUE_TEXT:
		return (long)value->text.length;
	default:
		return -1;
	}
}

int
lookup_many(const struct settings_source *source, const struct rule *rule,
    struct setting_line *line, const struct value **value, struct err *err)
{
	const struct value *many;
	int got = hiera_find(source->hiera, rule->many, &many, &line->level, err);

	if (got <= 0 || many->type == VALUE_NULL || value_is_text(many, "<SERVICE DEFAULT>"))
		return got < 0 ? -1 : 0;
	line->key = rule->many;
	line->at = many->at;
	long size = size_of(many);
	if (size < 0)
		lookup_refused(source, line, "a list or a text wanted");
	else if (size > 1 && (!*value || value_is_text(*value, "<SERVICE DEFAULT>")))
		*value = &value_true;
	return 0;
}

/*
 * The first key with a value.  With several keys, empty text counts as none,
 * as Puppet's pick() has it; a lone key may be set to nothing.
 */
int
lookup_rule(const struct settings_source *source, const struct rule *rule, const struct value **ret,
    struct setting_line *line, struct err *err)
{
	size_t first = 0, last = rule->n_keys;

	if (rule->behind && last > 1 && narrow(source, rule, &first, &last, err) < 0)
		return -1;
	for (size_t i = first; i < last; i++) {
		const struct value *value;
		int got = hiera_find(source->hiera, rule->keys[i], &value, &line->level, err);

		if (got < 0)
			return -1;
		if (!got || value->type == VALUE_NULL)
			continue;
		if (i + 1 < last && value_is_text(value, ""))
			continue;
		line->key = rule->keys[i];
		line->at = value->at;
		*ret = value;
		if (last - first > 1 && !rule->url && value_is_text(value, ""))
			lookup_refused(
			    source, line, "pick() must receive at least one non empty value");
		return 1;
	}
	line->level = NULL;
	return 0;
}

/* What Puppet would say of a value; NULL: nothing. */
static const char *
objection(const struct settings_source *source, const struct rule *rule, const struct value *value)
{
	const struct value *needed;
	bool found = false;

	if (!munge_fits(value))
		return "a whole number past 64 bits, which Puppet cannot hold";
	if (value_is_text(value, "<SERVICE DEFAULT>"))
		return rule->must == MUST_BOOLEAN ? "true or false wanted" : NULL;
	if (rule->must == MUST_BOOLEAN && value->type != VALUE_BOOL)
		return "true or false wanted, without quotes";
	if (rule->must == MUST_TRUTH && munge_bool(value) < 0)
		return "true or false wanted";
	if (rule->must == MUST_MAP && value->type != VALUE_MAP)
		return "a map wanted";
	if (rule->must == MUST_FILLED && value_is_text(value, ""))
		return "pick() must receive at least one non empty value";
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

int
lookup_judge(const struct settings_source *source, const struct rule *rule,
    struct setting_line *line, const struct value *value)
{
	const char *what = value->type == VALUE_NULL ? NULL : objection(source, rule, value);

	if (what)
		lookup_refused(source, line, what);
	return what ? -1 : 0;
}
