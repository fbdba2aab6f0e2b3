#include "front/doc.h"

#include <stddef.h>

#include "options/page.h"

int
main(int argc, char **argv)
{
	static const struct page pages[] = {
		{ "manual", doc_manual },
		{ "completion", doc_completion },
		{ NULL, NULL },
	};

	return page_main(argc, argv, pages);
}
