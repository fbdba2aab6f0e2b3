#include "explain.h"

#include <string.h>

#include "base/scope.h"
#include "options/nearest.h"
#include "options/opt.h"
#include "options/tables.h"
#include "render.h"
#include "validate.h"

enum { TEXT_MAX = 4096, PLACES_MAX = 64, NAMES_MAX = 64 };

struct telling {
	struct render *render;
	const char *name;
	FILE *out;
	size_t told;
	struct place places[PLACES_MAX]; /* of values told of: what comes from there follows */
	size_t n_places;
	const char *names[NAMES_MAX]; /* whose settings were told of */
	size_t n_names;
};

static bool
is_same(struct place a, struct place b)
{
	return a.line == b.line && a.column == b.column && !strcmp(a.file, b.file);
}

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
		if (is_same(telling->places[i], at))
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

/* Settings of a name, told of once. */
static int
tell_settings(struct telling *telling, const char *name, struct err *err)
{
	for (size_t i = 0; i < telling->n_names; i++)
		if (!strcmp(telling->names[i], name))
			return 0;
	if (telling->n_names < NAMES_MAX)
		telling->names[telling->n_names++] = name;
	return environment_explain(telling->render->environment, name, tell_setting, telling, err);
}

/* The parameter that a value comes from has settings of its own. */
static int
tell_origin(struct telling *telling, const char *key, struct err *err)
{
	const struct environment *environment = telling->render->environment;
	const struct value *value = hiera_raw(&telling->render->role.hiera, key, NULL);

	for (size_t i = 0; value && value->at.line && i < environment_count(environment); i++) {
		const struct value *defaults =
		    value_get(environment_file(environment, i, NULL), "parameter_defaults");

		for (size_t k = 0;
		     defaults && defaults->type == VALUE_MAP && k < defaults->map.count; k++) {
			const struct member *member = &defaults->map.members[k];

			if (member->key->type == VALUE_TEXT &&
			    is_same(member->value->at, value->at) &&
			    tell_settings(telling, member->key->text.data, err) < 0)
				return -1;
		}
	}
	return tell_settings(telling, key, err);
}

/* The key of a rule that is asked for by its key, name or title, or NULL. */
static const char *
asked_key(const struct telling *telling, const struct rule *rule, size_t index)
{
	bool named = rule->title &&
		     (!strcmp(rule->name, telling->name) || !strcmp(rule->title, telling->name));

	return named || !strcmp(rule->keys[index], telling->name) ? rule->keys[index] : NULL;
}

/* Who set what the rules read; then what the levels of hiera hold of it. */
static int
tell_rules(struct telling *telling, struct err *err)
{
	const struct rules *rules = &telling->render->role.rules;

	for (size_t i = 0; i < rules->count; i++)
		for (size_t k = 0; k < rules->rows[i].n_keys; k++) {
			const char *key = asked_key(telling, &rules->rows[i], k);

			if (key && tell_origin(telling, key, err) < 0)
				return -1;
		}
	for (size_t i = 0; i < rules->count; i++)
		for (size_t k = 0; k < rules->rows[i].n_keys; k++)
			if (asked_key(telling, &rules->rows[i], k))
				tell_levels(telling, rules->rows[i].keys[k]);
	return 0;
}

static int
tell_result(struct telling *telling, struct err *err)
{
	const struct settings *settings = &telling->render->role.settings;

	if (tell_rules(telling, err) < 0)
		return -1;
	for (size_t i = 0; i < settings->count; i++)
		if (is_named(&settings->lines[i], telling->name) ||
		    (settings->lines[i].at.line && is_remembered(telling, settings->lines[i].at)))
			tell_line(telling, &settings->lines[i]);
	return 0;
}

/* Nothing has that name; another one is near, maybe. */
static int
unknown(const struct telling *telling, struct err *err)
{
	const struct render *render = telling->render;
	struct nearest nearest = { .word = telling->name };

	for (size_t i = 0; i < render->n_parameters; i++)
		nearest_offer(&nearest, render->parameters[i].name);
	for (size_t i = 0; i < render->role.rules.count; i++) {
		const struct rule *rule = &render->role.rules.rows[i];

		if (rule->name)
			nearest_offer(&nearest, rule->name);
		for (size_t k = 0; k < rule->n_keys; k++)
			nearest_offer(&nearest, rule->keys[k]);
	}
	return err_set(err, ERR_NOT_FOUND,
	    "%s: no parameter, hiera key or option of this service%s%s%s", telling->name,
	    nearest.name ? "; did you mean " : "", nearest.name ? nearest.name : "",
	    nearest.name ? "?" : "");
}

int
explain_print(struct render *render, const char *name, FILE *out, struct err *err)
{
	struct telling telling = { .render = render, .name = name, .out = out };
	struct hot_world world;

	if (render_load(render, err) < 0)
		return -1;
	if (render_find_template(render, err) < 0)
		return -1;
	world = render_world(render);
	if (hot_parameters(&world, render->template, tell_parameter, &telling, err) < 0)
		return -1;
	if (tell_settings(&telling, name, err) < 0)
		return -1;
	if (render_evaluate(render, err) < 0 || render_role(render, err) < 0)
		return -1;
	if (tell_result(&telling, err) < 0)
		return -1;
	return telling.told ? 0 : unknown(&telling, err);
}
