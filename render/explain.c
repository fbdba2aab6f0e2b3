#include "explain.h"

#include <string.h>

#include "base/scope.h"
#include "options/opt.h"
#include "options/tables.h"
#include "render.h"
#include "validate.h"

enum { TEXT_MAX = 4096, PLACES_MAX = 64 };

struct telling {
	struct render *render;
	const char *name;
	FILE *out;
	size_t told;
	struct place places[PLACES_MAX]; /* of values told of: what comes from there follows */
	size_t n_places;
};

static void
remember(struct telling *telling, struct place at)
{
	if (at.line && telling->n_places < PLACES_MAX)
		telling->places[telling->n_places++] = at;
}

static bool
is_remembered(const struct telling *telling, struct place at)
{
	for (size_t i = 0; i < telling->n_places; i++)
		if (telling->places[i].line == at.line && telling->places[i].column == at.column &&
		    !strcmp(telling->places[i].file, at.file))
			return true;
	return false;
}

/* Parameters, keys and options, at the end of a path, whose values are nobody's business. */
static bool
is_secret(const char *name)
{
	const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name, *start = slash;
	char section[64] = "DEFAULT";
	const struct opt *opt;

	while (start && start > name && start[-1] != '/')
		start--;
	if (start)
		snprintf(section, sizeof(section), "%.*s", (int)(slash - start), start);
	opt = opt_find(section, last);
	if (!opt)
		opt = opt_find_hiera(last);
	return strcasestr(name, "password") || strcasestr(name, "secret") ||
	       strstr(name, "database_connection") || (opt && (opt->flags & OPT_SECRET));
}

/* Does a secret stand somewhere inside? */
static bool
holds_secret(const struct value *value)
{
	size_t i;

	if (value->type == VALUE_LIST)
		for (i = 0; i < value->list.count; i++)
			if (holds_secret(value->list.items[i]))
				return true;
	if (value->type == VALUE_MAP)
		for (i = 0; i < value->map.count; i++) {
			const struct member *member = &value->map.members[i];

			if ((member->key->type == VALUE_TEXT &&
				is_secret(member->key->text.data)) ||
			    holds_secret(member->value))
				return true;
		}
	return false;
}

static void
print_place(FILE *out, struct place at)
{
	if (at.line)
		fprintf(out, "%s:%u:%u: ", at.file, at.line, at.column);
}

static void
print_value(FILE *out, const struct value *value, bool secret)
{
	scoped(buf_drop) struct buf text = BUF(TEXT_MAX);

	value_python(value, &text);
	fputs(secret || holds_secret(value) ? "***" : text.failed ? "..." : buf_string(&text), out);
}

static int
tell_setting(void *arg, const struct setting *setting, struct err *err)
{
	struct telling *telling = arg;

	(void)err;
	print_place(telling->out, setting->value->at);
	fprintf(telling->out, "%s/%s = ", setting->section, setting->path);
	print_value(telling->out, setting->value, is_secret(setting->path));
	fputs(setting->won ? "\n" : "  (a later file wins)\n", telling->out);
	remember(telling, setting->value->at);
	telling->told++;
	return 0;
}

static int
tell_parameter(void *arg, const struct hot_parameter *parameter, struct err *err)
{
	struct telling *telling = arg;
	const struct value *dflt = value_get(parameter->schema, "default");
	const struct value *text = value_get(parameter->schema, "description");

	(void)err;
	if (strcmp(parameter->name, telling->name) != 0)
		return 0;
	print_place(telling->out, parameter->schema->at);
	fprintf(telling->out, "parameter of type %s", parameter->type);
	if (dflt) {
		remember(telling, dflt->at);
		fputs(", default ", telling->out);
		print_value(telling->out, dflt, false);
	} else
		fputs(", required", telling->out);
	if (text && text->type == VALUE_TEXT)
		fprintf(telling->out, ": %s", text->text.data);
	fputc('\n', telling->out);
	telling->told++;
	return 0;
}

/* What the option's value, or the key's, came to in cinder.conf. */
static void
tell_line(struct telling *telling, const struct setting_line *line)
{
	print_place(telling->out, line->at);
	fprintf(telling->out, "cinder.conf [%s] %s = %s", line->section, line->name,
	    line->absent   ? "(removed)"
	    : line->secret ? "***"
			   : line->value);
	if (line->key)
		fprintf(telling->out, "  (hiera key %s, level %s)", line->key,
		    line->level ? line->level : "?");
	else
		fputs("  (default of its class)", telling->out);
	fputc('\n', telling->out);
	telling->told++;
}

static bool
is_named(const struct setting_line *line, const char *name)
{
	size_t section = strlen(line->section);

	if (!strcmp(line->name, name) || (line->key && !strcmp(line->key, name)))
		return true;
	return !strncmp(name, line->section, section) && name[section] == '/' &&
	       !strcmp(name + section + 1, line->name);
}

/* Every level of hiera that has the key, highest first: the first one counts. */
static void
tell_levels(struct telling *telling, const char *key)
{
	const struct hiera *hiera = &telling->render->role.hiera;
	bool first = true;

	for (size_t i = 0; i < hiera->n_levels; i++) {
		const struct value *value = value_get(hiera->levels[i].data, key);

		if (!value)
			continue;
		print_place(telling->out, value->at);
		fprintf(telling->out, "hiera level %s: %s = ", hiera->levels[i].name, key);
		print_value(telling->out, value, is_secret(key));
		fputs(first ? "\n" : "  (a higher level wins)\n", telling->out);
		first = false;
		telling->told++;
	}
}

static void
tell_rules(struct telling *telling)
{
	const struct rules *rules = &telling->render->role.rules;

	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rows[i];
		bool named = rule->title && (!strcmp(rule->name, telling->name) ||
						!strcmp(rule->title, telling->name));

		for (size_t k = 0; k < rule->n_keys; k++)
			if (named || !strcmp(rule->keys[k], telling->name))
				tell_levels(telling, rule->keys[k]);
	}
}

static void
tell_result(struct telling *telling)
{
	const struct settings *settings = &telling->render->role.settings;

	tell_rules(telling);
	for (size_t i = 0; i < settings->count; i++)
		if (is_named(&settings->lines[i], telling->name) ||
		    (settings->lines[i].at.line && is_remembered(telling, settings->lines[i].at)))
			tell_line(telling, &settings->lines[i]);
}

int
explain_print(struct render *render, const char *name, FILE *out, struct err *err)
{
	struct telling telling = { .render = render, .name = name, .out = out };
	struct hot_world world;
	const char *slash = strrchr(name, '/');

	if (render_load(render, err) < 0)
		return -1;
	if (render_find_template(render, err) < 0)
		return -1;
	world = render_world(render);
	if (hot_parameters(&world, render->template, tell_parameter, &telling, err) < 0)
		return -1;
	if (environment_explain(render->environment, name, tell_setting, &telling, err) < 0)
		return -1;
	/* An option may stand in cinder_config with its section. */
	if (!slash && !strstr(name, "::")) {
		char title[256];

		snprintf(title, sizeof(title), "DEFAULT/%s", name);
		if (environment_explain(render->environment, title, tell_setting, &telling, err) <
		    0)
			return -1;
	}
	if (render_evaluate(render, err) < 0 || render_role(render, err) < 0)
		return -1;
	tell_result(&telling);
	if (!telling.told)
		return err_set(err, ERR_NOT_FOUND,
		    "%s: no parameter, hiera key or option of this service", name);
	return 0;
}
