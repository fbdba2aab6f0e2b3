/* What an identity service says of a token. */
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "net/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct span document = { (const char *)data, size };
	struct gate_caller caller = { .catalogue = NULL };
	struct json *catalogue = NULL;
	struct err err = ERR_INIT;

	if (gate_read(document, &caller, &err) < 0) {
		if (err.kind == ERR_NONE || !err.text[0])
			__builtin_trap();
		return 0;
	}
	if (!caller.user_id[0] ||
	    (caller.catalogue && json_parse(&catalogue, span_of(caller.catalogue), &err) < 0))
		__builtin_trap();
	json_free(catalogue);
	gate_caller_drop(&caller);
	return 0;
}
