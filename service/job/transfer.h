/*
 * The data path of a backup: the stages that turn a volume into stored objects
 * and two documents.  Knows nothing of statuses.  transfer.c takes the memory,
 * opens and commits the documents; stages.c is what happens to a chunk, pack.c
 * one stage of it.
 */
#ifndef CINDERBANK_JOB_TRANSFER_H
#define CINDERBANK_JOB_TRANSFER_H

#include <pthread.h>
#include <stdint.h>

#include "base/buf.h"
#include "job/job.h"
#include "model/chunk.h"
#include "plan/plan.h"
#include "volume/volume.h"

struct codec;
struct document;
struct hashes_reader;
struct hashes_writer;
struct manifest_writer;
struct md5_pool;
struct packers;

enum { ZERO_UNITS = 16 }; /* a chunk has so many units, by which zeros are cut off */

/* Zeros of some length, packed; made when they are first met. */
struct zero_form {
	uint64_t length; /* 0: not made yet */
	struct buf packed;
};

/* Everything one backup works with; slots share it, stages with one thread write it. */
struct transfer {
	struct job *job;
	struct volume *volume;
	struct store *store;
	const struct location *at;
	struct cut cut;
	uint64_t chunk_size, next; /* bytes a chunk; index of the next one to read */
	const struct codec *codec, *zero_codec;
	struct packers *packers;
	pthread_mutex_t zero_mutex; /* guards zero_forms, of which filled ones stay as they are */
	struct zero_form zero_forms[ZERO_UNITS + 1]; /* by length in units, rounded up */
	/* The parent's digests, in step with the volume. */
	struct job_document parent_document;
	struct location parent_at;
	struct hashes_reader *parent;
	uint8_t (*parent_sha256)[SHA256_SIZE];
	/* Set by since_open(): what the volume has been since is known, and not all of it is read.
	 */
	bool since;
	struct volume_past past;
	uint64_t seed;                  /* of the samples */
	bool mistrusted;                /* a sample was not what it was said to be */
	char moment[VOLUME_MOMENT_MAX]; /* that is read; empty: it has no name */
	/* The two documents. */
	struct document *manifest_document, *hashes_document;
	struct manifest_writer *manifest;
	struct hashes_writer *hashes;
	struct md5_pool *md5; /* of segments that are cut, until they are needed */
	struct chunk *slots;
	size_t n_slots;
};

/* Blocks in length bytes, the last one perhaps short. */
size_t transfer_blocks(const struct transfer *transfer, uint64_t length);

/* Where a segment of a chunk lies in memory. */
struct span transfer_raw(const struct chunk *chunk, const struct segment *segment);

/*
 * See to it that the segment has its MD5, before its raw bytes change.  false: the store
 * has told another.
 */
bool transfer_digest(struct segment *segment);

/* The stage that packs the segments of a slot, which is a struct chunk. */
int transfer_pack(void *transfer, void *slot, struct err *err);

/* Run every chunk of the volume through the stages.  All threads are joined. */
int transfer_run(struct transfer *transfer, struct err *err);

/*
 * Store volume at a location, as job->backup describes it; against parent, or in
 * full where that is NULL.  The manifest is committed last: -1 means there is no
 * backup, though objects may be left for store_erase().  Memory is taken before
 * the first block is read.
 */
int transfer_out(struct job *job, struct volume *volume, const char *volume_name,
    const struct location *at, const struct backup *parent, uint32_t *ret_objects, struct err *err);

#endif
