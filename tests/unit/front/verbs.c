/* Rules that every row of verbs.c keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "front/verbs.h"
#include "model/backup.h"

static void
assert_sentences(const char *text)
{
	if (!text || !*text || text[strlen(text) - 1] != '.' || strstr(text, "  "))
		fail_msg("not whole sentences: %s", text ? text : "(none)");
}

static void
check_options(const struct verb *verb, const struct verb_option *options)
{
	for (; options->name; options++) {
		assert_sentences(options->help);
		assert_int_equal(options->kind == VERB_FLAG, options->value == NULL);
		assert_ptr_equal(verb_option_find(verb, options->name), options);
		if (options->also)
			assert_ptr_equal(verb_option_find(verb, options->also), options);
	}
}

static void
every_row_is_complete(void **state)
{
	const struct verb *verb;
	const struct verb_word *word;

	(void)state;
	for (verb = verbs; verb->name; verb++) {
		assert_ptr_equal(verb_find(verb->name), verb);
		assert_sentences(verb->help);
		assert_true(verb->summary[strlen(verb->summary) - 1] != '.');
		for (word = verb->words; word->name; word++) {
			assert_sentences(word->help);
			assert_false(word->optional && word[1].name && !word[1].optional);
		}
		check_options(verb, verb->options);
		check_options(verb, verb_common);
		assert_non_null(verb->examples->command);
	}
	assert_null(verb_find("undo"));
	assert_null(verb_option_find(verbs, "no-such"));
}

/* Examples that do not parse would teach what does not work. */
static void
every_example_is_taken_as_it_stands(void **state)
{
	const struct verb_example *example;
	const struct verb *verb;

	(void)state;
	for (verb = verbs; verb->name; verb++) {
		for (example = verb->examples; example->command; example++) {
			char words[256], *argv[16], *rest = NULL, *word;
			struct cli cli;
			struct err err;
			int argc = 0;

			assert_sentences(example->does);
			snprintf(words, sizeof words, "%s", example->command);
			for (word = strtok_r(words, " ", &rest); word && *word != '>';
			     word = strtok_r(NULL, " ", &rest))
				argv[argc++] = word;
			argv[argc] = NULL;
			if (cli_parse(argc, argv, stdout, &cli, &err) != 1)
				fail_msg("%s: %s", example->command, err.text);
			assert_ptr_equal(cli.row, verb);
		}
	}
}

static void
help_fits_an_old_terminal(void **state)
{
	const struct verb *verb;

	(void)state;
	for (verb = verbs; verb->name; verb++) {
		scoped(buf_drop) struct buf text = BUF(65536);
		const char *line;

		verb_help(verb, &text);
		for (line = buf_string(&text); *line; line += strcspn(line, "\n") + 1)
			if (strcspn(line, "\n") > 79 && line[2] != 'c')
				fail_msg("%.*s", (int)strcspn(line, "\n"), line);
	}
}

/* An error sends whoever mistyped one there. */
static void
help_of_list_names_every_status(void **state)
{
	scoped(buf_drop) struct buf text = BUF(65536);
	int status;

	(void)state;
	verb_help(verb_find("list"), &text);
	for (status = BACKUP_CREATING; status <= BACKUP_ERROR_DELETING; status++)
		assert_non_null(strstr(buf_string(&text), backup_status_name(status)));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(help_of_list_names_every_status),
		cmocka_unit_test(every_example_is_taken_as_it_stands),
		cmocka_unit_test(help_fits_an_old_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
