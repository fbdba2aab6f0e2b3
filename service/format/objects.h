/*
 * The walk through the objects of a manifest, which manifest_check() and
 * manifest_next() share: each object is checked by itself and against the one
 * before, by whoever reads it.  Inside format only.
 */
#ifndef CINDERBANK_FORMAT_OBJECTS_H
#define CINDERBANK_FORMAT_OBJECTS_H

#include "base/json.h"
#include "format/manifest.h"

/* volume_meta, with all a volume's properties, is the longest text there is. */
enum { MANIFEST_TEXT_MAX = 4 * 1024 * 1024 };

struct manifest_reader {
	struct json_reader *json;
	char *prefix, *name; /* name: of the object that is being read */
	size_t name_size;
	uint64_t block;
	uint32_t number; /* of the object before, and where it ends */
	uint64_t end;
	bool inside, named; /* in an entry of the list; which has named an object */
	bool ended;
};

/* Open the document and enter its outermost object.  block: as in manifest_check(). */
int objects_open(struct manifest_reader **ret, document_source *source, void *arg,
    const char *prefix, uint64_t block, struct err *err);

/* The next token; its error names the document. */
int objects_token(struct manifest_reader *reader, struct json_token *ret, struct err *err);

/* Fill err with what is wrong with the document, ERR_CORRUPT. */
int objects_corrupt(const struct manifest_reader *reader, const char *what, struct err *err);

#endif
