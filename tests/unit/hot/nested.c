/* Templates within templates, and the resources that are built in. */
#include "unit/hot/template.h"

#define FOLDER TESTS_DIR "/unit/hot/nested/"

static const char *
registry(void *arg, const char *type, struct place *ret_place)
{
	static const char *const rows[][2] = {
		{ "OS::Test::Leaf", FOLDER "leaf.yaml" },
		{ "OS::Test::Alias", "OS::Test::Leaf" },
		{ "OS::Test::Nothing", "OS::Heat::None" },
		{ "OS::Test::Loop", "OS::Test::Pool" },
		{ "OS::Test::Pool", "OS::Test::Loop" },
	};

	(void)arg;
	(void)ret_place;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(type, rows[i][0]) == 0)
			return rows[i][1];
	return NULL;
}

static void
parents_and_children_exchange_values(void **state)
{
	static const char *const wanted[][2] = {
		{ "names", "[\"a\", \"b\"]" },
		{ "text", "\"\"" },
		{ "map", "\"y\"" },
		{ "missing", "null" },
		{ "file", "\"one line\\n\"" },
		{ "absent", "null" },
		{ "nothing", "null" },
		{ "chain", "[\"n\", \"n\"]" },
		{ "chain_map", "{\"0\": \"n\", \"1\": \"n\"}" },
		{ "refs", "[\"Chain.0\", \"Chain.1\"]" },
		{ "reference", "\"Child\"" },
		{ "value", "{\"value\": {\"k\": [1, {\"x\": \"y\"}]}}" },
		{ "all",
		    "{\"file\": \"one line\\n\", \"out\": {\"1\": \"leaf\", \"map\": {\"k\": [1, "
		    "{\"x\": \"y\"}]}, \"names\": [\"a\", \"b\"], \"number\": 7, \"text\": "
		    "\"\"}}" },
	};
	struct fixture *f = *state;
	const struct value *all;

	f->world.type = registry;
	f->world.parameter_defaults = parsed(f, "FromEnvironment: '7'\n");
	if (hot_evaluate(&f->world, FOLDER "top.yaml", NULL, &all, &f->err) < 0)
		fail_msg("%s:%u: %s", f->err.at.file, f->err.at.line, f->err.text);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		assert_string_equal(as_json(f, value_get(all, wanted[i][0])), wanted[i][1]);
	assert_int_equal(all->map.count, sizeof(wanted) / sizeof(wanted[0]));
}

