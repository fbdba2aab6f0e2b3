#include "job/transfer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/log.h"
#include "base/md5_later.h"
#include "engine/codec.h"
#include "format/manifest.h"
#include "job/since.h"
#include "job/source.h"
#include "options/tables.h"
#include "store/store.h"
#include "volume/volume.h"

enum {
	PAGE = 4096,
	HUGE_PAGE = 2 * 1024 * 1024,
	MIB = 1 << 20,
	ZERO_UNIT_MIN = MIB / 2,
	RESERVE = 40 * MIB,
	SPARE = 1, /* a chunk's memory, for requests on their way */
	MEMORY_PER_CPU = 64 * MIB
};

/* ---- memory: all of it before the first block ---- */

/* What the bodies of chunks may take. */
static uint64_t
choose_memory(const struct desk_setup *setup)
{
	uint64_t memory = (uint64_t)setup->own->job_memory;

	if (!memory)
		memory = (uint64_t)(setup->cpus > 2 ? setup->cpus : 2) * MEMORY_PER_CPU;
	return memory > 2 * RESERVE ? memory - RESERVE : memory / 2;
}

static bool
packs(const struct desk_setup *setup)
{
	return setup->core->backup_compression_algorithm != COMPRESSION_NONE;
}

/* Where nothing is packed digests take most of the time, and the more at once the less. */
static size_t
choose_slots(const struct desk_setup *setup)
{
	size_t least = 3 * (setup->cpus > 2 ? setup->cpus : 2) + 3;
	size_t most = least + digest_md5_best();
	uint64_t pays = setup->store->driver->object_pays;
	uint64_t fit = pays ? choose_memory(setup) / pays : 0;

	if (packs(setup) || fit < least + SPARE)
		return least;
	return fit - SPARE < most ? (size_t)(fit - SPARE) : most;
}

/*
 * Bytes a chunk: what the store's option says, but no more than object_size_max
 * and than the job's memory allows, of which each slot and each packer has one.
 */
static uint64_t
choose_chunk_size(const struct transfer *t)
{
	const struct desk_setup *setup = t->job->setup;
	uint64_t block = t->cut.block, size = t->store->object_size;
	uint64_t room = choose_memory(setup) / (t->n_slots + (packs(setup) ? setup->cpus : SPARE));

	if (size > (uint64_t)setup->own->object_size_max)
		size = (uint64_t)setup->own->object_size_max;
	if (size > room)
		size = room;
	if (size > t->cut.size)
		size = t->cut.size + block - 1;
	size -= size % block;
	return size ? size : block;
}

/* As many bytes as to pack them costs more than an object does. */
static uint64_t
choose_zero_unit(const struct transfer *t)
{
	uint64_t block = t->cut.block, unit = t->chunk_size / ZERO_UNITS;

	if (unit < ZERO_UNIT_MIN)
		unit = ZERO_UNIT_MIN;
	if (unit < 2 * block)
		unit = 2 * block;
	return (unit + block - 1) / block * block;
}

