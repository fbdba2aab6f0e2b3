#include "role/munge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "role/key.h"
#include "role/ruby.h"

enum { LINE_MAX_BYTES = 1 << 16 };

bool
munge_fits(const struct value *value)
{
	bool fits = value->type != VALUE_INTEGER || !value->digits;

	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		fits = fits && munge_fits(value->list.items[i]);
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++)
		fits = fits && munge_fits(value->map.members[i].value);
	return fits;
}

int
munge_truth(const char *text)
{
	static const char *const yes[] = { "true", "t", "yes", "y", "1" };
	static const char *const no[] = { "false", "f", "no", "n", "0", "undef", "undefined", "" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!strcasecmp(text, yes[i]))
			return 1;
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (!strcasecmp(text, no[i]))
			return 0;
	return -1;
}

int
munge_bool(const struct value *value)
{
	char *end;

	switch (value->type) {
	case VALUE_NULL:
		return 0;
	case VALUE_BOOL:
		return value->boolean;
	case VALUE_INTEGER:
		return value->integer > 0;
	case VALUE_FLOAT:
		return value->number >= 1;
	case VALUE_TEXT: {
		double number = strtod(value->text.data, &end);

		if (end == value->text.data || *end || !isfinite(number))
			return munge_truth(value->text.data);
		return number >= 1;
	}
	default:
		return 1;
	}
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Has a text a line without white space other than blanks?  Puppet asks for no more. */
static bool
has_plain_line(struct span text)
{
	const char *at = text.data, *end = at + text.length;

	do {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		const char *stop = line_end ? line_end : end;

		while (at < stop && (*at == ' ' || !is_blank(*at)))
			at++;
		if (at == stop)
			return true;
		at = stop + 1;
	} while (at < end);
	return false;
}

static bool
is_option(struct span line)
{
	return line.length && !strchr("#;=[", line.data[0]) && memchr(line.data, '=', line.length);
}

/* Puppet writes further lines as they are.  Only those that are options can be read again. */
static char *
readable(struct arena *arena, struct span text, bool *ret_cut, struct err *err)
{
	char *copy = arena_copy(arena, text.data, text.length, err);
	const char *at = text.data, *end = at + text.length;
	size_t length = 0;

	for (size_t i = 0; copy && at <= end; i++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		struct span line = { at, (size_t)((stop ? stop : end) - at) };

		at += line.length + 1;
		if (i > 0 && !is_option(key_strip(line))) {
			*ret_cut = true;
			continue;
		}
		if (i > 0)
			copy[length++] = '\n';
		memcpy(copy + length, line.data, line.length);
		length += line.length;
	}
	if (copy)
		copy[length] = '\0';
	return copy;
}

static int
munge_text(const struct munge *munge, struct span text, enum munged *ret_kind, const char **ret,
    bool *ret_cut, struct err *err)
{
	if (!munge->modern && !has_plain_line(text)) {
		*ret_kind = MUNGED_TAB;
		return 0;
	}
	char *line = readable(munge->arena, key_strip(text), ret_cut, err);
	if (!line)
		return -1;
	if (!strcmp(line, "<SERVICE DEFAULT>")) {
		*ret_kind = MUNGED_ABSENT;
		return 0;
	}
	*ret_kind = MUNGED_LINE;
	*ret = !strcasecmp(line, "true") ? "True" : !strcasecmp(line, "false") ? "False" : line;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* KEY=ITEM, or ITEM by itself; for each item of a list. */
static int
add_pair(
    struct list_builder *pairs, const struct value *key, const struct value *item, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);

	if (item->type == VALUE_LIST) {
		for (size_t i = 0; i < item->list.count; i++)
			if (add_pair(pairs, key, item->list.items[i], err) < 0)
				return -1;
		return 0;
	}
	if (key) {
		ruby_print(key, &out);
		buf_byte(&out, '=');
	}
	ruby_print(item, &out);
	if (buf_check(&out, err) < 0)
		return -1;
	const struct value *pair = value_span(pairs->arena, buf_span(&out), err);
	return pair ? list_add(pairs, pair, err) : -1;
}

/* Members of a map as KEY=VALUE, or items of a list; sorted, with commas between. */
static int
munge_map(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);
	struct list_builder pairs = { .arena = munge->arena };

	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++)
		if (add_pair(&pairs, value->map.members[i].key, value->map.members[i].value, err) <
		    0)
			return -1;
	if (value->type == VALUE_LIST && add_pair(&pairs, NULL, value, err) < 0)
		return -1;
	const char **texts = arena_array(munge->arena, pairs.count + 1, sizeof(*texts), err);
	for (size_t i = 0; texts && i < pairs.count; i++)
		texts[i] = pairs.items[i]->text.data;
	if (texts)
		qsort(texts, pairs.count, sizeof(*texts), compare);
	for (size_t i = 0; texts && i < pairs.count; i++)
		buf_printf(&out, i ? ",%s" : "%s", texts[i]);
	if (!texts || buf_check(&out, err) < 0)
		return -1;
	return munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err);
}

