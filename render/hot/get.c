#include "hot/get.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "hot/document.h"
#include "hot/param.h"
#include "hot/resource.h"
#include "hot/text.h"

/* Python's collection[key] on a list or text.  1, 0. */
static int
get_index(const struct eval *eval, const struct value *value, const struct value *key, bool numbers,
    const struct value **ret, struct err *err)
{
	struct span character;
	int64_t index;

	if (key->type == VALUE_INTEGER)
		index = key->integer;
	else if (key->type == VALUE_BOOL)
		index = key->boolean;
	else if (key->type != VALUE_TEXT || !numbers || !param_integer(key->text, &index))
		return 0;
	if (value->type == VALUE_TEXT) {
		if (!text_character(value->text, index, &character))
			return 0;
		*ret = value_span(eval->run->arena, character, err);
		return *ret ? 1 : -1;
	}
	if (index < 0)
		index += (int64_t)value->list.count;
	if (index < 0 || (uint64_t)index >= value->list.count)
		return 0;
	*ret = value->list.items[index];
	return 1;
}

static int
get_member(const struct value *map, const struct value *key, const struct value **ret)
{
	const struct member *member;

	if (key->type != VALUE_TEXT && key->type != VALUE_INTEGER && key->type != VALUE_BOOL)
		return 0;
	member = value_find(map, key);
	if (!member)
		return 0;
	*ret = member->value;
	return 1;
}

int
get_path(const struct eval *eval, const struct value *value, const struct value *path, size_t from,
    bool numbers, const struct value **ret, struct err *err)
{
	for (size_t i = from; path && i < path->list.count; i++) {
		const struct value *key = path->list.items[i];
		int found = 0;

		if (value->type == VALUE_MAP)
			found = get_member(value, key, &value);
		else if (value->type == VALUE_LIST || value->type == VALUE_TEXT)
			found = get_index(eval, value, key, numbers, &value, err);
		if (found != 1)
			return found;
	}
	*ret = value;
	return 1;
}

int
get_param_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *args, *name, *value;
	const struct param *param;
	int found;

	if (eval_value(eval, arg, &args, err) < 0)
		return -1;
	if (args->type != VALUE_TEXT && args->type != VALUE_LIST && args->type != VALUE_NULL)
		return eval_fail(
		    eval, err, "Argument to \"%s\" must be string or list", eval->name);
	if (args->type == VALUE_NULL || (args->type == VALUE_LIST && args->list.count == 0) ||
	    value_is_text(args, ""))
		return eval_fail(eval, err, "Function \"%s\" must have arguments", eval->name);
	name = args->type == VALUE_LIST ? args->list.items[0] : args;
	if (name->type != VALUE_TEXT)
		return eval_fail(eval, err, "Parameter name in \"%s\" must be string", eval->name);
	param = param_find(eval->params, eval->n_params, name->text.data);
	if (!param)
		return eval_fail(
		    eval, err, "The Parameter (%s) was not provided.", name->text.data);
	if (args->type == VALUE_TEXT) {
		*ret = param->value;
		return 0;
	}
	found = get_path(eval, param->value, args, 1, true, &value, err);
	if (found == 0)
		value = value_text(eval->run->arena, "", err);
	if (found < 0 || !value)
		return -1;
	*ret = value;
	return 0;
}

static int
get_attr_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *list = eval_literal_list(eval, arg), *args;
	size_t least = eval_since(eval, "2015-10-15") ? 1 : 2;

	if (!list)
		return eval_fail(eval, err, "Argument to \"%s\" must be a list", eval->name);
	if (list->list.count < least)
		return eval_fail(eval, err,
		    "Arguments to \"%s\" must be of the form [resource_name, attribute, (path), "
		    "...]",
		    eval->name);
	if (eval_value(eval, list, &args, err) < 0)
		return -1;
	if (args->list.count < least || args->list.items[0]->type != VALUE_TEXT ||
	    (args->list.count > 1 && args->list.items[1]->type != VALUE_TEXT))
		return eval_fail(eval, err,
		    "\"%s\" needs the names of a resource and of an attribute", eval->name);
	return resource_attribute(eval, args->list.items[0]->text.data,
	    args->list.count > 1 ? args->list.items[1]->text.data : NULL, args, 2, ret, err);
}

