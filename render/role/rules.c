#include "role/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"

enum { RULES_MAX = 1024 };

struct reader {
	const struct doc_loader *loader;
	const char *directory;
	struct rules rules;
	int release; /* position */
};

int
rules_release(const struct value *releases, const char *release)
{
	for (size_t i = 0; i < releases->list.count; i++)
		if (value_is_text(releases->list.items[i], release))
			return (int)i;
	return -1;
}

const struct rule *
rules_find(const struct rules *rules, const char *title)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rows[i].title && !strcmp(rules->rows[i].title, title))
			return &rules->rows[i];
	return NULL;
}

/* The data may be replaced by others': trust no type. */
static int
check_texts(const struct value *list, struct err *err)
{
	if (list->type != VALUE_LIST)
		return err_at(err, list->at, ERR_INVALID, "a list wanted, not %s",
		    value_type_name(list->type));
	for (size_t i = 0; i < list->list.count; i++)
		if (list->list.items[i]->type != VALUE_TEXT)
			return err_at(err, list->list.items[i]->at, ERR_INVALID,
			    "text wanted, not %s", value_type_name(list->list.items[i]->type));
	return 0;
}

static int
check_map(const struct value *map, struct err *err)
{
	if (map->type == VALUE_MAP)
		return 0;
	return err_at(
	    err, map->at, ERR_INVALID, "a map wanted, not %s", value_type_name(map->type));
}

static int
load(const struct reader *reader, const char *name, const struct value **ret, struct err *err)
{
	char *path = arena_printf(reader->loader->arena, err, "%s/%s", reader->directory, name);

	if (!path || doc_load(reader->loader, path, ret, err) < 0)
		return -1;
	return check_map(*ret, err);
}

/* Of a map by release, the value that holds at ours; other values hold always. */
static const struct value *
at_release(const struct reader *reader, const struct value *value)
{
	const struct value *best = NULL;
	int best_release = -1;

	if (!value || value->type != VALUE_MAP)
		return value;
	for (size_t i = 0; i < value->map.count; i++) {
		const struct member *member = &value->map.members[i];
		int since = member->key->type == VALUE_TEXT
				? rules_release(reader->rules.releases, member->key->text.data)
				: -1;

		if (since >= 0 && since <= reader->release && since > best_release) {
			best = member->value;
			best_release = since;
		}
	}
	return best;
}

static const char *
text_of(const struct value *map, const char *key)
{
	const struct value *value = value_get(map, key);

	return value && value->type == VALUE_TEXT ? value->text.data : NULL;
}

static bool
flag_of(const struct value *map, const char *key)
{
	const struct value *value = value_get(map, key);

	return value && value->type == VALUE_BOOL && value->boolean;
}

static bool
is_current(const struct reader *reader, const struct value *row)
{
	const char *since = text_of(row, "since"), *last = text_of(row, "last");

	if (since && rules_release(reader->rules.releases, since) > reader->release)
		return false;
	return !last || rules_release(reader->rules.releases, last) >= reader->release;
}

/* "SECTION/option" in its parts. */
static int
split_title(struct rule *rule, struct arena *arena, const struct value *title, struct err *err)
{
	const char *slash = title->type == VALUE_TEXT ? strchr(title->text.data, '/') : NULL;

	if (!slash)
		return err_at(err, title->at, ERR_INVALID, "SECTION/option wanted");
	rule->title = title->text.data;
	rule->name = slash + 1;
	rule->section =
	    arena_copy(arena, title->text.data, (size_t)(slash - title->text.data), err);
	return rule->section ? 0 : -1;
}

static int
read_keys(const struct reader *reader, struct rule *rule, const struct value *row,
    const char *class, struct err *err)
{
	struct arena *arena = reader->loader->arena;
	const struct value *listed = at_release(reader, row ? value_get(row, "keys") : NULL);

	if (listed && check_texts(listed, err) < 0)
		return -1;
	const char *param = row ? text_of(row, "param") : NULL;
	size_t count = listed ? listed->list.count : 1;
	const char **keys = arena_array(arena, count, sizeof(*keys), err);

	if (!keys)
		return -1;
	for (size_t i = 0; listed && i < count; i++)
		keys[i] = listed->list.items[i]->text.data;
	if (!listed) {
		keys[0] = arena_printf(arena, err, "%s::%s", class, param ? param : rule->name);
		if (!keys[0])
			return -1;
	}
	rule->keys = keys;
	rule->n_keys = count;
	return 0;
}

