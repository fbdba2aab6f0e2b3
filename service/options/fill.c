#include <ctype.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/arena.h"
#include "base/buf.h"
#include "options/entries.h"
#include "options/load.h"
#include "options/opt.h"

enum { VALUE_MAX = 64 * 1024, REFERENCES_MAX = 200, NAME_MAX_TEXT = 256 };

/* Where a value comes from.  at.line 0: not from a file. */
struct setting {
	const char *text;
	struct place at;
	char variable[NAME_MAX_TEXT]; /* of the environment; empty: it is not from there */
};

/* The references that lead to a value, from the innermost out. */
struct chain {
	const struct chain *outer;
	const char *section, *name;
};

/* One value being put together. */
struct resolver {
	const struct config *config;
	unsigned references; /* seen so far */
	bool secret;         /* a secret has gone into it, or what may be one */
	struct err *err;
};

static int
resolve(struct resolver *resolver, const struct chain *chain, const char *text, struct buf *ret);

/* OS_GROUP__OPTION. */
static const char *
from_environment(const char *section, const char *name, char variable[NAME_MAX_TEXT])
{
	const char *text;
	char *letter;

	snprintf(variable, NAME_MAX_TEXT, "OS_%s__%s", section, name);
	for (letter = variable; *letter; letter++)
		*letter = (char)toupper((unsigned char)*letter);
	text = getenv(variable);
	if (!text)
		*variable = '\0';
	return text;
}

static bool
is_named(const struct entry *entry, const char *section, const char *name)
{
	return name && strcmp(entry->name, name) == 0 && opt_same_section(entry->section, section);
}

/* The entry that counts: in the last file with either name, the new name, then the last line. */
static const struct entry *
last_entry(const struct config *config, const char *section, const char *name, const char *was)
{
	const struct entry *entry, *old = NULL;
	size_t i;

	for (i = config->count; i-- > 0;) {
		entry = &config->entries[i];
		if (old && entry->file != old->file)
			break;
		if (is_named(entry, section, name))
			return entry;
		if (!old && is_named(entry, section, was))
			old = entry;
	}
	return old;
}

/* 1, or 0: it is not set. */
static int
find_setting(const struct config *config, const char *section, const char *name, const char *was,
    struct setting *ret)
{
	const struct entry *entry;

	*ret = (struct setting){ 0 };
	ret->text = from_environment(section, name, ret->variable);
	if (ret->text)
		return 1;
	entry = last_entry(config, section, name, was);
	if (!entry)
		return 0;
	ret->text = entry->value;
	ret->at = entry->at;
	return 1;
}

/* What a row says where nobody sets it; NULL: nothing. */
static const char *
default_of(const struct opt *opt, struct utsname *node)
{
	if (!opt->dflt && (opt->flags & OPT_NODE_NAME) && uname(node) == 0)
		return node->nodename;
	return opt->dflt;
}

/* Say where a faulty value stands, unless a value that it refers to is the faulty one. */
static int
blame(struct err *err, const struct setting *setting)
{
	if (*setting->variable)
		return err_wrap(err, "environment variable %s", setting->variable);
	if (!err->at.line)
		err->at = setting->at;
	return -1;
}

static int
name_option(const struct opt *opt, struct err *err)
{
	return opt->section ? err_wrap(err, "[%s] %s", opt->section, opt->name)
			    : err_wrap(err, "%s", opt->name);
}

static bool
is_number(const struct opt *opt)
{
	return opt->type == OPT_TYPE_INTEGER || opt->type == OPT_TYPE_BYTES ||
	       opt->type == OPT_TYPE_FLOAT;
}

/* Put a value into others as Python prints it: 1_000 as 1000, yes as True.  opt: NULL for any text.
 */
static int
add_canonical(const struct opt *opt, const char *text, struct buf *ret, struct err *err)
{
	struct opt alone = opt ? *opt : (struct opt){ 0 };
	union {
		bool truth;
		int64_t integer;
		double real;
	} field = { 0 };

	if (!opt || (!is_number(opt) && opt->type != OPT_TYPE_BOOL)) {
		buf_text(ret, text);
		return opt ? opt_check(opt, text, err) : 0;
	}
	alone.offset = 0;
	if (opt_parse(&alone, text, &field, NULL, err) < 0)
		return -1;
	if (text[strspn(text, " \t\n")])
		opt_print_secret(&alone, &field, ret);
	return 0;
}

