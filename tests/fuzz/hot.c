/* A template from anyone, evaluated without parameters and without a registry. */
#include <unistd.h>

#include "base/arena.h"
#include "fuzz/memory_file.h"
#include "hot/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 25);
	char path[MEMORY_FILE_PATH];
	scoped(scoped_close) int fd = memory_file(data, size, path);
	const struct doc_loader loader = {.arena = arena};
	const struct hot_world world = {
	    .loader = &loader, .parameter_defaults = &value_null, .parameters = &value_null};
	const struct value *outputs;
	struct err err = ERR_INIT;

	if (arena && fd >= 0)
		hot_evaluate(&world, path, NULL, &outputs, &err);
	return 0;
}
