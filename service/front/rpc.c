/* cinder-backup's methods over RPC: who serves which, and what is refused. */
#include "front/rpc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "net/oslo.h"
#include "options/tables.h"

/* clang-format off */
#define TOPIC "cinder-backup"
#define VERSION "2.4"
/* clang-format on */

/* Every store can be cancelled. */
static int
check_support_to_force_delete(struct front *front, struct oslo_request *asked, struct err *err)
{
	(void)err;
	oslo_answer(front->setup.oslo, asked, span_of("true"));
	return 0;
}

static int
publish_service_capabilities(struct front *front, struct oslo_request *asked, struct err *err)
{
	(void)err;
	rpc_report_now(front);
	oslo_answer(front->setup.oslo, asked, span_of("null"));
	return 0;
}

/* ---- the server ---- */

static const struct {
	const char *name;
	rpc_serve_fn *serve;
} methods[] = {
	{ "create_backup", rpc_create_backup },
	{ "continue_backup", rpc_continue_backup },
	{ "restore_backup", rpc_restore_backup },
	{ "delete_backup", rpc_delete_backup },
	{ "export_record", rpc_export_record },
	{ "import_record", rpc_import_record },
	{ "reset_status", rpc_reset_status },
	{ "check_support_to_force_delete", check_support_to_force_delete },
	{ "publish_service_capabilities", publish_service_capabilities },
	{ "set_log_levels", rpc_set_log_levels },
	{ "get_log_levels", rpc_get_log_levels },
};

/* As oslo.messaging's dispatcher refuses. */
static void
refuse(struct front *front, struct oslo_request *asked, bool version)
{
	char text[512];
	const struct envelope_failure failure = {
		.class_name = version ? "UnsupportedVersion" : "NoSuchMethod",
		.module = "oslo_messaging.rpc.dispatcher",
		.text = text,
	};

	if (version)
		snprintf(text, sizeof text,
		    "Endpoint does not support RPC version %.40s. Attempted method: %.200s",
		    asked->version ? asked->version : "1.0", asked->method);
	else
		snprintf(text, sizeof text, "Endpoint does not support RPC method %.200s",
		    asked->method);
	log_error("rpc", "%s", text);
	oslo_fail(front->setup.oslo, asked, &failure);
}

static void
serve(void *arg, struct oslo_request *asked)
{
	struct front *front = arg;
	struct err err = ERR_INIT;
	size_t i;

	if (!envelope_compatible(VERSION, asked->version)) {
		refuse(front, asked, true);
		return;
	}
	for (i = 0; i < sizeof methods / sizeof methods[0]; i++) {
		if (strcmp(methods[i].name, asked->method) != 0)
			continue;
		if (methods[i].serve(front, asked, &err) < 0)
			rpc_fail(front, asked, &err);
		return;
	}
	refuse(front, asked, false);
}

static void
rpc_drain(struct front *front)
{
	oslo_drain(front->setup.oslo);
}

static void
rpc_stop(struct front *front)
{
	if (!front)
		return;
	rpc_report_end(front);
	pthread_mutex_destroy(&front->mutex);
	pthread_cond_destroy(&front->changed);
	free(front);
}

static int
rpc_start(struct front **ret, const struct front_setup *setup, struct err *err)
{
	struct front *front;

	if (!setup->oslo)
		return 0;
	front = calloc(1, sizeof *front);
	if (!front)
		return err_memory(err);
	front->setup = *setup;
	pthread_mutex_init(&front->mutex, NULL);
	pthread_cond_init(&front->changed, NULL);
	if (rpc_report_begin(front, err) < 0 ||
	    oslo_serve(setup->oslo, TOPIC, serve, front, err) < 0) {
		rpc_stop(front);
		return -1;
	}
	*ret = front;
	return 0;
}

const struct front_driver front_rpc = {
	.name = "rpc",
	.start = rpc_start,
	.drain = rpc_drain,
	.stop = rpc_stop,
};
