/*
 * The environment files of a deployment, merged as director merges them
 * (directories first, then -e in order; maps deeply, everything else replaces),
 * with the memory of who set what.  Not an evaluator: values stay as written.
 */
#ifndef CINDERBANK_ENV_ENVIRONMENT_H
#define CINDERBANK_ENV_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "doc/load.h"
#include "doc/value.h"

struct arena;
struct environment;

struct environment_files {
	const char *const *directories; /* --environment-directory, in order */
	size_t n_directories;
	const char *const *files; /* -e, in order */
	size_t n_files;
	const char *tree; /* stands for director's templates where these are not; NULL: none */
	bool partial;     /* tree lacks some of them: an entry for one that it lacks is no error */
};

/* How several files become one. */
enum merge_style {
	MERGE_DIRECTOR, /* heatclient's deep update: overcloud deploy */
	MERGE_SERVER,   /* Heat's own, with parameter_merge_strategies: stack create */
};

/*
 * Read and merge.  Everything lives in the loader's arena.  ERR_NOT_FOUND: a
 * named file, or with its place one that a registry names; ERR_INVALID with its
 * place: bad YAML, a wrong section, a merge that director refuses (the server's
 * client refuses it too).  Doubtful things go to the loader's note: a duplicate
 * key, a directory that does not exist.
 */
int environment_load(struct environment **ret, const struct doc_loader *loader,
    const struct environment_files *files, enum merge_style style, struct err *err);

/* The whole merged environment; its sections in the order of first appearance. */
const struct value *environment_merged(const struct environment *environment);

/* One section, or an empty map. */
const struct value *environment_section(const struct environment *environment, const char *name);

/*
 * What the registry maps a resource type to, itself or by a pattern that ends in *: an absolute or
 * canonical path of a template, another type name (it has ::), or NULL: not mapped.  ret_place: who
 * said so, may be NULL.
 */
const char *environment_template(
    const struct environment *environment, const char *type, struct place *ret_place);

/* Where director's templates are named first without being on this machine, or no place. */
struct place environment_borrowed(const struct environment *environment);

/* One file's word on a name, oldest first; last of them won if won is set. */
struct setting {
	const char *section; /* "parameter_defaults", ... */
	const char *path;    /* "ExtraConfig/cinder::backup::nfs::backup_share"; in the arena */
	const struct value *value; /* with its place */
	bool won;                  /* still (part of) the merged value */
};
typedef int(setting_fn)(void *arg, const struct setting *setting, struct err *err);

/*
 * Tell of every setting whose path ends with name, from a slash on: a parameter,
 * a hiera key, a SECTION/option of cinder_config or the option alone, a resource
 * type, or a whole path, with or without its section.
 */
int environment_explain(const struct environment *environment, const char *name, setting_fn *fn,
    void *arg, struct err *err);

/* The parsed files in the order of merging; path and value of each. */
size_t environment_count(const struct environment *environment);
const struct value *
environment_file(const struct environment *environment, size_t index, const char **ret_path);

#endif
