#include "options/doc.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "options/page.h"
#include "options/tables.h"

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

int
main(int argc, char **argv)
{
	static const struct page pages[] = {
		{ "reference", doc_reference },
		{ "sample", doc_sample },
		{ "manual", doc_manual },
		{ NULL, NULL },
	};

	return page_main(argc, argv, pages);
}
