/* Parameters: schemas, types, constraints, and who gives the value. */
#include "unit/hot/template.h"

#define P(schema) "parameters: {p: " schema "}\noutputs: {v: {value: {get_param: p}}}\n"

static void
defaults_become_values_of_their_type(void **state)
{
	static const char *const tests[][2] = {
		{ P("{type: string, default: 0755}"), "\"493\"" },
		{ P("{type: string, default: 1.10}"), "\"1.1\"" },
		{ P("{type: string, default: {b: [1, x]}}"), "\"{'b': [1, 'x']}\"" },
		{ P("{type: number, default: '1_000'}"), "1000" },
		{ P("{type: number, default: '1e3'}"), "1000.0" },
		{ P("{type: number, default: ' -.5 '}"), "-0.5" },
		{ P("{type: number, default: '123456789012345678901234567890'}"),
		    "123456789012345678901234567890" },
		{ P("{type: number, default: true}"), "true" },
		{ P("{type: boolean, default: ' On '}"), "true" },
		{ P("{type: boolean, default: 0}"), "false" },
		{ P("{type: comma_delimited_list, default: 'a, b,'}"), "[\"a\", \" b\", \"\"]" },
		{ P("{type: comma_delimited_list, default: [1, null]}"), "[\"1\", \"None\"]" },
		{ P("{type: json, default: {1: {true: x}}}"), "{\"1\": {\"true\": \"x\"}}" },
		{ P("{type: json, default: '[1.5, {\"a\": null}, true]'}"),
		    "[1.5, {\"a\": null}, true]" },
		{ P("{type: json, default: '{\"a\": [\"x\", 2]}'}"), "{\"a\": [\"x\", 2]}" },
		{ P("{type: comma_delimited_list, default: 'a,b', constraints: [{length: {max: "
		    "2}}]}"),
		    "[\"a\", \"b\"]" },
		{ P("{type: number, default: -4.0, constraints: [{modulo: {step: 3, offset: 2}}]}"),
		    "-4.0" },
		{ P("{type: string, default: x, constraints: [{length: {min: 1}, description: "
		    "null}]}"),
		    "\"x\"" },
		{ P("{type: number, default: 8, constraints: [{modulo: {step: 3, offset: 2}}]}"),
		    "8" },
		{ P("{type: number, default: -4, constraints: [{modulo: {step: 3, offset: 2}}]}"),
		    "-4" },
		{ P("{type: string, default: ab, constraints: [{length: {min: 2, max: 2}}, "
		    "{allowed_pattern: '[a-z]{2}'}]}"),
		    "\"ab\"" },
		{ P("{type: comma_delimited_list, default: 'a,b', constraints: [{allowed_values: "
		    "[a, "
		    "b, c]}]}"),
		    "[\"a\", \"b\"]" },
		{ P("{type: boolean, default: 'no', constraints: [{allowed_values: [false]}]}"),
		    "false" },
		{ P("{type: number, default: '5.0', constraints: [{allowed_values: [5]}]}"),
		    "5.0" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_value(f, tests[i][0], tests[i][1]);
}

static void
schemas_and_values_that_heat_refuses_are_refused(void **state)
{
	static const char *const tests[][2] = {
		{ P("{default: x}"), "Missing parameter type for parameter: p" },
		{ P("{type: string, tags: x, default: x}"), "Tags property should be a list" },
		{ P("{type: string}"), "The Parameter (p) was not provided." },
		{ P("{type: json, default: '{'}"), "Value must be valid JSON" },
		{ P("{type: number, default: 5, constraints: [{allowed_values: [5, a]}]}"),
		    "could not convert string to float" },
		{ P("{type: number, default: '.inf'}"), "could not convert string to float" },
		{ P("{type: number, default: '12:30'}"), "could not convert string to float" },
		{ P("{type: string, default: x, constraints: x}"), "expected a list" },
		{ P("{type: string, default: x, constraints: [x]}"), "expected a mapping" },
		{ P("{type: string, default: x, constraints: [{description: x}]}"),
		    "No constraint expressed" },
		{ P("{type: string, default: x, constraints: [{allowed_values: x}]}"),
		    "AllowedValues must be a list" },
		{ P("{type: string, default: x, constraints: [{allowed_pattern: 1}]}"),
		    "AllowedPattern must be a string" },
		{ P("{type: string, default: x, constraints: [{allowed_pattern: '('}]}"),
		    "allowed_pattern \"(\"" },
		{ P("{type: string, default: x, constraints: [{length: {max: 1.5}}]}"),
		    "min/max length must be integral" },
		{ P("{type: string, default: x, constraints: [{length: {}}]}"),
		    "must have a min value and/or a max value" },
		{ P("{type: number, default: 1, constraints: [{range: {mim: 1}}]}"),
		    "Invalid key 'mim' for range constraint" },
		{ P("{type: number, default: 1, constraints: [{range: [1]}]}"),
		    "Invalid range constraint, expected a mapping" },
		{ P("{type: number, default: 1, constraints: [{range: {min: x}}]}"),
		    "min/max must be numeric" },
		{ P("{type: number, default: 1, constraints: [{modulo: {step: 2}}]}"),
		    "must have a step value and an offset value" },
		{ P("{type: number, default: 1, constraints: [{modulo: {step: 0, offset: 0}}]}"),
		    "step cannot be 0." },
		{ P("{type: number, default: 1, constraints: [{modulo: {step: 2, offset: 2}}]}"),
		    "offset must be smaller" },
		{ P("{type: number, default: 1, constraints: [{modulo: {step: 2, offset: -1}}]}"),
		    "must be both positive or both negative" },
		{ P("{type: number, default: 1, constraints: [{modulo: {step: 1.5, offset: 1}}]}"),
		    "step/offset must be integer" },
		{ P("{type: string, default: x, constraints: [{custom_constraint: nova.flavor}]}"),
		    "\"x\" does not validate nova.flavor (constraint not found)" },
		{ P("{type: string, default: x, constraints: [{allowed_values: [y], description: "
		    "only y}]}"),
		    "Invalid default x (only y)" },
		{ P("{type: json, default: 5, constraints: [{length: {min: 1}}]}"),
		    "has no length" },
		{ "parameters: {1: {type: string}}\n", "the name of a parameter must be a text" },
		{ "parameter_groups: x\n", "The parameter_groups should be a list." },
		{ "parameter_groups: [{label: x}]\n", "must be provided for each parameter group" },
		{ "parameter_groups: [{parameters: x}]\n", "of parameter group should be a list" },
		{ "parameter_groups: [{parameters: [x]}]\n", "x: the grouped parameter does not" },
		{ "parameter_groups: [{parameters: [p, p]}]\n" P("{type: string, default: x}"),
		    "p: the parameter must be assigned to one parameter group only." },
		{ "parameters: [p]\n", "parameters must be a map" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		check_refused(f, tests[i][0], 1, tests[i][1]);
}

static void
older_versions_know_fewer_words(void **state)
{
	static const char *const tests[][2] = {
		{ HOT("pike", P("{type: string, default: x, tags: []}")),
		    "Invalid key 'tags' for parameter (p)" },
		{ HOT("newton", P("{type: number, default: 1, constraints: [{modulo: {step: 1, "
				  "offset: 0}}]}")),
		    "No constraint expressed" },
		{ HOT("2016-04-08", "conditions: {}\n"),
		    "The template section is invalid: conditions" },
		{ HOT("2016-04-08", "outputs: {v: {value: 1, condition: true}}\n"),
		    "\"condition\" is not a valid keyword inside a output definition" },
		{ HOT("train", "outputs: {}\n"), "\"heat_template_version\" should be one of" },
		{ HOT("queens", "resources: {a: {type: x.yaml, conditoin: true}}\n"),
		    "Invalid keyword(s) inside a resource definition: conditoin" },
		{ HOT("queens", "resources: {a: {properties: {}}}\n"),
		    "Resource a is missing \"type\"" },
		{ HOT("queens", "resources: {a: x}\n"), "must contain a map of resource maps" },
		{ HOT("queens", "outputs: {v: 1}\n"), "Output definitions must be a map" },
		{ HOT("queens", "outputs: [v]\n"), "outputs must be a map" },
		{ HOT("queens", "parameter: {}\n"), "The template section is invalid: parameter" },
		{ "[1]\n", "not a JSON object or YAML mapping" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (outputs(f, tests[i][0]) || !strstr(f->err.text, tests[i][1]))
			fail_msg("%s: %s", tests[i][0], f->err.text);
		assert_int_not_equal(f->err.at.line, 0);
	}
}

static void
errors_point_at_the_value_that_is_to_blame(void **state)
{
	struct fixture *f = *state;

	f->world.parameter_defaults = parsed(f, "a: 1\np: rbd\n");
	check_refused(f, P("{type: string, default: nfs, constraints: [{allowed_values: [nfs]}]}"),
	    1, "Parameter 'p' is invalid: \"rbd\" is not an allowed value [\"nfs\"]");
	check_refused(f,
	    "parameters:\n  p:\n    type: number\n    default: 1\n    constraints:\n"
	    "    - range: {max: 0}\n",
	    4, "Invalid default 1 (1 is out of range (min: None, max: 0))");
}

static void
hidden_values_stay_out_of_errors(void **state)
{
	static const char *const tests[] = {
		P("{type: string, hidden: true, constraints: [{allowed_values: [x]}]}"),
		P("{type: string, hidden: true, constraints: [{allowed_pattern: x}]}"),
		P("{type: string, hidden: true, constraints: [{custom_constraint: x}]}"),
		P("{type: number, hidden: true}"),
		P("{type: boolean, hidden: true}"),
		P("{type: json, hidden: true}"),
	};
	struct fixture *f = *state;

	f->world.parameter_defaults = parsed(f, "p: sEcReT\n");
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		check_refused(f, tests[i], 0, "Parameter 'p' is invalid");
		assert_null(strstr(f->err.text, "sEcReT"));
	}
}

static void
parameters_beat_defaults_and_must_be_declared(void **state)
{
	struct fixture *f = *state;

	f->world.parameters = parsed(f, "p: 1\n");
	f->world.parameter_defaults = parsed(f, "p: 2\nnobody: 3\n");
	check_value(f, P("{type: string}"), "\"1\"");
	f->world.parameters = parsed(f, "p: null\n");
	check_value(f, P("{type: string}"), "\"2\"");
	f->world.parameters = parsed(f, "[1]\n");
	check_refused(
	    f, P("{type: string}"), 0, "environment section \"parameters\" must be a map");
	f->world.parameters = parsed(f, "OS::stack_name: x\n");
	check_refused(f, P("{type: string}"), 0,
	    "The Parameter (OS::stack_name) was not defined in template.");
}

static void
nested_templates_take_defaults_from_the_environment(void **state)
{
	struct fixture *f = *state;

	f->world.nested = true;
	f->world.parameter_defaults = parsed(f, "p: null\n");
	check_refused(f, P("{type: string, default: x}"), 1,
	    "Property error: Properties: Property p not assigned");
	f->world.parameter_defaults = parsed(f, "p: NFS\n");
	check_refused(f, P("{type: string, default: nfs, constraints: [{allowed_values: [nfs]}]}"),
	    0, "Parameter 'p' is invalid: Invalid default NFS (\"NFS\" is not an allowed value");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    defaults_become_values_of_their_type, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    schemas_and_values_that_heat_refuses_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(older_versions_know_fewer_words, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    errors_point_at_the_value_that_is_to_blame, setup, teardown),
		cmocka_unit_test_setup_teardown(hidden_values_stay_out_of_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    parameters_beat_defaults_and_must_be_declared, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    nested_templates_take_defaults_from_the_environment, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
