#include "role/rules.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "role/rules_row.h"

enum { RULES_MAX = 1024 };

struct reader {
	const struct doc_loader *loader;
	const char *directory;
	struct rules rules;
	struct rule_reader rows;
};

const struct rule *
rules_find(const struct rules *rules, const char *title)
{
	for (size_t i = 0; i < rules->count; i++)
		if (rules->rows[i].title && !strcmp(rules->rows[i].title, title))
			return &rules->rows[i];
	return NULL;
}

static int
load(const struct reader *reader, const char *name, const struct value **ret, struct err *err)
{
	char *path = arena_printf(reader->loader->arena, err, "%s/%s", reader->directory, name);

	if (!path || doc_load(reader->loader, path, ret, err) < 0)
		return -1;
	return rule_check_map(*ret, err);
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
	struct rule rule = { .file = file };

	if (!rule_is_current(&reader->rows, member->value))
		return 0;
	if (split_title(&rule, reader->loader->arena, member->key, err) < 0 ||
	    rule_read(&reader->rows, &rule, member->value, class, err) < 0)
		return -1;
	return add(reader, &rule, member->key, err);
}

/* A parameter of the class that no option comes from. */
static int
read_parameter(struct reader *reader, const char *file, const char *class,
    const struct member *member, struct err *err)
{
	struct rule rule = { .file = file };

	if (!rule_is_current(&reader->rows, member->value))
		return 0;
	if (member->key->type != VALUE_TEXT)
		return err_at(err, member->key->at, ERR_INVALID, "name of a parameter wanted");
	rule.name = member->key->text.data;
	if (rule_read(&reader->rows, &rule, member->value, class, err) < 0)
		return -1;
	return add(reader, &rule, member->key, err);
}

/* Titles that are declared and cannot be set. */
static int
read_titles(struct reader *reader, const char *file, const struct member *section, struct err *err)
{
	if (section->key->type != VALUE_TEXT)
		return err_at(err, section->key->at, ERR_INVALID, "name of a section wanted");
	if (rule_check_texts(section->value, err) < 0)
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
	const char *class = rule_text(doc, "class"), *entries = rule_text(doc, "entries");
	const struct value *options = value_get(doc, "options"), *titles = value_get(doc, "titles");
	const struct value *parameters = value_get(doc, "parameters");

	if (!class)
		return err_at(err, doc->at, ERR_INVALID, "class: the name of a class wanted");
	if ((options && rule_check_map(options, err) < 0) ||
	    (titles && rule_check_map(titles, err) < 0) ||
	    (parameters && rule_check_map(parameters, err) < 0))
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
	if (rule_check_map(profiles, err) < 0)
		return -1;
	for (size_t i = 0; i < n_classes; i++) {
		const struct value *files =
		    rule_at_release(&reader->rows, value_get(profiles, classes[i]));

		if (files && rule_check_texts(files, err) < 0)
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
	if (rule_check_texts(reader.rules.releases, err) < 0)
		return -1;
	reader.rows.arena = loader->arena;
	reader.rows.releases = reader.rules.releases;
	reader.rows.release = rules_release(reader.rules.releases, release);
	if (reader.rows.release < 0)
		return err_set(err, ERR_INVALID, "release %s is not known", release);
	reader.rules.hierarchy = rule_at_release(&reader.rows, value_get(doc, "hierarchy"));
	if (!reader.rules.hierarchy)
		return err_at(
		    err, doc->at, ERR_INVALID, "hierarchy: a list for %s wanted", release);
	reader.rules.rows = arena_array(loader->arena, RULES_MAX, sizeof(struct rule), err);
	if (!reader.rules.rows || rule_check_texts(reader.rules.hierarchy, err) < 0 ||
	    read_profiles(&reader, classes, n_classes, err) < 0)
		return -1;
	*ret = reader.rules;
	return 0;
}
