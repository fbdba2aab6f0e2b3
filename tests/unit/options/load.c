#include "options/load.h"

#include <sys/stat.h>

#include "options/entries.h"
#include "options/lines.h"
#include "unit/options/conf.h"

/* What was read, as lines "[section]name=value"; line ends within values as |. */
static void
print_entries(const struct config *config, char *ret, size_t room)
{
	size_t i, used = 0;
	char *letter;

	*ret = '\0';
	for (i = 0; i < config->count; i++) {
		const struct entry *entry = &config->entries[i];
		char value[200];

		snprintf(value, sizeof value, "%s", entry->value);
		for (letter = value; *letter; letter++)
			*letter = *letter == '\n' ? '|' : *letter;
		used += (size_t)snprintf(
		    ret + used, room - used, "[%s]%s=%s\n", entry->section, entry->name, value);
	}
}

static const struct {
	const char *text, *entries;
} files[] = {
	{ "", "" },
	{ "# nothing\n; at all\n\n", "" },
	{ "[a]\nx=1\n", "[a]x=1\n" },
	{ "[a]\nx=1", "[a]x=1\n" },
	{ "[a]\r\nx = 1\r\n", "[a]x=1\n" },
	{ "[a]\rx = 1\r", "[a]x=1\n" },
	{ "[a]\nx : 1\ny=b:c\nz:d=e\n", "[a]x=1\n[a]y=b:c\n[a]z=d=e\n" },
	{ "[a]\n  \nx=\n", "[a]x=\n" },
	{ "[a]\nx = v ; no comment\ny = v # nor this\n",
	    "[a]x=v ; no comment\n[a]y=v # nor this\n" },
	{ "[a]\nx = [b]\n", "[a]x=[b]\n" },
	{ "[a]\nx=1\nx=2\n[b]\n[a]\nx=3\n", "[a]x=1\n[a]x=2\n[a]x=3\n" },
	{ "[ a ]\nx=1\n[a]b] \ny=2\n", "[ a ]x=1\n[a]b]y=2\n" },
	/* Quotes. */
	{ "[a]\nx=\" v \"\ny='v'\nz=\"\"\n", "[a]x= v \n[a]y=v\n[a]z=\n" },
	{ "[a]\nx=\"v'\ny=\"\nz=v\"\nu=\"a\"b\"\n", "[a]x=\"v'\n[a]y=\n[a]z=v\"\n[a]u=a\"b\n" },
	/* Continuation. */
	{ "[a]\nx = 1\n  2\n\t3\ny=4\n", "[a]x=1|2|3\n[a]y=4\n" },
	{ "[a]\nx = 1\n # 2\n [b]\n y = 3\n", "[a]x=1|# 2|[b]|y = 3\n" },
	{ "[a]\nx =\n  2\n", "[a]x=|2\n" },
	{ "[a]\nx = \"1\"\n  \"2\"\n", "[a]x=1|\"2\"\n" },
	{ "[a]\nx = 1\n   \ny = 2\n", "[a]x=1\n[a]y=2\n" },
	/* Blanks of Unicode, as they come from web pages. */
	{ "[a]\nx\xc2\xa0=\xc2\xa0v\xc2\xa0\n", "[a]x=v\n" },
	{ "[a]\n\xc2\xa0x=1\n", "[a]x=1\n" },
	{ "[a]\n\xc2\xa0\nx=1\n", "[a]x=1\n" },
	/* Names are longer than inih keeps them. */
	{ "[a_section_with_a_name_of_more_than_fifty_letters_in_all]\n"
	  "an_option_with_a_name_of_more_than_fifty_letters_in_all=1\n",
	    "[a_section_with_a_name_of_more_than_fifty_letters_in_all]"
	    "an_option_with_a_name_of_more_than_fifty_letters_in_all=1\n" },
};

static void
files_are_read_as_oslo_reads_them(void **state)
{
	char entries[1000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof files / sizeof *files; i++) {
		scoped(config_free_scoped) struct config *config = conf_good(files[i].text);

		print_entries(config, entries, sizeof entries);
		assert_string_equal(entries, files[i].entries);
	}
}

#define TEXT(literal) literal, sizeof literal - 1

