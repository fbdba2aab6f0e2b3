/* Each allocation of ours fails once: an error comes back, and nothing is lost or freed twice. */
#include "unit/base/starve.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/json.h"

static int
fill_arena(struct err *err)
{
	scoped(arena_free_scoped) struct arena *arena = arena_new(1 << 20);

	if (!arena)
		return err_memory(err);
	if (!arena_alloc(arena, 10, err) || !arena_alloc(arena, 100000, err))
		return -1;
	return arena_text(arena, "text", err) ? 0 : -1;
}

static int
fill_buf(struct err *err)
{
	scoped(buf_drop) struct buf buf = BUF(100000);
	int i;

	for (i = 0; i < 100; i++)
		buf_printf(&buf, "line %d of many\n", i);
	return buf_check(&buf, err);
}

static int
decode(struct err *err)
{
	scoped(buf_drop) struct buf buf = BUF(1000);

	return digest_unbase64(span_of("Zm9vYmFy"), &buf, err);
}

static int
give(void *arg, uint64_t offset, struct buf *ret, struct err *err)
{
	const char *text = arg;

	(void)err;
	buf_text(ret, text + offset);
	return 1;
}

static int
read_json(struct err *err)
{
	static char text[] = "{\"a\": [1, \"x\"]}";
	static const struct json_limits limits = { .depth_max = 4, .text_max = 100 };
	scoped(json_reader_close_scoped) struct json_reader *reader = NULL;
	struct json_token token;
	int result;

	if (json_reader_open(&reader, give, text, &limits, err) < 0)
		return -1;
	while ((result = json_next(reader, &token, err)) > 0)
		;
	return result;
}

static void
every_module_survives_without_memory(void **state)
{
	(void)state;
	starve_each(fill_arena);
	starve_each(fill_buf);
	starve_each(decode);
	starve_each(read_json);
}

static void
md5_without_memory_is_none(void **state)
{
	(void)state;
	starve_calls = starve_at = 0;
	assert_null(digest_md5_open());
	starve_calls = -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_module_survives_without_memory),
		cmocka_unit_test(md5_without_memory_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
