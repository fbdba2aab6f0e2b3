/* Findings, kept and told: as text for people, as JSON, JUnit or SARIF for machines. */
#ifndef CINDERBANK_REPORT_H
#define CINDERBANK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "role/finding.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_JUNIT, REPORT_SARIF };

/* Find a format by name; false: none has it. */
bool report_format_find(const char *name, enum report_format *ret);

struct report {
	struct finding *findings; /* on the heap */
	size_t count, room;
	bool failed; /* a finding was lost for want of memory */
};

/* Keep a finding, once; a finding_fn. */
void report_add(void *report, const struct finding *finding);

/* How many are errors.  strict: what is rendered although refused is one too. */
size_t report_errors(const struct report *report, bool strict);

/* One finding as FILE:LINE:COL: severity: what; hint. */
void report_line(FILE *out, const struct finding *finding, bool strict);

/* All findings in a format, in the order of files and lines. */
int report_print(struct report *report, enum report_format format, FILE *out, struct err *err);

void report_drop(struct report *report);

#endif
