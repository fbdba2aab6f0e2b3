/*
 * An NFS share as an operator writes it, and its mount options as the client that
 * is built in takes them: without the kernel, by version 3 over TCP.
 */
#ifndef CINDERBANK_OPTIONS_SHARE_H
#define CINDERBANK_OPTIONS_SHARE_H

#include <stdbool.h>
#include <stdint.h>

struct err;

enum { SHARE_SERVER_MAX = 256, SHARE_PATH_MAX = 1024 };

struct share {
	char server[SHARE_SERVER_MAX]; /* a name or an address, without brackets */
	char path[SHARE_PATH_MAX];
	uint16_t port, mount_port;      /* 0: ask the portmapper */
	uint32_t read_size, write_size; /* bytes a request; 0: what the server prefers */
	int64_t uid, gid;               /* -1: of this process */
	uint64_t timeout_ms;            /* of one request */
	unsigned retries;               /* after the first try */
	bool read_only;
};

/* Told of each option that has no effect, and why. */
typedef void(share_note_fn)(void *arg, const char *text);

/*
 * HOST:PATH, with an IPv6 address in brackets, and options with commas between;
 * options may be NULL, and so may note.  ERR_INVALID: not such a share; a value
 * that is no number, or an option without which data would not be where or as
 * safe as it was asked for (another version, sec=krb5): the text says what helps.
 */
int share_parse(const char *share, const char *options, struct share *ret, share_note_fn *note,
    void *arg, struct err *err);

#endif
