/* Environment files in a folder that lives as long as a test. */
#ifndef CINDERBANK_TESTS_ENV_FILES_H
#define CINDERBANK_TESTS_ENV_FILES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "env/environment.h"

enum { FILES_MAX = 8 };

struct files {
	struct arena *arena;
	char folder[64];
	const char *paths[FILES_MAX];
	size_t count;
	struct environment *environment;
	struct buf notes;
};

static inline int
files_open(void **state)
{
	struct files *files = calloc(1, sizeof *files);

	if (!files)
		return -1;
	*state = files;
	files->arena = arena_new(16 << 20);
	files->notes = (struct buf)BUF(1 << 16);
	strcpy(files->folder, "/tmp/cinderbank-env-XXXXXX");
	return files->arena && mkdtemp(files->folder) ? 0 : -1;
}

static inline int
files_close(void **state)
{
	struct files *files = *state;
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", files->folder);
	if (system(command) != 0)
		return -1;
	arena_free(files->arena);
	buf_drop(&files->notes);
	free(files);
	return 0;
}

/* A file of the folder; missing folders in its name are made. */
static inline const char *
files_write(struct files *files, const char *name, const char *text)
{
	char *path =
	    arena_printf(files->arena, &(struct err)ERR_INIT, "%s/%s", files->folder, name);
	FILE *file;

	for (char *slash = path + strlen(files->folder) + 1; (slash = strchr(slash, '/'));
	     slash++) {
		*slash = '\0';
		mkdir(path, 0700);
		*slash = '/';
	}
	file = fopen(path, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		fail_msg("%s", path);
	return path;
}

/* One more -e: e0.yaml, e1.yaml, ... */
static inline void
files_add(struct files *files, const char *text)
{
	char name[16];

	snprintf(name, sizeof name, "e%zu.yaml", files->count);
	files->paths[files->count++] = files_write(files, name, text);
}

static inline void
files_note(void *arg, struct place at, const char *text)
{
	struct files *files = arg;

	buf_printf(
	    &files->notes, "%s:%u: %s\n", at.file + strlen(files->folder) + 1, at.line, text);
}

static inline int
files_load(struct files *files, enum merge_style style, struct err *err)
{
	const struct doc_loader loader = { files->arena, files_note, files };
	const struct environment_files all = {
		.files = files->paths,
		.n_files = files->count,
	};

	*err = (struct err)ERR_INIT;
	return environment_load(&files->environment, &loader, &all, style, err);
}

/* As -e would give them; they have to be good. */
static inline void
files_merge(struct files *files, enum merge_style style)
{
	struct err err;

	if (files_load(files, style, &err) < 0)
		fail_msg("%s:%u:%u: %s", err.at.file ? err.at.file : "", err.at.line, err.at.column,
		    err.text);
}

#endif
