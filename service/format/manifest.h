/*
 * The two documents of a chunked backup, in the exact bytes that upstream's
 * json.dumps(sort_keys=True, indent=2) makes: <prefix>_metadata (the manifest:
 * which objects make up the backup) and <prefix>_sha256file (the hash list: one
 * digest a block of the whole volume).  Both are streamed: written piece by
 * piece into a sink, read piece by piece from a source, whatever their size.
 *
 * Source of the format: cinder/backup/chunkeddriver.py, version 1.0.0.
 * Threads: one at a time for each writer and reader.
 */
#ifndef CINDERBANK_FORMAT_MANIFEST_H
#define CINDERBANK_FORMAT_MANIFEST_H

#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"
#include "model/backup.h"
#include "model/chunk.h"

struct err;

/* Takes the next bytes of a document. */
typedef int(document_sink)(void *arg, struct span text, struct err *err);

/* Appends bytes from offset on to ret, as many as fit; none: the end.  1, 0 absent, -1. */
typedef int(document_source)(void *arg, uint64_t offset, struct buf *ret, struct err *err);

/* What both documents say of the backup.  Texts are borrowed; NULL: null. */
struct heading {
	const char *backup_id, *volume_id, *backup_name, *backup_description;
	const char *created_at; /* "2026-01-02 03:04:05+00:00" */
	const char *parent_id;  /* manifest only */
	const char *version;    /* read: as found; write: ignored, "1.0.0" */
	const char *extra;      /* manifest only, and only where it is set: what a driver notes */
};

/* The JSON form of seconds since 1970 in created_at; into 32 bytes. */
void heading_time(int64_t seconds, char *ret);

/* ---- writing: heading, then objects or digests in order, then the end ---- */

struct manifest_writer; /* prefix names the objects */
int manifest_writer_open(struct manifest_writer **ret, const struct heading *heading,
    const char *prefix, document_sink *sink, void *arg, struct err *err);
int manifest_write(struct manifest_writer *writer, const struct segment *segment, struct err *err);
/* volume_meta: a JSON document as text, or NULL.  Nothing may be written after. */
int manifest_finish(struct manifest_writer *writer, const char *volume_meta, struct err *err);
void manifest_writer_close(struct manifest_writer *writer);
SCOPED_POINTER(struct manifest_writer, manifest_writer_close);

struct hashes_writer;
int hashes_writer_open(struct hashes_writer **ret, const struct heading *heading, uint64_t block,
    document_sink *sink, void *arg, struct err *err);
int hashes_write(struct hashes_writer *writer, const uint8_t (*digests)[SHA256_SIZE], size_t count,
    struct err *err);
int hashes_finish(struct hashes_writer *writer, struct err *err);
void hashes_writer_close(struct hashes_writer *writer);
SCOPED_POINTER(struct hashes_writer, hashes_writer_close);

/* ---- reading ---- */

/*
 * The codec that a manifest names, in any letter case: static text, spelt as
 * upstream writes it.  NULL: no codec that a backup can have.
 */
const char *manifest_codec(const char *name);

/*
 * The manifest is read twice: once whole, to know its heading and to refuse it
 * before anything is done, and once more for its objects.
 */
struct manifest {
	struct heading heading; /* texts lie in text */
	const char *volume_meta;
	uint32_t n_objects, numbers_max; /* the largest object number */
	uint64_t end;                    /* where the last object ends, bytes of the volume */
	uint64_t length_max;             /* of the largest object */
	struct buf text;
};

/*
 * Read and check all of a manifest.  Objects must be named prefix-NNNNN, follow
 * each other upwards without overlap, begin at multiples of block (0: any), and
 * use a codec that this build has.  ERR_CORRUPT names what lies and where;
 * ERR_INVALID: version other than 1.0.0; ERR_NOT_FOUND: no document.
 * Unknown keys, any order of keys and objects without md5 are taken.
 */
int manifest_check(document_source *source, void *arg, const char *prefix, uint64_t block,
    struct manifest *ret, struct err *err);
void manifest_drop(struct manifest *manifest);

/*
 * What the driver noted in a manifest (heading.extra), without reading further than
 * to its objects.  1; 0: nothing, or nothing that is a text and fits; -1.
 */
int manifest_extra(document_source *source, void *arg, const char *prefix, char *ret, size_t size,
    struct err *err);

/* The objects of a manifest that manifest_check() took, in order.  next: 1, 0 no more, -1. */
struct manifest_reader;
int manifest_reader_open(struct manifest_reader **ret, document_source *source, void *arg,
    const char *prefix, struct err *err);
int manifest_next(struct manifest_reader *reader, struct segment *ret, struct err *err);
void manifest_reader_close(struct manifest_reader *reader);
SCOPED_POINTER(struct manifest_reader, manifest_reader_close);

/* The digests of a hash list, in order. */
struct hashes_reader;
/*
 * ret_block: bytes a block, no more than 16 GiB.  1, 0 absent, -1 (ERR_CORRUPT,
 * ERR_INVALID: version).
 */
int hashes_reader_open(struct hashes_reader **ret, document_source *source, void *arg,
    uint64_t *ret_block, struct err *err);
/*
 * Up to count digests; *ret_count less than count only at the end of the list.
 * What stands behind the list, its version too, is checked when the end is met:
 * so read on until *ret_count is less than count.
 */
int hashes_read(struct hashes_reader *reader, uint8_t (*digests)[SHA256_SIZE], size_t count,
    size_t *ret_count, struct err *err);
void hashes_reader_close(struct hashes_reader *reader);
SCOPED_POINTER(struct hashes_reader, hashes_reader_close);

#endif
