/* Log levels: upstream has one for each module, we have one for the whole program. */
#include "front/rpc.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/log.h"
#include "model/object.h"
#include "net/oslo.h"

enum { ANSWER_MAX = 4096 };

static const char *const level_names[] = { "DEBUG", "INFO", "WARNING", "ERROR" };
static const char log_prefix[] = "cinder.backup";

/* Does a prefix of module names speak of this program? */
static bool
is_meant(const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(log_prefix, prefix, length) == 0 ||
	       strncmp(prefix, log_prefix, sizeof log_prefix - 1) == 0;
}

static const struct json *
log_request(const struct oslo_request *asked, const char **ret_prefix, struct err *err)
{
	const struct json *data =
	    object_data(json_member(asked->args, "log_request"), "LogLevel", err);
	const char *prefix = json_text(json_member(data, "prefix"));

	*ret_prefix = prefix ? prefix : "";
	return data;
}

int
rpc_set_log_levels(struct front *front, struct oslo_request *asked, struct err *err)
{
	const char *prefix, *level;
	const struct json *data = log_request(asked, &prefix, err);
	unsigned i;

	if (!data)
		return -1;
	level = json_text(json_member(data, "level"));
	for (i = 0; level && i < 4 && is_meant(prefix); i++) {
		if (strcasecmp(level, level_names[i]) == 0)
			log_set_level((enum log_level)i);
	}
	oslo_answer(front->setup.oslo, asked, span_of("null"));
	return 0;
}

int
rpc_get_log_levels(struct front *front, struct oslo_request *asked, struct err *err)
{
	scoped(buf_drop) struct buf result = BUF(ANSWER_MAX);
	struct json_writer json = JSON_WRITER(&result, 0);
	const char *prefix;

	if (!log_request(asked, &prefix, err))
		return -1;
	object_begin(&json, "LogLevelList", "1.0");
	json_key(&json, "objects");
	json_begin_array(&json);
	if (is_meant(prefix)) {
		object_begin(&json, "LogLevel", "1.0");
		json_member_text(&json, "prefix", log_prefix);
		json_member_text(&json, "level", level_names[log_level()]);
		object_end(&json);
	}
	json_end_array(&json);
	object_end(&json);
	oslo_answer(front->setup.oslo, asked, buf_span(&result));
	return 0;
}
