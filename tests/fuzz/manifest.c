/* Both documents of a backup, from anyone: manifest first, then the same bytes as a hash list. */
#include <string.h>

#include "base/err.h"
#include "format/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char prefix[] = "volume_v_20260102030405_backup_b";

/* Gives small pieces, so that every token is cut somewhere. */
static int
give_text(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	const struct span *text = arg;
	size_t room = ret->ceiling - ret->length, length = 61;

	(void)err;
	if (offset >= text->length)
		return 1;
	if (length > text->length - offset)
		length = text->length - offset;
	buf_add(ret, text->data + offset, length < room ? length : room);
	return 1;
}

static void
read_manifest(struct span *text)
{
	scoped(manifest_reader_close_scoped) struct manifest_reader *reader = NULL;
	struct manifest manifest = { 0 };
	struct segment segment;
	struct err err = ERR_INIT;
	uint64_t end = 0;

	if (manifest_check(give_text, text, prefix, 32768, &manifest, &err) < 0)
		return;
	/* What was taken may be read again, and is as it was promised. */
	if (manifest_reader_open(&reader, give_text, text, prefix, &err) == 0) {
		while (manifest_next(reader, &segment, &err) == 1) {
			if (segment.offset < end || !segment.codec)
				__builtin_trap();
			end = segment.offset + segment.length;
		}
	}
	if (end != manifest.end)
		__builtin_trap();
	manifest_drop(&manifest);
}

static void
read_hashes(struct span *text)
{
	scoped(hashes_reader_close_scoped) struct hashes_reader *reader = NULL;
	uint8_t digests[7][SHA256_SIZE];
	struct err err = ERR_INIT;
	uint64_t block;
	size_t count = 7;

	if (hashes_reader_open(&reader, give_text, text, &block, &err) <= 0)
		return;
	while (count == 7 && hashes_read(reader, digests, 7, &count, &err) == 0)
		;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = { (const char *)data, size };

	read_manifest(&text);
	read_hashes(&text);
	return 0;
}
