/*
 * A service as it announces itself in the catalogue: a row of cinder's table
 * `services`, as a plain value.
 */
#ifndef CINDERBANK_MODEL_SERVICE_H
#define CINDERBANK_MODEL_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/backup.h"

/* Texts: "" is NULL in the row. */
struct service_record {
	char host[COLUMN_TEXT_MAX], binary[COLUMN_TEXT_MAX]; /* "ctl0", "cinder-backup" */
	char zone[COLUMN_TEXT_MAX];
	char disabled_reason[FREE_TEXT_MAX]; /* stays when it is enabled again, as in cinder */
	bool disabled;
	int64_t seen_at; /* its last sign of life, seconds since 1970 */
};

/* Not 0: stop, and hand that on. */
typedef int(service_record_fn)(void *arg, const struct service_record *service, struct err *err);

#endif
