#include "emit/emit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "doc/load.h"
#include "role/role.h"

struct fixture {
	struct arena *arena;
	struct role role;
};

static int
set_up(void **state)
{
	static struct fixture f;

	f.arena = arena_new(4 << 20);
	f.role = (struct role){ .arena = f.arena, .release = "queens", .name = "Controller" };
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

static const char *
emit_text(const char *kind, const struct role *role, struct buf *out)
{
	struct err err = ERR_INIT;

	buf_clear(out);
	if (emitter_find(kind)->emit(role, out, &err) < 0)
		fail_msg("%s", err.text);
	return buf_string(out);
}

static const struct value *
parse(struct fixture *f, const char *text)
{
	struct doc_loader loader = { .arena = f->arena };
	const struct value *value;
	struct err err = ERR_INIT;

	assert_int_equal(doc_parse(&loader, span_of(text), "text", &value, &err), 0);
	return value;
}

static void
options_are_gathered_by_section_in_the_order_of_first_use(void **state)
{
	static struct setting_line lines[] = {
		{ .section = "DEFAULT", .name = "a", .value = "1" },
		{ .section = "nova", .name = "b", .value = "" },
		{ .section = "gone", .name = "x", .value = "", .absent = true },
		{ .section = "DEFAULT", .name = "c", .value = "x = y" },
	};
	struct fixture *f = *state;
	scoped(buf_drop) struct buf out = BUF(1024);

	f->role.settings = (struct settings){ .lines = lines, .count = 4 };
	assert_string_equal(
	    emit_text("cinder.conf", &f->role, &out), "[DEFAULT]\na=1\nc=x = y\n\n[nova]\nb=\n");
}

static void
ids_of_storage_are_unique_names_of_xml(void **state)
{
	static struct storage_map maps[] = {
		{ "cinder-backup-a-b", "/a/b", "/t1", "ro" },
		{ "cinder-backup-a-b", "/a-b", "/t2", "rw" },
		{ "cinder-backup-c@d", "/c@d", "/t3", "rw" },
	};
	struct fixture *f = *state;
	scoped(buf_drop) struct buf out = BUF(1 << 16);

	f->role.form = ROLE_BUNDLE;
	f->role.bundle = (struct bundle){ .engine = "docker",
		.image = "i:1",
		.options = "a & b",
		.run_command = "r",
		.maps = maps,
		.n_maps = 3 };
	const char *text = emit_text("cib", &f->role, &out);
	assert_non_null(strstr(text, "id=\"cinder-backup-a-b\" source-dir=\"/a/b\""));
	assert_non_null(strstr(text, "id=\"cinder-backup-a-b-1\" source-dir=\"/a-b\""));
	assert_non_null(strstr(text, "id=\"cinder-backup-c_d\""));
	assert_non_null(strstr(text, "options=\"a &amp; b\""));
}

static void
a_level_that_leads_elsewhere_is_no_file(void **state)
{
	static const char *const names[] = { "../etc/passwd", ".hidden", "a/b", "''", "7" };
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct err err = ERR_INIT;
		char text[64];

		snprintf(text, sizeof(text), "%s: {a: 1}", names[i]);
		f->role.hieradata = parse(f, text);
		assert_int_equal(
		    emitter_files(emitter_find("hiera"), &f->role, NULL, NULL, &err), -1);
	}
}

static void
compose_doubles_dollars_and_waits_for_preparations(void **state)
{
	struct fixture *f = *state;
	scoped(buf_drop) struct buf out = BUF(1 << 16);

	f->role.form = ROLE_CONTAINER;
	f->role.container_name = "cinder_backup";
	f->role.container = parse(f, "{image: 'i:1', restart: always, environment: ['A=$B']}");
	f->role.preparations = parse(f, "first: {image: 'i:1', command: [a, b]}");
	const char *text = emit_text("compose", &f->role, &out);
	assert_non_null(strstr(text, "A=$$B"));
	assert_non_null(strstr(text, "service_completed_successfully"));
}

static void
kinds_apply_to_the_forms_that_have_them(void **state)
{
	static const struct {
		const char *kind;
		bool applies[4]; /* bundle, clustered, container, plain */
	} cases[] = {
		{ "cib", { true, true, false, false } },
		{ "pcs", { true, true, false, false } },
		{ "compose", { false, false, true, false } },
		{ "systemd", { false, true, true, true } },
		{ "cinder.conf", { true, true, true, true } },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (int form = 0; form < 4; form++) {
			f->role.form = (enum role_form)form;
			assert_int_equal(emitter_applies(emitter_find(cases[i].kind), &f->role),
			    cases[i].applies[form]);
		}
	}
	assert_null(emitter_find("xml"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    options_are_gathered_by_section_in_the_order_of_first_use, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    ids_of_storage_are_unique_names_of_xml, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_level_that_leads_elsewhere_is_no_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    compose_doubles_dollars_and_waits_for_preparations, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    kinds_apply_to_the_forms_that_have_them, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
