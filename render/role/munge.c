#include "role/munge.h"

#include <string.h>
#include <strings.h>

#include "base/arena.h"

enum { LINE_MAX_BYTES = 1 << 16 };

int
munge_truth(const char *text)
{
	static const char *const yes[] = { "true", "t", "yes", "y", "on", "1" };
	static const char *const no[] = { "false", "f", "no", "n", "off", "0", "undef", "" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!strcasecmp(text, yes[i]))
			return 1;
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (!strcasecmp(text, no[i]))
			return 0;
	return -1;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct span
strip(struct span text)
{
	while (text.length && is_blank(text.data[0]))
		text = (struct span){ text.data + 1, text.length - 1 };
	while (text.length && is_blank(text.data[text.length - 1]))
		text.length--;
	return text;
}

static int
munge_text(const struct munge *munge, struct span text, enum munged *ret_kind, const char **ret,
    bool *ret_cut, struct err *err)
{
	text = strip(text);
	const char *line_end = memchr(text.data, '\n', text.length);
	if (line_end && munge->modern) {
		*ret_kind = MUNGED_LINES;
		return 0;
	}
	if (line_end) {
		text.length = (size_t)(line_end - text.data);
		*ret_cut = true;
	}
	for (size_t i = 0; i < text.length && !munge->modern; i++) {
		if (text.data[i] != ' ' && is_blank(text.data[i])) {
			*ret_kind = MUNGED_TAB;
			return 0;
		}
	}
	char *line = arena_copy(munge->arena, text.data, text.length, err);
	if (!line)
		return -1;
	if (!strcmp(line, "<SERVICE DEFAULT>")) {
		*ret_kind = MUNGED_ABSENT;
		return 0;
	}
	int truth = munge->boolean || !strcasecmp(line, "true") || !strcasecmp(line, "false")
			? munge_truth(line)
			: -1;
	*ret_kind = MUNGED_LINE;
	*ret = truth < 0 ? line : truth ? "True" : "False";
	return 0;
}

static int
munge_map(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);

	if (!munge->map) {
		*ret_kind = MUNGED_MAP;
		return 0;
	}
	for (size_t i = 0; i < value->map.count; i++) {
		buf_text(&out, i ? "," : "");
		value_python(value->map.members[i].key, &out);
		buf_byte(&out, '=');
		value_python(value->map.members[i].value, &out);
	}
	if (buf_check(&out, err) < 0)
		return -1;
	return munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err);
}

/* Ruby's join: lists within lists count as one, nil is nothing, and a map its keys and values. */
static void
join(const struct value *value, size_t *count, struct buf *out)
{
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		join(value->list.items[i], count, out);
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++) {
		join(value->map.members[i].key, count, out);
		join(value->map.members[i].value, count, out);
	}
	if (value->type == VALUE_LIST || value->type == VALUE_MAP)
		return;
	buf_text(out, (*count)++ ? "," : "");
	if (value->type == VALUE_BOOL)
		buf_text(out, value->boolean ? "true" : "false");
	else if (value->type != VALUE_NULL)
		value_python(value, out);
}

static int
munge_joined(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);
	size_t count = 0;

	join(value, &count, &out);
	if (buf_check(&out, err) < 0)
		return -1;
	return munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err);
}

int
munge_value(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);

	if (munge->join && (value->type == VALUE_LIST || value->type == VALUE_MAP))
		return munge_joined(munge, value, ret_kind, ret, ret_cut, err);
	switch (value->type) {
	case VALUE_NULL:
		*ret_kind = MUNGED_UNSET;
		return 0;
	case VALUE_LIST:
		if (!value->list.count) {
			*ret_kind = MUNGED_UNSET;
			return 0;
		}
		*ret_cut = value->list.count > 1;
		if (value->list.items[0]->type == VALUE_LIST) {
			*ret_kind = MUNGED_MAP;
			return 0;
		}
		/* Ruby's nil is no text inside of a list. */
		if (value->list.items[0]->type == VALUE_NULL)
			return munge_text(
			    munge, (struct span){ "", 0 }, ret_kind, ret, ret_cut, err);
		return munge_value(munge, value->list.items[0], ret_kind, ret, ret_cut, err);
	case VALUE_MAP:
		return munge_map(munge, value, ret_kind, ret, ret_cut, err);
	case VALUE_TEXT:
		return munge_text(munge, value->text, ret_kind, ret, ret_cut, err);
	default:
		value_python(value, &out);
		if (buf_check(&out, err) < 0)
			return -1;
		return munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err);
	}
}
