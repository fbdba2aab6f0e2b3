#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "doc/dump.h"
#include "emit/kinds.h"
#include "role/role.h"

enum { FILE_MAX = 16 << 20 };

/* As Puppet's tools sort them: by key. */
static const struct dump_style style = { .indent = 1, .sorted = true };

/* All levels that have a name, as one map. */
int
emit_hiera(const struct role *role, struct buf *out, struct err *err)
{
	const struct dump_style whole = { .indent = 1 };

	dump_json(role->hieradata, &whole, out);
	buf_byte(out, '\n');
	return buf_check(out, err);
}

/* A level's name becomes a file's; one that would lead elsewhere is refused. */
static int
check_name(const struct value *key, struct err *err)
{
	if (key->type != VALUE_TEXT || !key->text.length || *key->text.data == '.' ||
	    strchr(key->text.data, '/'))
		return err_at(err, key->at, ERR_INVALID, "not a name for a level of hiera data");
	return 0;
}

int
emit_hiera_files(const struct role *role, emit_file_fn *fn, void *arg, struct err *err)
{
	for (size_t i = 0; i < role->hieradata->map.count; i++) {
		const struct member *level = &role->hieradata->map.members[i];
		scoped(buf_drop) struct buf out = BUF(FILE_MAX);

		if (check_name(level->key, err) < 0)
			return -1;
		char *path =
		    arena_printf(role->arena, err, "hieradata/%s.json", level->key->text.data);
		dump_json(level->value, &style, &out);
		buf_byte(&out, '\n');
		if (!path || buf_check(&out, err) < 0 ||
		    fn(arg, path, 0640, buf_span(&out), err) < 0)
			return -1;
	}
	return 0;
}