static const struct {
	const char *text;
	size_t length;
	const char *error; /* behind the name of the file */
} mistakes[] = {
	{ TEXT("x=1\n"), ":1:1: option before the first [section]" },
	{ TEXT("[a]\njunk\n"), ":2:4: neither = nor : behind the option's name" },
	{ TEXT("[a]\n = 1\n"), ":2:1: indented line that continues no option" },
	{ TEXT("[a]\n= 1\n"), ":2:1: the name before the = is missing" },
	{ TEXT("[a]\n\xc2\xa0= 1\n"), ":2:1: the name before the = is missing" },
	{ TEXT("[a\nx=1\n"), ":1:2: section without ] at the end of its line" },
	{ TEXT("[a] # b\n"), ":1:7: section without ] at the end of its line" },
	{ TEXT("[\n"), ":1:1: section without ] at the end of its line" },
	{ TEXT("[]\n"), ":1:2: section without a name" },
	{ TEXT("[a]\nx=1\n\n  2\n"), ":4:1: indented line that continues no option" },
	{ TEXT("[a]\nx=1\n# c\n  2\n"), ":4:1: indented line that continues no option" },
	{ TEXT("[a]\nx=1\n[b]\n  2\n"), ":4:1: indented line that continues no option" },
	{ TEXT("[a]\n\fx=1\n"), ":2:1: control character before the option's name" },
	{ TEXT("\xef\xbb\xbf[a]\n"), ":1:1: byte order mark: save the file as UTF-8 without it" },
	{ TEXT("[a]\nx=\0\n"), ":2:3: NUL byte in a text file" },
	{ TEXT("[a]\nx=\xff\n"), ":2:3: byte 0xff is not UTF-8 text" },
};

static void
mistakes_are_told_with_file_line_and_column(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		struct config *config = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(
		    conf_load(&config, mistakes[i].text, mistakes[i].length, &err), -1);
		assert_null(config);
		assert_int_equal(err.kind, ERR_INVALID);
		assert_int_equal(strncmp(err.text, "/proc/self/fd/", 14), 0);
		assert_string_equal(strchr(err.text, ':'), mistakes[i].error);
	}
}

/* A text of count times a piece, behind a beginning. */
static char *
repeat(const char *beginning, const char *piece, size_t count)
{
	char *text = malloc(strlen(beginning) + count * strlen(piece) + 1), *end = text;

	assert_non_null(text);
	end = stpcpy(end, beginning);
	while (count--)
		end = stpcpy(end, piece);
	return text;
}

static const struct {
	const char *beginning, *piece;
	size_t count;
	const char *error;
} floods[] = {
	{ "[a]\nx=", "y", LINES_LENGTH_MAX - 1, "2:1: line of more than 65536 bytes" },
	{ "[a]\n", "x=1\n", 16385, "more than 16384 options" },
	{ "[a]\n", "# a comment\n", 400000, "over 4 MiB" },
	{ "", "# a comment of many\n", 210001, "over 4 MiB" },
};

static void
floods_end_in_an_error(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof floods / sizeof *floods; i++) {
		scoped(scoped_free) char *text =
		    repeat(floods[i].beginning, floods[i].piece, floods[i].count);
		struct config *config = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(conf_load(&config, text, strlen(text), &err), -1);
		assert_non_null(strstr(err.text, floods[i].error));
	}
}

static void
the_longest_line_is_read_whole(void **state)
{
	scoped(scoped_free) char *text = repeat("[a]\nx=", "y", LINES_LENGTH_MAX - 2);
	scoped(config_free_scoped) struct config *config = conf_good(text);

	(void)state;
	assert_int_equal(strlen(config->entries[0].value), LINES_LENGTH_MAX - 2);
}

/* A folder with files, and a home that is that folder. */
struct place_to_look {
	char path[64], old[4096];
};

