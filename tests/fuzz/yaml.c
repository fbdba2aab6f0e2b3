/*
 * YAML as an operator would never type it: what was read is written, reads back
 * as the same values, and is written the same.  A refusal has a place and a
 * text of one line.
 */
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "doc/dump.h"
#include "doc/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
read_text(struct arena *arena, struct span text, const struct value **ret)
{
	const struct doc_loader loader = { .arena = arena };
	struct err err = ERR_INIT;

	if (doc_parse(&loader, text, "fuzz", ret, &err) == 0)
		return 0;
	if (err.kind != ERR_INVALID || !err.at.line || !err.text[0] || strchr(err.text, '\n'))
		__builtin_trap();
	return -1;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dump_style style = { 1, true, true };
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 22);
	scoped(arena_free_scoped) struct arena *other = arena_new(1 << 26);
	scoped(buf_drop) struct buf first = BUF(1 << 20), second = BUF(1 << 21);
	scoped(buf_drop) struct buf json = BUF(1 << 24), python = BUF(1 << 22);
	const struct value *value, *again;
	struct err err;

	if (!arena || !other ||
	    read_text(arena, (struct span){ (const char *)data, size }, &value) < 0)
		return 0;
	dump_json(value, &style, &json);
	value_python(value, &python);
	dump_yaml(value, &first);
	if (buf_check(&first, &err) < 0)
		return 0;
	if (read_text(other, buf_span(&first), &again) < 0)
		__builtin_trap();
	dump_yaml(again, &second);
	if (!span_equal(buf_span(&first), buf_span(&second)))
		__builtin_trap();
	if (!value_equal(value, again) && !memmem(first.data, first.length, ".nan", 4))
		__builtin_trap();
	return 0;
}
