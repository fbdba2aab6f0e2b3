#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "hot/query.h"
#include "hot/query_lex.h"

enum { PARSE_DEPTH_MAX = 100 };

struct parser {
	struct lexer lex;
	unsigned depth;
};

/* How tightly operators bind; the higher the tighter. */
static const struct binding {
	const char *name;
	int power;
	bool right; /* associative */
} bindings[] = {
	{ "->", 10, true },
	{ "or", 20, false },
	{ "and", 30, false },
	{ ">", 50, false },
	{ "<", 50, false },
	{ ">=", 50, false },
	{ "<=", 50, false },
	{ "!=", 50, false },
	{ "=", 50, false },
	{ "in", 50, false },
	{ "+", 60, false },
	{ "-", 60, false },
	{ "*", 70, false },
	{ "/", 70, false },
	{ "mod", 70, false },
	{ "=~", 80, false },
	{ "!~", 80, false },
	{ "[", 100, false },
	{ ".", 110, false },
	{ "?.", 110, false },
};
enum { POWER_NOT = 40, POWER_SIGN = 90 };

static bool
is_sign(const struct parser *parser, const char *sign)
{
	return parser->lex.token == TOKEN_SIGN && strcmp(parser->lex.name, sign) == 0;
}

static int
unexpected(const struct parser *parser, struct err *err)
{
	if (parser->lex.token == TOKEN_END)
		return err_set(err, ERR_INVALID, "Parse error: unexpected end of statement");
	return err_set(err, ERR_INVALID, "Parse error: unexpected '%.*s' at position %zu of %s",
	    (int)(parser->lex.at - parser->lex.begin), parser->lex.text.data + parser->lex.begin,
	    parser->lex.begin, parser->lex.text.data);
}

static struct query_node *
node_new(struct parser *parser, enum query_kind kind, size_t room, struct err *err)
{
	struct query_node *node = arena_alloc(parser->lex.arena, sizeof(*node), err);

	if (!node)
		return NULL;
	node->kind = kind;
	node->name = parser->lex.name;
	node->constant = parser->lex.constant;
	node->args = arena_array(parser->lex.arena, room + 1, sizeof(*node->args), err);
	return node->args ? node : NULL;
}

static int parse(struct parser *parser, int power, const struct query_node **ret, struct err *err);

static int
add_arg(
    struct parser *parser, struct query_node *node, const struct query_node *arg, struct err *err)
{
	/* Room for a power of two, and one. */
	if (node->n_args && (node->n_args & (node->n_args - 1)) == 0) {
		const struct query_node **args =
		    arena_array(parser->lex.arena, 2 * node->n_args + 1, sizeof(*node->args), err);

		if (!args)
			return -1;
		for (size_t i = 0; i < node->n_args; i++)
			args[i] = node->args[i];
		node->args = args;
	}
	node->args[node->n_args++] = arg;
	return 0;
}

/* Arguments up to the closing sign, rules among them. */
static int
parse_args(struct parser *parser, struct query_node *node, const char *close, struct err *err)
{
	while (!is_sign(parser, close)) {
		const struct query_node *arg;

		if (parse(parser, 0, &arg, err) < 0)
			return -1;
		if (is_sign(parser, "=>")) {
			struct query_node *rule = node_new(parser, QUERY_RULE, 2, err);

			if (!rule)
				return -1;
			rule->args[0] = arg;
			rule->n_args = 2;
			if (lex_advance(&parser->lex, err) < 0 ||
			    parse(parser, 0, &rule->args[1], err) < 0)
				return -1;
			arg = rule;
		}
		if (add_arg(parser, node, arg, err) < 0)
			return -1;
		if (is_sign(parser, ",")) {
			if (lex_advance(&parser->lex, err) < 0)
				return -1;
			if (is_sign(parser, close))
				return unexpected(parser, err);
		} else if (!is_sign(parser, close)) {
			return unexpected(parser, err);
		}
	}
	return lex_advance(&parser->lex, err);
}

