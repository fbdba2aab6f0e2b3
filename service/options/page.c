#include "options/page.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

enum { PAGE_MAX = 1 << 20, DONE = 0, FAILED = 1, USAGE = 2 };

static int
print(const struct page *page, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(PAGE_MAX);

	page->print(&text);
	if (buf_check(&text, err) < 0)
		return -1;
	if (fwrite(text.data, 1, text.length, stdout) != text.length || fflush(stdout) != 0)
		return err_sys(err, "standard output");
	return 0;
}

static int
explain(const char *program, const struct page *page)
{
	fprintf(stderr, "usage: %s PAGE, which is one of:", program);
	for (; page->name; page++)
		fprintf(stderr, " %s", page->name);
	fputc('\n', stderr);
	return USAGE;
}

int
page_main(int argc, char **argv, const struct page *pages)
{
	const struct page *page = pages;
	struct err err = ERR_INIT;

	while (page->name && argc == 2 && strcmp(page->name, argv[1]) != 0)
		page++;
	if (argc != 2 || !page->name)
		return explain(argv[0], pages);
	if (print(page, &err) == 0)
		return DONE;
	fprintf(stderr, "%s: %s\n", argv[0], err.text);
	return FAILED;
}
