#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "doc/dump.h"
#include "doc/value.h"
#include "emit/quote.h"
#include "hint.h"

enum { ARENA_MAX = 16 << 20, TEXT_MAX = 16 << 20 };

bool
report_format_find(const char *name, enum report_format *ret)
{
	static const char *const names[] = { "text", "json", "junit", "sarif" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(name, names[i]) != 0)
			continue;
		*ret = (enum report_format)i;
		return true;
	}
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;
	int files =
	    strcmp(left->at.file ? left->at.file : "", right->at.file ? right->at.file : "");

	if (files)
		return files;
	if (left->at.line != right->at.line)
		return left->at.line < right->at.line ? -1 : 1;
	if (left->at.column != right->at.column)
		return left->at.column < right->at.column ? -1 : 1;
	return strcmp(left->text, right->text);
}

void
report_add(void *arg, const struct finding *finding)
{
	struct report *report = arg;

	for (size_t i = 0; i < report->count; i++)
		if (compare(&report->findings[i], finding) == 0)
			return;
	if (report->count == report->room) {
		size_t room = report->room ? 2 * report->room : 16;
		struct finding *more = realloc(report->findings, room * sizeof(*more));

		if (!more) {
			report->failed = true;
			return;
		}
		report->findings = more;
		report->room = room;
	}
	report->findings[report->count] = *finding;
	hint_fill(&report->findings[report->count++]);
}

static bool
is_error(const struct finding *finding, bool strict)
{
	return finding->severity >= (strict ? FINDING_REFUSED : FINDING_ERROR);
}

size_t
report_errors(const struct report *report, bool strict)
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++)
		count += is_error(&report->findings[i], strict);
	return count;
}

static const char *
severity(const struct finding *finding, bool strict)
{
	if (is_error(finding, strict))
		return "error";
	return finding->severity == FINDING_NOTE ? "note" : "warning";
}

/* FILE:LINE:COLUMN: severity: what; what to do */
static void
add_line(struct buf *out, const struct finding *finding, bool strict)
{
	if (finding->at.line)
		buf_printf(
		    out, "%s:%u:%u: ", finding->at.file, finding->at.line, finding->at.column);
	else if (finding->at.file)
		buf_printf(out, "%s: ", finding->at.file);
	buf_printf(out, "%s: %s%s%s", severity(finding, strict), finding->text,
	    *finding->hint ? "; " : "", finding->hint);
}

void
report_line(FILE *out, const struct finding *finding, bool strict)
{
	scoped(buf_drop) struct buf line = BUF(TEXT_MAX);

	add_line(&line, finding, strict);
	fprintf(out, "%s\n", buf_string(&line));
}

static void
print_text(const struct report *report, FILE *out)
{
	for (size_t i = 0; i < report->count; i++)
		report_line(out, &report->findings[i], true);
}

static int
put_text(struct map_builder *map, const char *key, const char *text, struct err *err)
{
	const struct value *value = value_text(map->arena, text, err);

	return value ? map_put(map, key, value, err) : -1;
}

static int
put_number(struct map_builder *map, const char *key, size_t number, struct err *err)
{
	const struct value *value = value_integer(map->arena, (int64_t)number, err);

	return value ? map_put(map, key, value, err) : -1;
}

static int
put_map(struct map_builder *map, const char *key, const struct map_builder *inner, struct err *err)
{
	const struct value *value = map_done(inner, (struct place){ 0 }, err);

	return value ? map_put(map, key, value, err) : -1;
}

static int
put_list(
    struct map_builder *map, const char *key, const struct list_builder *inner, struct err *err)
{
	const struct value *value = list_done(inner, (struct place){ 0 }, err);

	return value ? map_put(map, key, value, err) : -1;
}

static int
add_map(struct list_builder *list, const struct map_builder *inner, struct err *err)
{
	const struct value *value = map_done(inner, (struct place){ 0 }, err);

	return value ? list_add(list, value, err) : -1;
}

static int
json_finding(struct list_builder *list, const struct finding *finding, struct err *err)
{
	struct map_builder map = { .arena = list->arena };

	if (finding->at.file && put_text(&map, "file", finding->at.file, err) < 0)
		return -1;
	if (finding->at.line && (put_number(&map, "line", finding->at.line, err) < 0 ||
				    put_number(&map, "column", finding->at.column, err) < 0))
		return -1;
	if (put_text(&map, "severity", severity(finding, true), err) < 0 ||
	    put_text(&map, "check", finding->check, err) < 0 ||
	    put_text(&map, "text", finding->text, err) < 0 ||
	    put_text(&map, "hint", finding->hint, err) < 0)
		return -1;
	return add_map(list, &map, err);
}

static int
make_json(const struct report *report, struct map_builder *whole, struct err *err)
{
	struct list_builder list = { .arena = whole->arena };

	for (size_t i = 0; i < report->count; i++)
		if (json_finding(&list, &report->findings[i], err) < 0)
			return -1;
	if (put_list(whole, "findings", &list, err) < 0)
		return -1;
	return put_number(whole, "errors", report_errors(report, true), err);
}

