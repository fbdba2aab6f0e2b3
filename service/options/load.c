#include "options/load.h"

#include <dirent.h>
#include <fcntl.h>
#include <ini.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "options/entries.h"
#include "options/lines.h"
#include "options/opt.h"

enum {
	FILE_MAX = 4 << 20,
	ARENA_MAX = 64 << 20,
	ENTRIES_MAX = 16384,
	PATH_TEXT_MAX = 4096,
};

/* One file on its way to entries.  inih asks for lines and is given assignments only. */
struct reader {
	struct config *config;
	struct lines lines;
	const char *section; /* NULL before the first */
	struct buf value;    /* of the entry that further lines may continue */
	bool open;           /* there is such an entry, the last one */
	struct err *err;
	bool failed;
};

static int
fail(struct reader *reader, unsigned column, const char *what)
{
	struct place at = { reader->lines.file, reader->lines.number, column };

	reader->failed = true;
	return err_at(reader->err, at, ERR_INVALID, "%s", what);
}

/* The value is complete: keep it. */
static int
close_entry(struct reader *reader)
{
	struct config *config = reader->config;
	const char *value;

	if (!reader->open)
		return 0;
	reader->open = false;
	value = buf_check(&reader->value, reader->err) < 0
		    ? NULL
		    : arena_text(config->arena, buf_string(&reader->value), reader->err);
	if (!value) {
		reader->failed = true;
		return -1; /* uncovered: out of memory */
	}
	config->entries[config->count - 1].value = value;
	return 0;
}

static struct entry *
add_entry(struct config *config, struct err *err)
{
	size_t room = config->room ? config->room * 2 : 64;
	struct entry *entries;

	if (config->count == ENTRIES_MAX) {
		err_set(err, ERR_INVALID, "more than %d options", ENTRIES_MAX);
		return NULL;
	}
	if (config->count == config->room) {
		entries = realloc(config->entries, room * sizeof *entries);
		if (!entries) {
			err_memory(err);
			return NULL; /* uncovered: out of memory */
		}
		config->entries = entries;
		config->room = room;
	}
	return memset(&config->entries[config->count++], 0, sizeof *config->entries);
}

/* One pair of equal quotes around the first line of a value belongs to the file, not the value. */
static struct span
unquote(struct span text)
{
	if (!text.length || (*text.data != '"' && *text.data != '\''))
		return text;
	if (text.length == 1)
		return (struct span){ text.data, 0 };
	if (text.data[text.length - 1] != *text.data)
		return text;
	return (struct span){ text.data + 1, text.length - 2 };
}

/* inih has split a line: begin an entry.  1, or 0 to stop. */
static int
begin_entry(void *user, const char *section, const char *name, const char *value)
{
	struct reader *reader = user;
	struct config *config = reader->config;
	struct span key = lines_strip(span_of(name)), text = unquote(lines_strip(span_of(value)));
	struct entry *entry;

	(void)section; /* cut to 49 bytes by inih */
	if (!key.length)
		return fail(reader, 1, "the name before the = is missing") == 0;
	if (!reader->section)
		return fail(reader, 1, "option before the first [section]") == 0;
	entry = add_entry(config, reader->err);
	if (entry)
		entry->name = arena_copy(config->arena, key.data, key.length, reader->err);
	if (!entry || !entry->name) {
		reader->failed = true;
		return 0;
	}
	entry->section = reader->section;
	entry->value = "";
	entry->opt = opt_find(entry->section, entry->name);
	entry->at = (struct place){ reader->lines.file, reader->lines.number, 1 };
	entry->file = config->files;
	buf_clear(&reader->value);
	buf_add(&reader->value, text.data, text.length);
	reader->open = true;
	return 1;
}

static int
begin_section(struct reader *reader, struct span line)
{
	if (line.data[line.length - 1] != ']')
		return fail(
		    reader, (unsigned)line.length, "section without ] at the end of its line");
	if (line.length == 2)
		return fail(reader, 2, "section without a name");
	reader->section =
	    arena_copy(reader->config->arena, line.data + 1, line.length - 2, reader->err);
	reader->failed = !reader->section;
	return reader->section ? 0 : -1;
}

static int
continue_value(struct reader *reader, struct span line)
{
	if (!reader->open)
		return fail(reader, 1, "indented line that continues no option");
	line = lines_strip(line);
	buf_byte(&reader->value, '\n');
	buf_add(&reader->value, line.data, line.length);
	return 0;
}

/*
 * Do what inih would do otherwise than oslo.config: an indented line always
 * continues, even with a # in front; a blank line or a comment ends a value.
 * 1: the line is an assignment, which inih may split.
 */
static int
sort_line(struct reader *reader, struct span line)
{
	if (line.length && (*line.data == ' ' || *line.data == '\t'))
		return continue_value(reader, line);
	if (close_entry(reader) < 0)
		return -1; /* uncovered: out of memory */
	if (!line.length || *line.data == '#' || *line.data == ';')
		return 0;
	if (*line.data == '\v' || *line.data == '\f') /* blanks for inih, not for Python */
		return fail(reader, 1, "control character before the option's name");
	if (*line.data == '[')
		return begin_section(reader, line);
	if (!memchr(line.data, '=', line.length) && !memchr(line.data, ':', line.length))
		return fail(
		    reader, (unsigned)line.length, "neither = nor : behind the option's name");
	return 1;
}

