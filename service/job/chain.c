#include "job/chain.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "catalogue/catalogue.h"
#include "format/manifest.h"
#include "job/inventory.h"
#include "store/store.h"

enum { LAYERS_MAX = 100000 };

struct link {
	struct backup backup;
	struct location at;
	struct job_document manifest_document, hashes_document;
	uint64_t end, length_max;
	uint32_t n_objects, numbers_max;
	struct manifest_reader *objects;
};

struct chain {
	struct job *job;
	struct link *links; /* full first */
	size_t n_links, room;
	struct layer *layers;
	uint64_t block;
	bool has_hashes;
	struct hashes_reader *hashes;
	struct link parent; /* what the only link stands on, if has_parent; not in links */
	bool has_parent;
	struct hashes_reader *below; /* its hash list */
	char *meta; /* of the layer that was checked last, which is the wanted backup */
};

/* ---- records: from the wanted backup down to its full one ---- */

/*
 * -1: backup is below itself.  The link it is compared with is the last whose number
 * is a power of two: it is on the way round before three rounds are walked.
 */
static int
check_is_new(const struct chain *chain, const struct backup *backup, struct err *err)
{
	size_t mark = 1;

	while (2 * mark <= chain->n_links)
		mark *= 2;
	if (chain->n_links == 0 || strcmp(chain->links[mark - 1].backup.id, backup->id) != 0)
		return 0;
	return err_set(
	    err, ERR_CORRUPT, "backup %s is an increment on itself, by its parents", backup->id);
}

static int
add_link(struct chain *chain, const struct backup *backup, struct err *err)
{
	struct link *links = chain->links;

	if (check_is_new(chain, backup, err) < 0)
		return -1;
	if (chain->n_links == LAYERS_MAX)
		return err_set(err, ERR_CORRUPT, "backup %s has more than %d parents",
		    chain->job->backup.id, LAYERS_MAX);
	if (chain->n_links == chain->room) {
		chain->room = chain->room ? 2 * chain->room : 8;
		links = realloc(chain->links, chain->room * sizeof *links);
		if (!links)
			return err_memory(err);
		chain->links = links;
	}
	links[chain->n_links] = (struct link){ .backup = *backup };
	if (!job_location(backup, &links[chain->n_links].at))
		return err_set(
		    err, ERR_CORRUPT, "backup %s has no container or no prefix", backup->id);
	chain->n_links++;
	return 0;
}

static int
find_links(struct chain *chain, struct err *err)
{
	struct backup row = chain->job->backup, parent;
	const char *parent_id;
	int found;

	for (;;) {
		if (job_check_service(chain->job, &row, err) < 0 || add_link(chain, &row, err) < 0)
			return -1;
		parent_id = backup_text(&row, BACKUP_PARENT_ID);
		if (!parent_id)
			return 0;
		found = catalogue_find(chain->job->setup->catalogue, parent_id, &parent, err);
		if (found < 0)
			return -1;
		if (!found)
			return err_set(err, ERR_NOT_FOUND,
			    "backup %s is an increment on %s, which is not in the catalogue: "
			    "import its record first",
			    row.id, parent_id);
		row = parent;
	}
}

static void
put_full_first(struct chain *chain)
{
	size_t low, high;

	for (low = 0, high = chain->n_links - 1; low < high; low++, high--) {
		struct link held = chain->links[low];

		chain->links[low] = chain->links[high];
		chain->links[high] = held;
	}
}

/* ---- documents and objects ---- */

static int
open_hashes(struct chain *chain, struct err *err)
{
	struct link *wanted = &chain->links[chain->n_links - 1];
	int found;

	hashes_reader_close(take(&chain->hashes));
	found = hashes_reader_open(
	    &chain->hashes, job_document_read, &wanted->hashes_document, &chain->block, err);
	if (found < 0)
		return err_wrap(err, "hash list of backup %s", wanted->backup.id);
	chain->has_hashes = found == 1;
	return 0;
}

