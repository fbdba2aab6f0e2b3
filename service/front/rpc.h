/*
 * What the parts of the RPC front share.  Nothing else includes this.
 */
#ifndef CINDERBANK_FRONT_RPC_H
#define CINDERBANK_FRONT_RPC_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "front/front.h"
#include "model/request.h"

struct json;
struct oslo;
struct oslo_request;

struct front {
	struct front_setup setup;
	/* Guards what follows, and wakes the thread that reports. */
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	pthread_t reporter;
	bool reports, stop, wanted;
	/* Of that thread: the operator's switch, and when it was looked at. */
	bool disabled;
	uint64_t looked_ms;
};

/* A request from the bus, as long as the desk works on it. */
struct errand {
	struct front *front;
	struct oslo_request *asked;
	struct request request;
	struct buf catalogue; /* the caller's, as text */
	/* Of the notifications about its progress; one thread at a time. */
	struct backup row;
	bool told;
	uint64_t told_ms;
	uint32_t told_objects;
};

/* ---- methods ---- */

/* -1: nothing was answered, and err says why; 0: it is, or will be. */
typedef int(rpc_serve_fn)(struct front *front, struct oslo_request *asked, struct err *err);

rpc_serve_fn rpc_create_backup, rpc_continue_backup, rpc_restore_backup, rpc_delete_backup;
rpc_serve_fn rpc_export_record, rpc_import_record, rpc_reset_status;
rpc_serve_fn rpc_set_log_levels, rpc_get_log_levels;

/* Tell the caller, and the log, what went wrong; cinder-api raises it again. */
void rpc_fail(struct front *front, struct oslo_request *asked, const struct err *err);

/* ---- notifications ---- */

/* "create.start": with the backup as the row has it. */
void rpc_notify(const struct errand *errand, const char *event, const struct backup *row);

/* The same with the backup as the request has it. */
void rpc_notify_start(const struct errand *errand, const char *event);

/* How far a backup has come; see progress_fn.  arg: the errand. */
void rpc_progress(void *arg, const struct progress *progress);

/* ---- reports to the scheduler ---- */

/* Tell it every now and then what this service can do. */
int rpc_report_begin(struct front *front, struct err *err);
void rpc_report_now(struct front *front);
void rpc_report_end(struct front *front);

#endif
