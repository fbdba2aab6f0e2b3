#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/json.h"
#include "store/swift.h"

enum { SEGMENT_NAME_MAX = LAYOUT_NAME_MAX + 96, WINDOW = 256 * 1024, LARGE_MAX = 8 * 1024 * 1024 };
enum { MD5_TEXT = 2 * DIGEST_MD5_SIZE + 1 };

/* Where segments of large objects lie: a name that no backup's prefix begins. */
static const char segments_top[] = "cinderbank_segments/";
static const uint64_t part_max = UINT64_C(1) << 30;

struct swift_document {
	struct document document;
	char name[LAYOUT_NAME_MAX];
	int fd; /* a file without a name, until commit */
	uint64_t length;
	/* What commit has done, should it be called again. */
	char id[DIGEST_UUID_TEXT]; /* of this document among others of its name */
	uint64_t part_size, n_parts, n_stored;
	uint8_t (*md5)[DIGEST_MD5_SIZE]; /* of each part */
};

/* ---- the spool ---- */

/* Hash lists may be as large as a disk that is kept in memory: not below /tmp. */
static int
open_spool(struct err *err)
{
	const char *folder = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!folder || !*folder)
		folder = "/var/tmp";
	fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof path, "%s/cinderbank-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "temporary file in %s", folder);
	unlink(path);
	return fd;
}

static void
document_free(struct swift_document *document)
{
	if (document->fd >= 0)
		close(document->fd);
	free(document->md5);
	free(document);
}

int
swift_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err)
{
	struct swift_document *document = calloc(1, sizeof *document);

	if (!document)
		return err_memory(err);
	document->document = (struct document){ store, *at };
	layout_document_name(at, name, document->name);
	document->fd = open_spool(err);
	if (document->fd < 0 || digest_uuid_random(document->id, err) < 0) {
		document_free(document);
		return -1;
	}
	*ret = &document->document;
	return 0;
}

/* Only what is whole counts, so that a second try writes over the first. */
int
swift_append(struct document *base, struct span text, struct err *err)
{
	struct swift_document *document = (struct swift_document *)base;
	size_t done = 0;

	while (done < text.length) {
		ssize_t wrote = pwrite(document->fd, text.data + done, text.length - done,
		    (off_t)(document->length + done));

		if (wrote < 0 && errno != EINTR)
			return err_sys(err, "temporary file of %s", document->name);
		done += wrote > 0 ? (size_t)wrote : 0;
	}
	document->length += text.length;
	return 0;
}

void
swift_discard(struct document *base)
{
	document_free((struct swift_document *)base);
}

