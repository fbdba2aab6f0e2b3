/*
 * One row an option: read by the parser, the renderer, the man page, the
 * reference and the sample file.  Rows are designated, never positional.
 */
#ifndef CINDERBANK_OPTIONS_OPT_H
#define CINDERBANK_OPTIONS_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct err;

enum opt_type {
	OPT_TYPE_TEXT,
	OPT_TYPE_URI,
	OPT_TYPE_BOOL,
	OPT_TYPE_INTEGER,
	OPT_TYPE_BYTES, /* an integer that counts bytes */
	OPT_TYPE_FLOAT,
	OPT_TYPE_CHOICE,
	OPT_TYPE_LIST, /* several values, all kept, joined by newlines */
};

enum {
	OPT_SECRET = 1u << 0,    /* never in a log, an error or a readable file */
	OPT_REQUIRED = 1u << 1,  /* unset is an error where the table is used */
	OPT_NO_EFFECT = 1u << 2, /* accepted with a warning; help says why */
	OPT_ANY_CASE = 1u << 3,  /* choices are compared without regard to case */
	OPT_ELSEWHERE = 1u << 4, /* read by other services from the same file; no warning */
	OPT_NODE_NAME = 1u << 5, /* unset means the name of this node */
};

/* The offset of a field that must have this type: anything else fails to compile. */
#define OPT_OFFSET(T, field, ctype) (_Generic(((T *)0)->field, ctype : offsetof(T, field)))
#define OPT_TEXT(T, field) .type = OPT_TYPE_TEXT, .offset = OPT_OFFSET(T, field, const char *)
#define OPT_URI(T, field) .type = OPT_TYPE_URI, .offset = OPT_OFFSET(T, field, const char *)
#define OPT_LIST(T, field) .type = OPT_TYPE_LIST, .offset = OPT_OFFSET(T, field, const char *)
#define OPT_BOOL(T, field) .type = OPT_TYPE_BOOL, .offset = OPT_OFFSET(T, field, bool)
#define OPT_INTEGER(T, field) .type = OPT_TYPE_INTEGER, .offset = OPT_OFFSET(T, field, int64_t)
#define OPT_BYTES(T, field) .type = OPT_TYPE_BYTES, .offset = OPT_OFFSET(T, field, int64_t)
#define OPT_FLOAT(T, field) .type = OPT_TYPE_FLOAT, .offset = OPT_OFFSET(T, field, double)
#define OPT_CHOICE(T, field) .type = OPT_TYPE_CHOICE, .offset = OPT_OFFSET(T, field, int)

struct choice {
	const char *name; /* up to a choice without a name */
	int value;        /* aliases share one */
};

struct opt {
	const char *name;   /* as in cinder.conf */
	enum opt_type type; /* set, with offset, by OPT_BYTES(T, field) ... */
	size_t offset;
	const char *section; /* NULL: DEFAULT */
	const char *dflt;    /* as written in cinder.conf; NULL: unset */
	int64_t min, max;    /* inclusive; numbers only; both 0: any */
	const struct choice *choices;
	const char *hiera; /* class parameter; NULL: through cinder::config::cinder_config */
	const char *was;   /* older name, still read with a warning; or NULL */
	const char *since; /* first release of cinder with the name, "12.0.0"; NULL: always */
	unsigned flags;
	const char *help; /* whole sentences */
};

/* A row without a field: checked and documented, kept nowhere.  In tables of size 0 only. */
#define OPT_NOWHERE SIZE_MAX
#define OPT_NO_FIELD(kind) .type = OPT_TYPE_##kind, .offset = OPT_NOWHERE

struct opt_table {
	const char *name, *title; /* "swift"; "Object storage (swift)" for the reference */
	const char *about;        /* whole sentences that open its part of the reference */
	size_t size;              /* of the struct the rows fill; 0: rows have no fields */
	const struct opt *rows;   /* up to a row without a name */
	/* Rules between rows; or NULL.  An error begins with the option's name, as "[section]
	 * name". */
	int (*check)(const void *filled, struct err *err);
	const struct opt_table *with; /* more rows of the same struct, filled first; or NULL */
};

/* Section a row stands in: "DEFAULT" where it names none. */
const char *opt_section(const struct opt *opt);

/*
 * Parse one value as cinder.conf spells it (after quotes and substitution) into
 * the field of filled; text is copied into arena.  An empty number is null: the
 * field stays as it is.  ERR_INVALID names the option, the value (but never a
 * secret one) and the rule it breaks.
 */
int opt_parse(
    const struct opt *opt, const char *text, void *filled, struct arena *arena, struct err *err);

/* Check a value without keeping it. */
int opt_check(const struct opt *opt, const char *text, struct err *err);

/* The field's value as cinder.conf would spell it; secrets as stars, null as nothing. */
void opt_print(const struct opt *opt, const void *filled, struct buf *ret);

/* As opt_print, and what a secret is: for programs, never for people. */
void opt_print_secret(const struct opt *opt, const void *filled, struct buf *ret);

/*
 * Do two section names mean the same section?  Letter case counts for DEFAULT
 * alone, which is always upper case.
 */
bool opt_same_section(const char *a, const char *b);

/*
 * The row of a section and name in all tables: the first one, where drivers
 * share an option.  Old names are found too.  NULL: no such option.
 */
const struct opt *opt_find(const char *section, const char *name);

/* The row that a class parameter of Puppet sets, or NULL. */
const struct opt *opt_find_hiera(const char *key);

/* The nearest known name of a section to a misspelt one, or NULL. */
const struct opt *opt_nearest(const char *section, const char *name);

/* The section where an option of this name belongs, the first of several, or NULL. */
const char *opt_section_of(const char *name);

/* The nearest known section to a misspelt one, or NULL. */
const char *opt_nearest_section(const char *section);

#endif
