/*
 * What a backup service does in cinder's own database beside the rows of
 * backups: its row in services, and the quota of projects.  For the rows of
 * drivers whose tables are cinder's.
 */
#ifndef CINDERBANK_CATALOGUE_CINDER_H
#define CINDERBANK_CATALOGUE_CINDER_H

#include "catalogue/table.h"

enum { CINDER_VERSION_MAX = 37 };

/* What a service says it can do, "2.3" and "1.39"; "": it does not say. */
struct cinder_versions {
	char rpc[CINDER_VERSION_MAX], object[CINDER_VERSION_MAX];
};

struct cinder_peers {
	struct cinder_versions own;                       /* what this host's row said until now */
	struct cinder_versions backup, scheduler, volume; /* the least of theirs */
	bool use_quota; /* volumes have that column: the tables are xena's or later */
};

/*
 * What a cinder-backup of the release that runs here says of itself.  Services
 * do not start beside one that says nothing, or what their release does not
 * know; and all of them speak no newer than the oldest one.
 */
void cinder_decide(const struct cinder_peers *peers, struct cinder_versions *ret);

/* Is version a, "3.9", before b, "3.12"?  What is no version is before all. */
bool cinder_before(const char *a, const char *b);

/* As table_beat(); the first one of a process also writes what it can do. */
int cinder_beat(struct catalogue *catalogue, const char *host, const char *zone, struct err *err);

/* As table_move(); with a backup go its metadata and its part of the project's quota. */
int cinder_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err);

#endif
