#include "front/doc.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"

enum { DOCUMENT_MAX = 1 << 20 };

static int
print(const char *name, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(DOCUMENT_MAX);

	if (strcmp(name, "manual") == 0)
		doc_manual(&text);
	else if (strcmp(name, "completion") == 0)
		doc_completion(&text);
	else
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
		fputs("usage: cinderbank-verbs manual|completion\n", stderr);
		return 2;
	}
	if (print(argv[1], &err) < 0) {
		fprintf(stderr, "cinderbank-verbs: %s\n", err.text);
		return 1;
	}
	return 0;
}
