#include "hot/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "base/err.h"

enum { PATTERN_STEPS_MAX = 1000000, PATTERN_TEXT_MAX = 65536 };

struct pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *context;
};

/*
 * Python's \Z is the very end, as \z is here.  What Python does not know, or
 * spells in a way that this library reads otherwise, is refused.
 */
static int
translate(struct span text, struct buf *ret, struct err *err)
{
	static const char known[] = "AbBdDsSwWZafnrtvxu";
	bool class = false;

	for (size_t i = 0; i < text.length; i++) {
		char byte = text.data[i], next = i + 1 < text.length ? text.data[i + 1] : '\0';

		if (byte == '\\') {
			bool letter = (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');

			if (letter && !strchr(known, next))
				return err_set(err, ERR_INVALID, "bad escape \\%c", next);
			buf_byte(ret, '\\');
			if (i + 1 < text.length)
				buf_byte(ret, next == 'Z' ? 'z' : next);
			i++;
			continue;
		}
		if (!class && byte == '(' && next == '*')
			return err_set(err, ERR_INVALID, "nothing to repeat");
		class = class ? byte != ']' : byte == '[';
		buf_byte(ret, byte);
	}
	return buf_check(ret, err);
}

int
pattern_open(struct pattern **ret, struct span text, unsigned flags, struct err *err)
{
	scoped(buf_drop) struct buf spelled = BUF(PATTERN_TEXT_MAX);
	scoped(pattern_close_scoped) struct pattern *pattern = calloc(1, sizeof(*pattern));
	uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_ALT_BSUX;
	PCRE2_SIZE offset;
	int code;

	if (!pattern)
		return err_memory(err);
	if (translate(text, &spelled, err) < 0)
		return -1;
	options |= flags & PATTERN_IGNORE_CASE ? PCRE2_CASELESS : 0;
	options |= flags & PATTERN_MULTI_LINE ? PCRE2_MULTILINE : 0;
	options |= flags & PATTERN_DOT_ALL ? PCRE2_DOTALL : 0;
	pattern->code = pcre2_compile(
	    (PCRE2_SPTR)buf_string(&spelled), spelled.length, options, &code, &offset, NULL);
	if (!pattern->code) {
		PCRE2_UCHAR message[120];

		pcre2_get_error_message(code, message, sizeof(message));
		return err_set(
		    err, ERR_INVALID, "%s at position %zu", (const char *)message, (size_t)offset);
	}
	pattern->data = pcre2_match_data_create(PATTERN_GROUPS_MAX, NULL);
	pattern->context = pcre2_match_context_create(NULL);
	if (!pattern->data || !pattern->context)
		return err_memory(err);
	pcre2_set_match_limit(pattern->context, PATTERN_STEPS_MAX);
	*ret = take(&pattern);
	return 0;
}

void
pattern_close(struct pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->context);
	pcre2_match_data_free(pattern->data);
	pcre2_code_free(pattern->code);
	free(pattern);
}

static int
match_at(const struct pattern *pattern, struct span text, size_t from, uint32_t options,
    struct match *ret, struct err *err)
{
	PCRE2_UCHAR message[120];
	const PCRE2_SIZE *ends;
	uint32_t groups = 0;
	int status;

	status = pcre2_match(pattern->code, (PCRE2_SPTR)(text.data ? text.data : ""), text.length,
	    from, options, pattern->data, pattern->context);
	if (status == PCRE2_ERROR_NOMATCH)
		return 0;
	if (status < 0) {
		pcre2_get_error_message(status, message, sizeof(message));
		return err_set(err, ERR_INVALID, "%s", (const char *)message);
	}
	pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	ret->count = groups + 1 < PATTERN_GROUPS_MAX ? groups + 1 : PATTERN_GROUPS_MAX;
	ends = pcre2_get_ovector_pointer(pattern->data);
	for (size_t i = 0; i < ret->count; i++) {
		bool unset = ends[2 * i] == PCRE2_UNSET;

		ret->begin[i] = unset ? SIZE_MAX : ends[2 * i];
		ret->end[i] = unset ? SIZE_MAX : ends[2 * i + 1];
	}
	return 1;
}

int
pattern_search(const struct pattern *pattern, struct span text, size_t from, struct match *ret,
    struct err *err)
{
	return match_at(pattern, text, from, 0, ret, err);
}

int
pattern_whole(const struct pattern *pattern, struct span text, struct err *err)
{
	struct match match;
	int status = match_at(pattern, text, 0, PCRE2_ANCHORED, &match, err);

	return status == 1 ? match.end[0] == text.length : status;
}

int
pattern_group(const struct pattern *pattern, const char *name)
{
	int number = pcre2_substring_number_from_name(pattern->code, (PCRE2_SPTR)name);

	return number < 0 ? -1 : number;
}
