/* A request on its way: it outlives the call that made it. */
#include <string.h>

#include "base/arena.h"
#include "front/rest.h"
#include "job/desk.h"

enum { ERRAND_MAX = 4 * 1048576 };

struct errand {
	struct arena *arena; /* of the texts */
	struct request request;
	char request_id[sizeof((struct rest_call *)0)->request_id];
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	unsigned holders; /* the call, and the job until it has answered */
	bool admitted, answered;
	struct err err; /* of the answer */
	struct backup backup;
	char volume_id[UUID_TEXT];
	struct volume_record made;
	struct metadata metadata;
	const char *service, *record;
};

void
errand_release(struct errand *errand)
{
	unsigned left;

	if (!errand)
		return;
	pthread_mutex_lock(&errand->mutex);
	left = --errand->holders;
	pthread_mutex_unlock(&errand->mutex);
	if (left)
		return;
	pthread_mutex_destroy(&errand->mutex);
	pthread_cond_destroy(&errand->changed);
	arena_free(errand->arena);
	free(errand);
}

static void
note(struct errand *errand, const struct backup *backup, const char *volume_id)
{
	errand->backup = *backup;
	if (volume_id)
		memcpy(errand->volume_id, volume_id, UUID_TEXT);
}

static void
take_admission(void *arg, const struct backup *backup, const char *volume_id)
{
	struct errand *errand = arg;
	scoped_lock(&errand->mutex);

	note(errand, backup, volume_id);
	errand->admitted = true;
	pthread_cond_signal(&errand->changed);
}

/* What the reply lends is copied only if somebody waits for it. */
static void
take_reply(void *arg, const struct reply *reply)
{
	struct errand *errand = arg;
	struct err err = ERR_INIT;

	pthread_mutex_lock(&errand->mutex);
	if (!errand->admitted) {
		note(errand, &reply->backup, reply->volume_id);
		errand->err = reply->err;
		if (reply->service)
			errand->service = arena_text(errand->arena, reply->service, &err);
		if (reply->record)
			errand->record = arena_text(errand->arena, reply->record, &err);
		if (err.kind != ERR_NONE)
			errand->err = err;
	}
	errand->answered = true;
	pthread_cond_signal(&errand->changed);
	pthread_mutex_unlock(&errand->mutex);
	errand_release(errand);
}

/* The same for what the request says of a volume. */
static int
keep_made(struct errand *errand, struct err *err)
{
	struct request *request = &errand->request;
	struct metadata_pair *pairs;
	unsigned i;

	if (request->made) {
		errand->made = *request->made;
		request->made = &errand->made;
	}
	if (!request->metadata)
		return 0;
	errand->metadata = *request->metadata;
	request->metadata = &errand->metadata;
	pairs = arena_alloc(errand->arena, (errand->metadata.count + 1) * sizeof *pairs, err);
	if (!pairs)
		return -1;
	for (i = 0; i < errand->metadata.count; i++) {
		pairs[i].key = arena_text(errand->arena, errand->metadata.pairs[i].key, err);
		pairs[i].value = arena_text(errand->arena, errand->metadata.pairs[i].value, err);
		if (!pairs[i].key || !pairs[i].value)
			return -1;
	}
	errand->metadata.pairs = pairs;
	return 0;
}

/* Every text of the request, moved to where it lives as long as the errand. */
static int
keep_texts(struct errand *errand, struct err *err)
{
	struct request *request = &errand->request;
	const char **const texts[] = { &request->user_id, &request->project_id, &request->token,
		&request->catalogue, &request->volume, &request->backup, &request->name,
		&request->description, &request->container, &request->snapshot, &request->service,
		&request->record };
	size_t i;

	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (!*texts[i])
			continue;
		*texts[i] = arena_text(errand->arena, *texts[i], err);
		if (!*texts[i])
			return -1;
	}
	if (keep_made(errand, err) < 0)
		return -1;
	request->request_id = errand->request_id;
	request->admitted = take_admission;
	request->admitted_arg = errand;
	return 0;
}

static struct errand *
errand_new(const struct rest_call *call, const struct request *request)
{
	struct errand *errand = calloc(1, sizeof *errand);

	if (!errand)
		return NULL;
	pthread_mutex_init(&errand->mutex, NULL);
	pthread_cond_init(&errand->changed, NULL);
	errand->holders = 1;
	errand->request = *request;
	if (call->rest->ask) { /* a store in the account of whoever asks */
		errand->request.token = call->token;
		errand->request.catalogue = call->catalogue;
	}
	memcpy(errand->request_id, call->request_id, sizeof errand->request_id);
	errand->arena = arena_new(ERRAND_MAX);
	return errand;
}

int
errand_run(struct rest_call *call, const struct request *request, bool early, struct errand **ret,
    struct err *err)
{
	scoped(errand_release_scoped) struct errand *errand = errand_new(call, request);

	if (!errand || !errand->arena)
		return err_memory(err);
	if (keep_texts(errand, err) < 0)
		return -1;
	errand->holders = 2;
	if (desk_submit(call->rest->desk, &errand->request, take_reply, errand, err) < 0) {
		errand->holders = 1;
		return -1;
	}
	pthread_mutex_lock(&errand->mutex);
	while (!errand->answered && !(early && errand->admitted))
		pthread_cond_wait(&errand->changed, &errand->mutex);
	*err = errand->err;
	pthread_mutex_unlock(&errand->mutex);
	if (err->kind != ERR_NONE)
		return -1;
	*ret = take(&errand);
	return 0;
}

const struct backup *
errand_backup(const struct errand *errand)
{
	return &errand->backup;
}

const char *
errand_volume_id(const struct errand *errand)
{
	return errand->volume_id;
}

const char *
errand_service(const struct errand *errand)
{
	return errand->service;
}

const char *
errand_record(const struct errand *errand)
{
	return errand->record;
}
