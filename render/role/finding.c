#include "role/finding.h"

#include <stdarg.h>
#include <stdio.h>

struct finding
finding_make(
    enum finding_severity severity, const char *check, struct place at, const char *fmt, ...)
{
	struct finding finding = { .severity = severity, .check = check, .at = at };
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding.text, sizeof(finding.text), fmt, args);
	va_end(args);
	return finding;
}

void
finding_hint(struct finding *finding, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(finding->hint, sizeof(finding->hint), fmt, args);
	va_end(args);
}

void
findings_tell(const struct findings *findings, const struct finding *finding)
{
	if (findings->fn)
		findings->fn(findings->arg, finding);
}
