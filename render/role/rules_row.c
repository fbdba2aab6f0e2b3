#include "role/rules_row.h"

#include <string.h>

#include "base/arena.h"
#include "role/rules.h"

int
rules_release(const struct value *releases, const char *release)
{
	for (size_t i = 0; i < releases->list.count; i++)
		if (value_is_text(releases->list.items[i], release))
			return (int)i;
	return -1;
}

/* The data may be replaced by others': trust no type. */
int
rule_check_texts(const struct value *list, struct err *err)
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

int
rule_check_map(const struct value *map, struct err *err)
{
	if (map->type == VALUE_MAP)
		return 0;
	return err_at(
	    err, map->at, ERR_INVALID, "a map wanted, not %s", value_type_name(map->type));
}

/* Of a map by release, the value that holds at ours; other values hold always. */
const struct value *
rule_at_release(const struct rule_reader *reader, const struct value *value)
{
	const struct value *best = NULL;
	int best_release = -1;

	if (!value || value->type != VALUE_MAP)
		return value;
	for (size_t i = 0; i < value->map.count; i++) {
		const struct member *member = &value->map.members[i];
		int since = member->key->type == VALUE_TEXT
				? rules_release(reader->releases, member->key->text.data)
				: -1;

		if (since >= 0 && since <= reader->release && since > best_release) {
			best = member->value;
			best_release = since;
		}
	}
	return best;
}

const char *
rule_text(const struct value *map, const char *key)
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

bool
rule_is_current(const struct rule_reader *reader, const struct value *row)
{
	const char *since = rule_text(row, "since"), *last = rule_text(row, "last");

	if (since && rules_release(reader->releases, since) > reader->release)
		return false;
	return !last || rules_release(reader->releases, last) >= reader->release;
}

static int
read_keys(const struct rule_reader *reader, struct rule *rule, const struct value *row,
    const char *class, struct err *err)
{
	struct arena *arena = reader->arena;
	const struct value *listed = rule_at_release(reader, row ? value_get(row, "keys") : NULL);

	if (listed && rule_check_texts(listed, err) < 0)
		return -1;
	const char *param = row ? rule_text(row, "param") : NULL;
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
read_when(
    const struct rule_reader *reader, struct rule *rule, const struct value *when, struct err *err)
{
	const struct member *only;

	when = rule_at_release(reader, when);
	if (!when)
		return 0;
	if (rule_check_map(when, err) < 0)
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
read_demands(
    const struct rule_reader *reader, struct rule *rule, const struct value *row, struct err *err)
{
	static const char *const musts[] = { [MUST_BOOLEAN] = "boolean",
		[MUST_TRUTH] = "truth",
		[MUST_MAP] = "map",
		[MUST_TEXT] = "text",
		[MUST_FILLED] = "filled" };
	const struct value *must = rule_at_release(reader, value_get(row, "must"));

	rule->needs = rule_text(row, "needs");
	rule->choices = value_get(row, "choices");
	if (rule->choices && rule_check_texts(rule->choices, err) < 0)
		return -1;
	if (must && must->type == VALUE_NULL)
		return 0;
	for (int i = MUST_BOOLEAN; must && i <= MUST_FILLED; i++)
		if (value_is_text(must, musts[i]))
			rule->must = (enum rule_must)i;
	if (must && !rule->must)
		return err_at(
		    err, must->at, ERR_INVALID, "must: boolean, truth, map, text or filled wanted");
	return 0;
}

/* A transport URL is made of parts, each with keys of its own. */
static int
read_url(
    const struct rule_reader *reader, struct rule *rule, const struct value *url, struct err *err)
{
	const char **keys;
	size_t count = 0;

	rule->url = rule_at_release(reader, url);
	if (!rule->url)
		return 0;
	if (rule_check_map(rule->url, err) < 0)
		return -1;
	for (size_t i = 0; i < rule->url->map.count; i++) {
		if (rule_check_texts(rule->url->map.members[i].value, err) < 0)
			return -1;
		count += rule->url->map.members[i].value->list.count;
	}
	keys = arena_array(reader->arena, count + 1, sizeof(*keys), err);
	rule->keys = keys;
	rule->n_keys = 0;
	for (size_t i = 0; keys && i < rule->url->map.count; i++) {
		const struct value *part = rule->url->map.members[i].value;

		for (size_t k = 0; k < part->list.count; k++)
			keys[rule->n_keys++] = part->list.items[k]->text.data;
	}
	return keys ? 0 : -1;
}

int
rule_read(const struct rule_reader *reader, struct rule *rule, const struct value *row,
    const char *class, struct err *err)
{
	const struct value *many, *join;

	if (row && row->type != VALUE_MAP)
		row = NULL;
	if (read_keys(reader, rule, row, class, err) < 0)
		return -1;
	if (!row)
		return 0;
	many = rule_at_release(reader, value_get(row, "many"));
	join = rule_at_release(reader, value_get(row, "join"));
	rule->many = many && many->type == VALUE_TEXT ? many->text.data : NULL;
	rule->dflt = rule_at_release(reader, value_get(row, "default"));
	rule->from = rule_text(row, "from");
	rule->behind = flag_of(row, "behind");
	rule->boolean = flag_of(row, "bool");
	rule->map = flag_of(row, "map");
	rule->join = join && join->type == VALUE_BOOL && join->boolean;
	rule->promised = flag_of(row, "promised");
	if (read_demands(reader, rule, row, err) < 0 ||
	    read_when(reader, rule, value_get(row, "when"), err) < 0)
		return -1;
	return read_url(reader, rule, value_get(row, "url"), err);
}
