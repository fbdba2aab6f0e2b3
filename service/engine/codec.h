/*
 * Compression of one object, by the names that manifests use.  Packing works
 * on whole buffers, unpacking on streams, because upstream's objects may be
 * larger than any buffer of ours.  A packed form is one self-contained stream
 * that upstream's Python modules read: zlib (RFC 1950), bzip2, one zstd frame
 * with its content size.
 */
#ifndef CINDERBANK_ENGINE_CODEC_H
#define CINDERBANK_ENGINE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/scope.h"

struct err;

enum codec_level { CODEC_FAST, CODEC_DEFAULT, CODEC_BEST };

struct packer;
struct unpacker;

struct codec {
	const char *name; /* as the manifest spells it; aliases are rows of their own */
	/* Required.  One packer serves one thread at a time. */
	int (*packer_open)(struct packer **ret, enum codec_level, struct err *);
	/*
	 * 1 and *ret_length; 0: does not fit into room bytes, so store it raw; -1.
	 * What pays is strictly smaller: room is at most raw.length - 1.  The codec
	 * none never packs.
	 */
	int (*pack)(struct packer *, struct span raw, void *packed, size_t room, size_t *ret_length,
	    struct err *);
	void (*packer_close)(struct packer *);
	/*
	 * The packed form of length zeros, made without having them.  Its length, or
	 * 0: does not fit into room bytes.  NULL: zeros are packed as all else.
	 */
	size_t (*pack_zeros)(uint64_t length, void *packed, size_t room);
	int (*unpacker_open)(struct unpacker **ret, struct err *);
	/*
	 * Take bytes from the front of *packed and fill out up to room bytes;
	 * what does not fit stays in the stream and comes with the next call.
	 * *ret_length is what was filled, *ret_ended that the stream has its end:
	 * what is then left in *packed does not belong to it.  Nothing filled and
	 * *packed empty: more bytes are wanted.  A stream of none has no end of its
	 * own: *ret_ended is that all of *packed was taken, and more may follow.
	 * ERR_CORRUPT: not such a stream.
	 */
	int (*unpack)(struct unpacker *, struct span *packed, void *out, size_t room,
	    size_t *ret_length, bool *ret_ended, struct err *);
	void (*unpacker_close)(struct unpacker *);
	/*
	 * A whole stream at once, before any other call for it: faster than in
	 * pieces.  True: packed was all of it, and out has exactly length bytes.
	 * False: something is not so; unpack(), from its beginning, tells what.
	 * NULL: in pieces only.
	 */
	bool (*unpack_whole)(struct unpacker *, struct span packed, void *out, size_t length);
};

extern const struct codec codec_none, codec_zlib, codec_bz2, codec_zstd;

/*
 * The codec that a manifest or the option backup_compression_algorithm names:
 * none off no, zlib gzip, bz2 bzip2, zstd, in any letter case.  NULL: no such.
 */
const struct codec *codec_find(const char *name);

/*
 * A bench of packers, each with room bytes to pack into, so that each thread has
 * one while it needs it and memory is that of the threads, not of the slots.
 */
struct packers;
int packers_open(struct packers **ret, const struct codec *codec, enum codec_level level,
    unsigned count, size_t room, struct err *err);
void packers_close(struct packers *packers);
SCOPED_POINTER(struct packers, packers_close);

/*
 * Pack length bytes, no more than room, in their place with a packer of the
 * bench.  1 and *ret_length, which is less; 0: they do not shrink, and are as they
 * were; -1.  Any thread; waits while all packers are busy.
 */
int packers_pack(
    struct packers *packers, void *bytes, size_t length, size_t *ret_length, struct err *err);

#endif
