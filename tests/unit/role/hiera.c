#include "role/hiera.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "doc/load.h"

static const char levels[] =
    "names: ['%{uuid}', '%{role}_extraconfig', extraconfig, services]\n"
    "facts: {uuid: ABC-1, role: controller, hostname: node-0, os: {family: RedHat}}\n"
    "data:\n"
    "  abc-1: {node: from-node}\n"
    "  controller_extraconfig: {node: from-role, hidden: null, shared: role}\n"
    "  extraconfig: {node: from-extra, hidden: lower, shared: extra, host: 'at %{hostname}',\n"
    "    other: \"see %{hiera('shared')}\", percent: \"%{literal('%')}{x}\", gone: "
    "'<%{nothing}>',\n"
    "    plain: '100% %s %(x)s %{', deep: [{k: '%{::hostname}'}], loop: \"%{lookup('loop')}\",\n"
    "    bare: \"%{scope('hostname')}\", wide: '%{ hostname }', part: '%{facts.hostname}',\n"
    "    whole: \"%{alias('list')}\", torn: \"a %{alias('list')}\", list: [1, '%{hostname}'],\n"
    "    dotted: \"%{hiera('map.k.1')}\", family: '%{os.family}', lists: \"%{hiera('list')}\",\n"
    "    quoted: \"%{hiera('map.\\\"a.b\\\"')}\", lost: \"%{alias('nowhere')}\", map: {k: [x, y], "
    "a.b: true},\n"
    "    far: \"<%{hiera('map.k.7')}%{hiera('map.z')}>\", blank: \"<%{''}%{::}>\", call: "
    "'%{hieru(\"x\")}',\n"
    "    into: \"%{hiera('shared.k')}\"}\n"
    "  services: {low: 5}\n";

struct fixture {
	struct arena *arena;
	struct hiera hiera;
};

static int
set_up(void **state)
{
	static struct fixture f;
	struct doc_loader loader = { .arena = arena_new(1 << 20) };
	const struct value *doc;
	struct err err = ERR_INIT;

	f.arena = loader.arena;
	if (doc_parse(&loader, span_of(levels), "levels", &doc, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(hiera_make(&f.hiera, f.arena, value_get(doc, "names"),
			     value_get(doc, "data"), value_get(doc, "facts"), &err),
	    0);
	*state = &f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	return 0;
}

static void
the_first_level_with_a_key_counts_and_text_is_interpolated(void **state)
{
	static const struct {
		const char *key, *value, *level;
	} cases[] = {
		{ "node", "from-node", "ABC-1" },
		{ "hidden", "None", "controller_extraconfig" },
		{ "shared", "role", "controller_extraconfig" },
		{ "low", "5", "services" },
		{ "host", "at node-0", "extraconfig" },
		{ "other", "see role", "extraconfig" },
		{ "percent", "%{x}", "extraconfig" },
		{ "gone", "<>", "extraconfig" },
		{ "plain", "100% %s %(x)s %{", "extraconfig" },
		{ "deep", "[{'k': 'node-0'}]", "extraconfig" },
		{ "bare", "node-0", "extraconfig" },
		{ "wide", "node-0", "extraconfig" },
		{ "part", "node-0", "extraconfig" },
		{ "whole", "[1, 'node-0']", "extraconfig" },
		{ "dotted", "y", "extraconfig" },
		{ "family", "RedHat", "extraconfig" },
		{ "lists", "[1, \"node-0\"]", "extraconfig" },
		{ "quoted", "true", "extraconfig" },
		{ "lost", "", "extraconfig" },
		{ "far", "<>", "extraconfig" },
		{ "blank", "<>", "extraconfig" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		scoped(buf_drop) struct buf text = BUF(256);
		const struct value *value;
		const char *level;
		struct err err = ERR_INIT;

		assert_int_equal(hiera_find(&f->hiera, cases[i].key, &value, &level, &err), 1);
		value_python(value, &text);
		assert_string_equal(buf_string(&text), cases[i].value);
		assert_string_equal(level, cases[i].level);
	}
}

static void
an_alias_is_a_whole_value_or_an_error(void **state)
{
	struct fixture *f = *state;
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(hiera_find(&f->hiera, "torn", &value, NULL, &err), -1);
	assert_non_null(strstr(err.text, "alias"));
	assert_int_not_equal(err.at.line, 0);
}

static void
what_hiera_does_not_know_is_an_error(void **state)
{
	static const char *const keys[] = { "call", "into" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const struct value *value;
		struct err err = ERR_INIT;

		assert_int_equal(hiera_find(&f->hiera, keys[i], &value, NULL, &err), -1);
		assert_int_not_equal(err.at.line, 0);
	}
}

static void
an_absent_key_is_no_error(void **state)
{
	struct fixture *f = *state;
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(hiera_find(&f->hiera, "nowhere", &value, NULL, &err), 0);
}

static void
a_lookup_that_leads_back_to_itself_is_an_error(void **state)
{
	struct fixture *f = *state;
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(hiera_find(&f->hiera, "loop", &value, NULL, &err), -1);
	assert_non_null(strstr(err.text, "itself"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_level_with_a_key_counts_and_text_is_interpolated),
		cmocka_unit_test(an_alias_is_a_whole_value_or_an_error),
		cmocka_unit_test(what_hiera_does_not_know_is_an_error),
		cmocka_unit_test(an_absent_key_is_no_error),
		cmocka_unit_test(a_lookup_that_leads_back_to_itself_is_an_error),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
