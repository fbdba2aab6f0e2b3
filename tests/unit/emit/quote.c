#include "emit/quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/scope.h"

struct row {
	const char *text, *quoted;
};

static void
compare(void (*quote)(const char *, struct buf *), const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		scoped(buf_drop) struct buf out = BUF(256);

		quote(rows[i].text, &out);
		assert_string_equal(buf_string(&out), rows[i].quoted);
	}
}

static void
a_shell_word_is_quoted_only_where_it_must_be(void **state)
{
	static const struct row rows[] = {
		{ "image=host:5000/a-b_c.d:1", "image=host:5000/a-b_c.d:1" },
		{ "two words", "'two words'" },
		{ "it's", "'it'\"'\"'s'" },
		{ "", "''" },
		{ "$HOME", "'$HOME'" },
	};

	(void)state;
	compare(quote_shell, rows, sizeof(rows) / sizeof(*rows));
}

static void
an_xml_attribute_cannot_be_left(void **state)
{
	static const struct row rows[] = {
		{ "a&b<c>\"d\"", "a&amp;b&lt;c&gt;&quot;d&quot;" },
		{ "tab\tline\n", "tab&#9;line&#10;" },
		{ "bell\a!", "bell!" },
	};

	(void)state;
	compare(quote_xml, rows, sizeof(rows) / sizeof(*rows));
}

static void
an_id_is_a_name_of_xml(void **state)
{
	static const struct row rows[] = {
		{ "cinder-backup-etc-hosts", "cinder-backup-etc-hosts" },
		{ "9to5", "_9to5" },
		{ "a:b@c/d e", "a_b_c_d_e" },
	};

	(void)state;
	compare(quote_id, rows, sizeof(rows) / sizeof(*rows));
}

static void
systemd_expands_nothing(void **state)
{
	static const struct row rows[] = {
		{ "--net=host", "--net=host" },
		{ "100% $x", "\"100%% $$x\"" },
		{ "a \"b\" \\", "\"a \\\"b\\\" \\\\\"" },
	};

	(void)state;
	compare(quote_systemd, rows, sizeof(rows) / sizeof(*rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_shell_word_is_quoted_only_where_it_must_be),
		cmocka_unit_test(an_xml_attribute_cannot_be_left),
		cmocka_unit_test(an_id_is_a_name_of_xml),
		cmocka_unit_test(systemd_expands_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
