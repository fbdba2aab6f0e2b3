/*
 * The procedures of NFS version 3, one at a time, on handles.  None follows a
 * symbolic link.  Errors are those the server names; ERR_RETRY: the link is lost,
 * the handle is stale, or the server asks to come again later.
 */
#ifndef CINDERBANK_STORE_NFS_CALL_H
#define CINDERBANK_STORE_NFS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/layout.h"
#include "store/nfs_link.h"

struct err;
struct nfs_fh3; /* of libnfs */

enum nfs_kind { NFS_FILE, NFS_DIRECTORY, NFS_OTHER };

/* What a name stands for. */
struct nfs_node {
	struct nfs_handle handle;
	enum nfs_kind kind;
	uint64_t size; /* bytes */
};

/* An entry of a directory; longer names are left out, being no one's here. */
struct nfs_entry {
	char name[LAYOUT_NAME_MAX];
	uint64_t size;
	bool known; /* size and kind are */
	enum nfs_kind kind;
};

enum { NFS_PAGE_MAX = 1024 * 1024 };

/* Start with NFS_PAGE_INIT. */
struct nfs_page {
	struct buf entries; /* struct nfs_entry, one behind the other */
	uint64_t cookie;
	char verifier[8];
	bool last;
};

/* clang-format off */
#define NFS_PAGE_INIT { .entries = BUF(NFS_PAGE_MAX) }
/* clang-format on */

struct nfs_room {
	uint64_t bytes, total, files; /* bytes and files are free for this client */
};

/* A handle as libnfs takes it; its bytes are borrowed. */
struct nfs_fh3 nfs_call_fh(const struct nfs_handle *handle);

/* Fill err with what an NFS status means: "what: reason".  Returns -1. */
int nfs_call_failed(int status, struct err *err, const char *what, const char *name);

/* 1, 0 no such entry, -1. */
int nfs_call_look(struct nfs_link *link, const struct nfs_handle *dir, const char *name,
    struct nfs_node *ret, struct err *err);

/* 1 made, 0 there is such an entry, -1. */
int nfs_call_make(struct nfs_link *link, const struct nfs_handle *dir, const char *name,
    unsigned mode, struct err *err);

/* Make an empty file of mode 0660; one that is there is cut.  ERR_CORRUPT: it is no file. */
int nfs_call_create(struct nfs_link *link, const struct nfs_handle *dir, const char *name,
    struct nfs_handle *ret, struct err *err);

/* 1, 0 no such entry, -1. */
int nfs_call_remove(
    struct nfs_link *link, const struct nfs_handle *dir, const char *name, struct err *err);

/* 1 removed or not there, 0 not empty, -1. */
int nfs_call_unmake(
    struct nfs_link *link, const struct nfs_handle *dir, const char *name, struct err *err);

/* Replaces what is called to.  1, 0 nothing is called from, -1. */
int nfs_call_rename(struct nfs_link *link, const struct nfs_handle *dir, const char *from,
    const char *to, struct err *err);

/* The next entries of dir, in place of those that page holds. */
int nfs_call_list(
    struct nfs_link *link, const struct nfs_handle *dir, struct nfs_page *page, struct err *err);

void nfs_call_page_drop(struct nfs_page *page);

int nfs_call_room(struct nfs_link *link, struct nfs_room *ret, struct err *err);

#endif
