#include "doc/dump.h"
#include "emit/kinds.h"
#include "role/role.h"

int
emit_role_data(const struct role *role, struct buf *out, struct err *err)
{
	const struct dump_style style = { .indent = 2 };

	dump_json(role->data, &style, out);
	buf_byte(out, '\n');
	return buf_check(out, err);
}

/* YAML, so that it may be given to -e again. */
int
emit_merged(const struct role *role, struct buf *out, struct err *err)
{
	dump_yaml(role->merged, out);
	return buf_check(out, err);
}