/* Ruby's join: items of lists within lists count as the list's own. */
static void
join(const struct value *value, size_t *count, struct buf *out)
{
	for (size_t i = 0; value->type == VALUE_LIST && i < value->list.count; i++)
		join(value->list.items[i], count, out);
	if (value->type == VALUE_LIST)
		return;
	buf_text(out, (*count)++ ? "," : "");
	ruby_print(value, out);
}

static int
munge_joined(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);
	size_t count = 0;

	/* any2array() makes a list of a map: its keys and values in turn. */
	for (size_t i = 0; value->type == VALUE_MAP && i < value->map.count; i++) {
		join(value->map.members[i].key, &count, &out);
		join(value->map.members[i].value, &count, &out);
	}
	if (value->type == VALUE_LIST)
		join(value, &count, &out);
	if (buf_check(&out, err) < 0)
		return -1;
	return munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err);
}

/* Every item has to be good, and the first one counts. */
static int
munge_first(const struct munge *munge, const struct value *list, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	for (size_t i = list->list.count; i-- > 0;) {
		scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);

		ruby_print(list->list.items[i], &out);
		if (buf_check(&out, err) < 0 ||
		    munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err) < 0)
			return -1;
		if (*ret_kind == MUNGED_TAB)
			return 0;
	}
	*ret_cut = *ret_cut || list->list.count > 1;
	return 0;
}

int
munge_value(const struct munge *munge, const struct value *value, enum munged *ret_kind,
    const char **ret, bool *ret_cut, struct err *err)
{
	scoped(buf_drop) struct buf out = BUF(LINE_MAX_BYTES);

	if (munge->boolean && !value_is_text(value, "<SERVICE DEFAULT>") &&
	    value->type != VALUE_NULL) {
		*ret_kind = MUNGED_LINE;
		*ret = munge_bool(value) > 0 ? "True" : "False";
		return 0;
	}
	if (munge->map && (value->type == VALUE_LIST || value->type == VALUE_MAP))
		return munge_map(munge, value, ret_kind, ret, ret_cut, err);
	if (munge->join && (value->type == VALUE_LIST || value->type == VALUE_MAP))
		return munge_joined(munge, value, ret_kind, ret, ret_cut, err);
	switch (value->type) {
	case VALUE_NULL:
		*ret_kind = MUNGED_UNSET;
		return 0;
	case VALUE_LIST:
		if (munge->modern)
			break;
		if (!value->list.count) {
			*ret_kind = MUNGED_UNSET;
			return 0;
		}
		return munge_first(munge, value, ret_kind, ret, ret_cut, err);
	case VALUE_TEXT:
		return munge_text(munge, value->text, ret_kind, ret, ret_cut, err);
	default:
		break;
	}
	ruby_print(value, &out);
	if (buf_check(&out, err) < 0)
		return -1;
	return munge_text(munge, buf_span(&out), ret_kind, ret, ret_cut, err);
}
