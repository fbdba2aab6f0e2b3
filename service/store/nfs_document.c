#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "store/nfs.h"
#include "store/nfs_flow.h"

enum { HELD_MAX = 1024 * 1024 };

/*
 * Text is held until there is enough for a request, and is then on the server's disk
 * before more is taken.  So each step may be done again, by any link.
 */
struct nfs_document {
	struct document document;
	struct nfs_handle dir, file;
	char name[LAYOUT_NAME_MAX], hidden[LAYOUT_NAME_MAX];
	uint64_t offset; /* of what is held, in the file */
	struct buf held;
};

int
nfs_document_create(struct store *store, const struct location *at, const char *name,
    struct document **ret, struct err *err)
{
	struct nfs_document *document = calloc(1, sizeof *document);
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };

	if (!document)
		return err_memory(err);
	document->document.store = store;
	document->held = (struct buf)BUF(HELD_MAX);
	layout_document_name(at, name, document->name);
	layout_partial_name(document->name, document->hidden);
	if (nfs_borrow(store, true, &loan, err) < 0 ||
	    nfs_container(loan.link, at, &document->dir, err) < 0 ||
	    nfs_call_create(loan.link, &document->dir, document->hidden, &document->file, err) <
		0) {
		free(document);
		return -1;
	}
	*ret = &document->document;
	return 0;
}

/* Write text behind what is written; what is held must have been written before. */
static int
put(struct nfs_document *document, struct span text, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };

	if (!text.length)
		return 0;
	if (nfs_borrow(document->document.store, true, &loan, err) < 0 ||
	    nfs_flow_write(
		loan.link, &document->file, document->offset, text, document->name, err) < 0)
		return -1;
	document->offset += text.length;
	return 0;
}

static int
put_held(struct nfs_document *document, struct err *err)
{
	if (put(document, buf_span(&document->held), err) < 0)
		return -1;
	buf_clear(&document->held);
	return 0;
}

int
nfs_document_append(struct document *document, struct span text, struct err *err)
{
	struct nfs_document *nfs = (struct nfs_document *)document;

	if (nfs->held.length + text.length > HELD_MAX && put_held(nfs, err) < 0)
		return -1;
	if (text.length > HELD_MAX)
		return put(nfs, text, err);
	buf_add(&nfs->held, text.data, text.length);
	return buf_check(&nfs->held, err);
}

/* Done before, and only the answer was lost? */
static int
has_its_name(struct nfs_document *document, struct nfs_link *link, struct err *err)
{
	struct nfs_node node;
	int found = nfs_call_look(link, &document->dir, document->name, &node, err);

	if (found < 0)
		return -1;
	if (found && node.handle.length == document->file.length &&
	    memcmp(node.handle.bytes, document->file.bytes, node.handle.length) == 0)
		return 0;
	return err_set(err, ERR_SYSTEM, "%s: rename: somebody removed it", document->hidden);
}

static int
give_name(struct nfs_document *document, struct err *err)
{
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	int renamed;

	if (nfs_borrow(document->document.store, true, &loan, err) < 0)
		return -1;
	renamed = nfs_call_rename(loan.link, &document->dir, document->hidden, document->name, err);
	if (renamed < 0)
		return -1;
	return renamed ? 0 : has_its_name(document, loan.link, err);
}

static void
release(struct nfs_document *document)
{
	buf_drop(&document->held);
	free(document);
}

int
nfs_document_commit(struct document *document, struct err *err)
{
	struct nfs_document *nfs = (struct nfs_document *)document;

	if (put_held(nfs, err) < 0 || give_name(nfs, err) < 0) {
		if (err->kind != ERR_RETRY)
			nfs_document_discard(document);
		return -1;
	}
	release(nfs);
	return 0;
}

void
nfs_document_discard(struct document *document)
{
	struct nfs_document *nfs = (struct nfs_document *)document;
	scoped(nfs_end) struct nfs_loan loan = { NULL, NULL };
	struct err ignored;

	/* A server that is away is not waited for: erase removes what stays. */
	if (nfs_borrow(document->store, false, &loan, &ignored) == 0)
		nfs_call_remove(loan.link, &nfs->dir, nfs->hidden, &ignored);
	release(nfs);
}