static int
read_when(const struct reader *reader, struct rule *rule, const struct value *when, struct err *err)
{
	const struct member *only;

	when = at_release(reader, when);
	if (!when)
		return 0;
	if (check_map(when, err) < 0)
		return -1;
	if (!when->map.count)
		return 0;
	only = when->map.members;
	if (when->map.count != 1 || only->key->type != VALUE_TEXT ||
	    (only->value->type != VALUE_TEXT && only->value->type != VALUE_NULL))
		return err_at(err, when->at, ERR_INVALID, "one SECTION/option: value wanted");
	rule->when = only->key->text.data;
	rule->when_value = only->value->type == VALUE_TEXT ? only->value->text.data : NULL;
	return 0;
}

/* What Puppet's classes check before they write. */
static int
read_demands(struct rule *rule, const struct value *row, struct err *err)
{
	static const char *const musts[] = { [MUST_BOOLEAN] = "boolean",
		[MUST_TRUTH] = "truth",
		[MUST_MAP] = "map",
		[MUST_TEXT] = "text" };
	const struct value *must = value_get(row, "must");

	rule->needs = text_of(row, "needs");
	rule->choices = value_get(row, "choices");
	if (rule->choices && check_texts(rule->choices, err) < 0)
		return -1;
	for (int i = MUST_BOOLEAN; must && i <= MUST_TEXT; i++)
		if (value_is_text(must, musts[i]))
			rule->must = (enum rule_must)i;
	if (must && !rule->must)
		return err_at(
		    err, must->at, ERR_INVALID, "must: boolean, truth, map or text wanted");
	return 0;
}

/* A transport URL is made of parts, each with keys of its own. */
static int
read_url(const struct reader *reader, struct rule *rule, const struct value *url, struct err *err)
{
	const char **keys;
	size_t count = 0;

	rule->url = at_release(reader, url);
	if (!rule->url)
		return 0;
	if (check_map(rule->url, err) < 0)
		return -1;
	for (size_t i = 0; i < rule->url->map.count; i++) {
		if (check_texts(rule->url->map.members[i].value, err) < 0)
			return -1;
		count += rule->url->map.members[i].value->list.count;
	}
	keys = arena_array(reader->loader->arena, count + 1, sizeof(*keys), err);
	rule->keys = keys;
	rule->n_keys = 0;
	for (size_t i = 0; keys && i < rule->url->map.count; i++) {
		const struct value *part = rule->url->map.members[i].value;

		for (size_t k = 0; k < part->list.count; k++)
			keys[rule->n_keys++] = part->list.items[k]->text.data;
	}
	return keys ? 0 : -1;
}

static int
add(struct reader *reader, const struct rule *rule, const struct value *at, struct err *err)
{
	if (reader->rules.count == RULES_MAX)
		return err_at(err, at->at, ERR_INVALID, "more than %d options", RULES_MAX);
	reader->rules.rows[reader->rules.count++] = *rule;
	return 0;
}

static int
read_option(struct reader *reader, const char *file, const char *class, const struct member *member,
    struct err *err)
{
	const struct value *row = member->value->type == VALUE_MAP ? member->value : NULL;
	struct rule rule = { .file = file };

	if (row && !is_current(reader, row))
		return 0;
	if (split_title(&rule, reader->loader->arena, member->key, err) < 0 ||
	    read_keys(reader, &rule, row, class, err) < 0)
		return -1;
	if (row) {
		rule.dflt = at_release(reader, value_get(row, "default"));
		rule.from = text_of(row, "from");
		rule.boolean = flag_of(row, "bool");
		rule.map = flag_of(row, "map");
		rule.join = flag_of(row, "join");
		rule.promised = flag_of(row, "promised");
		if (read_demands(&rule, row, err) < 0 ||
		    read_when(reader, &rule, value_get(row, "when"), err) < 0 ||
		    read_url(reader, &rule, value_get(row, "url"), err) < 0)
			return -1;
	}
	return add(reader, &rule, member->key, err);
}

/* A parameter of the class that no option comes from. */
static int
read_parameter(struct reader *reader, const char *file, const char *class,
    const struct member *member, struct err *err)
{
	const struct value *row = member->value->type == VALUE_MAP ? member->value : NULL;
	struct rule rule = { .file = file };

	if (row && !is_current(reader, row))
		return 0;
	if (member->key->type != VALUE_TEXT)
		return err_at(err, member->key->at, ERR_INVALID, "name of a parameter wanted");
	rule.name = member->key->text.data;
	if (read_keys(reader, &rule, row, class, err) < 0 ||
	    (row && read_demands(&rule, row, err) < 0))
		return -1;
	return add(reader, &rule, member->key, err);
}

