/*
 * Volumes of a cloud: cinder-volume is asked for them over RPC, and their statuses
 * stand in cinder's tables.  What one backup or restore needs of that, step by
 * step, as upstream's manager does it.
 */
#ifndef CINDERBANK_JOB_CINDER_H
#define CINDERBANK_JOB_CINDER_H

#include "base/scope.h"

struct catalogue;
struct ceph_opts;
struct core_opts;
struct err;
struct lender;
struct oslo;
struct wire_opts;

/* All borrowed until it is closed.  The catalogue must be cinder's own. */
struct cinder_setup {
	struct oslo *oslo;
	struct catalogue *catalogue;
	const struct core_opts *core;
	const struct ceph_opts *ceph; /* how clusters are reached */
	const struct wire_opts *wire; /* and the key manager */
};

int cinder_open(struct lender **ret, const struct cinder_setup *setup, struct err *err);
void cinder_close(struct lender *lender);
SCOPED_POINTER(struct lender, cinder_close);

#endif