/* Of the parent: the list of an increment cannot be compared with one of other blocks. */
static int
open_below(struct chain *chain, struct err *err)
{
	uint64_t block;
	int found;

	hashes_reader_close(take(&chain->below));
	found = hashes_reader_open(
	    &chain->below, job_document_read, &chain->parent.hashes_document, &block, err);
	if (found < 0)
		return err_wrap(err, "hash list of backup %s", chain->parent.backup.id);
	if (!found || !chain->has_hashes || block != chain->block)
		return err_set(err, ERR_NOT_FOUND,
		    "backups %s and %s do not both have a hash list of the same blocks",
		    chain->job->backup.id, chain->parent.backup.id);
	return 0;
}

static int
check_manifest(struct chain *chain, struct link *link, struct err *err)
{
	scoped(manifest_drop) struct manifest manifest = { 0 };

	if (manifest_check(job_document_read, &link->manifest_document, link->at.prefix,
		chain->block, &manifest, err) < 0)
		return err_wrap(err, "manifest of backup %s", link->backup.id);
	free(chain->meta);
	chain->meta = manifest.volume_meta ? strdup(manifest.volume_meta) : NULL;
	link->end = manifest.end;
	link->length_max = manifest.length_max;
	link->n_objects = manifest.n_objects;
	link->numbers_max = manifest.numbers_max;
	return 0;
}

static void
find_documents(struct chain *chain, struct link *link)
{
	struct store *store = chain->job->setup->store;

	link->manifest_document = (struct job_document){ store, &link->at, "metadata" };
	link->hashes_document = (struct job_document){ store, &link->at, "sha256file" };
}

static int
check_links(struct chain *chain, struct err *err)
{
	size_t i;

	for (i = 0; i < chain->n_links; i++)
		find_documents(chain, &chain->links[i]);
	chain->block = chain->job->setup->store->block_size;
	if (open_hashes(chain, err) < 0)
		return -1;
	if (chain->has_parent && open_below(chain, err) < 0)
		return -1;
	if (!chain->has_hashes)
		log_warning("restore", "backup %s has no hash list: only md5 can be checked",
		    chain->job->backup.id);
	for (i = 0; i < chain->n_links; i++) {
		if (check_manifest(chain, &chain->links[i], err) < 0 ||
		    inventory_check(&chain->links[i].manifest_document, chain->links[i].backup.id,
			chain->links[i].numbers_max, err) < 0)
			return -1;
	}
	return 0;
}

/* Keep the last link, and know its parent. */
static int
leave_parents(struct chain *chain, struct err *err)
{
	if (chain->n_links < 2)
		return err_set(
		    err, ERR_NOT_FOUND, "backup %s has no parent", chain->job->backup.id);
	chain->parent = chain->links[chain->n_links - 2];
	chain->links[0] = chain->links[chain->n_links - 1];
	chain->n_links = 1;
	chain->has_parent = true;
	find_documents(chain, &chain->parent);
	return 0;
}

static int
open_links(struct chain **ret, struct job *job, bool last, struct err *err)
{
	scoped(chain_close_scoped) struct chain *chain = calloc(1, sizeof *chain);

	if (!chain)
		return err_memory(err);
	chain->job = job;
	if (find_links(chain, err) < 0)
		return -1;
	put_full_first(chain);
	if ((last && leave_parents(chain, err) < 0) || check_links(chain, err) < 0)
		return -1;
	*ret = take(&chain);
	return 0;
}

int
chain_open(struct chain **ret, struct job *job, struct err *err)
{
	return open_links(ret, job, false, err);
}

int
chain_open_last(struct chain **ret, struct job *job, struct err *err)
{
	return open_links(ret, job, true, err);
}

/* ---- size and walk ---- */

uint64_t
chain_end(const struct chain *chain)
{
	uint64_t end = 0;
	size_t i;

	for (i = 0; i < chain->n_links; i++) {
		if (chain->links[i].end > end)
			end = chain->links[i].end;
	}
	return end;
}

