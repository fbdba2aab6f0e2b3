/*
 * How a backup is laid out in a file store: which container, which names.  What
 * posix and nfs share, without any I/O, so that it holds however the files are
 * reached.  Any thread.
 */
#ifndef CINDERBANK_STORE_LAYOUT_H
#define CINDERBANK_STORE_LAYOUT_H

#include <limits.h>
#include <stdbool.h>

struct backup;
struct err;
struct file_opts;
struct location;

enum {
	LAYOUT_NAME_MAX = 256 + 32, /* a stored name and its NUL, finished or not */
	LAYOUT_OBJECT_PAYS =
	    5 * 1024 * 1024, /* for store_driver: to make and sync a file takes a millisecond */
};

/* What a directory entry is to one backup. */
enum layout_kind {
	LAYOUT_FOREIGN,  /* belongs to something else */
	LAYOUT_SEGMENT,  /* <prefix>-00042 */
	LAYOUT_HASHES,   /* <prefix>_sha256file */
	LAYOUT_MANIFEST, /* <prefix>_metadata: while it exists, the backup does */
	LAYOUT_PARTIAL,  /* one of these that was never finished */
};

/*
 * Where a new backup goes: the user's container, else the one of the options,
 * else XX/YY/<id>; volume_<volume id>_<created_at>_backup_<id>.  ERR_INVALID: a
 * container that layout_check() refuses, or names that are too long.
 */
int layout_place(const struct file_opts *opts, const struct backup *backup, struct location *ret,
    struct err *err);

/*
 * May the location be used below a root?  The container is "" (the root itself)
 * or a relative path without empty, "." and ".." parts; the prefix is a plain
 * file name that is not hidden.  ERR_INVALID names what is wrong.
 */
int layout_check(const struct location *at, struct err *err);

/* Is name that of a manifest?  Then the prefix of its backup; else false. */
bool layout_prefix(const char *name, char ret[LAYOUT_NAME_MAX]);

/* What an entry of the container is to the backup there. */
enum layout_kind layout_kind(const struct location *at, const char *name);

/* "<prefix>_<document>", and what a name is called until it is finished; LAYOUT_NAME_MAX. */
void layout_document_name(const struct location *at, const char *document, char *ret);
void layout_partial_name(const char *name, char *ret);

/*
 * Is the container XX/YY/<id>, made for one backup alone?  Then it goes with
 * the backup; any other may be shared.
 */
bool layout_container_is_own(const char *container);

/*
 * Copy the first part of a container that layout_check() took, and step behind it
 * and its slash.  false: there is none left.
 */
bool layout_next_part(const char **path, char part[NAME_MAX + 1]);

#endif