static int
parse_prefix(struct parser *parser, const struct query_node **ret, struct err *err)
{
	bool not = is_sign(parser, "not");
	struct query_node *node;

	if (is_sign(parser, "(")) {
		if (lex_advance(&parser->lex, err) < 0 || parse(parser, 0, ret, err) < 0)
			return -1;
		return is_sign(parser, ")") ? lex_advance(&parser->lex, err)
					    : unexpected(parser, err);
	}
	if (is_sign(parser, "[") || is_sign(parser, "{")) {
		bool list = is_sign(parser, "[");

		*ret = node = node_new(parser, list ? QUERY_LIST : QUERY_MAP, 1, err);
		if (!node || lex_advance(&parser->lex, err) < 0)
			return -1;
		return parse_args(parser, node, list ? "]" : "}", err);
	}
	if (!not &&!is_sign(parser, "+") && !is_sign(parser, "-"))
		return unexpected(parser, err);
	*ret = node = node_new(parser, QUERY_UNARY, 1, err);
	if (!node || lex_advance(&parser->lex, err) < 0)
		return -1;
	node->n_args = 1;
	return parse(parser, not ? POWER_NOT : POWER_SIGN, &node->args[0], err);
}

static int
parse_primary(struct parser *parser, const struct query_node **ret, struct err *err)
{
	static const enum query_kind kinds[] = {
		[TOKEN_CONSTANT] = QUERY_CONSTANT,
		[TOKEN_WORD] = QUERY_KEYWORD,
		[TOKEN_VARIABLE] = QUERY_VARIABLE,
		[TOKEN_CALL] = QUERY_CALL,
	};
	enum token token = parser->lex.token;
	struct query_node *node;

	if (token == TOKEN_SIGN)
		return parse_prefix(parser, ret, err);
	if (token == TOKEN_END)
		return unexpected(parser, err);
	*ret = node = node_new(parser, kinds[token], 1, err);
	if (!node)
		return -1;
	if (token == TOKEN_WORD) {
		node->constant = value_text(parser->lex.arena, parser->lex.name, err);
		if (!node->constant)
			return -1;
	}
	if (lex_advance(&parser->lex, err) < 0)
		return -1;
	return token == TOKEN_CALL ? parse_args(parser, node, ")", err) : 0;
}

static const struct binding *
find_binding(const struct parser *parser)
{
	for (size_t i = 0; i < sizeof(bindings) / sizeof(bindings[0]); i++)
		if (is_sign(parser, bindings[i].name))
			return &bindings[i];
	return NULL;
}

static int
parse_infix(struct parser *parser, const struct binding *binding, const struct query_node **ret,
    struct err *err)
{
	bool dot = binding->power == 110, index = binding->power == 100;
	struct query_node *node = node_new(parser,
	    dot     ? QUERY_DOT
	    : index ? QUERY_INDEX
		    : QUERY_BINARY,
	    2, err);

	if (!node || lex_advance(&parser->lex, err) < 0)
		return -1;
	node->args[node->n_args++] = *ret;
	*ret = node;
	if (index)
		return parse_args(parser, node, "]", err);
	node->n_args = 2;
	return parse(parser, binding->power + (binding->right ? 0 : 1), &node->args[1], err);
}

static int
parse(struct parser *parser, int power, const struct query_node **ret, struct err *err)
{
	const struct binding *binding;
	int status;

	if (++parser->depth > PARSE_DEPTH_MAX)
		return err_set(
		    err, ERR_INVALID, "Parse error: more than %d levels", PARSE_DEPTH_MAX);
	status = parse_primary(parser, ret, err);
	while (status == 0 && (binding = find_binding(parser)) && binding->power >= power)
		status = parse_infix(parser, binding, ret, err);
	parser->depth--;
	return status;
}

int
query_parse(struct arena *arena, struct span text, const struct query_node **ret, struct err *err)
{
	struct parser parser = { .lex = { .arena = arena, .text = text } };

	if (text.length > LEX_TEXT_MAX)
		return err_set(err, ERR_INVALID, "Parse error: longer than %d bytes", LEX_TEXT_MAX);
	if (lex_advance(&parser.lex, err) < 0 || parse(&parser, 0, ret, err) < 0)
		return -1;
	return parser.lex.token == TOKEN_END ? 0 : unexpected(&parser, err);
}
