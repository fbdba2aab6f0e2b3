#include "env/environment.h"

#include "unit/env/files.h"

static void
directories_come_first_and_by_name(void **state)
{
	static const char *const order[] = { "one/a.yaml", "one/b.yaml", "two/0.yaml", "e.yaml" };
	struct files *files = *state;
	const struct doc_loader loader = { .arena = files->arena };
	const char *directories[2], *path;
	struct environment_files all = {
		.directories = directories, .n_directories = 2, .files = files->paths, .n_files = 1
	};
	struct environment *environment;
	struct err err = ERR_INIT;

	files->paths[0] = files_write(files, "e.yaml", "parameters: {P: e}\n");
	files_write(files, "one/b.yaml", "parameters: {P: b, B: 1}\n");
	files_write(files, "one/a.yaml", "parameters: {P: a}\n");
	files_write(files, "one/.hidden.yaml", "wrong: 1\n");
	files_write(files, "one/x.yml", "wrong: 1\n");
	files_write(files, "one/below.yaml/x.yaml", "wrong: 1\n");
	files_write(files, "two/0.yaml", "parameters: {P: two}\n");
	directories[0] = arena_printf(files->arena, &err, "%s/one/", files->folder);
	directories[1] = arena_printf(files->arena, &err, "%s/two", files->folder);
	assert_int_equal(environment_load(&environment, &loader, &all, MERGE_DIRECTOR, &err), 0);
	assert_int_equal(environment_count(environment), 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(environment_file(environment, i, &path)->type, VALUE_MAP);
		assert_string_equal(path + strlen(files->folder) + 1, order[i]);
	}
	assert_true(
	    value_is_text(value_get(environment_section(environment, "parameters"), "P"), "e"));
	assert_non_null(value_get(environment_section(environment, "parameters"), "B"));
}

static void
missing_directory_is_told_of(void **state)
{
	struct files *files = *state;
	const struct doc_loader loader = { files->arena, files_note, files };
	const char *directory;
	struct environment_files all = { .directories = &directory, .n_directories = 1 };
	struct err err = ERR_INIT;

	directory = arena_printf(files->arena, &err, "%s/none", files->folder);
	assert_int_equal(
	    environment_load(&files->environment, &loader, &all, MERGE_DIRECTOR, &err), 0);
	assert_int_equal(environment_count(files->environment), 0);
	assert_int_equal(environment_merged(files->environment)->map.count, 0);
	assert_string_equal(buf_string(&files->notes),
	    "none:0: this environment directory does not exist: nothing is read from it\n");
	directory = files_write(files, "file", "");
	assert_int_equal(
	    environment_load(&files->environment, &loader, &all, MERGE_DIRECTOR, &err), -1);
	assert_non_null(strstr(err.text, directory));
}

static void
files_that_cannot_be_are_refused(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned line, column;
	} rows[] = {
		{ "parameters: {}\nParameter_defaults: {}\n",
		    "environment has wrong section \"Parameter_defaults\"", 2, 1 },
		{ "5: {}\n", "environment has wrong section \"5\"", 1, 1 },
		{ "\njust text\n", "The environment is not a valid YAML mapping data type.", 2, 1 },
		{ "- a\n", "The environment is not a valid YAML mapping data type.", 1, 1 },
		{ "parameters: [a]\n", "section \"parameters\" has to be a map, this is list", 1,
		    13 },
		{ "parameter_defaults: x\n", "has to be a map, this is text", 1, 21 },
		{ "event_sinks: {}\n", "has to be a list, this is map", 1, 14 },
		{ "parameters:\n\tP: 1\n", "tab", 2, 1 },
	};
	struct files *files = *state;
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		files->count = 0;
		files_add(files, "parameters: {P: 1}\n");
		files_add(files, rows[i].text);
		assert_int_equal(files_load(files, MERGE_DIRECTOR, &err), -1);
		assert_string_equal(err.at.file, files->paths[1]);
		if (!strstr(err.text, rows[i].words) || err.at.line != rows[i].line ||
		    err.at.column != rows[i].column)
			fail_msg("%s%u:%u: %s", rows[i].text, err.at.line, err.at.column, err.text);
		assert_int_equal(err.kind, ERR_INVALID);
	}
}

