#include "format/output.h"

#include "base/err.h"

/* The ceiling leaves room for what one step adds to a window: texts of the record, escaped. */
enum { WINDOW = 64 * 1024, CEILING = 128 * 1024 * 1024, INDENT = 2 };

void
output_init(struct output *output, document_sink *sink, void *arg)
{
	output->text = (struct buf)BUF(CEILING);
	output->json = (struct json_writer)JSON_WRITER(&output->text, INDENT);
	output->sink = sink;
	output->arg = arg;
}

void
output_heading(struct output *output, const struct heading *heading)
{
	json_begin_object(&output->json);
	json_member_text(&output->json, "backup_description", heading->backup_description);
	json_member_text(&output->json, "backup_id", heading->backup_id);
	json_member_text(&output->json, "backup_name", heading->backup_name);
}

int
output_flush(struct output *output, struct err *err)
{
	int result;

	if (json_check(&output->json, err) < 0)
		return -1;
	result = output->sink(output->arg, buf_span(&output->text), err);
	buf_clear(&output->text);
	return result;
}

int
output_pass(struct output *output, struct err *err)
{
	if (output->text.length < WINDOW && !output->text.failed)
		return 0;
	return output_flush(output, err);
}

void
output_drop(struct output *output)
{
	buf_drop(&output->text);
}
