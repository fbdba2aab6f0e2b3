#include "role/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "role/finding.h"
#include "role/hiera.h"
#include "role/key.h"
#include "role/munge.h"
#include "role/rules.h"
#include "role/settings.h"

/* One entry and all that its checks look at. */
struct entry {
	const struct settings_source *source;
	const char *title;
	struct place at;
	const struct value *attributes; /* map */
};

static void
refuse(const struct entry *entry, const char *check, const char *what, const char *hint)
{
	struct finding finding = finding_make(
	    FINDING_ERROR, check, entry->at, "cinder_config[%s]: %s", entry->title, what);

	finding_hint(&finding, "%s", hint);
	findings_tell(entry->source->findings, &finding);
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Puppet wants non-blanks on both sides of a slash. */
static bool
is_title(const char *title)
{
	for (const char *slash = strchr(title, '/'); slash; slash = strchr(slash + 1, '/'))
		if (slash > title && !is_blank(slash[-1]) && slash[1] && !is_blank(slash[1]))
			return true;
	return false;
}

static bool
title_is_good(const struct entry *entry)
{
	char what[160];

	if (is_title(entry->title))
		return true;
	snprintf(what, sizeof(what), "invalid value \"%.60s\": valid values match /\\S+\\/\\S+/",
	    entry->title);
	refuse(entry, "entry-title", what, "write SECTION/option, as DEFAULT/backup_workers");
	return false;
}

static bool
attributes_are_good(const struct entry *entry)
{
	/* Puppet's own, which every resource has, stand behind the type's. */
	static const char *const known[] = { "value", "ensure", "secret", "ensure_absent_val",
		"name", "provider", "tag", "require", "before", "notify", "subscribe", "noop",
		"loglevel", "alias", "audit", "schedule" };

	for (size_t i = 0; i < entry->attributes->map.count; i++) {
		const struct value *key = entry->attributes->map.members[i].key;
		bool found = false;
		char what[160];

		for (size_t k = 0; k < sizeof(known) / sizeof(*known); k++)
			found = found || value_is_text(key, known[k]);
		if (found)
			continue;
		snprintf(what, sizeof(what), "no parameter named '%.60s'",
		    key->type == VALUE_TEXT ? key->text.data : "?");
		refuse(entry, "entry-attribute", what,
		    "write SECTION/option: {value: ...}, one line an option");
		return false;
	}
	return true;
}

/* Relations name resources, as Class[cinder]; Puppet looks for nothing else. */
static bool
relations_are_good(const struct entry *entry)
{
	static const char *const relations[] = { "require", "before", "notify", "subscribe" };

	for (size_t i = 0; i < sizeof(relations) / sizeof(*relations); i++) {
		const struct value *to = value_get(entry->attributes, relations[i]);

		if (!to || to->type == VALUE_NULL ||
		    (to->type == VALUE_TEXT && strchr(to->text.data, '[')))
			continue;
		refuse(
		    entry, "entry-attribute", "a relation to what is no resource", "leave it out");
		return false;
	}
	return true;
}

static bool
secret_is_good(const struct entry *entry)
{
	const struct value *secret = value_get(entry->attributes, "secret");

	if (!secret || secret->type == VALUE_NULL || secret->type == VALUE_BOOL ||
	    value_is_text(secret, "true") || value_is_text(secret, "false"))
		return true;
	refuse(entry, "entry-attribute", "secret: true or false wanted", "write true or false");
	return false;
}

/* 1: present, 0: absent, -1: refused. */
static int
ensured(const struct entry *entry)
{
	const struct value *ensure = value_get(entry->attributes, "ensure");
	char what[160];

	if (!ensure || ensure->type == VALUE_NULL || value_is_text(ensure, "present"))
		return 1;
	if (value_is_text(ensure, "absent"))
		return 0;
	snprintf(what, sizeof(what),
	    "invalid value \"%.60s\" for ensure: valid values are present, absent",
	    ensure->type == VALUE_TEXT ? ensure->text.data : "?");
	refuse(entry, "entry-ensure", what, "write ensure: absent, or leave it out");
	return -1;
}

/* Does a class declare the title?  Tells so; true: leave the entry out. */
static bool
is_duplicate(const struct entry *entry)
{
	const struct rule *rule = rules_find(entry->source->rules, entry->title);

	if (!rule)
		return false;
	struct finding finding = finding_make(rule->promised ? FINDING_REFUSED : FINDING_ERROR,
	    "duplicate-declaration", entry->at,
	    "duplicate declaration: cinder_config[%s] is already declared by a class, so that "
	    "Puppet of %s refuses it",
	    entry->title, entry->source->release);
	if (rule->url)
		finding_hint(&finding, "it is made of its parts: leave it out");
	else if (rule->n_keys)
		finding_hint(&finding, "under ExtraConfig, set %s instead", rule->keys[0]);
	else
		finding_hint(&finding, "the class gives no way to set it; leave it out");
	findings_tell(entry->source->findings, &finding);
	return !rule->promised;
}

/* noop: Puppet says what it would do, and does nothing. */
static bool
is_idle(const struct entry *entry)
{
	const struct value *noop = value_get(entry->attributes, "noop");

	return noop && (noop->type == VALUE_BOOL ? noop->boolean : value_is_text(noop, "true"));
}

static int
apply_entry(struct settings *settings, const struct entry *entry, struct err *err)
{
	const struct value *value = value_get(entry->attributes, "value");
	const struct value *secret = value_get(entry->attributes, "secret");
	const struct value *absent = value_get(entry->attributes, "ensure_absent_val");
	const char *slash = strchr(entry->title, '/');
	struct munge munge = { .arena = settings->arena };
	struct setting_line line = {
		.value = "",
		.key = "cinder::config::cinder_config",
		.at = value && value->at.line ? value->at : entry->at,
		.secret = secret && (secret->type == VALUE_BOOL ? secret->boolean
								: value_is_text(secret, "true")),
	};

	/* inifile forgets the blanks behind a name when it reads the file again. */
	struct span name = key_strip(span_of(slash + 1));
	line.name = arena_copy(settings->arena, name.data, name.length, err);
	line.section =
	    arena_copy(settings->arena, entry->title, (size_t)(slash - entry->title), err);
	if (!line.section || !line.name)
		return -1;
	int present = ensured(entry);
	if (present < 0 || is_idle(entry))
		return 0;
	line.absent = !present || (absent && value && value_equal(absent, value));
	if (line.absent)
		return settings_put(settings, &line, err);
	if (!value || value->type == VALUE_NULL) {
		if (value_get(entry->attributes, "ensure"))
			refuse(entry, "entry-value", "ensure: present without a value",
			    "add value: ...");
		return 0;
	}
	return settings_take(settings, entry->source, &line, &munge, value, err);
}

static int
check_entry(struct settings *settings, const struct settings_source *source,
    const struct member *member, struct err *err)
{
	scoped(buf_drop) struct buf title = BUF(1024);
	struct entry entry = { .source = source, .at = member->key->at };

	value_python(member->key, &title);
	entry.title = arena_text(settings->arena, buf_string(&title), err);
	if (!entry.title)
		return -1;
	entry.attributes = member->value;
	if (entry.attributes->type != VALUE_MAP) {
		refuse(&entry, "entry-scalar", "a map wanted, not a value by itself",
		    "write SECTION/option: {value: ...}");
		return 0;
	}
	if (!title_is_good(&entry) || !attributes_are_good(&entry) || !relations_are_good(&entry) ||
	    !secret_is_good(&entry) || is_duplicate(&entry))
		return 0;
	return apply_entry(settings, &entry, err);
}

static int
compare(const void *a, const void *b)
{
	const struct value *left = (*(const struct member *const *)a)->key;
	const struct value *right = (*(const struct member *const *)b)->key;

	if (left->type != VALUE_TEXT || right->type != VALUE_TEXT)
		return (int)left->type - (int)right->type;
	return strcmp(left->text.data, right->text.data);
}

/* By title: Puppet meets them in the order of the hieradata file, which is sorted. */
static const struct member **
in_order(struct arena *arena, const struct value *entries, struct err *err)
{
	const struct member **members =
	    arena_array(arena, entries->map.count, sizeof(struct member *), err);

	for (size_t i = 0; members && i < entries->map.count; i++)
		members[i] = &entries->map.members[i];
	if (members)
		qsort(members, entries->map.count, sizeof(struct member *), compare);
	return members;
}

int
entries_apply(struct settings *settings, const struct settings_source *source, const char *key,
    struct err *err)
{
	const struct value *entries;
	const char *level;
	int got = hiera_find(source->hiera, key, &entries, &level, err);

	if (got <= 0 || entries->type == VALUE_NULL)
		return got < 0 ? -1 : 0;
	if (entries->type != VALUE_MAP) {
		struct finding finding = finding_make(FINDING_ERROR, "entries-type", entries->at,
		    "%s: a map of SECTION/option wanted", key);

		findings_tell(source->findings, &finding);
		return 0;
	}
	if (!munge_fits(entries)) {
		struct finding finding = finding_make(FINDING_ERROR, "value-refused", entries->at,
		    "%s: a whole number past 64 bits, which Puppet cannot hold", key);

		findings_tell(source->findings, &finding);
		return 0;
	}
	const struct member **members = in_order(settings->arena, entries, err);
	if (!members)
		return -1;
	for (size_t i = 0; i < entries->map.count; i++) {
		size_t first = settings->count;

		if (check_entry(settings, source, members[i], err) < 0)
			return -1;
		for (size_t k = first; k < settings->count; k++)
			settings->lines[k].level = level;
	}
	return 0;
}
