#include "role/finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "doc/utf8.h"

/* One line, whatever an operator's values hold, and whole characters where the end was cut off. */
static void
make_plain(char *text)
{
	struct span span = { text, strlen(text) };
	uint32_t code;

	for (size_t at = 0, length; at < span.length; at += length) {
		length = utf8_next(span, at, &code);
		if (code < 0x20 || code == 0x7f || (code == UTF8_REPLACEMENT && length == 1))
			text[at] = '?';
	}
}

struct finding
finding_make(
    enum finding_severity severity, const char *check, struct place at, const char *fmt, ...)
{
	struct finding finding = { .severity = severity, .check = check, .at = at };
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding.text, sizeof(finding.text), fmt, args);
	va_end(args);
	make_plain(finding.text);
	return finding;
}

void
finding_hint(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->hint, sizeof(finding->hint), fmt, args);
	va_end(args);
	make_plain(finding->hint);
}

void
findings_tell(const struct findings *findings, const struct finding *finding)
{
	if (findings->fn)
		findings->fn(findings->arg, finding);
}
