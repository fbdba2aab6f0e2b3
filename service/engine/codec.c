#include "engine/codec.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"

/* Nothing to keep; but a pointer to something is what tells open from closed. */
struct packer {
	char unused;
};
struct unpacker {
	char unused;
};

static int
none_packer_open(struct packer **ret, enum codec_level level, struct err *err)
{
	static struct packer packer;

	(void)level;
	(void)err;
	*ret = &packer;
	return 0;
}

static int
none_pack(struct packer *packer, struct span raw, void *packed, size_t room, size_t *ret_length,
    struct err *err)
{
	(void)packer;
	(void)raw;
	(void)packed;
	(void)room;
	(void)ret_length;
	(void)err;
	return 0;
}

static void
none_packer_close(struct packer *packer)
{
	(void)packer;
}

static int
none_unpacker_open(struct unpacker **ret, struct err *err)
{
	static struct unpacker unpacker;

	(void)err;
	*ret = &unpacker;
	return 0;
}

static int
none_unpack(struct unpacker *unpacker, struct span *packed, void *out, size_t room,
    size_t *ret_length, bool *ret_ended, struct err *err)
{
	size_t length = packed->length < room ? packed->length : room;

	(void)unpacker;
	(void)err;
	if (length)
		memcpy(out, packed->data, length);
	packed->data += length;
	packed->length -= length;
	*ret_length = length;
	*ret_ended = !packed->length;
	return 0;
}

static void
none_unpacker_close(struct unpacker *unpacker)
{
	(void)unpacker;
}

const struct codec codec_none = {
	.name = "none",
	.packer_open = none_packer_open,
	.pack = none_pack,
	.packer_close = none_packer_close,
	.unpacker_open = none_unpacker_open,
	.unpack = none_unpack,
	.unpacker_close = none_unpacker_close,
};

const struct codec *
codec_find(const char *name)
{
	static const struct {
		const char *name;
		const struct codec *codec;
	} rows[] = {
		{ "none", &codec_none },
		{ "off", &codec_none },
		{ "no", &codec_none },
		{ "zlib", &codec_zlib },
		{ "gzip", &codec_zlib },
		{ "bz2", &codec_bz2 },
		{ "bzip2", &codec_bz2 },
		{ "zstd", &codec_zstd },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (strcasecmp(name, rows[i].name) == 0)
			return rows[i].codec;
	}
	return NULL;
}

/* A packer, and where it puts what it made. */
struct worktop {
	struct packer *packer;
	char *packed;
};

struct packers {
	const struct codec *codec;
	size_t room;
	pthread_mutex_t mutex;
	pthread_cond_t returned;
	unsigned count;  /* opened */
	unsigned n_idle; /* of these, lie on the bench */
	struct worktop idle[];
};

/* Whatever worktop ends up with is the caller's to close. */
static int
worktop_open(
    struct worktop *worktop, const struct packers *packers, enum codec_level level, struct err *err)
{
	if (packers->codec->packer_open(&worktop->packer, level, err) < 0)
		return err_wrap(err, "codec %s", packers->codec->name);
	if (packers->codec == &codec_none)
		return 0; /* never packs */
	worktop->packed = malloc(packers->room);
	return worktop->packed ? 0 : err_memory(err);
}

int
packers_open(struct packers **ret, const struct codec *codec, enum codec_level level,
    unsigned count, size_t room, struct err *err)
{
	scoped(packers_close_scoped) struct packers *packers = NULL;
	struct worktop *worktop;
	int opened;

	assert(count > 0 && room > 0);
	packers = calloc(1, sizeof *packers + count * sizeof *packers->idle);
	if (!packers)
		return err_memory(err);
	packers->codec = codec;
	packers->room = room;
	pthread_mutex_init(&packers->mutex, NULL);
	pthread_cond_init(&packers->returned, NULL);
	while (packers->count < count) {
		worktop = &packers->idle[packers->n_idle];
		opened = worktop_open(worktop, packers, level, err);
		packers->count += worktop->packer != NULL;
		packers->n_idle += worktop->packer != NULL;
		if (opened < 0)
			return -1;
	}
	*ret = take(&packers);
	return 0;
}

void
packers_close(struct packers *packers)
{
	struct worktop *worktop;

	if (!packers)
		return;
	assert(packers->n_idle == packers->count);
	while (packers->n_idle) {
		worktop = &packers->idle[--packers->n_idle];
		packers->codec->packer_close(worktop->packer);
		free(worktop->packed);
	}
	pthread_cond_destroy(&packers->returned);
	pthread_mutex_destroy(&packers->mutex);
	free(packers);
}

static struct worktop
borrow(struct packers *packers)
{
	scoped_lock(&packers->mutex);

	while (!packers->n_idle)
		pthread_cond_wait(&packers->returned, &packers->mutex);
	return packers->idle[--packers->n_idle];
}

static void
give_back(struct packers *packers, struct worktop worktop)
{
	scoped_lock(&packers->mutex);

	packers->idle[packers->n_idle++] = worktop;
	pthread_cond_signal(&packers->returned);
}

int
packers_pack(
    struct packers *packers, void *bytes, size_t length, size_t *ret_length, struct err *err)
{
	struct worktop worktop;
	size_t packed = 0;
	int result;

	assert(length <= packers->room);
	if (length < 2)
		return 0;
	worktop = borrow(packers);
	result = packers->codec->pack(worktop.packer, (struct span){ bytes, length },
	    worktop.packed, length - 1, &packed, err);
	if (result > 0) {
		memcpy(bytes, worktop.packed, packed);
		*ret_length = packed;
	}
	give_back(packers, worktop);
	return result;
}