static int
sarif_location(struct map_builder *result, const struct finding *finding, struct err *err)
{
	struct arena *arena = result->arena;
	struct map_builder region = { .arena = arena }, artifact = { .arena = arena };
	struct map_builder physical = { .arena = arena }, location = { .arena = arena };
	struct list_builder locations = { .arena = arena };

	if ((finding->at.line &&
		(put_number(&region, "startLine", finding->at.line, err) < 0 ||
		    put_number(&region, "startColumn", finding->at.column, err) < 0 ||
		    put_map(&physical, "region", &region, err) < 0)) ||
	    put_text(&artifact, "uri", finding->at.file, err) < 0 ||
	    put_map(&physical, "artifactLocation", &artifact, err) < 0 ||
	    put_map(&location, "physicalLocation", &physical, err) < 0 ||
	    add_map(&locations, &location, err) < 0)
		return -1;
	return put_list(result, "locations", &locations, err);
}

static int
sarif_result(struct list_builder *results, const struct finding *finding, struct err *err)
{
	struct arena *arena = results->arena;
	struct map_builder result = { .arena = arena }, message = { .arena = arena };
	char *text = arena_printf(
	    arena, err, "%s%s%s", finding->text, *finding->hint ? "; " : "", finding->hint);

	if (!text || put_text(&message, "text", text, err) < 0 ||
	    put_text(&result, "ruleId", finding->check, err) < 0 ||
	    put_text(&result, "level", severity(finding, true), err) < 0 ||
	    put_map(&result, "message", &message, err) < 0 ||
	    (finding->at.file && sarif_location(&result, finding, err) < 0))
		return -1;
	return add_map(results, &result, err);
}

static int
make_sarif(const struct report *report, struct map_builder *whole, struct err *err)
{
	struct arena *arena = whole->arena;
	struct map_builder driver = { .arena = arena }, tool = { .arena = arena };
	struct map_builder run = { .arena = arena };
	struct list_builder results = { .arena = arena }, runs = { .arena = arena };

	for (size_t i = 0; i < report->count; i++)
		if (sarif_result(&results, &report->findings[i], err) < 0)
			return -1;
	if (put_text(&driver, "name", "cinderbank-render", err) < 0 ||
	    put_map(&tool, "driver", &driver, err) < 0 || put_map(&run, "tool", &tool, err) < 0 ||
	    put_text(&run, "columnKind", "unicodeCodePoints", err) < 0 ||
	    put_list(&run, "results", &results, err) < 0 || add_map(&runs, &run, err) < 0 ||
	    put_text(whole, "$schema", "https://json.schemastore.org/sarif-2.1.0.json", err) < 0 ||
	    put_text(whole, "version", "2.1.0", err) < 0)
		return -1;
	return put_list(whole, "runs", &runs, err);
}

static int
print_json(const struct report *report,
    int (*make)(const struct report *, struct map_builder *, struct err *), FILE *out,
    struct err *err)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(ARENA_MAX);
	struct map_builder whole = { .arena = arena };

	if (!arena)
		return err_memory(err);
	if (make(report, &whole, err) < 0)
		return -1;
	return json_print(map_done(&whole, (struct place){ 0 }, err), out, err);
}

/* A test case a finding; none at all is one that passed. */
static int
print_junit(const struct report *report, FILE *out, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(TEXT_MAX);

	buf_printf(&text,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<testsuite name=\"cinderbank-render validate\" tests=\"%zu\" failures=\"%zu\">\n",
	    report->count ? report->count : 1, report_errors(report, true));
	if (!report->count)
		buf_text(&text, "  <testcase name=\"validate\" classname=\"environment\"/>\n");
	for (size_t i = 0; i < report->count; i++) {
		const struct finding *finding = &report->findings[i];
		const char *element = is_error(finding, true) ? "failure" : "system-out";
		scoped(buf_drop) struct buf line = BUF(TEXT_MAX);

		add_line(&line, finding, true);
		buf_printf(&text, "  <testcase name=\"%s\" classname=\"", finding->check);
		quote_xml(finding->at.file ? finding->at.file : "environment", &text);
		buf_printf(&text, "\">\n    <%s", element);
		if (is_error(finding, true)) {
			buf_text(&text, " type=\"error\" message=\"");
			quote_xml(finding->text, &text);
			buf_byte(&text, '"');
		}
		buf_byte(&text, '>');
		quote_xml(buf_string(&line), &text);
		buf_printf(&text, "</%s>\n  </testcase>\n", element);
	}
	buf_text(&text, "</testsuite>\n");
	if (buf_check(&text, err) < 0)
		return -1;
	fputs(buf_string(&text), out);
	return 0;
}

int
report_print(struct report *report, enum report_format format, FILE *out, struct err *err)
{
	if (report->failed)
		return err_memory(err);
	if (report->count)
		qsort(report->findings, report->count, sizeof(*report->findings), compare);
	switch (format) {
	case REPORT_TEXT:
		print_text(report, out);
		return 0;
	case REPORT_JSON:
		return print_json(report, make_json, out, err);
	case REPORT_JUNIT:
		return print_junit(report, out, err);
	case REPORT_SARIF:
		return print_json(report, make_sarif, out, err);
	}
	return 0;
}

void
report_drop(struct report *report)
{
	free(report->findings);
	*report = (struct report){ 0 };
}
