/*
 * The main of a program that prints, at build time, pages made from rows.
 */
#ifndef CINDERBANK_OPTIONS_PAGE_H
#define CINDERBANK_OPTIONS_PAGE_H

struct buf;

struct page {
	const char *name; /* the last row has none */
	void (*print)(struct buf *ret);
};

/* Write the page that argv[1] names to standard output.  The exit status; 2: there is none such. */
int page_main(int argc, char **argv, const struct page *pages);

#endif