/* As fgets, for inih: the next assignment. */
static char *
next_assignment(char *text, int room, void *stream)
{
	struct reader *reader = stream;
	struct span line;
	int sorted;

	(void)room; /* enough for any line that lines_check() lets pass */
	while (!reader->failed && lines_next(&reader->lines, &line)) {
		line = lines_strip_end(line);
		sorted = sort_line(reader, line);
		if (sorted <= 0)
			continue;
		memcpy(text, line.data, line.length);
		text[line.length] = '\0';
		return text;
	}
	return NULL;
}

static void
reader_drop(struct reader *reader)
{
	buf_drop(&reader->value);
}

static int
parse_text(struct config *config, const char *path, struct span text, struct err *err)
{
	scoped(reader_drop) struct reader reader = {
		.config = config,
		.lines = { path, text, 0 },
		.value = BUF(FILE_MAX),
		.err = err,
	};

	if (lines_check(&reader.lines, err) < 0)
		return -1;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_bom = false;
	ini_use_stack = false;
	ini_allow_realloc = false;
	ini_initial_alloc = ini_max_line = LINES_LENGTH_MAX + 3;
	ini_stop_on_first_error = true;
	if (ini_parse_stream(next_assignment, &reader, begin_entry, &reader) == -2)
		return err_memory(err); /* uncovered: out of memory */
	if (!reader.failed)
		close_entry(&reader);
	config->files++;
	return reader.failed ? -1 : 0;
}

static int
read_file(const char *path, struct buf *ret, struct err *err)
{
	scoped(scoped_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 1;
	char *end;

	if (fd < 0)
		return err_sys(err, "configuration file %s", path);
	while (got) {
		end = buf_reserve(ret, LINES_LENGTH_MAX);
		if (!end)
			return err_set(err, ERR_INVALID, "configuration file %s: over %d MiB", path,
			    FILE_MAX >> 20);
		got = read(fd, end, LINES_LENGTH_MAX);
		if (got < 0)
			return err_sys(err, "configuration file %s", path);
		ret->length += (size_t)got;
	}
	return 0;
}

static int
load_file(struct config *config, const char *path, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(FILE_MAX + LINES_LENGTH_MAX);
	const char *kept = arena_text(config->arena, path, err);

	if (!kept || read_file(path, &text, err) < 0)
		return -1;
	if (parse_text(config, kept, buf_span(&text), err) == 0)
		return 0;
	/* The config goes, and with it the name that the place would borrow. */
	if (err->at.line)
		err_wrap(err, "%s:%u:%u", path, err->at.line, err->at.column);
	else
		err_wrap(err, "configuration file %s", path);
	err->at = (struct place){ 0 };
	return -1;
}

static int
is_conf(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return *entry->d_name != '.' && length >= 5 &&
	       strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
load_directory(struct config *config, const char *path, struct err *err)
{
	char file[PATH_TEXT_MAX];
	struct dirent **found;
	int count = scandir(path, &found, is_conf, by_name), i, failed = 0;

	if (count < 0)
		return err_sys(err, "configuration directory %s", path);
	for (i = 0; i < count; i++) {
		snprintf(file, sizeof file, "%s/%s", path, found[i]->d_name);
		if (!failed)
			failed = load_file(config, file, err);
		free(found[i]);
	}
	free(found);
	return failed;
}

static int
load_source(struct config *config, enum source_kind kind, const char *path, struct err *err)
{
	return kind == SOURCE_FILE ? load_file(config, path, err)
				   : load_directory(config, path, err);
}

/* The first of oslo.config's places that has a file or directory of this name; none is no error. */
static int
load_found(struct config *config, enum source_kind kind, const char *name, struct err *err)
{
	static const char *const places[] = { "/.cinder", "", "/etc/cinder", "/etc" };
	const char *home = getenv("HOME");
	char path[PATH_TEXT_MAX];
	size_t i;

	for (i = home ? 0 : 2; i < sizeof places / sizeof *places; i++) {
		snprintf(path, sizeof path, "%s%s/%s", i < 2 ? home : "", places[i], name);
		if (access(path, F_OK) == 0)
			return load_source(config, kind, path, err);
	}
	return 0;
}

static bool
has_kind(const struct config_source *sources, size_t n_sources, enum source_kind kind)
{
	size_t i;

	for (i = 0; i < n_sources; i++)
		if (sources[i].kind == kind)
			return true;
	return false;
}

static int
load_sources(
    struct config *config, const struct config_source *sources, size_t n_sources, struct err *err)
{
	bool files = has_kind(sources, n_sources, SOURCE_FILE);
	bool directories = has_kind(sources, n_sources, SOURCE_DIRECTORY);
	size_t i;

	if (!files && (load_found(config, SOURCE_FILE, "cinder.conf", err) < 0 ||
			  load_found(config, SOURCE_FILE, "cinder-backup.conf", err) < 0))
		return -1;
	if (!directories &&
	    (load_found(config, SOURCE_DIRECTORY, "cinder.conf.d", err) < 0 ||
		load_found(config, SOURCE_DIRECTORY, "cinder-backup.conf.d", err) < 0))
		return -1;
	for (i = 0; i < n_sources; i++)
		if (load_source(config, sources[i].kind, sources[i].path, err) < 0)
			return -1;
	return 0;
}

int
config_load(
    struct config **ret, const struct config_source *sources, size_t n_sources, struct err *err)
{
	scoped(config_free_scoped) struct config *config = calloc(1, sizeof *config);

	if (config)
		config->arena = arena_new(ARENA_MAX);
	if (!config || !config->arena)
		return err_memory(err); /* uncovered: out of memory */
	if (load_sources(config, sources, n_sources, err) < 0)
		return -1;
	*ret = take(&config);
	return 0;
}

void
config_free(struct config *config)
{
	if (!config)
		return;
	arena_free(config->arena);
	free(config->entries);
	free(config);
}