/* Titles that are declared and cannot be set. */
static int
read_titles(struct reader *reader, const char *file, const struct member *section, struct err *err)
{
	if (section->key->type != VALUE_TEXT)
		return err_at(err, section->key->at, ERR_INVALID, "name of a section wanted");
	if (check_texts(section->value, err) < 0)
		return -1;
	for (size_t i = 0; i < section->value->list.count; i++) {
		const struct value *name = section->value->list.items[i];
		struct rule rule = {
			.file = file,
			.section = section->key->text.data,
			.name = name->text.data,
			.title = arena_printf(reader->loader->arena, err, "%s/%s",
			    section->key->text.data, name->text.data),
		};

		if (!rule.title || add(reader, &rule, name, err) < 0)
			return -1;
	}
	return 0;
}

static int
read_class(struct reader *reader, const struct value *file, struct err *err)
{
	const struct value *doc;
	char name[128];

	snprintf(name, sizeof(name), "classes/%s.yaml", file->text.data);
	if (load(reader, name, &doc, err) < 0)
		return -1;
	const char *class = text_of(doc, "class"), *entries = text_of(doc, "entries");
	const struct value *options = value_get(doc, "options"), *titles = value_get(doc, "titles");
	const struct value *parameters = value_get(doc, "parameters");

	if (!class)
		return err_at(err, doc->at, ERR_INVALID, "class: the name of a class wanted");
	if ((options && check_map(options, err) < 0) || (titles && check_map(titles, err) < 0) ||
	    (parameters && check_map(parameters, err) < 0))
		return -1;
	if (entries) {
		struct rule rule = { .file = file->text.data, .entries = entries };

		if (add(reader, &rule, doc, err) < 0)
			return -1;
	}
	for (size_t i = 0; options && i < options->map.count; i++)
		if (read_option(reader, file->text.data, class, &options->map.members[i], err) < 0)
			return -1;
	for (size_t i = 0; parameters && i < parameters->map.count; i++)
		if (read_parameter(
			reader, file->text.data, class, &parameters->map.members[i], err) < 0)
			return -1;
	for (size_t i = 0; titles && i < titles->map.count; i++)
		if (read_titles(reader, file->text.data, &titles->map.members[i], err) < 0)
			return -1;
	return 0;
}

static int
read_profiles(struct reader *reader, const char *const *classes, size_t n_classes, struct err *err)
{
	const struct value *doc, *profiles;

	if (load(reader, "profiles.yaml", &doc, err) < 0)
		return -1;
	profiles = value_get(doc, "profiles");
	if (!profiles)
		return err_at(err, doc->at, ERR_INVALID, "profiles: a map wanted");
	if (check_map(profiles, err) < 0)
		return -1;
	for (size_t i = 0; i < n_classes; i++) {
		const struct value *files = at_release(reader, value_get(profiles, classes[i]));

		if (files && check_texts(files, err) < 0)
			return -1;
		for (size_t k = 0; files && k < files->list.count; k++)
			if (read_class(reader, files->list.items[k], err) < 0)
				return -1;
	}
	return 0;
}

int
rules_load(struct rules *ret, const struct doc_loader *loader, const char *directory,
    const char *release, const char *const *classes, size_t n_classes, struct err *err)
{
	struct reader reader = { .loader = loader, .directory = directory };
	const struct value *doc;

	if (load(&reader, "hiera.yaml", &doc, err) < 0)
		return -1;
	reader.rules.releases = value_get(doc, "releases");
	if (!reader.rules.releases)
		return err_at(err, doc->at, ERR_INVALID, "releases: a list wanted");
	if (check_texts(reader.rules.releases, err) < 0)
		return -1;
	reader.release = rules_release(reader.rules.releases, release);
	if (reader.release < 0)
		return err_set(err, ERR_INVALID, "release %s is not known", release);
	reader.rules.hierarchy = at_release(&reader, value_get(doc, "hierarchy"));
	if (!reader.rules.hierarchy)
		return err_at(
		    err, doc->at, ERR_INVALID, "hierarchy: a list for %s wanted", release);
	reader.rules.rows = arena_array(loader->arena, RULES_MAX, sizeof(struct rule), err);
	if (!reader.rules.rows || check_texts(reader.rules.hierarchy, err) < 0 ||
	    read_profiles(&reader, classes, n_classes, err) < 0)
		return -1;
	*ret = reader.rules;
	return 0;
}