static int
allocate_slot(const struct transfer *t, struct chunk *chunk, struct err *err)
{
	size_t blocks = transfer_blocks(t, t->chunk_size);
	size_t unit = t->chunk_size < HUGE_PAGE ? PAGE : HUGE_PAGE;
	void *raw = NULL;

	if (posix_memalign(&raw, unit, t->chunk_size) != 0)
		return err_memory(err);
	/* A wish: fewer faults.  A page that is not used in full would be memory lost. */
	madvise(raw, t->chunk_size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
	chunk->raw = raw;
	chunk->sha256 = calloc(blocks, SHA256_SIZE);
	chunk->known = calloc(blocks, 1);
	chunk->segments = calloc(blocks / 2 + 1, sizeof *chunk->segments);
	chunk->md5_later = calloc(blocks / 2 + 1, sizeof *chunk->md5_later);
	if (!chunk->sha256 || !chunk->known || !chunk->segments || !chunk->md5_later)
		return err_memory(err);
	return 0;
}

static int
allocate(struct transfer *t, struct err *err)
{
	size_t i;

	t->parent_sha256 = calloc(transfer_blocks(t, t->chunk_size), SHA256_SIZE);
	t->slots = calloc(t->n_slots, sizeof *t->slots);
	if (!t->parent_sha256 || !t->slots)
		return err_memory(err);
	if (md5_pool_open(&t->md5, err) < 0)
		return -1;
	for (i = 0; i < t->n_slots; i++) {
		if (allocate_slot(t, &t->slots[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
open_packers(struct transfer *t, struct err *err)
{
	static const struct codec *const codecs[] = {
		[COMPRESSION_NONE] = &codec_none,
		[COMPRESSION_ZLIB] = &codec_zlib,
		[COMPRESSION_BZ2] = &codec_bz2,
		[COMPRESSION_ZSTD] = &codec_zstd,
	};
	enum codec_level level = (enum codec_level)t->job->setup->own->compression_level;
	unsigned cpus = t->job->setup->cpus;

	t->codec = codecs[t->job->setup->core->backup_compression_algorithm];
	/* Zeros are packed whatever the algorithm: stored raw they cost all they hide. */
	t->zero_codec = t->codec == &codec_none ? &codec_zlib : t->codec;
	return packers_open(&t->packers, t->codec, level, cpus, t->chunk_size, err);
}

/* ---- documents ---- */

static int
open_parent(struct transfer *t, const struct backup *parent, struct err *err)
{
	uint64_t block;
	int found;

	if (!job_location(parent, &t->parent_at))
		return err_set(err, ERR_CORRUPT, "parent backup %s has no location", parent->id);
	t->parent_document = (struct job_document){ t->store, &t->parent_at, "sha256file" };
	found = hashes_reader_open(&t->parent, job_document_read, &t->parent_document, &block, err);
	if (found < 0)
		return err_wrap(err, "hash list of parent backup %s", parent->id);
	if (!found)
		return err_set(err, ERR_NOT_FOUND,
		    "parent backup %s has no hash list: do a full backup", parent->id);
	if (block != t->cut.block)
		return err_set(err, ERR_INVALID,
		    "parent backup %s has blocks of %llu bytes, the configuration says %llu: "
		    "do a full backup",
		    parent->id, (unsigned long long)block, (unsigned long long)t->cut.block);
	return 0;
}

static int
append_document(void *document, struct span text, struct err *err)
{
	return store_append(document, text, err);
}

static int
open_documents(struct transfer *t, struct err *err)
{
	const struct backup *row = &t->job->backup;
	char created[32];
	const struct heading heading = {
		.backup_id = row->id,
		.volume_id = row->volume_id,
		.backup_name = backup_text(row, BACKUP_DISPLAY_NAME),
		.backup_description = backup_text(row, BACKUP_DISPLAY_DESCRIPTION),
		.created_at = created,
		.parent_id = backup_text(row, BACKUP_PARENT_ID),
		.extra = t->moment[0] && source_lasts(t->job, t->moment) ? t->moment : NULL,
	};

	heading_time(row->created_at, created);
	if (store_create(t->store, t->at, "metadata", &t->manifest_document, err) < 0 ||
	    store_create(t->store, t->at, "sha256file", &t->hashes_document, err) < 0 ||
	    manifest_writer_open(&t->manifest, &heading, t->at->prefix, append_document,
		t->manifest_document, err) < 0)
		return -1;
	return hashes_writer_open(
	    &t->hashes, &heading, t->cut.block, append_document, t->hashes_document, err);
}

/* A snapshot that somebody removed while it was read has given zeros instead of its data. */
static int
check_moment(struct transfer *t, struct err *err)
{
	char now[VOLUME_MOMENT_MAX];
	int found = t->moment[0] ? volume_moment(t->volume, now, err) : 1;

	if (found < 0)
		return -1;
	if (!found || (t->moment[0] && strcmp(t->moment, now) != 0))
		return err_set(err, ERR_CONFLICT, "the snapshot was removed while it was read: %s",
		    strchr(t->moment, ' ') + 1);
	return 0;
}

/* Data first, then the hash list, then the manifest: each is whole before the next. */
static int
commit(struct transfer *t, const char *volume_meta, struct err *err)
{
	if (check_moment(t, err) < 0 || store_seal(t->store, t->at, err) < 0 ||
	    hashes_finish(t->hashes, err) < 0 ||
	    manifest_finish(t->manifest, volume_meta, err) < 0 ||
	    store_commit(take(&t->hashes_document), err) < 0)
		return -1;
	return store_commit(take(&t->manifest_document), err);
}

static void
transfer_drop(struct transfer *t)
{
	size_t i;

	hashes_reader_close(t->parent);
	manifest_writer_close(t->manifest);
	hashes_writer_close(t->hashes);
	if (t->manifest_document)
		store_discard(t->manifest_document);
	if (t->hashes_document)
		store_discard(t->hashes_document);
	for (i = 0; t->slots && i < t->n_slots; i++) {
		free(t->slots[i].raw);
		free(t->slots[i].sha256);
		free(t->slots[i].known);
		free(t->slots[i].segments);
		free(t->slots[i].md5_later);
	}
	free(t->slots);
	free(t->parent_sha256);
	md5_pool_close(t->md5);
	packers_close(t->packers);
	for (i = 0; i <= ZERO_UNITS; i++)
		buf_drop(&t->zero_forms[i].packed);
	pthread_mutex_destroy(&t->zero_mutex);
}

/* Name the moment that is read, and see what has changed since that of the parent. */
static int
place_in_time(struct transfer *t, const struct backup *parent, bool trust, struct err *err)
{
	int known = volume_moment(t->volume, t->moment, err);

	if (known <= 0)
		t->moment[0] = '\0';
	if (known >= 0 && parent && trust) {
		known = since_open(t, parent, err);
		t->since = known == 1;
		t->seed = clock_ms();
	}
	return known < 0 ? -1 : 0;
}

static int
transfer_once(struct job *job, struct volume *volume, const char *volume_name,
    const struct location *at, const struct backup *parent, uint32_t *ret_objects,
    bool *ret_mistrusted, struct err *err)
{
	const struct cinderbank_opts *own = job->setup->own;
	scoped(buf_drop) struct buf meta = BUF(JOB_VOLUME_META_MAX);
	scoped(transfer_drop) struct transfer t = {
		.job = job,
		.volume = volume,
		.store = job->setup->store,
		.at = at,
		.cut = { job->setup->store->block_size, (uint64_t)own->merge_gap, own->skip_zeros,
		    volume->size, 0 },
		.n_slots = choose_slots(job->setup),
		.zero_mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	int done;

	t.chunk_size = choose_chunk_size(&t);
	t.cut.zero_unit = choose_zero_unit(&t);
	if (job_describe_volume(job, volume_name, &meta, err) < 0 ||
	    place_in_time(&t, parent, !*ret_mistrusted, err) < 0 ||
	    (parent && open_parent(&t, parent, err) < 0) || allocate(&t, err) < 0 ||
	    open_packers(&t, err) < 0 || store_begin(t.store, at, err) < 0 ||
	    open_documents(&t, err) < 0)
		return -1;
	done = transfer_run(&t, err);
	*ret_mistrusted = t.mistrusted;
	if (done < 0 || commit(&t, buf_string(&meta), err) < 0)
		return -1;
	*ret_objects = atomic_load(&job->objects);
	return 0;
}

int
transfer_out(struct job *job, struct volume *volume, const char *volume_name,
    const struct location *at, const struct backup *parent, uint32_t *ret_objects, struct err *err)
{
	bool mistrusted = false;

	if (transfer_once(job, volume, volume_name, at, parent, ret_objects, &mistrusted, err) == 0)
		return 0;
	if (!mistrusted)
		return -1;
	log_warning("backup", "%s: all of the volume is read", err->text);
	atomic_store(&job->stored, 0);
	atomic_store(&job->objects, 0);
	if (store_erase(job->setup->store, at, err) < 0)
		return -1;
	return transfer_once(job, volume, volume_name, at, parent, ret_objects, &mistrusted, err);
}
