#include "hot/document.h"

#include <string.h>

#include "base/arena.h"
#include "doc/value.h"
#include "hot/eval.h"
#include "hot/source.h"
#include "hot/template.h"

static const struct {
	const char *name, *date;
} versions[] = {
	{ "2013-05-23", "2013-05-23" },
	{ "2014-10-16", "2014-10-16" },
	{ "2015-04-30", "2015-04-30" },
	{ "2015-10-15", "2015-10-15" },
	{ "2016-04-08", "2016-04-08" },
	{ "2016-10-14", "2016-10-14" },
	{ "newton", "2016-10-14" },
	{ "2017-02-24", "2017-02-24" },
	{ "ocata", "2017-02-24" },
	{ "2017-09-01", "2017-09-01" },
	{ "pike", "2017-09-01" },
	{ "2018-03-02", "2018-03-02" },
	{ "queens", "2018-03-02" },
	{ "2018-08-31", "2018-08-31" },
	{ "rocky", "2018-08-31" },
	{ "2021-04-16", "2021-04-16" },
	{ "wallaby", "2021-04-16" },
};

/* Words that a section, output or resource may hold, and since when. */
struct word {
	const char *name, *since;
};

static const struct word sections[] = {
	{ "heat_template_version", "" },
	{ "description", "" },
	{ "parameter_groups", "" },
	{ "parameters", "" },
	{ "resources", "" },
	{ "outputs", "" },
	{ "conditions", "2016-10-14" },
	{ 0 },
};

static const struct word output_words[] = {
	{ "description", "" },
	{ "value", "" },
	{ "condition", "2016-10-14" },
	{ 0 },
};

static const struct word resource_words[] = {
	{ "type", "" },
	{ "properties", "" },
	{ "metadata", "" },
	{ "depends_on", "" },
	{ "deletion_policy", "" },
	{ "update_policy", "" },
	{ "description", "" },
	{ "external_id", "2016-10-14" },
	{ "condition", "2016-10-14" },
	{ 0 },
};

bool
document_since(const struct document *document, const char *date)
{
	return strcmp(document->version, date) >= 0;
}

bool
document_is_path(const char *type)
{
	const char *end = strrchr(type, '.');

	return end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".template") == 0);
}

/* Take "x/../" and "./" out, as the joining of URLs does. */
static void
straighten(char *path)
{
	char *out = path, *in = path;

	while (*in) {
		size_t length = strcspn(in, "/");
		size_t whole = length + (in[length] == '/');

		if (length == 1 && in[0] == '.' && in[1]) {
			in += whole;
			continue;
		}
		if (length == 2 && in[0] == '.' && in[1] == '.' && out > path + 1) {
			char *last = out - 1;

			while (last > path && last[-1] != '/')
				last--;
			if (strncmp(last, "../", 3) != 0) {
				out = last;
				in += whole;
				continue;
			}
		}
		memmove(out, in, whole);
		out += whole;
		in += whole;
	}
	*out = '\0';
}

int
document_path(struct run *run, const struct document *document, const char *name, const char **ret,
    struct err *err)
{
	const char *slash = strrchr(document->path, '/');
	int folder = slash ? (int)(slash - document->path + 1) : 0;
	char *path;

	if (strncmp(name, "file://", 7) == 0)
		name += 7;
	if (name[0] == '/')
		path = arena_text(run->arena, name, err);
	else
		path = arena_printf(run->arena, err, "%.*s%s", folder, document->path, name);
	if (!path)
		return -1;
	straighten(path);
	*ret = path;
	return 0;
}

/* The first key of map that words do not know, or NULL. */
static const struct value *
unknown_word(const struct document *document, const struct value *map, const struct word *words)
{
	for (size_t i = 0; i < map->map.count; i++) {
		const struct value *key = map->map.members[i].key;
		const struct word *word = words;

		while (word->name &&
		       !(value_is_text(key, word->name) && document_since(document, word->since)))
			word++;
		if (!word->name)
			return key;
	}
	return NULL;
}

static int
check_version(struct document *document, struct err *err)
{
	const struct value *version = value_get(document->body, "heat_template_version");
	char shown[EVAL_SHOWN];

	if (!version)
		return err_at(
		    err, document->body->at, ERR_INVALID, "Template format version not found.");
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if (value_is_text(version, versions[i].name)) {
			document->version = versions[i].date;
			return 0;
		}
	}
	return err_at(err, version->at, ERR_INVALID,
	    "The template version is invalid: \"heat_template_version: %s\". "
	    "\"heat_template_version\" should be one of: 2013-05-23, 2014-10-16, 2015-04-30, "
	    "2015-10-15, 2016-04-08, 2016-10-14, 2017-02-24, 2017-09-01, 2018-03-02, 2018-08-31, "
	    "2021-04-16, newton, ocata, pike, queens, rocky, wallaby",
	    eval_show(version, shown));
}

/* A section that is absent or empty is an empty map. */
static int
take_section(
    const struct document *document, const char *name, const struct value **ret, struct err *err)
{
	static const struct value empty = { .type = VALUE_MAP };
	const struct value *section = value_get(document->body, name);

	*ret = &empty;
	if (!section || section->type == VALUE_NULL)
		return 0;
	if (section->type != VALUE_MAP)
		return err_at(err, section->at, ERR_INVALID,
		    "The template section is invalid: %s must be a map, not a %s", name,
		    value_type_name(section->type));
	*ret = section;
	return 0;
}

