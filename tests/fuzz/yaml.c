/* YAML as an operator would never type it: what was read is written, reads back, and is written the
 * same. */
#include <stdint.h>

#include "base/arena.h"
#include "doc/dump.h"
#include "doc/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
write_again(struct span text, size_t memory, struct buf *ret)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(memory);
	const struct doc_loader loader = {.arena = arena};
	const struct value *value;
	struct err err = ERR_INIT;

	if (!arena || doc_parse(&loader, text, "fuzz", &value, &err) < 0)
		return -1;
	dump_yaml(value, ret);
	return buf_check(ret, &err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(buf_drop) struct buf first = BUF(1 << 20), second = BUF(1 << 21);

	if (write_again((struct span){(const char *)data, size}, 1 << 22, &first) < 0)
		return 0;
	if (write_again(buf_span(&first), 1 << 26, &second) < 0 ||
	    !span_equal(buf_span(&first), buf_span(&second)))
		__builtin_trap();
	return 0;
}
