/* Two environment files, parted by a line of ---: merged in both ways, and asked who set what. */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "env/environment.h"
#include "fuzz/memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
look_at(void *arg, const struct setting *setting, struct err *err)
{
	size_t *count = arg;

	(void)err;
	*count += strlen(setting->path) + strlen(setting->section) + setting->won;
	return 0;
}

static void
merge(const char *const *paths, enum merge_style style)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 24);
	const struct doc_loader loader = { .arena = arena };
	const struct environment_files files = { .files = paths, .n_files = 2 };
	struct environment *environment;
	struct err err = ERR_INIT;
	size_t count = 0;

	if (!arena || environment_load(&environment, &loader, &files, style, &err) < 0)
		return;
	environment_template(environment, "X", NULL);
	if (environment_explain(environment, "k", look_at, &count, &err) < 0 &&
	    err.kind == ERR_NONE)
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = memmem(data, size, "\n---\n", 5);
	size_t length = cut ? (size_t)(cut - data) + 1 : size;
	char paths[2][MEMORY_FILE_PATH];
	const char *both[] = { paths[0], paths[1] };
	scoped(scoped_close) int older = memory_file(data, length, paths[0]);
	scoped(scoped_close) int newer = cut ? memory_file(cut + 5, size - length - 4, paths[1])
					     : memory_file(data, 0, paths[1]);

	if (older >= 0 && newer >= 0) {
		merge(both, MERGE_DIRECTOR);
		merge(both, MERGE_SERVER);
	}
	return 0;
}
