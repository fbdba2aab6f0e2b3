#include "hot/source.h"

#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/scope.h"
#include "doc/file.h"
#include "doc/load.h"

/* Director makes X.yaml of X.j2.yaml before Heat sees it. */
static int
blame_jinja(const struct doc_loader *loader, const char *path, struct err *err)
{
	static const char ending[] = ".j2.yaml";
	size_t length = strlen(path);
	const char *source = NULL;
	struct err lost = ERR_INIT;

	if (length > 5 && strcmp(path + length - 5, ".yaml") == 0)
		source =
		    arena_printf(loader->arena, &lost, "%.*s%s", (int)length - 5, path, ending);
	if (!source || access(source, R_OK) < 0)
		return -1;
	return err_wrap(err,
	    "only the Jinja2 template %s is there, which tools/process-templates.py of its tree "
	    "turns into what Heat reads",
	    source);
}

int
source_load(
    const struct doc_loader *loader, const char *path, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(DOC_MAX + 1);
	const struct doc_loader quiet = { .arena = loader->arena };
	const char *end = strstr(path, ".j2.yaml");

	if (end && strlen(end) == 8)
		return err_set(err, ERR_INVALID,
		    "%s: a Jinja2 template; tools/process-templates.py of its tree turns it into "
		    "what Heat reads",
		    path);
	if (file_read(path, &text, err) < 0)
		return err->kind == ERR_NOT_FOUND ? blame_jinja(loader, path, err) : -1;
	while (text.length && strchr(" \t\r\n\v\f", text.data[text.length - 1]))
		text.length--;
	return doc_parse(&quiet, buf_span(&text), path, ret, err);
}
