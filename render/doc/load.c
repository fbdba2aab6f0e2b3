#include "doc/load.h"

#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/scope.h"
#include "doc/blame.h"
#include "doc/construct.h"
#include "doc/file.h"

enum {
	EXPANDED_MAX = 64 << 20, /* bytes it may mean once each alias is written out */
	NODE_WEIGHT = 16,        /* what a value costs, its text aside */
	DEPTH_MAX = 200,
	TAGS_MAX = 64, /* %TAG lines; libyaml compares each with all others */
};

/* A value while its document is read. */
struct node {
	const struct value *value;
	enum tag tag;  /* TAG_MERGE, TAG_VALUE: it makes sense as a key only */
	size_t weight; /* expanded size */
};

struct anchored {
	struct value first; /* so that a map can point here */
	struct node node;
	bool open; /* its value is being read */
};

struct reading {
	const struct doc_loader *loader;
	const char *name;
	struct span text;
	yaml_parser_t yaml;
	struct map_builder anchors;
};

static int read_node(struct reading *r, const yaml_event_t *event, unsigned depth, struct node *ret,
    struct err *err);

static struct place
place_of(const struct reading *r, yaml_mark_t mark)
{
	return (struct place){ r->name, (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

/* Errors of the arena have no place yet: give them the one that is being read. */
static int
failed_at(const struct reading *r, yaml_mark_t mark, struct err *err)
{
	if (!err->at.line)
		err->at = place_of(r, mark);
	return -1;
}

static int
yaml_failed(const struct reading *r, struct err *err)
{
	const yaml_parser_t *yaml = &r->yaml;
	const char *problem = yaml->problem ? yaml->problem : "cannot be read as YAML";
	struct place at = place_of(r, yaml->problem_mark);

	if (yaml->error == YAML_MEMORY_ERROR)
		return err_memory(err);
	if (yaml->error == YAML_READER_ERROR)
		return err_at(err, blame_byte(r->text, r->name, yaml->problem_offset), ERR_INVALID,
		    "%s", problem);
	if (strstr(problem, "cannot start any token"))
		return blame_character(r->text, yaml->problem_mark.index, at, err);
	if (!yaml->context)
		return err_at(err, at, ERR_INVALID, "%s", problem);
	if (yaml->context_mark.line == yaml->problem_mark.line)
		return err_at(err, at, ERR_INVALID, "%s, %s", problem, yaml->context);
	return err_at(err, at, ERR_INVALID, "%s, %s that begins in line %zu", problem,
	    yaml->context, yaml->context_mark.line + 1);
}

static int
next_event(struct reading *r, yaml_event_t *ret, struct err *err)
{
	yaml_event_delete(ret);
	return yaml_parser_parse(&r->yaml, ret) ? 0 : yaml_failed(r, err);
}

/* Add the weight of a part to that of the whole. */
static int
weigh(const struct reading *r, yaml_mark_t mark, struct node *whole, size_t part, struct err *err)
{
	whole->weight += part;
	if (whole->weight <= EXPANDED_MAX)
		return 0;
	return err_at(err, place_of(r, mark), ERR_INVALID,
	    "more than %d MiB once its aliases are written out", EXPANDED_MAX >> 20);
}

static struct anchored *
declare(struct reading *r, const yaml_char_t *anchor, yaml_mark_t mark, struct err *err)
{
	struct arena *arena = r->loader->arena;
	const char *name = (const char *)anchor;
	const struct value *key = value_text(arena, name, err);
	const struct member *old;
	struct anchored *anchored;

	if (!key || !(key = value_at(arena, key, place_of(r, mark), err)))
		return NULL;
	old = map_find(&r->anchors, key);
	if (old) {
		err_at(err, key->at, ERR_INVALID,
		    "second occurrence of anchor %s, which line %u has already", name,
		    old->key->at.line);
		return NULL;
	}
	anchored = arena_alloc(arena, sizeof *anchored, err);
	if (!anchored || map_set(&r->anchors, key, &anchored->first, err) < 0)
		return NULL;
	anchored->open = true;
	return anchored;
}

static int
read_alias(struct reading *r, const yaml_event_t *event, struct node *ret, struct err *err)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct value key = { .type = VALUE_TEXT, .text = span_of(name) };
	const struct member *member = map_find(&r->anchors, &key);
	const struct anchored *anchored;
	struct place at = place_of(r, event->start_mark);

	if (!member)
		return err_at(err, at, ERR_INVALID, "found undefined alias %s", name);
	anchored = (const struct anchored *)member->value;
	if (anchored->open)
		return err_at(err, at, ERR_INVALID,
		    "alias %s stands inside of what it names, which begins in line %u", name,
		    member->key->at.line);
	*ret = anchored->node;
	return 0;
}

static int
read_scalar(struct reading *r, const yaml_event_t *event, struct node *ret, struct err *err)
{
	struct span text = { (const char *)event->data.scalar.value, event->data.scalar.length };
	const char *tag = (const char *)event->data.scalar.tag;
	struct place at = place_of(r, event->start_mark);

	if (event->data.scalar.plain_implicit)
		ret->tag = construct_plain(text);
	else if (construct_tag(tag, TAG_TEXT, at, &ret->tag, err) < 0)
		return -1;
	ret->value = construct_scalar(r->loader->arena, ret->tag, text, at, err);
	return ret->value ? weigh(r, event->start_mark, ret, text.length, err) : -1;
}

/* What can stand for itself: anything but << and =. */
static int
read_value(
    struct reading *r, const yaml_event_t *event, unsigned depth, struct node *ret, struct err *err)
{
	if (read_node(r, event, depth, ret, err) < 0)
		return -1;
	if (ret->tag != TAG_MERGE && ret->tag != TAG_VALUE)
		return 0;
	return err_at(err, place_of(r, event->start_mark), ERR_INVALID,
	    "could not determine a constructor for the tag 'tag:yaml.org,2002:%s'; "
	    "a text has to be quoted",
	    ret->tag == TAG_MERGE ? "merge" : "value");
}

static int
read_list(
    struct reading *r, const yaml_event_t *start, unsigned depth, struct node *ret, struct err *err)
{
	const char *tag = (const char *)start->data.sequence_start.tag;
	struct place at = place_of(r, start->start_mark);
	struct list_builder list = { .arena = r->loader->arena };
	scoped(yaml_event_delete) yaml_event_t event = { .type = YAML_NO_EVENT };
	struct node item;

	if (construct_tag(tag, TAG_LIST, at, &ret->tag, err) < 0)
		return -1;
	for (;;) {
		if (next_event(r, &event, err) < 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (read_value(r, &event, depth, &item, err) < 0 ||
		    weigh(r, event.start_mark, ret, item.weight, err) < 0 ||
		    construct_item(list.arena, ret->tag, &item.value, err) < 0 ||
		    list_add(&list, item.value, err) < 0)
			return failed_at(r, event.start_mark, err);
	}
	ret->value = list_done(&list, at, err);
	return ret->value ? 0 : -1;
}

static void
note_duplicate(const struct reading *r, const struct value *key, const struct value *old)
{
	scoped(buf_drop) struct buf text = BUF(512);

	if (!r->loader->note)
		return;
	buf_text(&text, "key ");
	if (key->type != VALUE_TEXT || key->text.length < 200)
		value_python(key, &text);
	buf_printf(&text, " is set twice: this one wins, the one in line %u, column %u is lost",
	    old->at.line, old->at.column);
	r->loader->note(r->loader->note_arg, key->at, buf_string(&text));
}

/* One key and its value. */
static int
read_member(struct reading *r, const yaml_event_t *start, unsigned depth, struct map_parts *parts,
    struct node *ret, struct err *err)
{
	scoped(yaml_event_delete) yaml_event_t event = { .type = YAML_NO_EVENT };
	const struct member *old;
	struct node key, value;

	if (read_node(r, start, depth, &key, err) < 0 || next_event(r, &event, err) < 0 ||
	    read_value(r, &event, depth, &value, err) < 0 ||
	    weigh(r, start->start_mark, ret, key.weight + value.weight, err) < 0)
		return -1;
	if (key.tag == TAG_MERGE)
		return construct_merge(parts, value.value, place_of(r, event.start_mark), err);
	if (key.value->type == VALUE_LIST || key.value->type == VALUE_MAP)
		return err_at(err, place_of(r, start->start_mark), ERR_INVALID,
		    "found unhashable key: a %s", value_type_name(key.value->type));
	old = map_find(&parts->own, key.value);
	if (old)
		note_duplicate(r, key.value, old->key);
	return map_set(
	    &parts->own, key.value, ret->tag == TAG_SET ? &value_null : value.value, err);
}

static int
read_map(
    struct reading *r, const yaml_event_t *start, unsigned depth, struct node *ret, struct err *err)
{
	struct arena *arena = r->loader->arena;
	const char *tag = (const char *)start->data.mapping_start.tag;
	struct place at = place_of(r, start->start_mark);
	struct map_parts parts = { .own.arena = arena, .merged.arena = arena };
	scoped(yaml_event_delete) yaml_event_t event = { .type = YAML_NO_EVENT };

	if (construct_tag(tag, TAG_MAP, at, &ret->tag, err) < 0)
		return -1;
	for (;;) {
		if (next_event(r, &event, err) < 0)
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		if (read_member(r, &event, depth, &parts, ret, err) < 0)
			return failed_at(r, event.start_mark, err);
	}
	ret->value = construct_map(&parts, at, err);
	return ret->value ? 0 : -1;
}

static const yaml_char_t *
anchor_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return NULL;
	}
}

static int
read_node(
    struct reading *r, const yaml_event_t *event, unsigned depth, struct node *ret, struct err *err)
{
	const yaml_char_t *anchor = anchor_of(event);
	struct anchored *anchored = NULL;
	int status;

	if (depth == DEPTH_MAX)
		return err_at(err, place_of(r, event->start_mark), ERR_INVALID,
		    "nested deeper than %d levels", DEPTH_MAX);
	if (anchor && !(anchored = declare(r, anchor, event->start_mark, err)))
		return failed_at(r, event->start_mark, err);
	*ret = (struct node){ .weight = NODE_WEIGHT };
	if (event->type == YAML_ALIAS_EVENT)
		status = read_alias(r, event, ret, err);
	else if (event->type == YAML_SCALAR_EVENT)
		status = read_scalar(r, event, ret, err);
	else if (event->type == YAML_SEQUENCE_START_EVENT)
		status = read_list(r, event, depth + 1, ret, err);
	else
		status = read_map(r, event, depth + 1, ret, err);
	if (status < 0)
		return failed_at(r, event->start_mark, err);
	if (anchored) {
		anchored->node = *ret;
		anchored->open = false;
	}
	return 0;
}

/* The events of a stream with one document, or none. */
static int
read_stream(struct reading *r, const struct value **ret, struct err *err)
{
	scoped(yaml_event_delete) yaml_event_t event = { .type = YAML_NO_EVENT };
	struct node node = { .value = &value_null };

	if (next_event(r, &event, err) < 0 || next_event(r, &event, err) < 0)
		return -1;
	if (event.type != YAML_STREAM_END_EVENT) {
		if (next_event(r, &event, err) < 0 || read_value(r, &event, 0, &node, err) < 0 ||
		    next_event(r, &event, err) < 0 || next_event(r, &event, err) < 0)
			return -1;
	}
	if (event.type != YAML_STREAM_END_EVENT)
		return err_at(err, place_of(r, event.start_mark), ERR_INVALID,
		    "expected a single document, but another one begins here");
	*ret = node.value;
	return 0;
}

/* What libyaml would take too long for. */
static int
check_size(const struct reading *r, struct err *err)
{
	static const char directive[] = "\n%TAG";
	const char *at = r->text.data;
	size_t left = r->text.length;

	if (left > DOC_MAX)
		return err_at(err, blame_byte(r->text, r->name, 0), ERR_INVALID,
		    "file of more than %d MiB", DOC_MAX >> 20);
	for (unsigned count = 0; left && (at = memmem(at, left, directive, strlen(directive)));) {
		if (++count == TAGS_MAX)
			return err_at(err,
			    blame_byte(r->text, r->name, (size_t)(at + 1 - r->text.data)),
			    ERR_INVALID, "more than %d %%TAG directives", TAGS_MAX);
		left = r->text.length - (size_t)(++at - r->text.data);
	}
	return 0;
}

int
doc_parse(const struct doc_loader *loader, struct span text, const char *name,
    const struct value **ret, struct err *err)
{
	struct reading r = {
		.loader = loader,
		.name = name,
		.text = text,
		.anchors.arena = loader->arena,
	};
	int status;

	if (check_size(&r, err) < 0)
		return -1;
	if (!yaml_parser_initialize(&r.yaml))
		return err_memory(err);
	yaml_parser_set_input_string(
	    &r.yaml, (const unsigned char *)(text.data ? text.data : ""), text.length);
	status = read_stream(&r, ret, err);
	yaml_parser_delete(&r.yaml);
	return status;
}

int
doc_load(
    const struct doc_loader *loader, const char *path, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(DOC_MAX + 1);
	const char *name = arena_text(loader->arena, path, err);

	if (!name || file_read(name, &text, err) < 0)
		return -1;
	return doc_parse(loader, buf_span(&text), name, ret, err);
}
