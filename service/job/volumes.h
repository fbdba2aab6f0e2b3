/*
 * The volumes of a service that stands alone, as an API shows them: what lies
 * in volumes_dir, and what the catalogue says is being done to it.
 */
#ifndef CINDERBANK_JOB_VOLUMES_H
#define CINDERBANK_JOB_VOLUMES_H

#include "model/volume.h"

struct desk_setup;
struct err;

/*
 * Tell of each volume, in no order.  What cannot be opened is left out; without
 * volumes_dir there are none.  Any thread.
 */
int volumes_each(const struct desk_setup *setup, volume_record_fn *fn, void *arg, struct err *err);

#endif
