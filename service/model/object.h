/*
 * Versioned objects, as cinder's services put rows into messages: name, version
 * and data.  What comes is read as far as it is needed and passed on as it came;
 * what is made here is made from rows.
 *
 * Source of the format: oslo_versionedobjects/base.py, cinder/objects/; recordings
 * in tests/data/oslo/.  Threads: pure functions.
 */
#ifndef CINDERBANK_MODEL_OBJECT_H
#define CINDERBANK_MODEL_OBJECT_H

#include <stdbool.h>

struct err;
struct json;
struct json_writer;

/*
 * The data of an object of that name and of a version 1.x.  NULL, and ERR_INVALID:
 * it is no such object.
 */
const struct json *object_data(const struct json *object, const char *name, struct err *err);

/* An object of a new kind; data is filled by members between the two. */
void object_begin(struct json_writer *writer, const char *name, const char *version);
void object_end(struct json_writer *writer);

/*
 * An object as it came, less what its sender had not saved yet.  Members of its
 * data that replace has, an object, or NULL, are taken from there.
 */
void object_put(struct json_writer *writer, const struct json *object, const struct json *replace);

/*
 * A Volume from its row, as cloud_row() prints it.  modern: version 1.9, which knows
 * use_quota; else 1.8.
 */
void object_put_volume(struct json_writer *writer, const struct json *row, bool modern);

/* Likewise a Snapshot: 1.6 or 1.5. */
void object_put_snapshot(struct json_writer *writer, const struct json *row, bool modern);

#endif
