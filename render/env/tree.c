#include "env/tree.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"

int
tree_substitute(
    struct arena *arena, const char *directory, const char *path, const char **ret, struct err *err)
{
	size_t length = strlen(TREE_DIRECTOR);

	if (!directory || strncmp(path, TREE_DIRECTOR, length) != 0 || access(path, F_OK) == 0)
		return 0;
	*ret = arena_printf(arena, err, "%s/%s", directory, path + length);
	return *ret ? 1 : -1;
}
