/* An export record from anyone: the JSON within, and the same bytes as base64. */
#include <string.h>

#include "base/digest.h"
#include "base/err.h"
#include "job/record.h"
#include "model/volume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken can be printed, is taken again, and prints the same. */
static void
print_again(const struct backup *backup)
{
	scoped(buf_drop) struct buf once = BUF(RECORD_MAX);
	scoped(buf_drop) struct buf twice = BUF(RECORD_MAX);
	struct backup again;
	struct err err;

	if (record_print(backup, span_of(""), &once, &err) < 0 ||
	    record_parse(buf_span(&once), &again, &err) < 0 ||
	    record_print(&again, span_of(""), &twice, &err) < 0 ||
	    !span_equal(buf_span(&once), buf_span(&twice)))
		__builtin_trap();
}

static int
check_pairs(void *arg, const struct metadata *metadata, struct err *err)
{
	unsigned i;

	(void)arg;
	(void)err;
	for (i = 0; i < metadata->count; i++) {
		if (!metadata->pairs[i].key[0] || strlen(metadata->pairs[i].value) > 4 * 255)
			__builtin_trap();
	}
	return 0;
}

static void
read_record(struct span url)
{
	static const struct adoption by = { .service = "s", .host = "h" };
	struct backup backup;
	struct err err;

	if (record_parse(url, &backup, &err) < 0) {
		if (err.kind == ERR_NONE || !err.text[0])
			__builtin_trap();
		return;
	}
	if (!uuid_valid(backup.id) || backup.size < 1)
		__builtin_trap();
	print_again(&backup);
	if (record_metadata(url, check_pairs, NULL, &err) < 0 && err.kind != ERR_INVALID)
		__builtin_trap();
	if (record_adopt(&backup, &by, &err) < 0 || backup.status != BACKUP_CREATING)
		__builtin_trap();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(buf_drop) struct buf url = BUF(2 * RECORD_MAX);
	struct span text = { (const char *)data, size };

	digest_base64(text, &url);
	read_record(buf_span(&url));
	read_record(text);
	return 0;
}