/* The value of another option.  1, 0: no such option, -1. */
static int
add_value(struct resolver *resolver, const struct chain *outer, const char *section,
    const char *name, struct buf *ret)
{
	scoped(buf_drop) struct buf value = BUF(VALUE_MAX);
	const struct opt *opt = opt_find(section, name);
	const struct chain chain = { outer, section, opt ? opt->name : name }, *link;
	struct setting setting;
	struct utsname node;

	if (!find_setting(resolver->config, section, chain.name, opt ? opt->was : NULL, &setting))
		setting.text = opt ? default_of(opt, &node) : NULL;
	if (!setting.text)
		return opt != NULL;
	for (link = outer; link; link = link->outer)
		if (opt_same_section(link->section, section) && strcmp(link->name, chain.name) == 0)
			return err_set(resolver->err, ERR_INVALID, "$%s refers to itself", name);
	resolver->secret |= !opt || (opt->flags & OPT_SECRET);
	if (resolve(resolver, &chain, setting.text, &value) == 0 &&
	    add_canonical(opt, buf_string(&value), ret, resolver->err) == 0)
		return 1;
	blame(resolver->err, &setting);
	return err_wrap(resolver->err, "$%s", name);
}

/*
 * Where $name looks without a group: in the section of the value, then in
 * DEFAULT.  What no row knows may still stand in the files, as an option of
 * another service.
 */
static const char *
section_for(const struct config *config, const char *own, const char *name)
{
	if (opt_find(own, name))
		return own;
	if (opt_find("DEFAULT", name) || !last_entry(config, own, name, NULL))
		return "DEFAULT";
	return own;
}

static int
add_reference(
    struct resolver *resolver, const struct chain *chain, struct span key, struct buf *ret)
{
	char name[NAME_MAX_TEXT], *dot;
	int added;

	if (++resolver->references > REFERENCES_MAX)
		return err_set(
		    resolver->err, ERR_INVALID, "more than %d references", REFERENCES_MAX);
	if (key.length >= sizeof name)
		return err_set(resolver->err, ERR_INVALID, "reference with a name of over %d bytes",
		    NAME_MAX_TEXT - 1);
	memcpy(name, key.data, key.length);
	name[key.length] = '\0';
	dot = strchr(name, '.');
	if (dot) {
		*dot = '\0';
		added = add_value(resolver, chain, name, dot + 1, ret);
		*dot = '.';
	} else {
		added = add_value(resolver, chain,
		    section_for(resolver->config, chain->section, name), name, ret);
	}
	if (added == 0)
		return err_set(resolver->err, ERR_INVALID,
		    "$%s is no option; write $$ for a dollar sign%s", name,
		    dot ? ", or braces around the name before a full stop" : "");
	return added < 0 ? -1 : 0;
}

/* Length of a name of options behind a dollar sign; 0: it is none. */
static size_t
name_length(const char *text)
{
	size_t length = 0;

	if (!isalpha((unsigned char)*text) && *text != '_')
		return 0;
	while (isalnum((unsigned char)text[length]) || text[length] == '_' || text[length] == '.')
		length++;
	return length;
}

/* What stands at a dollar sign.  Returns its length, or 0 for an error. */
static size_t
add_dollar(struct resolver *resolver, const struct chain *chain, const char *text, struct buf *ret)
{
	bool braces = text[1] == '{';
	size_t length = name_length(text + 1 + braces);

	if (text[1] == '$') {
		buf_byte(ret, '$');
		return 2;
	}
	if (!length || (braces && text[2 + length] != '}')) {
		buf_byte(ret, '$');
		return 1;
	}
	if (add_reference(resolver, chain, (struct span){ text + 1 + braces, length }, ret) < 0)
		return 0;
	return 1 + length + 2 * braces;
}