/* Bytes of the spool; asking for more than there is, is a slip. */
static int
read_spool(int fd, uint64_t offset, char *data, size_t room, size_t *ret, struct err *err)
{
	size_t done = 0;

	while (done < room) {
		ssize_t got = pread(fd, data + done, room - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(err, "temporary file of a document");
		if (got == 0)
			return err_set(err, ERR_SYSTEM, "temporary file of a document: cut short");
		done += (size_t)got;
	}
	*ret = done;
	return 0;
}

/* ---- parts ---- */

struct part {
	int fd;
	uint64_t start, length;
};

static int
read_part(void *arg, uint64_t offset, char *data, size_t room, size_t *ret, struct err *err)
{
	const struct part *part = arg;

	return read_spool(part->fd, part->start + offset, data, room, ret, err);
}

static int
digest_part(const struct part *part, uint8_t ret[DIGEST_MD5_SIZE], struct err *err)
{
	scoped(digest_close_scoped) struct digest_state *state = digest_md5_open();
	scoped(scoped_free) char *window = malloc(WINDOW);
	uint64_t done;
	size_t got;

	if (!state || !window)
		return err_memory(err);
	for (done = 0; done < part->length; done += got) {
		uint64_t rest = part->length - done;

		if (read_spool(part->fd, part->start + done, window,
			rest < WINDOW ? (size_t)rest : WINDOW, &got, err) < 0)
			return -1;
		digest_add(state, window, got);
	}
	digest_finish(take(&state), ret);
	return 0;
}

static int
put_part(struct swift_document *document, struct part *part, const char *object,
    uint8_t md5[DIGEST_MD5_SIZE], struct err *err)
{
	struct swift_call call = {
		.container = document->document.at.container,
		.object = object,
		.source = read_part,
		.source_arg = part,
		.length = part->length,
	};

	if (digest_part(part, md5, err) < 0)
		return -1;
	return swift_put(swift_of(document->document.store), &call, md5, err);
}

/* ---- large objects ---- */

static void
segment_name(const struct swift_document *document, uint64_t index, char ret[SEGMENT_NAME_MAX])
{
	snprintf(ret, SEGMENT_NAME_MAX, "%s%s/%s/%08" PRIu64, segments_top, document->name,
	    document->id, index + 1);
}

static struct part
part_of(const struct swift_document *document, uint64_t index)
{
	uint64_t start = index * document->part_size, rest = document->length - start;

	return (struct part){ document->fd, start,
		rest < document->part_size ? rest : document->part_size };
}

/* Into how many parts. */
static int
divide(struct swift_document *document, const struct swift_limits *limits, struct err *err)
{
	document->part_size = limits->object_max < part_max ? limits->object_max : part_max;
	while (document->length / document->part_size >= limits->segments_max) {
		if (document->part_size == limits->object_max)
			return err_set(err, ERR_INVALID,
			    "%s: %" PRIu64 " bytes are more than %" PRIu64 " segments of %" PRIu64
			    " bytes hold; take a larger backup_swift_block_size",
			    document->name, document->length, limits->segments_max,
			    limits->object_max);
		document->part_size = document->part_size * 2 < limits->object_max
					  ? document->part_size * 2
					  : limits->object_max;
	}
	document->n_parts = (document->length + document->part_size - 1) / document->part_size;
	document->md5 = calloc(document->n_parts, sizeof *document->md5);
	return document->md5 ? 0 : err_memory(err);
}

static int
print_large(const struct swift_document *document, struct buf *ret, uint8_t md5[DIGEST_MD5_SIZE],
    struct err *err)
{
	scoped(digest_close_scoped) struct digest_state *state = digest_md5_open();
	struct json_writer json = JSON_WRITER(ret, 0);
	char object[SEGMENT_NAME_MAX], path[SEGMENT_NAME_MAX + COLUMN_TEXT_MAX + 2], hex[MD5_TEXT];
	uint64_t i;

	if (!state)
		return err_memory(err);
	json_begin_array(&json);
	for (i = 0; i < document->n_parts; i++) {
		segment_name(document, i, object);
		snprintf(path, sizeof path, "/%s/%s", document->document.at.container, object);
		digest_hex(document->md5[i], DIGEST_MD5_SIZE, hex);
		digest_add(state, hex, sizeof hex - 1);
		json_begin_object(&json);
		json_member_text(&json, "path", path);
		json_member_text(&json, "etag", hex);
		json_member_number(&json, "size_bytes", (int64_t)part_of(document, i).length);
		json_end_object(&json);
	}
	json_end_array(&json);
	digest_finish(take(&state), md5);
	return json_check(&json, err);
}

static int
put_large(struct swift_document *document, struct err *err)
{
	struct swift *swift = swift_of(document->document.store);
	scoped(buf_drop) struct buf text = BUF(LARGE_MAX);
	struct swift_call call = {
		.container = document->document.at.container,
		.object = document->name,
		.query = "multipart-manifest=put",
	};
	uint8_t md5[DIGEST_MD5_SIZE];

	for (; document->n_stored < document->n_parts; document->n_stored++) {
		struct part part = part_of(document, document->n_stored);
		char object[SEGMENT_NAME_MAX];

		segment_name(document, document->n_stored, object);
		if (put_part(document, &part, object, document->md5[document->n_stored], err) < 0)
			return -1;
	}
	if (print_large(document, &text, md5, err) < 0)
		return -1;
	call.body = buf_span(&text);
	return swift_put(swift, &call, md5, err);
}

/* ---- commit, erase ---- */

static int
put_document(struct swift_document *document, struct err *err)
{
	struct part whole = { document->fd, 0, document->length };
	uint8_t md5[DIGEST_MD5_SIZE];
	struct swift_limits limits;

	swift_limits(swift_of(document->document.store), &limits);
	if (document->length <= limits.object_max)
		return put_part(document, &whole, document->name, md5, err);
	if (!document->md5 && divide(document, &limits, err) < 0)
		return -1;
	return put_large(document, err);
}

int
swift_commit(struct document *base, struct err *err)
{
	struct swift_document *document = (struct swift_document *)base;
	int result = put_document(document, err);

	if (result == 0 || err->kind != ERR_RETRY)
		document_free(document);
	return result;
}

void
swift_segments_prefix(const struct location *at, const char *name, struct buf *ret)
{
	char document[LAYOUT_NAME_MAX];

	layout_document_name(at, name, document);
	buf_printf(ret, "%s%s/", segments_top, document);
}
