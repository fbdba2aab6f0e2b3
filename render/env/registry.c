#include "env/registry.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/scope.h"
#include "env/tree.h"

static const char file_scheme[] = "file://";

static bool
has_scheme(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+.-");

	return length && strncmp(text + length, "://", 3) == 0;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In a URL %20 is a blank. */
static void
unquote(char *text)
{
	char *out = text;

	while (*text) {
		int high = *text == '%' ? hex_digit(text[1]) : -1;
		int low = high >= 0 ? hex_digit(text[2]) : -1;
		bool quoted = low >= 0 && high + low > 0;

		*out++ = quoted ? (char)(high * 16 + low) : *text;
		text += quoted ? 3 : 1;
	}
	*out = '\0';
}

/* Take . and .. and empty parts out of an absolute path. */
static void
flatten(char *path)
{
	char *out = path, *part = path;

	while (*part) {
		size_t length = strcspn(part + 1, "/");

		if (length == 2 && memcmp(part + 1, "..", 2) == 0) {
			while (out > path && *--out != '/')
				;
		} else if (length && !(length == 1 && part[1] == '.')) {
			memmove(out, part, length + 1);
			out += length + 1;
		}
		part += length + 1;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

/* Text below an absolute directory, or on its own if it begins with /. */
static char *
join(struct arena *arena, const char *directory, const char *text, struct err *err)
{
	char *path = *text == '/' ? arena_text(arena, text, err)
				  : arena_printf(arena, err, "%s/%s", directory, text);

	if (path)
		flatten(path);
	return path;
}

/* The path of a URL of a file; NULL: it is of something else. */
static const char *
file_url(const char *url)
{
	const char *path = url + strlen(file_scheme);

	if (strncmp(url, file_scheme, strlen(file_scheme)) != 0)
		return NULL;
	if (strncmp(path, "localhost/", 10) == 0)
		path += 9;
	return *path == '/' ? path : NULL;
}

static int
check_file(const char *path, struct place at, struct err *err)
{
	struct stat stat_of;

	if (stat(path, &stat_of) < 0) {
		err_sys(err, "could not fetch contents for %s", path);
		err->at = at;
		return -1;
	}
	if (!S_ISREG(stat_of.st_mode))
		return err_at(err, at, ERR_INVALID,
		    "could not fetch contents for %s: not a regular file", path);
	return 0;
}

/* A file of director's tree may be another tree's; one that this lacks is not looked for. */
static const char *
locate(struct registry *all, const char *path, struct place at, struct err *err)
{
	const char *here = path;
	int substituted = tree_substitute(all->arena, all->tree, path, &here, err);

	if (substituted < 0)
		return NULL;
	if (substituted && !all->borrowed.file)
		all->borrowed = at;
	if (substituted && all->partial && access(here, R_OK) < 0)
		return path;
	return check_file(here, at, err) == 0 ? here : NULL;
}

static const char *
resolve(struct registry *all, const char *directory, const struct value *value, struct err *err)
{
	const char *url = value->text.data;
	char *text;

	if (has_scheme(url)) {
		url = file_url(url);
		if (!url) {
			err_at(err, value->at, ERR_INVALID,
			    "%s: only files are read, not what other URLs name", value->text.data);
			return NULL;
		}
	}
	text = arena_text(all->arena, url, err);
	if (!text)
		return NULL;
	unquote(text);
	text = join(all->arena, directory, text, err);
	return text ? locate(all, text, value->at, err) : NULL;
}

/* What relative names are below: base_url of a map, or outer. */
static const char *
base_of(struct arena *arena, const struct value *map, const char *outer, struct err *err)
{
	const struct value *base = value_get(map, "base_url");
	const char *url;
	char *path;

	if (!base)
		return outer;
	url = base->type == VALUE_TEXT ? file_url(base->text.data) : NULL;
	if (!url) {
		err_at(err, base->at, ERR_INVALID,
		    "base_url has to be a URL of a directory: %s/...", file_scheme);
		return NULL;
	}
	path = arena_text(arena, url, err);
	if (!path)
		return NULL;
	unquote(path);
	flatten(path);
	return path;
}

/* Is it something else than a file?  1, 0, -1. */
static int
other_entry(const struct member *entry, struct err *err)
{
	const struct value *value = entry->value;
	bool hook;

	if (value->type == VALUE_MAP || value_is_text(entry->key, "base_url"))
		return 1;
	if (value->type == VALUE_TEXT && strstr(value->text.data, "::"))
		return 1;
	hook =
	    value_is_text(entry->key, "hooks") || value_is_text(entry->key, "restricted_actions");
	if (hook && (value->type == VALUE_TEXT || value->type == VALUE_LIST))
		return 1;
	if (value->type == VALUE_TEXT && value->text.length)
		return 0;
	return err_at(err, value->at, ERR_INVALID, "a template or a type is wanted, this is %s",
	    value->type == VALUE_TEXT ? "empty" : value_type_name(value->type));
}

static int
add_entry(struct registry *all, const char *directory, const struct member *entry, struct err *err)
{
	int other = other_entry(entry, err);
	struct resolved *resolved;

	if (other)
		return other < 0 ? -1 : 0;
	resolved = arena_alloc(all->arena, sizeof *resolved, err);
	if (!resolved)
		return -1;
	resolved->written = entry->value;
	resolved->path = resolve(all, directory, entry->value, err);
	resolved->next = all->list;
	all->list = resolved;
	return resolved->path ? 0 : -1;
}

/* The entries of the registry itself, or of one resource in it. */
static int
add_entries(struct registry *all, const char *outer, const struct value *map, const char *name,
    struct err *err)
{
	const char *directory = base_of(all->arena, map, outer, err);

	if (!directory)
		return err_wrap(err, "%s", name);
	for (size_t i = 0; i < map->map.count; i++) {
		scoped(buf_drop) struct buf key = BUF(200);

		if (add_entry(all, directory, &map->map.members[i], err) == 0)
			continue;
		value_python(map->map.members[i].key, &key);
		return err_wrap(err, "%s/%s", name, buf_string(&key));
	}
	return 0;
}

/* The directory of a file, absolute. */
static char *
directory_of(struct arena *arena, const char *path, struct err *err)
{
	scoped(scoped_free) char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	char *whole;

	if (*path != '/' && !here) {
		err_sys(err, "current directory");
		return NULL;
	}
	whole = arena_printf(arena, err, "%s/%s/..", here ? here : "", path);
	if (whole)
		flatten(whole);
	return whole;
}

int
registry_resolve(
    struct registry *all, const char *path, const struct value *section, struct err *err)
{
	const struct value *resources = value_get(section, "resources");
	const char *directory = directory_of(all->arena, path, err);

	if (!directory || add_entries(all, directory, section, "resource_registry", err) < 0)
		return -1;
	if (!resources)
		return 0;
	if (resources->type != VALUE_MAP)
		return err_at(err, resources->at, ERR_INVALID,
		    "resource_registry/resources: a map is wanted, this is %s",
		    value_type_name(resources->type));
	directory = base_of(all->arena, section, directory, err);
	for (size_t i = 0; directory && i < resources->map.count; i++) {
		const struct value *resource = resources->map.members[i].value;

		if (resource->type != VALUE_MAP)
			return err_at(err, resource->at, ERR_INVALID,
			    "resource_registry/resources: a map is wanted, this is %s",
			    value_type_name(resource->type));
		if (add_entries(all, directory, resource, "resource_registry/resources", err) < 0)
			return -1;
	}
	return directory ? 0 : -1;
}

static bool
fits(const struct member *entry, const char *type)
{
	const char *pattern = entry->key->text.data;
	size_t length = entry->key->text.length;

	if (strcmp(pattern, type) == 0)
		return true;
	/* A pattern stands for other types only, and not for the one that it leads to. */
	return length && pattern[length - 1] == '*' && strncmp(pattern, type, length - 1) == 0 &&
	       entry->value->type == VALUE_TEXT && strstr(entry->value->text.data, "::") &&
	       strcmp(entry->value->text.data, type) != 0;
}

const struct value *
registry_entry(const struct value *section, const char *type)
{
	const struct member *first = NULL;

	for (size_t i = 0; i < section->map.count; i++) {
		const struct member *entry = &section->map.members[i];

		if (entry->key->type == VALUE_TEXT && fits(entry, type) &&
		    (!first || strcmp(entry->key->text.data, first->key->text.data) < 0))
			first = entry;
	}
	return first ? first->value : NULL;
}