static void
names_are_checked_before_any_file_is_read(void **state)
{
	struct files *files = *state;
	struct err err;

	files_add(files, "wrong: 1\n");
	files->paths[files->count++] = "/no/such/environment.yaml";
	assert_int_equal(files_load(files, MERGE_DIRECTOR, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_non_null(strstr(err.text, "/no/such/environment.yaml"));
	files->paths[1] = "x/network.j2.yaml";
	assert_int_equal(files_load(files, MERGE_DIRECTOR, &err), -1);
	assert_int_equal(err.kind, ERR_INVALID);
	assert_string_equal(err.text,
	    "x/network.j2.yaml: a Jinja2 template is no environment; tools/process-templates.py "
	    "of its tree makes x/network.yaml of it");
}

static void
many_files_merge_in_their_order(void **state)
{
	enum { COUNT = 40 };
	struct files *files = *state;
	const struct doc_loader loader = { .arena = files->arena };
	const char *paths[COUNT];
	struct environment_files all = { .files = paths, .n_files = COUNT };
	const struct value *parameters;
	struct err err = ERR_INIT;

	for (size_t i = 0; i < COUNT; i++) {
		char text[64], name[16];

		snprintf(text, sizeof text, "parameters: {P: %zu, P%zu: 1}\n", i, i);
		snprintf(name, sizeof name, "%zu.yaml", i);
		paths[i] = files_write(files, name, text);
	}
	assert_int_equal(
	    environment_load(&files->environment, &loader, &all, MERGE_DIRECTOR, &err), 0);
	parameters = environment_section(files->environment, "parameters");
	assert_int_equal(parameters->map.count, COUNT + 1);
	assert_int_equal(value_get(parameters, "P")->integer, COUNT - 1);
}

static void
absent_section_is_an_empty_map(void **state)
{
	struct files *files = *state;

	files_add(files, "# nothing\n");
	files_add(files, "parameter_defaults:\n");
	files_merge(files, MERGE_DIRECTOR);
	assert_int_equal(environment_file(files->environment, 0, NULL)->type, VALUE_NULL);
	assert_int_equal(environment_section(files->environment, "parameters")->type, VALUE_MAP);
	assert_int_equal(
	    environment_section(files->environment, "parameter_defaults")->map.count, 0);
	assert_int_equal(
	    value_get(environment_merged(files->environment), "parameter_defaults")->type,
	    VALUE_NULL);
}

static void
duplicate_section_is_told_of(void **state)
{
	struct files *files = *state;

	files_add(files, "parameters: {A: 1}\nparameters: {B: 1}\n");
	files_merge(files, MERGE_DIRECTOR);
	assert_null(value_get(environment_section(files->environment, "parameters"), "A"));
	assert_string_equal(buf_string(&files->notes),
	    "e0.yaml:2: key parameters is set twice: this one wins, the one in line 1, column 1 "
	    "is lost\n");
}

struct told {
	struct files *files;
	struct buf text;
};

static int
tell(void *arg, const struct setting *setting, struct err *err)
{
	struct told *told = arg;

	buf_printf(&told->text, "%s:%u %s %s%s\n",
	    setting->value->at.file + strlen(told->files->folder) + 1, setting->value->at.line,
	    setting->section, setting->path, setting->won ? " won" : "");
	return buf_check(&told->text, err);
}

static void
explains(struct files *files, const char *name, const char *wanted)
{
	struct told told = { files, BUF(1 << 12) };
	struct err err = ERR_INIT;

	assert_int_equal(environment_explain(files->environment, name, tell, &told, &err), 0);
	if (strcmp(buf_string(&told.text), wanted) != 0)
		fail_msg("%s\n%sis not\n%s", name, buf_string(&told.text), wanted);
	buf_drop(&told.text);
}

static void
explain_tells_who_set_what_and_who_won(void **state)
{
	struct files *files = *state;

	files_add(files, "parameters: {S: old}\n"
			 "parameter_defaults:\n"
			 "  S: a\n"
			 "  L: [1, {S: in}]\n"
			 "  ExtraConfig:\n"
			 "    k: 1\n"
			 "    only: here\n"
			 "    cinder::config::cinder_config:\n"
			 "      DEFAULT/x: {value: 1}\n"
			 "  Empty: {S: 1}\n"
			 "resource_registry: {OS::A: OS::B}\n");
	files_add(files, "parameter_defaults:\n"
			 "  S:\n"
			 "  ExtraConfig:\n"
			 "    k: 2\n"
			 "    cinder::config::cinder_config:\n"
			 "      DEFAULT/x: {secret: true}\n"
			 "  Empty: {}\n"
			 "resource_registry: {OS::A: OS::C}\n");
	files_add(files, "parameter_defaults: {ExtraConfig: , L: [2], 7: {k: 3}}\n");
	files_merge(files, MERGE_DIRECTOR);
	explains(files, "S",
	    "e0.yaml:1 parameters S won\n"
	    "e0.yaml:3 parameter_defaults S\n"
	    "e0.yaml:4 parameter_defaults L/1/S\n"
	    "e0.yaml:10 parameter_defaults Empty/S won\n"
	    "e1.yaml:2 parameter_defaults S won\n");
	explains(files, "k",
	    "e0.yaml:6 parameter_defaults ExtraConfig/k\n"
	    "e1.yaml:4 parameter_defaults ExtraConfig/k won\n"
	    "e2.yaml:1 parameter_defaults 7/k won\n");
	explains(files, "ExtraConfig",
	    "e0.yaml:6 parameter_defaults ExtraConfig won\n"
	    "e1.yaml:4 parameter_defaults ExtraConfig won\n"
	    "e2.yaml:1 parameter_defaults ExtraConfig\n");
	explains(files, "DEFAULT/x",
	    "e0.yaml:9 parameter_defaults ExtraConfig/cinder::config::cinder_config/DEFAULT/x won\n"
	    "e1.yaml:6 parameter_defaults ExtraConfig/cinder::config::cinder_config/DEFAULT/x "
	    "won\n");
	explains(files, "Empty",
	    "e0.yaml:10 parameter_defaults Empty won\n"
	    "e1.yaml:7 parameter_defaults Empty\n");
	explains(files, "L",
	    "e0.yaml:4 parameter_defaults L\n"
	    "e2.yaml:1 parameter_defaults L won\n");
	explains(files, "OS::A",
	    "e0.yaml:11 resource_registry OS::A\n"
	    "e1.yaml:8 resource_registry OS::A won\n");
	explains(files, "none", "");
}

static void
explain_sees_what_the_server_mixed(void **state)
{
	struct files *files = *state;

	files_add(files, "parameters: {L: [1, {a: 1}], T: x, M: {t: u, l: [1]}, O: [1]}\n"
			 "parameter_merge_strategies: {L: merge, T: merge, M: deep_merge}\n");
	files_add(files, "parameters: {L: [2], T: y, M: {t: v, l: [2]}, O: [2]}\n");
	files_add(files, "parameters: {L: [3], T: z}\n");
	files_merge(files, MERGE_SERVER);
	explains(files, "L",
	    "e0.yaml:1 parameters L won\n"
	    "e0.yaml:2 parameter_merge_strategies L\n"
	    "e1.yaml:1 parameters L won\n"
	    "e2.yaml:1 parameters L won\n");
	explains(files, "T",
	    "e0.yaml:1 parameters T won\n"
	    "e0.yaml:2 parameter_merge_strategies T\n"
	    "e1.yaml:1 parameters T won\n"
	    "e2.yaml:1 parameters T won\n");
	explains(files, "a", "e0.yaml:1 parameters L/1/a won\n");
	explains(files, "t",
	    "e0.yaml:1 parameters M/t won\n"
	    "e1.yaml:1 parameters M/t won\n");
	explains(files, "O",
	    "e0.yaml:1 parameters O\n"
	    "e1.yaml:1 parameters O won\n");
}

static int
refuse(void *arg, const struct setting *setting, struct err *err)
{
	(void)arg;
	return err_set(err, ERR_CANCELLED, "%s", setting->path);
}

static void
explain_hands_on_a_refusal(void **state)
{
	struct files *files = *state;
	struct err err = ERR_INIT;

	files_add(files, "parameters: {A: {B: [{C: 1}]}}\n");
	files_merge(files, MERGE_DIRECTOR);
	assert_int_equal(environment_explain(files->environment, "C", refuse, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	assert_string_equal(err.text, "A/B/0/C");
}

/* Whatever ceiling stops it, there is an error and nothing half done. */
static void
every_ceiling_of_memory_ends_in_an_error(void **state)
{
	struct files *files = *state;
	int status[2] = { -1, -1 };
	size_t ceiling;

	files_write(files, "a.yaml", "");
	files_add(files, "parameters: {P: {a: [1], t: x}}\nresource_registry: {X: a.yaml}\n"
			 "parameter_merge_strategies: {P: deep_merge}\n");
	files_add(files, "parameters: {P: {a: [2], b: {c: 1}, t: y}}\n");
	for (ceiling = 0; status[0] < 0 || status[1] < 0; ceiling += 64) {
		for (int style = MERGE_DIRECTOR; style <= MERGE_SERVER; style++) {
			scoped(arena_free_scoped) struct arena *arena = arena_new(ceiling);
			const struct doc_loader loader = { .arena = arena };
			struct environment_files all = { .files = files->paths, .n_files = 2 };
			struct environment *environment;
			struct err err = ERR_INIT;

			status[style] = environment_load(
			    &environment, &loader, &all, (enum merge_style)style, &err);
			if (status[style] < 0 && !strstr(err.text, "needs more than"))
				fail_msg("%s", err.text);
		}
	}
	assert_in_range(ceiling, 2000, 40000);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, files_open, files_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(directories_come_first_and_by_name),
		WITH_FILES(missing_directory_is_told_of),
		WITH_FILES(files_that_cannot_be_are_refused),
		WITH_FILES(names_are_checked_before_any_file_is_read),
		WITH_FILES(many_files_merge_in_their_order),
		WITH_FILES(absent_section_is_an_empty_map),
		WITH_FILES(duplicate_section_is_told_of),
		WITH_FILES(explain_tells_who_set_what_and_who_won),
		WITH_FILES(explain_sees_what_the_server_mixed),
		WITH_FILES(explain_hands_on_a_refusal),
		WITH_FILES(every_ceiling_of_memory_ends_in_an_error),
	};

	return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
