/* Values as Python prints them, because the API's messages do. */
#include <string.h>

#include "front/rest.h"

void
rest_repr_text(struct buf *ret, const char *text)
{
	char quote = strchr(text, '\'') && !strchr(text, '"') ? '"' : '\'';

	buf_byte(ret, quote);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (*text == quote || *text == '\\')
			buf_printf(ret, "\\%c", *text);
		else if (*text == '\n')
			buf_text(ret, "\\n");
		else if (*text == '\r')
			buf_text(ret, "\\r");
		else if (*text == '\t')
			buf_text(ret, "\\t");
		else if (byte < 0x20 || byte == 0x7f)
			buf_printf(ret, "\\x%02x", byte);
		else
			buf_byte(ret, *text);
	}
	buf_byte(ret, quote);
}

struct listing {
	struct buf *out;
	bool more;
};

static int
repr_member(void *arg, const char *key, const struct json *value, struct err *err)
{
	struct listing *listing = arg;

	(void)err;
	if (listing->more)
		buf_text(listing->out, ", ");
	listing->more = true;
	rest_repr_text(listing->out, key);
	buf_text(listing->out, ": ");
	rest_repr(listing->out, value);
	return 0;
}

static void
repr_array(struct buf *ret, const struct json *json)
{
	size_t i;

	buf_byte(ret, '[');
	for (i = 0; i < json_count(json); i++) {
		if (i)
			buf_text(ret, ", ");
		rest_repr(ret, json_element(json, i));
	}
	buf_byte(ret, ']');
}

void
rest_repr(struct buf *ret, const struct json *json)
{
	struct json_writer writer = JSON_WRITER(ret, 0);
	struct listing listing = { .out = ret };
	struct err ignored = ERR_INIT;
	bool truth = false;

	switch (json_kind(json)) {
	case JSON_IS_NULL:
		buf_text(ret, "None");
		break;
	case JSON_IS_BOOL:
		json_truth(json, &truth);
		buf_text(ret, truth ? "True" : "False");
		break;
	case JSON_IS_TEXT:
		rest_repr_text(ret, json_text(json));
		break;
	case JSON_IS_OBJECT:
		buf_byte(ret, '{');
		json_each(json, repr_member, &listing, &ignored);
		buf_byte(ret, '}');
		break;
	case JSON_IS_ARRAY:
		repr_array(ret, json);
		break;
	default:
		json_put(&writer, json);
	}
}

void
rest_str(struct buf *ret, const struct json *json)
{
	if (json_text(json))
		buf_text(ret, json_text(json));
	else
		rest_repr(ret, json);
}