/* A property of each type, and what the child's parameter makes of it. */
static void
properties_are_handed_down_as_their_types(void **state)
{
	static const char *const tests[][2] = {
		{ "{s: null, n: null, b: null, j: null, l: null}",
		    "{\"b\": false, \"j\": {}, \"l\": [], \"n\": 0, \"s\": \"\"}" },
		{ "{s: 1, n: '2', b: 'TRUE', j: [1, {2: 3}], l: 'a,b'}",
		    "{\"b\": true, \"j\": [1, {\"2\": 3}], \"l\": [\"a\", \"b\"], \"n\": 2, \"s\": "
		    "\"1\"}" },
		{ "{s: true, n: 1.5, b: 'false', j: '{\"a\": 1}', l: ['a,b', null]}",
		    "{\"b\": false, \"j\": {\"a\": 1}, \"l\": [\"a\", \"b\", \"\"], \"n\": 1.5, "
		    "\"s\": "
		    "\"True\"}" },
		{ "{s: x, n: 1, b: true, j: {}, l: [{a: 1, b: 2}, {a: 3}]}",
		    "{\"b\": true, \"j\": {}, \"l\": [\".member.0.a=1\", \".member.0.b=2\", "
		    "\".member.1.a=3\"], \"n\": 1, \"s\": \"x\"}" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		const char *text = arena_printf(f->arena, &f->err,
		    "resources: {a: {type: '" FOLDER "types.yaml', properties: %s}}\n"
		    "outputs: {v: {value: {get_attr: [a, all]}}}\n",
		    tests[i][0]);

		check_value(f, text, tests[i][1]);
	}
	check_refused(f,
	    "resources: {a: {type: '" FOLDER "types.yaml', properties: {l: [{a: 1}, 2]}}}\n", 1,
	    "a list of maps holds a integer");
	check_refused(f,
	    "resources: {a: {type: '" FOLDER "types.yaml', properties: {secret: [sEcReT]}}}\n", 1,
	    "Property error: resources.a.properties.secret: the value is no string");
}

#define LEAF "type: '" FOLDER "leaf.yaml'"
#define CHILD "type: '" FOLDER "deep/child.yaml'"

static const char *const wrong_resources[][2] = {
	{ "resources: {a: {type: 'OS::Nova::Server'}}\n",
	    "The Resource Type (OS::Nova::Server) could not be found." },
	{ "resources: {a: {type: 'OS::Test::Loop'}}\n", "is an alias of itself" },
	{ "resources: {a: {type: no-such.yaml}}\n",
	    "resources.a: Failed to retrieve template data" },
	{ "resources: {a: {" LEAF "}}\n",
	    "Property error: resources.a.properties: Property Name not assigned" },
	{ "resources: {a: {" LEAF ", properties: {Name: x, Nome: y}}}\n",
	    "Property error: resources.a.properties: Unknown Property Nome" },
	{ "resources: {a: {" LEAF ", properties: {Name: [1]}}}\n",
	    "Property error: resources.a.properties.Name: Value must be a string; got "
	    "[1]" },
	{ "resources: {a: {" CHILD ", properties: {Names: 5, Map: {}}}}\n", "is not a list" },
	{ "resources: {a: {" CHILD ", properties: {Names: [5], Map: {}}}}\n",
	    "sequence item 0: expected a text, integer found" },
	{ "resources: {a: {" CHILD ", properties: {Names: [], Map: 5}}}\n", "is not a map" },
	{ "resources: {a: {type: '" FOLDER "loop.yaml'}}\n", "Recursion depth exceeds" },
	{ "resources: {a: {" LEAF ", depends_on: b, properties: {Name: x}}}\n",
	    "The specified reference \"b\" (in a) is incorrect." },
	{ "resources: {a: {" LEAF ", depends_on: {b: c}}}\n", "must be list or string" },
	{ "resources: {a: {" LEAF ", depends_on: [[b]]}}\n", "must be a list of strings" },
	{ "resources: {a: {" LEAF ", metadata: x}}\n", "metadata type must be object" },
	{ "resources: {a: {" LEAF ", properties: x}}\n", "properties type must be object" },
	{ "resources: {a: {" LEAF ", deletion_policy: x}}\n", "Invalid deletion policy \"x\"" },
	{ "resources: {a: {" LEAF ", external_id: x}}\n", "external_id" },
	{ "resources: {a: {" LEAF ", condition: x}}\n",
	    "resources.a.condition: Invalid condition \"x\"" },
	{ "resources: {a: {type: 'OS::Heat::Value', properties: {valeu: 1}}}\n",
	    "Unknown Property valeu" },
	{ "resources: {a: {type: 'OS::Heat::Value', properties: {type: json}}}\n",
	    "Property value not assigned" },
	{ "resources: {a: {type: 'OS::Heat::Value', properties: {type: x, value: 1}}}\n",
	    "\"x\" is not an allowed value" },
	{ "resources: {a: {type: 'OS::Heat::Value', properties: {type: json, value: 1}}}\n",
	    "\"1\" is not a map" },
	{ "resources: {a: {type: 'OS::Heat::Value', properties: {type: boolean, value: "
	  "1}}}\n",
	    "\"1\" is not a valid boolean" },
	{ "resources: {a: {type: 'OS::Heat::ResourceChain', properties: {resources: x}}}\n",
	    "resources is not a list" },
	{ "resources: {a: {type: 'OS::Heat::ResourceChain', properties: {resources: "
	  "[[1]]}}}\n",
	    "must be names of types" },
	{ "resources: {a: {type: 'OS::Heat::ResourceChain', properties: {resources: [], "
	  "resource_properties: 1}}}\n",
	    "resource_properties is not a map" },
	{ "resources: {a: {type: 'OS::Heat::ResourceChain', properties: {resources: []}}}\n"
	  "outputs: {v: {value: {get_attr: [a, attributes]}}}\n",
	    "The Referenced Attribute (a attributes) is incorrect." },
	{ "resources: {a: {type: 'OS::Heat::Value', properties: {value: 1}}}\n"
	  "outputs: {v: {value: {get_attr: [a, nosuch]}}}\n",
	    "The Referenced Attribute (a nosuch) is incorrect." },
	{ "resources:\n"
	  "  a: {" LEAF ", properties: {Name: {get_attr: [b, name]}}}\n"
	  "  b: {" LEAF ", properties: {Name: {get_attr: [a, name]}}}\n",
	    "Circular Dependency Found: a, b" },
	{ "resources:\n"
	  "  a: {" LEAF ", depends_on: b, properties: {Name: x}}\n"
	  "  b: {" LEAF ", depends_on: [a], properties: {Name: x}}\n",
	    "Circular Dependency Found: a, b" },
	{ "resources: {a: {" LEAF ", properties: {Name: x}}}\n"
	  "outputs: {v: {value: {get_attr: [a, nosuch]}}}\n",
	    "The Referenced Attribute (a nosuch) is incorrect." },
	{ "resources: {a: {" LEAF ", properties: {Name: x}}}\n"
	  "outputs: {v: {value: {get_attr: [a, broken]}}}\n",
	    "Error in a output broken: \"list_join\" delimiter must be a string" },
	{ "resources: {a: {" LEAF ", condition: false, properties: {Name: x}}}\n"
	  "outputs: {v: {value: {get_attr: [a, name]}}}\n",
	    "The specified reference \"a\" (in unknown) is incorrect." },
};

static void
what_is_wrong_with_resources_is_named(void **state)
{
	struct fixture *f = *state;

	f->world.type = registry;
	for (size_t i = 0; i < sizeof(wrong_resources) / sizeof(wrong_resources[0]); i++)
		check_refused(f, wrong_resources[i][0], 0, wrong_resources[i][1]);
}

static void
errors_within_nested_templates_point_into_them(void **state)
{
	struct fixture *f = *state;

	check_refused(f,
	    "resources: {a: {" LEAF ", properties: {Name: x}}}\n"
	    "outputs: {v: {value: {get_attr: [a, broken]}}}\n",
	    5, "delimiter");
	assert_string_equal(f->err.at.file, FOLDER "leaf.yaml");
}

struct seen {
	unsigned count;
	char text[1000];
};

static int
note(void *arg, const struct hot_parameter *parameter, struct err *err)
{
	struct seen *seen = arg;
	size_t length = strlen(seen->text);

	(void)err;
	assert_int_not_equal(parameter->schema->at.line, 0);
	snprintf(seen->text + length, sizeof(seen->text) - length, "%s:%s:%s ",
	    strrchr(parameter->template, '/') + 1, parameter->name, parameter->type);
	seen->count++;
	return 0;
}

static void
the_closure_tells_of_each_parameter_once(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { 0 };

	f->world.type = registry;
	if (hot_parameters(&f->world, FOLDER "leaf.yaml", note, &seen, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(seen.text, "leaf.yaml:Name:string ");
	seen = (struct seen){ 0 };
	/* A file that is missing is an error even where a condition is false. */
	assert_int_equal(hot_parameters(&f->world, FOLDER "top.yaml", note, &seen, &f->err), -1);
	assert_string_equal(seen.text,
	    "top.yaml:Names:comma_delimited_list top.yaml:Flag:boolean "
	    "child.yaml:Names:comma_delimited_list child.yaml:Map:json child.yaml:Text:string "
	    "child.yaml:FromEnvironment:number leaf.yaml:Name:string ");
	seen = (struct seen){ 0 };
	assert_int_equal(hot_parameters(&f->world, FOLDER "loop.yaml", note, &seen, &f->err), 0);
	assert_int_equal(seen.count, 0);
}

static void
block_that_ends_a_template_has_no_newline(void **state)
{
	struct fixture *f = *state;
	const struct value *all;

	if (hot_evaluate(&f->world, FOLDER "block.yaml", NULL, &all, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(as_json(f, value_get(all, "inner")), "\"kept\\n\"");
	assert_string_equal(as_json(f, value_get(all, "last")), "\"cut\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    parents_and_children_exchange_values, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    properties_are_handed_down_as_their_types, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_wrong_with_resources_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    errors_within_nested_templates_point_into_them, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    block_that_ends_a_template_has_no_newline, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    the_closure_tells_of_each_parameter_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
