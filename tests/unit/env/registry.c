#include "env/registry.h"

#include "env/tree.h"
#include "unit/env/files.h"

/* The text with the folder in place of @. */
static void
fill(struct buf *ret, const char *text, const char *folder)
{
	for (; *text; text++) {
		if (*text == '@')
			buf_text(ret, folder);
		else
			buf_byte(ret, *text);
	}
}

/* Where the registry of e0.yaml says X is, below the folder; or the refusal. */
static void
check(struct files *files, const char *registry, const char *wanted)
{
	scoped(buf_drop) struct buf text = BUF(1 << 10);
	const char *found;
	struct err err;

	files->count = 0;
	fill(&text, registry, files->folder);
	files_add(files, buf_string(&text));
	if (files_load(files, MERGE_DIRECTOR, &err) < 0) {
		if (!strstr(err.text, wanted) || !err.at.line)
			fail_msg("%s\n%s\nis not\n%s", registry, err.text, wanted);
		assert_string_equal(err.at.file, files->paths[0]);
		return;
	}
	found = environment_template(files->environment, "X", NULL);
	if (found && strncmp(found, files->folder, strlen(files->folder)) == 0)
		found += strlen(files->folder) + 1;
	assert_string_equal(found ? found : "NULL", wanted);
}

static void
entries_are_types_or_files(void **state)
{
	static const struct {
		const char *registry, *wanted;
	} rows[] = {
		{ "resource_registry: {X: OS::Heat::None}", "OS::Heat::None" },
		{ "resource_registry: {X: a.yaml}", "a.yaml" },
		{ "resource_registry: {X: ./a.yaml}", "a.yaml" },
		{ "resource_registry: {X: sub/b.yaml}", "sub/b.yaml" },
		{ "resource_registry: {X: sub/../sub//./b.yaml}", "sub/b.yaml" },
		{ "resource_registry: {X: sub/%63%20d.yaml}", "sub/c d.yaml" },
		{ "resource_registry: {X: @/a.yaml}", "a.yaml" },
		{ "resource_registry: {X: file://@/a.yaml}", "a.yaml" },
		{ "resource_registry: {X: file://localhost@/a.yaml}", "a.yaml" },
		{ "resource_registry: {X: b.yaml, base_url: file://@/sub}", "sub/b.yaml" },
		{ "resource_registry: {X: b.yaml, base_url: file://@/sub/}", "sub/b.yaml" },
		{ "resource_registry: {X: {a: b}}", "NULL" },
		{ "resource_registry: {Y: a.yaml}", "NULL" },
		{ "resource_registry: {hooks: pre-create, restricted_actions: [update]}", "NULL" },
		{ "resource_registry: {resources: {r: {X: a.yaml, hooks: pre-create}}}", "NULL" },
		{ "resource_registry: {resources: {r: {X: b.yaml, base_url: file://@/sub}}}",
		    "NULL" },
		{ "resource_registry: {'*': OS::Heat::None}", "OS::Heat::None" },
		{ "resource_registry: {'X*': OS::Heat::None}", "OS::Heat::None" },
		{ "resource_registry: {'X*': OS::Heat::None, X: a.yaml}", "a.yaml" },
		{ "resource_registry: {'*': OS::Heat::None, X: a.yaml}", "OS::Heat::None" },
		{ "resource_registry: {'Y*': OS::Heat::None}", "NULL" },
		{ "resource_registry: {'X*': a.yaml}", "NULL" },
		{ "resource_registry: {'': OS::Heat::None}", "NULL" },
		{ "resource_registry: {1: OS::Heat::None}", "NULL" },
		{ "resource_registry:", "NULL" },
		{ "parameters: {}", "NULL" },
		{ "resource_registry: {X: no/such.yaml}",
		    "/no/such.yaml: No such file or directory" },
		{ "resource_registry: {X: no/such.yaml}", "resource_registry/X: could not fetch" },
		{ "resource_registry: {X: sub/c%2Fd%2f%00%.yaml}",
		    "sub/c/d/%00%.yaml: No such file" },
		{ "resource_registry: {X: ../../../../..}", "for /: not a regular file" },
		{ "resource_registry: {X: sub}", "/sub: not a regular file" },
		{ "resource_registry: {X: }", "this is null" },
		{ "resource_registry: {X: 5}", "this is integer" },
		{ "resource_registry: {X: []}", "this is list" },
		{ "resource_registry: {X: ''}", "this is empty" },
		{ "resource_registry: {X: 'http://h/a.yaml'}", "http://h/a.yaml: only files" },
		{ "resource_registry: {X: 'file://h/a.yaml'}", "file://h/a.yaml: only files" },
		{ "resource_registry: {X: a.yaml, base_url: sub}", "base_url has to be a URL" },
		{ "resource_registry: {X: a.yaml, base_url: }", "base_url has to be a URL" },
		{ "resource_registry: {hooks: 5}", "resource_registry/hooks" },
		{ "resource_registry: {resources: }", "resources: a template or a type" },
		{ "resource_registry: {resources: a.yaml}", "resource_registry/resources: a map" },
		{ "resource_registry: {resources: {r: x}}", "resource_registry/resources: a map" },
		{ "resource_registry: {resources: {r: {X: n.yaml}}}",
		    "registry/resources/X: could not" },
		{ "resource_registry: {resources: {r: {X: b.yaml}}}", "b.yaml: No such file" },
		{ "resource_registry: [X]", "section \"resource_registry\" has to be a map" },
	};
	struct files *files = *state;

	files_write(files, "a.yaml", "");
	files_write(files, "sub/b.yaml", "");
	files_write(files, "sub/c d.yaml", "");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		check(files, rows[i].registry, rows[i].wanted);
}

