#include "options/doc.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "options/tables.h"

enum { DOCUMENT_MAX = 1 << 20 };

static void
add_bounds(const struct opt *opt, struct buf *ret)
{
	if (!opt->min && !opt->max)
		return;
	if (opt->max == INT64_MAX)
		buf_printf(ret, ", at least %" PRId64, opt->min);
	else
		buf_printf(ret, ", from %" PRId64 " to %" PRId64, opt->min, opt->max);
}

static void
add_choices(const struct opt *opt, struct buf *ret)
{
	const struct choice *choice;

	for (choice = opt->choices; choice->name; choice++)
		buf_printf(ret, "%s%s", choice == opt->choices ? "one of " : ", ", choice->name);
	if (opt->flags & OPT_ANY_CASE)
		buf_text(ret, "; in any letter case");
}

void
doc_kind(const struct opt *opt, struct buf *ret)
{
	static const char *const names[] = {
		[OPT_TYPE_TEXT] = "text",
		[OPT_TYPE_URI] = "a URL",
		[OPT_TYPE_BOOL] = "true or false",
		[OPT_TYPE_INTEGER] = "a whole number",
		[OPT_TYPE_BYTES] = "bytes, a whole number",
		[OPT_TYPE_FLOAT] = "a number",
		[OPT_TYPE_CHOICE] = "",
		[OPT_TYPE_LIST] = "text, may stand several times",
	};

	buf_text(ret, names[opt->type]);
	add_bounds(opt, ret);
	if (opt->choices)
		add_choices(opt, ret);
	if (opt->flags & OPT_SECRET)
		buf_text(ret, ", secret");
	if (opt->flags & OPT_REQUIRED)
		buf_text(ret, ", required");
}

const char *
doc_default(const struct opt *opt)
{
	if (opt->dflt)
		return opt->dflt;
	return opt->flags & OPT_NODE_NAME ? "the name of the node" : "unset";
}

bool
doc_is_repeated(const struct opt *opt)
{
	return opt_find(opt_section(opt), opt->name) != opt;
}

size_t
doc_line(const char *text, size_t width)
{
	size_t length = strlen(text), end;

	if (length <= width)
		return length;
	for (end = width; end && text[end] != ' '; end--)
		;
	return end ? end : strcspn(text, " ");
}

size_t
doc_sentence(const char *text)
{
	size_t end;

	for (end = 0; text[end]; end++)
		if (text[end] == '.' && (!text[end + 1] || text[end + 1] == ' '))
			return end + 1;
	return end;
}

static const struct {
	const char *name;
	void (*print)(struct buf *ret);
} documents[] = {
	{ "reference", doc_reference },
	{ "sample", doc_sample },
	{ "manual", doc_manual },
};

static int
print(const char *name, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(DOCUMENT_MAX);
	size_t i;

	for (i = 0; i < sizeof documents / sizeof *documents; i++)
		if (strcmp(name, documents[i].name) == 0)
			documents[i].print(&text);
	if (!text.length)
		return err_set(err, ERR_INVALID, "no document %s", name);
	if (buf_check(&text, err) < 0)
		return -1;
	if (fwrite(text.data, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
		return err_sys(err, "standard output");
	return 0;
}

int
main(int argc, char **argv)
{
	struct err err = ERR_INIT;

	if (argc != 2) {
		fputs("usage: cinderbank-doc reference|sample|manual\n", stderr);
		return 2;
	}
	if (print(argv[1], &err) < 0) {
		fprintf(stderr, "cinderbank-doc: %s\n", err.text);
		return 1;
	}
	return 0;
}
