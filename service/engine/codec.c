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

struct packers {
	const struct codec *codec;
	pthread_mutex_t mutex;
	pthread_cond_t returned;
	unsigned count;  /* opened */
	unsigned n_idle; /* of these, lie on the bench */
	struct packer *idle[];
};

int
packers_open(struct packers **ret, const struct codec *codec, enum codec_level level,
    unsigned count, struct err *err)
{
	scoped(packers_close_scoped) struct packers *packers = NULL;

	assert(count > 0);
	packers = calloc(1, sizeof *packers + count * sizeof *packers->idle);
	if (!packers)
		return err_memory(err);
	packers->codec = codec;
	pthread_mutex_init(&packers->mutex, NULL);
	pthread_cond_init(&packers->returned, NULL);
	while (packers->count < count) {
		if (codec->packer_open(&packers->idle[packers->n_idle], level, err) < 0)
			return err_wrap(err, "codec %s", codec->name);
		packers->count++;
		packers->n_idle++;
	}
	*ret = take(&packers);
	return 0;
}

void
packers_close(struct packers *packers)
{
	if (!packers)
		return;
	assert(packers->n_idle == packers->count);
	while (packers->n_idle)
		packers->codec->packer_close(packers->idle[--packers->n_idle]);
	pthread_cond_destroy(&packers->returned);
	pthread_mutex_destroy(&packers->mutex);
	free(packers);
}

static struct packer *
borrow(struct packers *packers)
{
	scoped_lock(&packers->mutex);

	while (!packers->n_idle)
		pthread_cond_wait(&packers->returned, &packers->mutex);
	return packers->idle[--packers->n_idle];
}

static void
give_back(struct packers *packers, struct packer *packer)
{
	scoped_lock(&packers->mutex);

	packers->idle[packers->n_idle++] = packer;
	pthread_cond_signal(&packers->returned);
}

int
packers_pack(struct packers *packers, struct span raw, void *packed, size_t room,
    size_t *ret_length, struct err *err)
{
	struct packer *packer = borrow(packers);
	int result = packers->codec->pack(packer, raw, packed, room, ret_length, err);

	give_back(packers, packer);
	return result;
}
