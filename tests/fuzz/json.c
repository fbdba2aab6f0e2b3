/* Trees: what was parsed and printed parses again, and prints the same. */
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
print_again(struct span text, struct buf *ret)
{
	scoped(json_free_scoped) struct json *root = NULL;
	struct json_writer writer = JSON_WRITER(ret, 2);
	struct err err = ERR_INIT;

	if (json_parse(&root, text, &err) < 0)
		return -1;
	json_put(&writer, root);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(buf_drop) struct buf first = BUF(1 << 24), second = BUF(1 << 24);
	struct span text = {(const char *)data, size};

	if (print_again(text, &first) < 0 || first.failed)
		return 0;
	if (print_again(buf_span(&first), &second) < 0 ||
	    !span_equal(buf_span(&first), buf_span(&second)))
		__builtin_trap();
	return 0;
}
