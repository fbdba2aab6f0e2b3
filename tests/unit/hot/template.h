/* What the tests of templates share: a template as text in, an output as JSON out. */
#ifndef TESTS_UNIT_HOT_TEMPLATE_H
#define TESTS_UNIT_HOT_TEMPLATE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/arena.h"
#include "doc/dump.h"
#include "doc/load.h"
#include "hot/template.h"

enum { TEST_ARENA_MAX = 64 << 20 };

struct fixture {
	struct arena *arena;
	struct doc_loader loader;
	struct hot_world world;
	struct err err;
};

static inline int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ .arena = arena_new(TEST_ARENA_MAX) };
	fixture.loader.arena = fixture.arena;
	fixture.world.loader = &fixture.loader;
	*state = &fixture;
	return fixture.arena ? 0 : -1;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	return 0;
}

static inline const struct value *
parsed(struct fixture *f, const char *yaml)
{
	const struct value *value = NULL;

	if (doc_parse(&f->loader, span_of(yaml), "test.yaml", &value, &f->err) < 0)
		fail_msg("%s", f->err.text);
	return value;
}

static inline const char *
as_json(struct fixture *f, const struct value *value)
{
	const struct dump_style style = { .sorted = true };
	struct buf text = BUF(TEST_ARENA_MAX);
	const char *copy;

	dump_json(value, &style, &text);
	copy = arena_text(f->arena, buf_string(&text), &f->err);
	buf_drop(&text);
	assert_non_null(copy);
	return copy;
}

/* The outputs of a template, or NULL and f->err. */
static inline const struct value *
outputs(struct fixture *f, const char *yaml)
{
	const struct value *value = NULL;

	if (hot_evaluate_document(&f->world, parsed(f, yaml), "test.yaml", NULL, &value, &f->err) <
	    0)
		return NULL;
	return value;
}

#define HOT(version, text) "heat_template_version: " version "\n" text

/* Output v of a template of queens whose other lines are text. */
static inline void
check_value(struct fixture *f, const char *text, const char *json)
{
	const char *yaml = arena_printf(f->arena, &f->err, HOT("queens", "%s"), text);
	const struct value *all = outputs(f, yaml);

	if (!all)
		fail_msg("%s: %s", text, f->err.text);
	assert_string_equal(as_json(f, value_get(all, "v")), json);
}

/* The same refused, at a line (of text; 0: anywhere) and with words. */
static inline void
check_refused(struct fixture *f, const char *text, unsigned line, const char *words)
{
	const char *yaml = arena_printf(f->arena, &f->err, HOT("queens", "%s"), text);
	const struct value *all = outputs(f, yaml);

	if (all)
		fail_msg("%s: %s", text, as_json(f, all));
	if (!strstr(f->err.text, words))
		fail_msg("%s: %s", text, f->err.text);
	assert_true(f->err.kind == ERR_INVALID || f->err.kind == ERR_NOT_FOUND);
	assert_int_not_equal(f->err.at.line, 0);
	if (line)
		assert_int_equal(f->err.at.line, line + 1);
}

#endif
