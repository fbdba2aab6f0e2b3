#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "doc/dump.h"
#include "doc/value.h"
#include "explain.h"
#include "options/opt.h"
#include "options/tables.h"

enum { ARENA_MAX = 8 << 20 };

static const char *
type_name(const struct opt *opt)
{
	static const char *const names[] = {
		[OPT_TYPE_TEXT] = "text",
		[OPT_TYPE_URI] = "URI",
		[OPT_TYPE_BOOL] = "true or false",
		[OPT_TYPE_INTEGER] = "number",
		[OPT_TYPE_BYTES] = "bytes",
		[OPT_TYPE_FLOAT] = "number",
		[OPT_TYPE_CHOICE] = "choice",
		[OPT_TYPE_LIST] = "list",
	};

	return names[opt->type];
}

/* name, SECTION/name, or NULL for all. */
static bool
is_asked(const struct opt *opt, const char *name)
{
	const char *slash = name ? strchr(name, '/') : NULL;

	if (!name)
		return true;
	if (!slash)
		return !strcmp(opt->name, name);
	return strlen(opt_section(opt)) == (size_t)(slash - name) &&
	       !strncmp(opt_section(opt), name, (size_t)(slash - name)) &&
	       !strcmp(opt->name, slash + 1);
}

static void
print_choices(const struct opt *opt, FILE *out)
{
	for (const struct choice *choice = opt->choices; choice && choice->name; choice++)
		fprintf(out, "%s%s", choice == opt->choices ? ": " : ", ", choice->name);
}

static void
print_text(const struct opt *opt, FILE *out)
{
	fprintf(out, "[%s] %s = %s\n", opt_section(opt), opt->name, opt->dflt ? opt->dflt : "");
	fprintf(out, "    %s", type_name(opt));
	print_choices(opt, out);
	if (opt->min || opt->max)
		fprintf(out, ", from %lld to %lld", (long long)opt->min, (long long)opt->max);
	if (opt->flags & OPT_REQUIRED)
		fputs(", required", out);
	if (opt->flags & OPT_NO_EFFECT)
		fputs(", accepted without effect", out);
	fprintf(out, "\n    %s\n", opt->help);
	if (opt->hiera)
		fprintf(out, "    hiera key: %s\n", opt->hiera);
	else
		fprintf(out, "    hiera key: cinder::config::cinder_config, %s/%s\n",
		    opt_section(opt), opt->name);
}

static int
put(struct map_builder *map, const char *key, const char *text, struct err *err)
{
	const struct value *value = text ? value_text(map->arena, text, err) : &value_null;

	return value ? map_put(map, key, value, err) : -1;
}

static int
add_json(struct list_builder *list, const struct opt *opt, struct err *err)
{
	struct map_builder map = { .arena = list->arena };
	struct list_builder choices = { .arena = list->arena };

	for (const struct choice *choice = opt->choices; choice && choice->name; choice++) {
		const struct value *name = value_text(list->arena, choice->name, err);

		if (!name || list_add(&choices, name, err) < 0)
			return -1;
	}
	if (put(&map, "section", opt_section(opt), err) < 0 ||
	    put(&map, "name", opt->name, err) < 0 || put(&map, "type", type_name(opt), err) < 0 ||
	    put(&map, "default", opt->dflt, err) < 0 || put(&map, "hiera", opt->hiera, err) < 0 ||
	    put(&map, "since", opt->since, err) < 0 || put(&map, "help", opt->help, err) < 0)
		return -1;
	const struct value *names = list_done(&choices, (struct place){ 0 }, err);
	if (!names || map_put(&map, "choices", names, err) < 0 ||
	    map_put(&map, "required", value_bool(opt->flags & OPT_REQUIRED), err) < 0)
		return -1;
	const struct value *value = map_done(&map, (struct place){ 0 }, err);
	return value ? list_add(list, value, err) : -1;
}

int
options_print(const char *name, bool json, FILE *out, struct err *err)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(ARENA_MAX);
	struct list_builder list = { .arena = arena };
	size_t found = 0;

	if (!arena)
		return err_memory(err);
	for (const struct opt_table *const *table = opt_tables; *table; table++) {
		for (const struct opt *opt = (*table)->rows; opt->name; opt++) {
			if (!is_asked(opt, name))
				continue;
			if (json && add_json(&list, opt, err) < 0)
				return -1;
			if (!json)
				print_text(opt, out);
			found++;
		}
	}
	if (!found) {
		const struct opt *near = opt_nearest("DEFAULT", name);

		return err_set(err, ERR_NOT_FOUND, "%s: no such option%s%s", name,
		    near ? "; did you mean " : "", near ? near->name : "");
	}
	return json ? json_print(list_done(&list, (struct place){ 0 }, err), out, err) : 0;
}