/* Put text with its references replaced behind what ret holds. */
static int
resolve(struct resolver *resolver, const struct chain *chain, const char *text, struct buf *ret)
{
	size_t step;

	while (*text) {
		step = strcspn(text, "$\\");
		buf_add(ret, text, step);
		text += step;
		if (*text == '\\' && text[1] == '$') {
			buf_byte(ret, '$');
			text += 2;
		} else if (*text == '\\') {
			buf_byte(ret, *text++);
		} else if (*text) {
			step = add_dollar(resolver, chain, text, ret);
			if (!step)
				return -1;
			text += step;
		}
	}
	return buf_check(ret, resolver->err);
}

/* Substitute, then parse into the field. */
static int
fill_text(const struct config *config, const struct opt *opt, const char *text, void *filled,
    struct err *err)
{
	scoped(buf_drop) struct buf value = BUF(VALUE_MAX);
	struct resolver resolver = { .config = config, .err = err };
	const struct chain chain = { NULL, opt_section(opt), opt->name };
	struct opt shown = *opt;

	if (resolve(&resolver, &chain, text, &value) < 0)
		return name_option(opt, err);
	if (resolver.secret)
		shown.flags |= OPT_SECRET;
	return opt_parse(&shown, buf_string(&value), filled, config->arena, err);
}

/* All values of an option that may stand several times, in the order of reading. */
static const char *
join_list(const struct config *config, const struct opt *opt, struct err *err)
{
	scoped(buf_drop) struct buf all = BUF(VALUE_MAX);
	const struct entry *entry;
	size_t i, count = 0;

	for (i = 0; i < config->count; i++) {
		entry = &config->entries[i];
		if (!is_named(entry, opt_section(opt), opt->name) &&
		    !is_named(entry, opt_section(opt), opt->was))
			continue;
		if (count++)
			buf_byte(&all, '\n');
		buf_text(&all, entry->value);
	}
	if (buf_check(&all, err) < 0)
		return NULL;
	return arena_text(config->arena, buf_string(&all), err);
}

static int
fill_option(const struct config *config, const struct opt *opt, void *filled, struct err *err)
{
	struct setting setting;
	struct utsname node;
	const char *dflt = default_of(opt, &node);
	int set = find_setting(config, opt_section(opt), opt->name, opt->was, &setting);

	/* An empty number keeps its default. */
	if (dflt && (!set || is_number(opt)) && fill_text(config, opt, dflt, filled, err) < 0)
		return -1;
	if (!set)
		return opt->flags & OPT_REQUIRED
			   ? err_set(err, ERR_INVALID, "%s must be set", opt->name)
			   : 0;
	if (opt->type == OPT_TYPE_LIST && setting.at.line)
		setting.text = join_list(config, opt, err);
	if (!setting.text)
		name_option(opt, err);
	else if ((opt->flags & OPT_REQUIRED) && !*setting.text)
		err_set(err, ERR_INVALID, "%s must not be empty", opt->name);
	else if (fill_text(config, opt, setting.text, filled, err) == 0)
		return 0;
	return blame(err, &setting);
}

static int
fill_rows(const struct config *config, const struct opt_table *table, void *filled, struct err *err)
{
	const struct opt *opt;

	for (opt = table->rows; opt->name; opt++)
		if (fill_option(config, opt, filled, err) < 0)
			return -1;
	return 0;
}

/* A broken rule names an option first; if the files set it, there is the place. */
static int
check_rules(
    const struct config *config, const struct opt_table *table, const void *filled, struct err *err)
{
	const struct opt *opt;
	const char *name;
	size_t length;

	if (!table->check || table->check(filled, err) == 0)
		return 0;
	name = *err->text == '[' ? err->text + strcspn(err->text, " ") + 1 : err->text;
	length = strcspn(name, " ");
	for (opt = table->rows; opt->name; opt++)
		if (strlen(opt->name) == length && memcmp(opt->name, name, length) == 0)
			err->at = config_place(config, opt);
	return -1;
}

int
config_fill(struct config *config, const struct opt_table *table, void *filled, struct err *err)
{
	if (!table->size)
		return 0;
	memset(filled, 0, table->size);
	if (table->with && fill_rows(config, table->with, filled, err) < 0)
		return -1;
	if (fill_rows(config, table, filled, err) < 0)
		return -1;
	return check_rules(config, table, filled, err);
}

struct place
config_place(const struct config *config, const struct opt *opt)
{
	struct setting setting;

	find_setting(config, opt_section(opt), opt->name, opt->was, &setting);
	return setting.at;
}