/* Offline a resource is known by its name. */
static int
get_resource_eval(
    struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	const struct value *name;

	if (eval_value(eval, arg, &name, err) < 0)
		return -1;
	if (name->type != VALUE_TEXT)
		return eval_fail(
		    eval, err, "Argument to \"%s\" must be the name of a resource", eval->name);
	if (resource_refer(eval, name->text.data, err) < 0)
		return -1;
	*ret = name;
	return 0;
}

/* The whole file, as far as buf reaches. */
static int
read_file(const char *path, struct buf *ret, struct err *err)
{
	scoped(scoped_fclose) FILE *file = fopen(path, "re");
	size_t got;

	if (!file)
		return err_sys(err, "%s", path);
	do {
		char *room = buf_reserve(ret, 65536);

		if (!room)
			return buf_check(ret, err);
		got = fread(room, 1, 65536, file);
		ret->length += got;
	} while (got > 0);
	if (ferror(file))
		return err_sys(err, "%s", path);
	return 0;
}

static int
get_file_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(EVAL_TEXT_MAX);
	const struct value *name;
	const char *path;

	if (eval_value(eval, arg, &name, err) < 0)
		return -1;
	if (name->type != VALUE_TEXT)
		return eval_fail(eval, err, "Argument to \"%s\" must be a string", eval->name);
	/* Only what is written out can be sent along with a template; URLs are not fetched. */
	if (arg->type != VALUE_TEXT ||
	    (strstr(name->text.data, "://") && strncmp(name->text.data, "file://", 7) != 0))
		return eval_fail(eval, err,
		    "No content found in the \"files\" section for %s path: %s", eval->name,
		    name->text.data);
	if (document_path(eval->run, eval->document, name->text.data, &path, err) < 0)
		return -1;
	if (read_file(path, &text, err) < 0) {
		err->at = eval->at;
		return err_wrap(err, "No content found in the \"files\" section for %s path: %s",
		    eval->name, name->text.data);
	}
	if (!json_utf8_valid(buf_span(&text)) || memchr(buf_string(&text), 0, text.length))
		return eval_fail(eval, err, "%s path: %s: the file is not a UTF-8 text", eval->name,
		    name->text.data);
	return eval_text(eval, &text, ret, err);
}

static int
facade_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	(void)ret;
	if (!value_is_text(arg, "metadata") && !value_is_text(arg, "deletion_policy") &&
	    !value_is_text(arg, "update_policy"))
		return eval_fail(eval, err,
		    "Incorrect arguments to \"%s\" should be one of: metadata, deletion_policy, "
		    "update_policy",
		    eval->name);
	return eval_fail(eval, err, "\"%s\": %s of a parent resource is not known without a cloud",
	    eval->name, arg->text.data);
}

static int
removed_eval(struct eval *eval, const struct value *arg, const struct value **ret, struct err *err)
{
	(void)arg;
	(void)ret;
	return eval_fail(eval, err,
	    "The template version is invalid: The function %s is not supported in this version "
	    "of HOT.",
	    eval->name);
}

const struct intrinsic get_intrinsics[] = {
	{ "get_param", "2013-05-23", get_param_eval },
	{ "get_attr", "2013-05-23", get_attr_eval },
	{ "get_resource", "2013-05-23", get_resource_eval },
	{ "get_file", "2013-05-23", get_file_eval },
	{ "resource_facade", "2013-05-23", facade_eval },
	/* Of the oldest version; Heat itself dropped them with the second or fourth. */
	{ "Ref", "2013-05-23", removed_eval },
	{ "Fn::Base64", "2013-05-23", removed_eval },
	{ "Fn::GetAZs", "2013-05-23", removed_eval },
	{ "Fn::Join", "2013-05-23", removed_eval },
	{ "Fn::MemberListToMap", "2013-05-23", removed_eval },
	{ "Fn::Replace", "2013-05-23", removed_eval },
	{ "Fn::ResourceFacade", "2013-05-23", removed_eval },
	{ "Fn::Select", "2013-05-23", removed_eval },
	{ "Fn::Split", "2013-05-23", removed_eval },
	{ 0 },
};
