/* Documents out of texts, for tests. */
#ifndef CINDERBANK_TESTS_DOC_PARSE_H
#define CINDERBANK_TESTS_DOC_PARSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "doc/load.h"

/* The value of a text that has to be good. */
static inline const struct value *
parse(struct arena *arena, const char *text)
{
	const struct doc_loader loader = { .arena = arena };
	const struct value *value;
	struct err err = ERR_INIT;

	if (doc_parse(&loader, span_of(text), "test", &value, &err) < 0)
		fail_msg("%s\n%u:%u: %s", text, err.at.line, err.at.column, err.text);
	return value;
}

/* A document below tests/. */
static inline const struct value *
parse_file(struct arena *arena, const char *path)
{
	const struct doc_loader loader = { .arena = arena };
	const struct value *value;
	struct err err = ERR_INIT;

	if (doc_load(&loader, path, &value, &err) < 0)
		fail_msg("%s:%u:%u: %s", path, err.at.line, err.at.column, err.text);
	return value;
}

/* What a text that has to be bad is refused with. */
static inline struct err
refusal(struct arena *arena, struct span text)
{
	const struct doc_loader loader = { .arena = arena };
	const struct value *value;
	struct err err = ERR_INIT;

	if (doc_parse(&loader, text, "test", &value, &err) == 0)
		fail_msg("accepted: %.*s", (int)(text.length < 200 ? text.length : 200), text.data);
	assert_string_equal(err.at.file, "test");
	return err;
}

#endif