static void
put(const struct place_to_look *at, const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", at->path, name);
	if (!text) {
		assert_int_equal(mkdir(path, 0700), 0);
		return;
	}
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
place_drop(struct place_to_look *at)
{
	char command[100];

	setenv("HOME", at->old, 1);
	snprintf(command, sizeof command, "rm -rf %s", at->path);
	assert_int_equal(system(command), 0);
}

static void
place_make(struct place_to_look *at)
{
	const char *home = getenv("HOME");

	snprintf(at->old, sizeof at->old, "%s", home ? home : "/");
	strcpy(at->path, "/tmp/cinderbank-options-XXXXXX");
	assert_non_null(mkdtemp(at->path));
	setenv("HOME", at->path, 1);
}

/* Load sources below the folder: "d:dir" or "f:file", with blanks between. */
static int
load_named(
    const struct place_to_look *at, const char *sources, struct config **ret, struct err *err)
{
	struct config_source list[4];
	char paths[4][200];
	size_t count = 0;

	for (; *sources; sources += strcspn(sources, " "), sources += *sources == ' ') {
		snprintf(paths[count], sizeof *paths, "%s/%.*s", at->path,
		    (int)strcspn(sources + 2, " "), sources + 2);
		list[count].kind = *sources == 'd' ? SOURCE_DIRECTORY : SOURCE_FILE;
		list[count].path = paths[count];
		count++;
	}
	return config_load(ret, list, count, err);
}

static const struct {
	const char *sources, *entries;
} orders[] = {
	{ "f:b.conf f:a.conf", "[x]o=cinder.d\n[x]o=backup.d\n[x]o=b\n[x]o=a\n" },
	{ "d:d", "[x]o=.cinder\n[x]o=backup\n[x]o=1\n[x]o=2\n" },
	{ "f:a.conf d:d f:b.conf", "[x]o=a\n[x]o=1\n[x]o=2\n[x]o=b\n" },
	{ "", "[x]o=.cinder\n[x]o=backup\n[x]o=cinder.d\n[x]o=backup.d\n" },
};

static void
sources_are_read_in_their_order_behind_what_is_found(void **state)
{
	scoped(place_drop) struct place_to_look at;
	char entries[1000];
	size_t i;

	(void)state;
	place_make(&at);
	put(&at, "a.conf", "[x]\no=a\n");
	put(&at, "b.conf", "[x]\no=b\n");
	put(&at, "d", NULL);
	put(&at, "d/20.conf", "[x]\no=2\n");
	put(&at, "d/10.conf", "[x]\no=1\n");
	put(&at, "d/.hidden.conf", "junk");
	put(&at, "d/30.conf.rpmsave", "junk");
	put(&at, ".cinder", NULL);
	put(&at, ".cinder/cinder.conf", "[x]\no=.cinder\n");
	put(&at, "cinder.conf", "[x]\no=shadowed\n");
	put(&at, "cinder-backup.conf", "[x]\no=backup\n");
	put(&at, "cinder.conf.d", NULL);
	put(&at, "cinder.conf.d/a.conf", "[x]\no=cinder.d\n");
	put(&at, "cinder-backup.conf.d", NULL);
	put(&at, "cinder-backup.conf.d/a.conf", "[x]\no=backup.d\n");
	for (i = 0; i < sizeof orders / sizeof *orders; i++) {
		scoped(config_free_scoped) struct config *config = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(load_named(&at, orders[i].sources, &config, &err), 0);
		print_entries(config, entries, sizeof entries);
		assert_string_equal(entries, orders[i].entries);
	}
}

static const struct {
	const char *sources;
	enum err_kind kind;
	const char *error;
} faults[] = {
	{ "f:none.conf", ERR_NOT_FOUND, "/none.conf: No such file or directory" },
	{ "d:none", ERR_NOT_FOUND, "/none: No such file or directory" },
	{ "f:d", ERR_INVALID, "/d: Is a directory" },
	{ "d:d", ERR_INVALID, "/d/10.conf:1:4: neither = nor : behind the option's name" },
};

static void
a_source_that_cannot_be_read_is_named(void **state)
{
	scoped(place_drop) struct place_to_look at;
	size_t i;

	(void)state;
	place_make(&at);
	put(&at, "d", NULL);
	put(&at, "d/10.conf", "junk\n");
	put(&at, "d/20.conf", "more junk\n");
	for (i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct config *config = NULL;
		struct err err = ERR_INIT;

		assert_int_equal(load_named(&at, faults[i].sources, &config, &err), -1);
		assert_int_equal(err.kind, faults[i].kind);
		assert_non_null(strstr(err.text, faults[i].error));
	}
}

static void
a_fault_in_what_is_found_is_an_error(void **state)
{
	static const char *const names[] = { "cinder-backup.conf.d", "cinder.conf.d",
		"cinder-backup.conf", "cinder.conf" };
	scoped(place_drop) struct place_to_look at;
	size_t i;

	(void)state;
	place_make(&at);
	for (i = 0; i < 4; i++) {
		struct config *config = NULL;
		struct err err = ERR_INIT;

		put(&at, names[i], "junk");
		assert_int_equal(config_load(&config, NULL, 0, &err), -1);
		assert_non_null(strstr(err.text, names[i]));
	}
}

static void
no_home_is_no_error(void **state)
{
	scoped(place_drop) struct place_to_look at;
	struct config *config = NULL;
	struct err err = ERR_INIT;

	(void)state;
	place_make(&at);
	put(&at, "cinder.conf", "junk");
	unsetenv("HOME");
	if (config_load(&config, NULL, 0, &err) == 0)
		config_free(config);
	assert_null(strstr(err.text, at.path));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_as_oslo_reads_them),
		cmocka_unit_test(mistakes_are_told_with_file_line_and_column),
		cmocka_unit_test(floods_end_in_an_error),
		cmocka_unit_test(the_longest_line_is_read_whole),
		cmocka_unit_test(sources_are_read_in_their_order_behind_what_is_found),
		cmocka_unit_test(a_source_that_cannot_be_read_is_named),
		cmocka_unit_test(a_fault_in_what_is_found_is_an_error),
		cmocka_unit_test(no_home_is_no_error),
	};

	config_free(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
