/*
 * The nouns of the data path: extents of a volume, the segments that become
 * stored objects, and the chunk, which is what one slot of the backup pipeline
 * holds.  Offsets and lengths are bytes.
 */
#ifndef CINDERBANK_MODEL_CHUNK_H
#define CINDERBANK_MODEL_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { SHA256_SIZE = 32, MD5_SIZE = 16 };

struct extent {
	uint64_t offset, length;
};

struct err;
struct md5_later;

/* Told of extents in ascending order, never overlapping.  Not 0: stop, and hand that on. */
typedef int(extent_fn)(void *arg, struct extent extent, struct err *err);

/* A run of changed blocks; one stored object. */
struct segment {
	uint32_t number;             /* from 1, dense, in volume order; names the object */
	uint64_t offset, length;     /* in the volume, before compression */
	uint8_t md5[MD5_SIZE];       /* of the bytes before compression */
	bool has_md5;                /* very old manifests lack it */
	struct md5_later *md5_later; /* where md5 will be, if it is not there yet; or NULL */
	bool zero;                   /* all of its bytes are known to be zeros */
	const char *codec;           /* as the manifest spells it: "zlib", "none"; static text */
	struct span packed;          /* borrowed from the chunk until recorded */
};

/*
 * One slot of a backup.  raw, sha256 and segments are allocated before
 * the first block is read and reused for every chunk.
 */
struct chunk {
	uint64_t index, offset, length; /* only the last is shorter than the rest */
	bool zero;                      /* all of it is known to be zero; raw is not filled */
	uint8_t *raw;                   /* length bytes; packed in their place */
	uint8_t (*sha256)[SHA256_SIZE]; /* one digest a block */
	uint8_t *known;                 /* one byte a block: 0 it is to be read; see job/since.h */
	struct segment *segments;
	struct md5_later *md5_later; /* as many as segments */
	size_t n_segments;
};

#endif
