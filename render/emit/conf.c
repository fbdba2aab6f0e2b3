#include <string.h>

#include "base/err.h"
#include "emit/kinds.h"
#include "role/role.h"

/* Is this the first line of its section? */
static bool
opens_section(const struct settings *settings, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (!settings->lines[i].absent &&
		    !strcmp(settings->lines[i].section, settings->lines[index].section))
			return false;
	return true;
}

static void
add_section(const struct settings *settings, size_t first, struct buf *out)
{
	const char *section = settings->lines[first].section;

	buf_printf(out, "%s[%s]\n", out->length ? "\n" : "", section);
	for (size_t i = first; i < settings->count; i++) {
		const struct setting_line *line = &settings->lines[i];

		if (!line->absent && !strcmp(line->section, section))
			buf_printf(out, "%s=%s\n", line->name, line->value);
	}
}

/* Sections in the order of their first option, options in that of application. */
int
emit_conf(const struct role *role, struct buf *out, struct err *err)
{
	const struct settings *settings = &role->settings;

	for (size_t i = 0; i < settings->count; i++)
		if (!settings->lines[i].absent && opens_section(settings, i))
			add_section(settings, i, out);
	return buf_check(out, err);
}