static int
check_output(const struct document *document, const struct member *output, struct err *err)
{
	const struct value *unknown, *body = output->value;
	char name[EVAL_SHOWN], word[EVAL_SHOWN];

	eval_show(output->key, name);
	if (body->type != VALUE_MAP)
		return err_at(err, output->key->at, ERR_INVALID,
		    "Output validation error: outputs.%s: Output definitions must be a map. "
		    "Found a %s instead",
		    name, value_type_name(body->type));
	if (!value_get(body, "value"))
		return err_at(err, output->key->at, ERR_INVALID,
		    "Output validation error: outputs.%s: Each output definition must contain a "
		    "value key.",
		    name);
	unknown = unknown_word(document, body, output_words);
	if (unknown)
		return err_at(err, unknown->at, ERR_INVALID,
		    "\"%s\" is not a valid keyword inside a output definition: outputs.%s",
		    eval_show(unknown, word), name);
	return 0;
}

static int
check_resource(const struct document *document, const struct member *resource, struct err *err)
{
	const struct value *type, *unknown, *body = resource->value;
	char name[EVAL_SHOWN], word[EVAL_SHOWN];

	eval_show(resource->key, name);
	if (body->type != VALUE_MAP)
		return err_at(err, resource->key->at, ERR_INVALID,
		    "\"resources\" must contain a map of resource maps. Found a [%s] instead: %s",
		    value_type_name(body->type), name);
	unknown = unknown_word(document, body, resource_words);
	if (unknown)
		return err_at(err, unknown->at, ERR_INVALID,
		    "Invalid keyword(s) inside a resource definition: %s: %s",
		    eval_show(unknown, word), name);
	type = value_get(body, "type");
	if (!type)
		return err_at(
		    err, resource->key->at, ERR_INVALID, "Resource %s is missing \"type\"", name);
	if (type->type != VALUE_TEXT)
		return err_at(
		    err, type->at, ERR_INVALID, "Resource %s type type must be string", name);
	return 0;
}

static int
refuse_group(const struct value *at, const char *what, const char *name, struct err *err)
{
	return err_at(
	    err, at->at, ERR_INVALID, "Parameter Groups error: parameter_groups: %s%s", name, what);
}

/* Each parameter of a group is declared, and in no other group. */
static int
check_group(const struct document *document, const struct value *group, struct map_builder *seen,
    struct err *err)
{
	const struct value *names =
	    group->type == VALUE_MAP ? value_get(group, "parameters") : NULL;
	char shown[EVAL_SHOWN];

	if (!names || names->type == VALUE_NULL)
		return refuse_group(
		    group, "The parameters must be provided for each parameter group.", "", err);
	if (names->type != VALUE_LIST)
		return refuse_group(
		    names, "The parameters of parameter group should be a list.", "", err);
	for (size_t i = 0; i < names->list.count; i++) {
		const struct value *name = names->list.items[i];

		eval_show(name, shown);
		if (map_find(seen, name))
			return refuse_group(name,
			    ": the parameter must be assigned to one parameter group only.", shown,
			    err);
		if (!value_find(document->parameters, name))
			return refuse_group(name,
			    ": the grouped parameter does not reference a valid parameter.", shown,
			    err);
		if (map_set(seen, name, &value_true, err) < 0)
			return -1;
	}
	return 0;
}

static int
check_groups(struct run *run, const struct document *document, struct err *err)
{
	const struct value *groups = value_get(document->body, "parameter_groups");
	struct map_builder seen = { .arena = run->arena };

	if (!groups || groups->type == VALUE_NULL)
		return 0;
	if (groups->type != VALUE_LIST)
		return refuse_group(groups, "The parameter_groups should be a list.", "", err);
	for (size_t i = 0; i < groups->list.count; i++)
		if (check_group(document, groups->list.items[i], &seen, err) < 0)
			return -1;
	return 0;
}

static int
check_members(const struct document *document, struct err *err)
{
	const struct value *unknown = unknown_word(document, document->body, sections);
	char word[EVAL_SHOWN];

	if (unknown)
		return err_at(err, unknown->at, ERR_INVALID, "The template section is invalid: %s",
		    eval_show(unknown, word));
	for (size_t i = 0; i < document->resources->map.count; i++)
		if (check_resource(document, &document->resources->map.members[i], err) < 0)
			return -1;
	for (size_t i = 0; i < document->outputs->map.count; i++)
		if (check_output(document, &document->outputs->map.members[i], err) < 0)
			return -1;
	return 0;
}

int
document_check(struct run *run, const struct value *body, const char *path,
    const struct document **ret, struct err *err)
{
	struct document *document = arena_alloc(run->arena, sizeof(*document), err);

	if (!document)
		return -1;
	if (body->type != VALUE_MAP)
		return err_at(err, body->at, ERR_INVALID,
		    "The template is not a JSON object or YAML mapping.");
	document->path = path;
	document->body = body;
	if (check_version(document, err) < 0 ||
	    take_section(document, "parameters", &document->parameters, err) < 0 ||
	    take_section(document, "conditions", &document->conditions, err) < 0 ||
	    take_section(document, "resources", &document->resources, err) < 0 ||
	    take_section(document, "outputs", &document->outputs, err) < 0 ||
	    check_members(document, err) < 0 || check_groups(run, document, err) < 0)
		return -1;
	document->next = run->documents;
	run->documents = document;
	*ret = document;
	return 0;
}

int
document_load(struct run *run, const char *path, const struct document **ret, struct err *err)
{
	const struct value *body;

	for (const struct document *seen = run->documents; seen; seen = seen->next) {
		if (strcmp(seen->path, path) == 0) {
			*ret = seen;
			return 0;
		}
	}
	path = arena_text(run->arena, path, err);
	if (!path || source_load(run->world->loader, path, &body, err) < 0)
		return -1;
	if (document_check(run, body, path, ret, err) < 0) {
		if (!err->at.line)
			err->at.file = path;
		return -1;
	}
	return 0;
}
