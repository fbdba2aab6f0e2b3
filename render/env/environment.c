#include "env/environment.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/scope.h"
#include "env/merge.h"
#include "env/registry.h"
#include "env/search.h"
#include "env/tree.h"

struct file {
	const char *path;
	const struct value *value;
};

struct environment {
	struct doc_loader loader;
	enum merge_style style;
	struct file *files;
	size_t count, room;
	struct merge merge;
	const struct value *merged, *client; /* client: what director would merge */
	struct registry registry;
};

static const struct value empty_map = { .type = VALUE_MAP };

static int
add_file(struct environment *e, const char *path, struct err *err)
{
	struct file *files = e->files;

	if (e->count == e->room) {
		e->room = e->room ? e->room * 2 : 8;
		files = arena_array(e->loader.arena, e->room, sizeof *files, err);
		if (!files)
			return -1;
		if (e->count)
			memcpy(files, e->files, e->count * sizeof *files);
		e->files = files;
	}
	files[e->count].path = arena_text(e->loader.arena, path, err);
	return files[e->count++].path ? 0 : -1;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static int
is_yaml(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && ends_with(entry->d_name, ".yaml");
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void
note(const struct environment *e, struct place at, const char *text)
{
	if (e->loader.note)
		e->loader.note(e->loader.note_arg, at, text);
}

/* All *.yaml files in it, by name.  A directory that is not there is no error to director. */
static int
add_directory(struct environment *e, const char *directory, struct err *err)
{
	struct dirent **names = NULL;
	int count = scandir(directory, &names, is_yaml, by_name), status = 0;

	if (count < 0 && errno == ENOENT) {
		note(e, (struct place){ directory, 0, 0 },
		    "this environment directory does not exist: nothing is read from it");
		return 0;
	}
	if (count < 0)
		return err_sys(err, "%s", directory);
	for (int i = 0; i < count; i++) {
		const char *slash = ends_with(directory, "/") ? "" : "/";
		const char *path = arena_printf(
		    e->loader.arena, err, "%s%s%s", directory, slash, names[i]->d_name);
		struct stat stat_of;

		if (!path)
			status = -1;
		else if (status == 0 && stat(path, &stat_of) == 0 && S_ISREG(stat_of.st_mode))
			status = add_file(e, path, err);
		free(names[i]);
	}
	free(names);
	return status;
}

/* Director makes X.yaml of X.j2.yaml before it reads environments. */
static int
refuse_jinja(const struct environment *e, const char *path, int length, struct err *err)
{
	char *made = arena_printf(e->loader.arena, err, "%.*s.yaml", length, path);

	if (made && access(made, R_OK) == 0)
		return err_set(err, ERR_INVALID,
		    "%s: a Jinja2 template is no environment; is %s meant?", path, made);
	if (made)
		err_set(err, ERR_INVALID,
		    "%s: a Jinja2 template is no environment; tools/process-templates.py of its "
		    "tree makes %s of it",
		    path, made);
	return -1;
}

static int
refuse_missing(const struct environment *e, const char *path, struct err *err)
{
	struct err lost = ERR_INIT;
	size_t length = strlen(path);
	const char *source = NULL;

	err_sys(err, "%s", path);
	if (ends_with(path, ".yaml"))
		source =
		    arena_printf(e->loader.arena, &lost, "%.*s.j2.yaml", (int)length - 5, path);
	if (source && access(source, R_OK) == 0)
		err_wrap(err,
		    "only the Jinja2 template %s is there, which tools/process-templates.py of its "
		    "tree makes an environment of",
		    source);
	return -1;
}

/* Director checks all names before it reads the first file. */
static int
add_named(struct environment *e, const char *path, struct err *err)
{
	static const char template[] = ".j2.yaml";
	int substituted;

	if (ends_with(path, template))
		return refuse_jinja(e, path, (int)(strlen(path) - strlen(template)), err);
	substituted = tree_substitute(e->loader.arena, e->registry.tree, path, &path, err);
	if (substituted < 0)
		return -1;
	if (substituted && !e->registry.borrowed.file)
		e->registry.borrowed.file = path;
	if (access(path, R_OK) < 0)
		return refuse_missing(e, path, err);
	return add_file(e, path, err);
}

static const struct {
	const char *name;
	enum value_type type;
} sections[] = {
	{ "parameter_defaults", VALUE_MAP },
	{ "parameters", VALUE_MAP },
	{ "resource_registry", VALUE_MAP },
	{ "encrypted_param_names", VALUE_LIST },
	{ "event_sinks", VALUE_LIST },
	{ "parameter_merge_strategies", VALUE_MAP },
};

static int
check_section(const struct member *section, struct err *err)
{
	scoped(buf_drop) struct buf name = BUF(200);

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		if (!value_is_text(section->key, sections[i].name))
			continue;
		if (section->value->type == sections[i].type || section->value->type == VALUE_NULL)
			return 0;
		return err_at(err, section->value->at, ERR_INVALID,
		    "section \"%s\" has to be a %s, this is %s", sections[i].name,
		    value_type_name(sections[i].type), value_type_name(section->value->type));
	}
	value_python(section->key, &name);
	return err_at(err, section->key->at, ERR_INVALID, "environment has wrong section \"%s\"",
	    buf_string(&name));
}

static int
check_file(const struct value *value, struct err *err)
{
	if (value->type != VALUE_MAP)
		return err_at(err, value->at, ERR_INVALID,
		    "The environment is not a valid YAML mapping data type.");
	for (size_t i = 0; i < value->map.count; i++)
		if (check_section(&value->map.members[i], err) < 0)
			return -1;
	return 0;
}

/* One file on top of those before it. */
static int
take_file(struct environment *e, struct file *file, struct err *err)
{
	const struct value *registry;

	if (doc_load(&e->loader, file->path, &file->value, err) < 0)
		return -1;
	if (file->value->type == VALUE_NULL)
		return 0;
	if (check_file(file->value, err) < 0)
		return -1;
	registry = value_get(file->value, "resource_registry");
	if (registry && registry->type == VALUE_MAP &&
	    registry_resolve(&e->registry, file->path, registry, err) < 0)
		return -1;
	/* The client merges in any case, and refuses what it cannot, before it asks the server. */
	if (merge_director(&e->merge, e->client, file->value, &e->client, err) < 0)
		return -1;
	if (e->style == MERGE_SERVER)
		return merge_server(&e->merge, e->merged, file->value, &e->merged, err);
	e->merged = e->client;
	return 0;
}

int
environment_load(struct environment **ret, const struct doc_loader *loader,
    const struct environment_files *files, enum merge_style style, struct err *err)
{
	struct environment *e = arena_alloc(loader->arena, sizeof *e, err);

	if (!e)
		return -1;
	e->loader = *loader;
	e->registry = (struct registry){
		.arena = loader->arena, .tree = files->tree, .partial = files->partial
	};
	e->style = style;
	e->merge.arena = e->merge.strategies.arena = loader->arena;
	e->merged = e->client = &empty_map;
	if (style == MERGE_SERVER && merge_server_start(&e->merge, &e->merged, err) < 0)
		return -1;
	for (size_t i = 0; i < files->n_directories; i++)
		if (add_directory(e, files->directories[i], err) < 0)
			return -1;
	for (size_t i = 0; i < files->n_files; i++)
		if (add_named(e, files->files[i], err) < 0)
			return -1;
	for (size_t i = 0; i < e->count; i++)
		if (take_file(e, &e->files[i], err) < 0)
			return -1;
	*ret = e;
	return 0;
}

const struct value *
environment_merged(const struct environment *e)
{
	return e->merged;
}

const struct value *
environment_section(const struct environment *e, const char *name)
{
	const struct value *section = value_get(e->merged, name);

	return section && section->type != VALUE_NULL ? section : &empty_map;
}

const char *
environment_template(const struct environment *e, const char *type, struct place *ret_place)
{
	const struct value *entry =
	    registry_entry(environment_section(e, "resource_registry"), type);
	const char *found = NULL;

	if (!entry || entry->type != VALUE_TEXT)
		return NULL;
	for (const struct resolved *one = e->registry.list; one && !found; one = one->next)
		if (one->written == entry)
			found = one->path;
	if (!found && strstr(entry->text.data, "::"))
		found = entry->text.data;
	if (found && ret_place)
		*ret_place = entry->at;
	return found;
}

struct place
environment_borrowed(const struct environment *e)
{
	return e->registry.borrowed;
}

int
environment_explain(
    const struct environment *e, const char *name, setting_fn *fn, void *arg, struct err *err)
{
	scoped(buf_drop) struct buf path = BUF(1 << 20);

	for (size_t i = 0; i < e->count; i++) {
		const struct value *file = e->files[i].value;

		for (size_t j = 0; file->type == VALUE_MAP && j < file->map.count; j++) {
			const struct member *section = &file->map.members[j];
			const char *text = section->key->text.data;
			struct search s = { e->loader.arena, &e->merge, text, name, fn, arg,
				&path };

			path.length = 0;
			buf_text(&path, text);
			if (search_value(&s, section->value, value_get(e->merged, text), err) < 0)
				return -1;
		}
	}
	return 0;
}

size_t
environment_count(const struct environment *e)
{
	return e->count;
}

const struct value *
environment_file(const struct environment *e, size_t index, const char **ret_path)
{
	if (ret_path)
		*ret_path = e->files[index].path;
	return e->files[index].value;
}
