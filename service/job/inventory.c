#include "job/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/scope.h"
#include "format/manifest.h"
#include "store/store.h"

struct inventory {
	const struct location *at;
	const char *backup_id;
	uint8_t *bits; /* one a number: stored, and not met in the manifest yet */
	uint32_t numbers_max;
	uint32_t count;   /* of set bits */
	uint32_t foreign; /* a stored number past those of the manifest; 0: none */
};

static int
note_name(void *arg, const char *name, uint64_t length, struct err *err)
{
	struct inventory *inventory = arg;
	size_t prefix = strlen(inventory->at->prefix);
	unsigned long number;
	char *end;

	(void)length;
	(void)err;
	if (strncmp(name, inventory->at->prefix, prefix) != 0 || name[prefix] != '-')
		return 0;
	number = strtoul(name + prefix + 1, &end, 10);
	if (*end || !number || number > UINT32_MAX)
		return 0;
	if (number > inventory->numbers_max) {
		inventory->foreign = (uint32_t)number;
	} else if (!(inventory->bits[number / 8] & 1u << number % 8)) {
		inventory->bits[number / 8] |= (uint8_t)(1u << number % 8);
		inventory->count++;
	}
	return 0;
}

static int
wrong_object(const struct inventory *inventory, uint32_t number, const char *what, struct err *err)
{
	char name[COLUMN_TEXT_MAX + 16];

	store_segment_name(inventory->at, number, name);
	return err_set(err, ERR_CORRUPT, "object %s of backup %s in %s: %s", name,
	    inventory->backup_id, inventory->at->container, what);
}

/* Manifest and store have the same objects; as upstream, which refuses the rest. */
static int
compare(struct inventory *inventory, struct manifest_reader *objects, struct err *err)
{
	struct segment segment;
	uint32_t number;
	int more;

	while ((more = manifest_next(objects, &segment, err)) == 1) {
		number = segment.number;
		if (!(inventory->bits[number / 8] & 1u << number % 8))
			return wrong_object(inventory, number, "is missing from the store", err);
		inventory->bits[number / 8] &= (uint8_t) ~(1u << number % 8);
		inventory->count--;
	}
	if (more < 0)
		return -1;
	for (number = 1; inventory->count && number <= inventory->numbers_max; number++) {
		if (inventory->bits[number / 8] & 1u << number % 8)
			inventory->foreign = number;
	}
	if (inventory->foreign)
		return wrong_object(
		    inventory, inventory->foreign, "is stored, but not in the manifest", err);
	return 0;
}

int
inventory_check(const struct job_document *manifest, const char *backup_id, uint32_t numbers_max,
    struct err *err)
{
	scoped(scoped_free) uint8_t *bits = calloc(numbers_max / 8 + 1, 1);
	scoped(manifest_reader_close_scoped) struct manifest_reader *objects = NULL;
	struct job_document document = *manifest;
	struct inventory inventory = {
		.at = manifest->at, .backup_id = backup_id, .bits = bits, .numbers_max = numbers_max
	};

	if (!bits)
		return err_memory(err);
	if (store_list(manifest->store, manifest->at, note_name, &inventory, err) < 0 ||
	    manifest_reader_open(
		&objects, job_document_read, &document, manifest->at->prefix, err) < 0)
		return -1;
	return compare(&inventory, objects, err);
}