static int
next_object(void *arg, struct segment *ret, struct err *err)
{
	struct link *link = arg;
	int more = manifest_next(link->objects, ret, err);

	if (more < 0)
		return err_wrap(err, "manifest of backup %s", link->backup.id);
	return more;
}

static int
next_hashes(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	struct chain *chain = arg;

	if (hashes_read(chain->hashes, digests, count, ret_count, err) < 0)
		return err_wrap(err, "hash list of backup %s", chain->job->backup.id);
	return 0;
}

static int
next_below(
    void *arg, uint8_t (*digests)[SHA256_SIZE], size_t count, size_t *ret_count, struct err *err)
{
	struct chain *chain = arg;

	if (hashes_read(chain->below, digests, count, ret_count, err) < 0)
		return err_wrap(err, "hash list of backup %s", chain->parent.backup.id);
	return 0;
}

int
chain_plan(struct chain *chain, struct restore_plan **ret, struct err *err)
{
	size_t i;

	free(chain->layers);
	chain->layers = calloc(chain->n_links, sizeof *chain->layers);
	if (!chain->layers)
		return err_memory(err);
	if (open_hashes(chain, err) < 0 || (chain->has_parent && open_below(chain, err) < 0))
		return -1;
	for (i = 0; i < chain->n_links; i++) {
		struct link *link = &chain->links[i];

		manifest_reader_close(take(&link->objects));
		if (manifest_reader_open(&link->objects, job_document_read,
			&link->manifest_document, link->at.prefix, err) < 0)
			return -1;
		chain->layers[i] = (struct layer){ next_object, link, link->length_max };
	}
	return plan_open(ret, chain->layers, chain->n_links, chain->block,
	    chain->has_hashes ? next_hashes : NULL, chain->has_parent ? next_below : NULL, chain,
	    err);
}

int
chain_check_size(const struct chain *chain, uint64_t size, struct err *err)
{
	const struct link *wanted = &chain->links[chain->n_links - 1];

	if (wanted->end <= size)
		return 0;
	return err_set(err, ERR_CORRUPT,
	    "hash list of backup %s ends at %llu bytes, before its objects at %llu",
	    wanted->backup.id, (unsigned long long)size, (unsigned long long)wanted->end);
}

/* Walk to the end of the plan, and look at nothing but what it finds wrong. */
static int
walk(struct restore_plan *plan, struct err *err)
{
	size_t blocks = plan_blocks_max(plan) + 1;
	scoped(scoped_free) uint8_t *visible = calloc(blocks, 1);
	scoped(scoped_free) uint8_t(*sha256)[SHA256_SIZE] = calloc(blocks, SHA256_SIZE);
	struct piece piece = { .visible = visible, .sha256 = sha256 };
	int more;

	if (!visible || !sha256)
		return err_memory(err);
	while ((more = plan_next(plan, &piece, err)) == 1)
		;
	return more;
}

int
chain_size(struct chain *chain, uint64_t *ret, struct err *err)
{
	scoped(plan_close_scoped) struct restore_plan *plan = NULL;
	uint64_t size;

	if (chain_plan(chain, &plan, err) < 0 || walk(plan, err) < 0)
		return -1;
	size = plan_size(plan);
	if (chain_check_size(chain, size, err) < 0)
		return -1;
	*ret = size;
	return 0;
}

const struct location *
chain_location(const struct chain *chain, int layer)
{
	return &chain->links[layer].at;
}

uint64_t
chain_block(const struct chain *chain)
{
	return chain->block;
}

const char *
chain_volume_meta(const struct chain *chain)
{
	return chain->meta;
}

void
chain_close(struct chain *chain)
{
	size_t i;

	if (!chain)
		return;
	for (i = 0; i < chain->n_links; i++)
		manifest_reader_close(chain->links[i].objects);
	hashes_reader_close(chain->hashes);
	hashes_reader_close(chain->below);
	free(chain->links);
	free(chain->meta);
	free(chain->layers);
	free(chain);
}
