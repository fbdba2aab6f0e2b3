/* Intrinsics beyond the suite: bounds, versions, and what each refuses. */
#include "unit/hot/template.h"

#define USED "outputs: {v: {value: {if: [a, 1, 2]}}}\n"
#define V(expression) "outputs: {v: {value: " expression "}}\n"

static void
intrinsics_give_their_values(void **state)
{
	static const char *const tests[][2] = {
		{ V("{list_join: [',', [a], null, [b, {x: 1}]]}"), "\"a,b,{\\\"x\\\": 1}\"" },
		{ V("{list_join: ['', []]}"), "\"\"" },
		{ V("{str_replace: {template: aab, params: {a: b, b: a}}}"), "\"bba\"" },
		{ V("{str_replace: {template: '$x ${x}', params: {'$x': 1.50, '${x}': null}}}"),
		    "\"1.5 \"" },
		{ V("{str_replace_strict: {template: abc, params: {ab: 1, c: 2}}}"), "\"12\"" },
		{ V("{str_split: [',', 'a,,b']}"), "[\"a\", \"\", \"b\"]" },
		{ V("{str_split: [',', 'a,b', '-1']}"), "\"b\"" },
		{ V("{map_merge: [{a: {x: 1}}, {a: {y: 2}}]}"), "{\"a\": {\"y\": 2}}" },
		{ V("{map_replace: [{a: 1, b: 2}, {keys: {a: c}, values: {2: 3}}]}"),
		    "{\"b\": 3, \"c\": 1}" },
		{ V("{list_concat: [[1], null, [[2]]]}"), "[1, [2]]" },
		{ V("{list_concat_unique: [[{a: 1}], [{a: 1}, 2]]}"), "[{\"a\": 1}, 2]" },
		{ V("{repeat: {template: {'k%i%': ['%i%', 1]}, for_each: {'%i%': [a, b]}}}"),
		    "[{\"ka\": [\"a\", 1]}, {\"kb\": [\"b\", 1]}]" },
		{ V("{repeat: {template: '%a%%b%', for_each: {'%a%': [1a, 2a], '%b%': [x, y]}, "
		    "permutations: false}}"),
		    "[\"1ax\", \"2ay\"]" },
		{ V("{repeat: {template: x, for_each: {'%a%': null}}}"), "[]" },
		{ V("{digest: [md5, '']}"), "\"d41d8cd98f00b204e9800998ecf8427e\"" },
		{ V("{digest: [sha1, \"\\xe9\"]}"),
		    "\"1599e9fa41ec68c80230491902786bee889f5bcb\"" },
		{ V("{filter: [[], [1]]}"), "[1]" },
		{ V("{contains: [1, [1.0]]}"), "true" },
		{ V("{make_url: {scheme: http, host: h, port: 80, path: 'a b', query: {q: 'x y/z', "
		    "n: "
		    "1}, fragment: f}}"),
		    "\"http://h:80/a%20b?q=x+y/z&n=1#f\"" },
		{ V("{make_url: {scheme: 'mysql+pymysql', password: p, host: '[::1]'}}"),
		    "\"mysql+pymysql://:p@[::1]\"" },
		{ V("{get_param: 'OS::stack_name'}"), "\"overcloud\"" },
		{ V("[{if: [true, a, b]}, {if: [false, a, {if: [true, c, d]}]}]"),
		    "[\"a\", \"c\"]" },
		{ V("{not: true}"), "{\"not\": true}" },
		{ V("{yaql: {expression: $.data}}"), "{}" },
		{ V("{get_param: ['OS::stack_name', -1]}"), "\"d\"" },
		{ V("{get_param: ['OS::stack_name', 99]}"), "\"\"" },
		{ V("{get_param: ['OS::stack_name', true]}"), "\"v\"" },
		{ V("{get_param: ['OS::stack_name', 1.5]}"), "\"\"" },
		{ V("{contains: ['', abc]}"), "true" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_value(f, tests[i][0], tests[i][1]);
}

static void
intrinsics_refuse_what_heat_refuses(void **state)
{
	static const char *const tests[][2] = {
		{ V("{get_param: []}"), "Function \"get_param\" must have arguments" },
		{ V("{get_param: {a: 1}}"), "Argument to \"get_param\" must be string or list" },
		{ V("{get_param: [[a]]}"), "Parameter name in \"get_param\" must be string" },
		{ V("{get_attr: x}"), "Argument to \"get_attr\" must be a list" },
		{ V("{get_attr: []}"), "Arguments to \"get_attr\"" },
		{ V("{get_resource: x}"), "The specified reference \"x\"" },
		{ V("{get_file: no/such}"),
		    "No content found in the \"files\" section for get_file" },
		{ V("{get_file: {get_param: 'OS::stack_name'}}"), "No content found in the" },
		{ V("{get_file: 'http://x/y'}"), "No content found in the" },
		{ V("{get_file: [1]}"), "Argument to \"get_file\" must be a string" },
		{ V("{resource_facade: metadata}"), "is not known without a cloud" },
		{ V("{resource_facade: x}"), "should be one of: metadata" },
		{ V("{Ref: x}"), "The function Ref is not supported in this version of HOT" },
		{ V("{str_replace: x}"), "Arguments to \"str_replace\" must be a map" },
		{ V("{str_replace: {template: x}}"),
		    "\"str_replace\" syntax should be str_replace:" },
		{ V("{str_replace: {template: x, params: [1]}}"), "parameters must be a mapping" },
		{ V("{str_replace: {template: x, params: {'': 1}}}"), "empty separator" },
		{ V("{str_replace_strict: {template: x, params: {x: 1, yy: 2, z: 3}}}"),
		    "The following params were not found in the template: yy,z" },
		{ V("{list_join: [',']}"), "Incorrect arguments to \"list_join\"" },
		{ V("{list_join: [',', abc]}"), "\"list_join\" must operate on a list" },
		{ V("{str_split: [',']}"), "Incorrect arguments to \"str_split\"" },
		{ V("{str_split: [',', a, 5]}"), "should be between 0 and 0" },
		{ V("{str_split: [',', a, x]}"), "Incorrect index to \"str_split\"" },
		{ V("{str_split: ['', a]}"), "a delimiter that is not empty" },
		{ V("{digest: [nosuch, a]}"), "Algorithm must be one of" },
		{ V("{digest: [shake128, a]}"), "Algorithm must be one of" },
		{ V("{digest: [md5]}"), "Function \"digest\" usage" },
		{ V("{digest: [md5, 1]}"), "must be a list of strings" },
		{ V("{digest: [md5, \"\\u20ac\"]}"), "up to U+00FF only" },
		{ V("{map_replace: [{a: 1, b: 1}, {keys: {a: x, b: x}}]}"),
		    "key replacement x collides with a key in the output map" },
		{ V("{map_replace: [1, 2]}"), "Incorrect arguments to \"map_replace\"" },
		{ V("{repeat: {template: x}}"), "\"repeat\" syntax should be repeat:" },
		{ V("{repeat: {template: x, for_each: {}}}"), "must contain a map" },
		{ V("{repeat: {template: x, for_each: {a: b}}}"), "must be lists or maps" },
		{ V("{repeat: {template: x, for_each: {a: [b], c: [d, e]}, permutations: false}}"),
		    "the length of for_each values should be equal" },
		{ V("{repeat: {template: x, for_each: {a: [b]}, permutations: 1}}"),
		    "\"permutations\" should be boolean" },
		{ V("{filter: [[1]]}"), "expected 2 arguments" },
		{ V("{contains: [1]}"), "must be of the form: [value1, [value1, value2]]" },
		{ V("{contains: [1, 2]}"),
		    "Second argument to \"contains\" should be a sequence." },
		{ V("{make_url: {scheme: 'a:b'}}"), "should not contain ':'" },
		{ V("{make_url: {host: null}}"), "The \"host\" argument to \"make_url\"" },
		{ V("{make_url: {query: []}}"),
		    "The \"query\" argument to \"make_url\" must be a map" },
		{ V("{make_url: {port: ''}}"), "Invalid URL port \"\" for make_url" },
		{ V("{get_attr: [[a], b]}"), "needs the names of a resource and of an attribute" },
		{ V("{get_resource: [a]}"), "must be the name of a resource" },
		{ V("{map_replace: [{a: 1}, {keys: {a: [1]}}]}"), "a list cannot be a key" },
		{ V("{map_replace: [{a: 1}, 2]}"), "Incorrect arguments to \"map_replace\"" },
		{ V("{list_concat: abc}"), "Incorrect arguments to \"list_concat\"" },
		{ V("{contains: x}"), "Incorrect arguments to \"contains\"" },
		{ V("{filter: x}"), "Argument to \"filter\" must be a list" },
		{ V("{filter: [5, [1]]}"), "\"filter\" filters a list of values" },
		{ V("{repeat: x}"), "Arguments to \"repeat\" must be a map" },
		{ V("{repeat: {template: a, for_each: {a: [1.5]}}}"), "must be str, not float" },
		{ V("{yaql: x}"), "Arguments to \"yaql\" must be a map." },
		{ V("{yaql: {expression: [1]}}"), "must contain a string" },
		{ V("{if: [nosuch, 1, 2]}"), "Invalid condition \"nosuch\"" },
		{ V("{if: x}"), "Arguments to \"if\" must be of the form" },
		{ V("{if: [{list_join: ['', []]}, 1, 2]}"),
		    "The function \"list_join\" is invalid in this context" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_refused(f, tests[i][0], 1, tests[i][1]);
}

static void
conditions_refuse_what_heat_refuses(void **state)
{
	static const char *const tests[][2] = {
		{ USED "conditions: {a: {not: b}, b: {not: a}}\n",
		    "Circular definition for condition \"a\"" },
		{ USED "conditions: {a: {equals: [1]}}\n",
		    "must be of the form: [value_1, value_2]" },
		{ USED "conditions: {a: {or: [b, true]}}\n", "Invalid condition \"b\"" },
		{ USED "conditions: {a: {and: b}}\n", "must be a list of conditions" },
		{ USED "conditions: {a: {not: null}}\n",
		    "Argument to \"not\" must be a condition" },
		{ USED "parameters: {p: {type: string, default: 'true'}}\n"
		       "conditions: {a: {get_param: p}}\n",
		    "The definition of condition \"a\" is invalid: true" },
		{ "conditions: {1: true}\n", "the name of a condition must be a text" },
		{ "outputs: {1: {value: 1}}\n", "the name of an output must be a text" },
		{ "resources: {1: {type: x.yaml}}\n", "the name of a resource must be a text" },
		{ "resources: {a: {type: [x]}}\n", "must be string" },
		{ "outputs: {v: {value: 1, condition: x}}\n",
		    "outputs.v.condition: Invalid condition" },
		{ USED "conditions: {a: b, b: true}\n",
		    "The definition of condition \"a\" is invalid" },
		{ "conditions: [a]\n", "conditions must be a map" },
		{ USED "conditions: {a: {get_attr: [x, y]}}\n",
		    "The function \"get_attr\" is invalid in this context" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_refused(f, tests[i][0], 0, tests[i][1]);
}

static void
branches_that_are_not_chosen_are_not_looked_at(void **state)
{
	check_value(*state,
	    "conditions: {a: {or: [true, {not: {equals: [1, 2]}}]}}\n"
	    "outputs: {v: {value: {if: [a, 1, {nosuch: {get_param: nosuch}}]}}}\n",
	    "1");
}

static void
conditions_that_nobody_asks_for_are_not_decided(void **state)
{
	check_value(*state,
	    "conditions: {a: {equals: [{get_param: nosuch}, 1]}}\noutputs: {v: {value: 1}}\n", "1");
	check_refused(*state, "conditions: {a: x}\n", 1, "The definition of condition \"a\"");
}

static void
versions_have_their_own_intrinsics(void **state)
{
	static const char *const tests[][2] = {
		{ HOT("2014-10-16", V("{digest: [md5, a]}")),
		    "{\"v\": {\"digest\": [\"md5\", \"a\"]}}" },
		{ HOT("2016-04-08", V("{map_merge: [{a: 1}]}")), "{\"v\": {\"a\": 1}}" },
		{ HOT("2013-05-23", V("{list_join: [',', [a, b]]}")), "{\"v\": \"a,b\"}" },
		{ HOT("newton", V("{filter: [[1], [1, 2]]}")),
		    "{\"v\": {\"filter\": [[1], [1, 2]]}}" },
		{ HOT("ocata", V("{filter: [[1], [1, 2]]}")), "{\"v\": [2]}" },
		{ HOT("pike", V("{contains: [1, [1]]}")), "{\"v\": true}" },
		{ HOT("wallaby", V("[1, {if: [false, 2]}, {a: {if: [false, 3]}}]")),
		    "{\"v\": [1, {}]}" },
		{ HOT("wallaby", V("{if: [false, 3]}")), "{\"v\": null}" },
		{ HOT("2015-04-30", V("{repeat: {template: a%x%, for_each: {'%x%': [b]}}}")),
		    "{\"v\": [\"ab\"]}" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct value *all = outputs(f, tests[i][0]);

		if (!all)
			fail_msg("%s: %s", tests[i][0], f->err.text);
		assert_string_equal(as_json(f, all), tests[i][1]);
	}
}

static void
old_versions_refuse_what_they_do_not_know(void **state)
{
	static const char *const tests[][2] = {
		{ HOT("2014-10-16", V("{str_replace: {template: a, params: {a: [1]}}}")),
		    "params must be strings or numbers, param a is not valid" },
		{ HOT("2014-10-16", V("{list_join: [',', [a], [b]]}")), "Incorrect arguments" },
		{ HOT("2014-10-16", V("{get_attr: [a]}")), "Arguments to \"get_attr\"" },
		{ HOT("ocata",
		      V("{repeat: {template: a, for_each: {a: {x: 1}}, permutations: 1}}")),
		    "" },
		{ HOT("2015-10-15", V("{repeat: {template: a, for_each: {a: {x: 1}}}}")),
		    "must be lists" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct value *all = outputs(f, tests[i][0]);

		assert_int_equal(all != NULL, tests[i][1][0] == '\0');
		if (!all && !strstr(f->err.text, tests[i][1]))
			fail_msg("%s: %s", tests[i][0], f->err.text);
	}
}

static void
a_condition_that_nobody_asks_for_has_to_be_well_formed(void **state)
{
	static const char *const tests[][2] = {
		{ HOT("queens", "conditions: {c: {equals: [{list_join: ['', [a]]}, a]}}\n" V("1")),
		    "conditions.c: The function \"list_join\" is invalid in this context" },
		{ HOT("queens", "conditions: {c: {not: {or: [true]}}}\n" V("1")),
		    "The minimum number of condition arguments to \"or\" is 2." },
		{ HOT("queens", "conditions: {c: {equals: [{get_param: no}, a]}}\n" V("1")), "" },
		{ HOT("queens", "conditions: {c: {and: {get_param: no}}}\n" V("1")), "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const struct value *all = outputs(f, tests[i][0]);

		assert_int_equal(all != NULL, tests[i][1][0] == '\0');
		if (!all && !strstr(f->err.text, tests[i][1]))
			fail_msg("%s: %s", tests[i][0], f->err.text);
	}
}

static void
what_grows_without_bound_is_refused(void **state)
{
	static const char *const tests[][2] = {
		{ "parameters:\n"
		  "  a: {type: json, default: [x, x, x, x, x, x, x, x, x, x]}\n"
		  "outputs:\n"
		  "  v:\n"
		  "    value:\n"
		  "      repeat:\n"
		  "        template: abcdefg\n"
		  "        for_each:\n"
		  "          a: {get_param: a}\n"
		  "          b: {get_param: a}\n"
		  "          c: {get_param: a}\n"
		  "          d: {get_param: a}\n"
		  "          e: {get_param: a}\n"
		  "          f: {get_param: a}\n",
		    "\"repeat\" makes more than" },
		{ "parameters:\n"
		  "  a: {type: string, default: &a [x, x, x, x, x, x, x, x, x, x]}\n"
		  "  b: {type: string, default: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]}\n"
		  "  c: {type: string, default: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]}\n"
		  "  d: {type: string, default: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c]}\n"
		  "  e: {type: string, default: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d]}\n"
		  "  f: {type: string, default: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e]}\n"
		  "  g: {type: string, default: &g [*f, *f, *f, *f, *f, *f, *f, *f, *f]}\n"
		  "  h: {type: string, default: &h [*g, *g, *g, *g, *g, *g, *g, *g, *g]}\n"
		  "outputs: {v: {value: *h}}\n",
		    "" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const char *yaml =
		    arena_printf(f->arena, &f->err, HOT("queens", "%s"), tests[i][0]);
		const struct value *body, *all;

		if (doc_parse(&f->loader, span_of(yaml), "t", &body, &f->err) == 0)
			assert_int_equal(
			    hot_evaluate_document(&f->world, body, "t", NULL, &all, &f->err), -1);
		assert_non_null(strstr(f->err.text, tests[i][1]));
	}
}

/* Values that share what they hold: small to keep, endless to write. */
static void
sharing_without_end_is_refused(void **state)
{
	static const char *const uses[] = { "$x", "$x = $x", "[$x, $x].distinct()",
		"'{}'.format($x)", "[$x].flatten()", "{a => $x}.mergeWith({a => $x})",
		"[$x].contains($x)", "[$x].groupBy($)", "[$x].indexOf($x)",
		"{a => $x}.containsValue($x)", "{a => $x}.delete($x)" };
	struct fixture *f = *state;
	struct buf text = BUF(1 << 16);

	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		check_refused(f,
		    arena_printf(f->arena, &f->err,
			"outputs: {v: {value: {yaql: {expression: \"let(x => "
			"range(40).reduce([$1, $1], 1)) -> %s\"}}}}\n",
			uses[i]),
		    0, "the template makes more than");
		check_refused(f,
		    arena_printf(f->arena, &f->err,
			"outputs: {v: {value: {yaql: {expression: \"let(x => "
			"range(2000).reduce([$1], 1)) -> %s\"}}}}\n",
			uses[i]),
		    0, "a value of more than 500 lists and maps within each other");
	}
	buf_text(&text, "resources:\n  v0: {type: 'OS::Heat::Value', properties: {value: x}}\n");
	for (unsigned i = 1; i < 40; i++)
		buf_printf(&text,
		    "  v%u: {type: 'OS::Heat::Value', properties: {value: [{get_attr: [v%u, "
		    "value]}, "
		    "{get_attr: [v%u, value]}]}}\n",
		    i, i - 1, i - 1);
	check_refused(f, buf_string(&text), 0, "the template makes more than");
	buf_clear(&text);
	buf_text(&text, "resources:\n");
	for (unsigned i = 0; i < 1000; i++)
		buf_printf(&text, "  v%u: {type: 'OS::Heat::None', depends_on: v%u}\n", i,
		    i == 999 ? i : i + 1);
	check_refused(f, buf_string(&text), 0, "more than 300 resources wait for each other");
	buf_drop(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(intrinsics_give_their_values, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    intrinsics_refuse_what_heat_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    conditions_refuse_what_heat_refuses, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    branches_that_are_not_chosen_are_not_looked_at, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    conditions_that_nobody_asks_for_are_not_decided, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    versions_have_their_own_intrinsics, setup, teardown),
		cmocka_unit_test_setup_teardown(sharing_without_end_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    old_versions_refuse_what_they_do_not_know, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_condition_that_nobody_asks_for_has_to_be_well_formed, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_grows_without_bound_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
