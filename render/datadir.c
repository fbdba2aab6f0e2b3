#include "datadir.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/err.h"

static bool
is_ours(const char *directory)
{
	char path[4096];
	int length = snprintf(path, sizeof(path), "%s/puppet-hiera/hiera.yaml", directory);

	return length > 0 && (size_t)length < sizeof(path) && access(path, R_OK) == 0;
}

/* PREFIX/bin/program: PREFIX/share/cinderbank. */
static const char *
beside_program(struct arena *arena, struct err *err)
{
	char program[4096];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length <= 0)
		return arena_text(arena, "", err);
	program[length] = '\0';
	char *slash = strrchr(program, '/');
	if (slash)
		*slash = '\0';
	return arena_printf(arena, err, "%s/../share/cinderbank", program);
}

int
datadir_find(const char **ret, struct arena *arena, struct err *err)
{
	const char *named = getenv("CINDERBANK_DATA_DIR");
	const char *beside = beside_program(arena, err);
	const char *places[] = { beside, CINDERBANK_DATADIR, CINDERBANK_SOURCE_DIR };

	if (!beside)
		return -1;
	if (named && *named) {
		if (!is_ours(named))
			return err_set(err, ERR_NOT_FOUND,
			    "CINDERBANK_DATA_DIR=%s: no puppet-hiera/hiera.yaml there", named);
		*ret = named;
		return 0;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!is_ours(places[i]))
			continue;
		*ret = places[i];
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND,
	    "templates and puppet-hiera are neither in %s nor in %s; say where they are in "
	    "CINDERBANK_DATA_DIR",
	    beside, CINDERBANK_DATADIR);
}
