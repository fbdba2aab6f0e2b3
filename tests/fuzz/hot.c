/* A template from anyone, evaluated without parameters and without a registry. */
#include <stdint.h>

#include "base/arena.h"
#include "hot/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 25);
	const struct doc_loader loader = { .arena = arena };
	const struct hot_world world = { .loader = &loader };
	const struct value *body, *outputs;
	struct err err = ERR_INIT;

	/* A path that is no folder of this machine: nothing is read beside the input. */
	if (arena && doc_parse(&loader, (struct span){ (const char *)data, size }, "input", &body,
			 &err) == 0)
		hot_evaluate_document(&world, body, "/nowhere/input", NULL, &outputs, &err);
	return 0;
}