static void
missing_file_is_not_found_at_its_place(void **state)
{
	struct files *files = *state;
	struct err err;

	files_add(files, "resource_registry:\n  X: nosuch.yaml\n");
	assert_int_equal(files_load(files, MERGE_DIRECTOR, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(err.at.line, 2);
	assert_int_equal(err.at.column, 6);
}

static void
later_file_wins_and_is_named(void **state)
{
	struct files *files = *state;
	struct place place;
	const char *found;

	files_write(files, "a.yaml", "");
	files_write(files, "sub/a.yaml", "");
	files_add(files, "resource_registry: {X: a.yaml, Y: OS::Heat::None, Z: a.yaml}\n");
	files->paths[files->count++] = files_write(
	    files, "sub/e.yaml", "resource_registry:\n  X: a.yaml\n  Z: OS::Heat::None\n");
	files_merge(files, MERGE_DIRECTOR);
	found = environment_template(files->environment, "X", &place);
	assert_string_equal(found + strlen(files->folder), "/sub/a.yaml");
	assert_string_equal(place.file, files->paths[1]);
	assert_int_equal(place.line, 2);
	assert_string_equal(
	    environment_template(files->environment, "Y", &place), "OS::Heat::None");
	assert_string_equal(place.file, files->paths[0]);
	assert_string_equal(environment_template(files->environment, "Z", NULL), "OS::Heat::None");
}

static void
relative_name_of_a_file_gives_absolute_paths(void **state)
{
	struct files *files = *state;
	char here[512];
	const char *name;

	files_write(files, "a.yaml", "");
	name = files_write(files, "sub/e.yaml", "resource_registry: {X: ../a.yaml}\n");
	files->paths[files->count++] = name + strlen(files->folder) + 1;
	assert_non_null(getcwd(here, sizeof here));
	assert_int_equal(chdir(files->folder), 0);
	files_merge(files, MERGE_DIRECTOR);
	assert_int_equal(chdir(here), 0);
	name = environment_template(files->environment, "X", NULL);
	assert_int_equal(name[0], '/');
	assert_string_equal(name + strlen(name) - 7, "/a.yaml");
	assert_null(strstr(name, "/sub"));
}

/* X of a registry that names director's FILE, with the folder's tree in its place. */
static const char *
stand_in(struct files *files, const char *file, bool partial, struct place *ret_at, struct err *err)
{
	const struct doc_loader loader = { .arena = files->arena };
	scoped(buf_drop) struct buf text = BUF(1 << 10);
	struct environment_files all = {
		.files = files->paths, .n_files = 1, .tree = files->folder, .partial = partial
	};

	files->count = 0;
	buf_printf(&text, "resource_registry:\n  X: " TREE_DIRECTOR "%s\n", file);
	files_add(files, buf_string(&text));
	*err = (struct err)ERR_INIT;
	if (environment_load(&files->environment, &loader, &all, MERGE_DIRECTOR, err) < 0)
		return NULL;
	*ret_at = environment_borrowed(files->environment);
	return environment_template(files->environment, "X", NULL);
}

static void
another_tree_stands_for_one_that_is_not_here(void **state)
{
	struct files *files = *state;
	struct place at;
	struct err err;
	const char *found;

	files_write(files, "docker/a.yaml", "");
	found = stand_in(files, "docker/a.yaml", false, &at, &err);
	assert_non_null(found);
	assert_string_equal(found + strlen(files->folder), "/docker/a.yaml");
	assert_int_equal(at.line, 2);
	assert_null(stand_in(files, "docker/b.yaml", false, &at, &err));
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	found = stand_in(files, "docker/b.yaml", true, &at, &err);
	assert_string_equal(found, TREE_DIRECTOR "docker/b.yaml");
}

static void
file_of_the_other_tree_may_be_given(void **state)
{
	struct files *files = *state;
	const struct doc_loader loader = { .arena = files->arena };
	const char *named = TREE_DIRECTOR "e/x.yaml";
	struct environment_files all = { .files = &named, .n_files = 1, .tree = files->folder };
	struct err err = ERR_INIT;
	const char *path;

	path = files_write(files, "e/x.yaml", "parameter_defaults: {A: 1}\n");
	assert_int_equal(
	    environment_load(&files->environment, &loader, &all, MERGE_DIRECTOR, &err), 0);
	environment_file(files->environment, 0, &named);
	assert_string_equal(named, path);
	assert_string_equal(environment_borrowed(files->environment).file, path);
}

#define WITH_FILES(test) cmocka_unit_test_setup_teardown(test, files_open, files_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(entries_are_types_or_files),
		WITH_FILES(missing_file_is_not_found_at_its_place),
		WITH_FILES(later_file_wins_and_is_named),
		WITH_FILES(another_tree_stands_for_one_that_is_not_here),
		WITH_FILES(file_of_the_other_tree_may_be_given),
		WITH_FILES(relative_name_of_a_file_gives_absolute_paths),
	};

	return cmocka_run_group_tests_name("registry", tests, NULL, NULL);
}
