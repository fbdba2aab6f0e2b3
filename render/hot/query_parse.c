#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/scope.h"
#include "doc/number.h"
#include "hot/query.h"

enum { PARSE_DEPTH_MAX = 100, PARSE_TEXT_MAX = 65536 };

enum token {
	TOKEN_END,
	TOKEN_CONSTANT,
	TOKEN_WORD,
	TOKEN_VARIABLE,
	TOKEN_CALL, /* a word and its opening parenthesis */
	TOKEN_SIGN, /* operators and brackets */
};

struct parser {
	struct arena *arena;
	struct span text;
	size_t at;
	unsigned depth;
	/* The token that comes next. */
	enum token token;
	size_t begin;
	const char *name; /* of a word, variable, call or sign */
	const struct value *constant;
};

/* How tightly operators bind; the higher the tighter. */
static const struct binding {
	const char *name;
	int power;
	bool right; /* associative */
} bindings[] = {
    {"->", 10, true},
    {"or", 20, false},
    {"and", 30, false},
    {">", 50, false},
    {"<", 50, false},
    {">=", 50, false},
    {"<=", 50, false},
    {"!=", 50, false},
    {"=", 50, false},
    {"in", 50, false},
    {"+", 60, false},
    {"-", 60, false},
    {"*", 70, false},
    {"/", 70, false},
    {"mod", 70, false},
    {"=~", 80, false},
    {"!~", 80, false},
    {"[", 100, false},
    {".", 110, false},
    {"?.", 110, false},
};
enum { POWER_NOT = 40, POWER_SIGN = 90 };

/* The longer ones first. */
static const char *const signs[] = {"->", "=>", ">=", "<=", "!=", "=~", "!~", "?.", "(", ")", "[",
    "]", "{", "}", ",", ".", "+", "-", "*", "/", ">", "<", "="};

static bool
is_letter(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_' ||
	       (unsigned char)byte >= 0x80;
}

static bool
is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static char
peek(const struct parser *parser, size_t ahead)
{
	return ahead < parser->text.length - parser->at ? parser->text.data[parser->at + ahead]
							: '\0';
}

static int
lexical(const struct parser *parser, struct err *err)
{
	return err_set(err, ERR_INVALID, "Lexical error: illegal character '%c' at position %zu",
	    peek(parser, 0), parser->at);
}

static void
add_utf8(unsigned long code, struct buf *ret)
{
	if (code < 0x80) {
		buf_byte(ret, (char)code);
		return;
	}
	if (code >= 0x10000) {
		buf_byte(ret, (char)(0xf0 | code >> 18));
		buf_byte(ret, (char)(0x80 | (code >> 12 & 0x3f)));
	} else if (code >= 0x800) {
		buf_byte(ret, (char)(0xe0 | code >> 12));
	}
	if (code >= 0x800)
		buf_byte(ret, (char)(0x80 | (code >> 6 & 0x3f)));
	else
		buf_byte(ret, (char)(0xc0 | code >> 6));
	buf_byte(ret, (char)(0x80 | (code & 0x3f)));
}

/* An escape by number, from its letter on: x41, u00e4, U0001f600, 101.  Bytes taken, or 0. */
static size_t
numbered_escape(const char *text, size_t left, struct buf *ret)
{
	size_t digits = text[0] == 'x' ? 2 : text[0] == 'u' ? 4 : text[0] == 'U' ? 8 : 0;
	char number[12] = "", *end;
	unsigned long code;

	if (digits) {
		if (left <= digits)
			return 0;
		memcpy(number, text + 1, digits);
		code = strtoul(number, &end, 16);
		if (*end || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) || code == 0 ||
		    !strchr("0123456789abcdefABCDEF", number[0]))
			return 0;
		add_utf8(code, ret);
		return digits + 1;
	}
	while (digits < 3 && digits < left && text[digits] >= '0' && text[digits] <= '7') {
		number[digits] = text[digits];
		digits++;
	}
	code = digits ? strtoul(number, NULL, 8) : 0;
	if (code == 0)
		return 0;
	add_utf8(code, ret);
	return digits;
}

/* The content of a quoted text; escapes that are none stay as they are. */
static void
unescape(const char *text, size_t length, char quote, struct buf *ret)
{
	static const char plain[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";

	for (size_t i = 0; i < length; i++) {
		const char *known = NULL;
		size_t taken;

		if (text[i] != '\\' || i + 1 == length) {
			buf_byte(ret, text[i]);
			continue;
		}
		if (quote == '`') {
			if (text[i + 1] != '`')
				buf_byte(ret, '\\');
			continue;
		}
		for (size_t k = 0; k + 1 < sizeof(plain); k += 2)
			if (plain[k] == text[i + 1])
				known = &plain[k + 1];
		taken = known ? 1 : numbered_escape(text + i + 1, length - i - 1, ret);
		if (known)
			buf_byte(ret, *known);
		if (taken == 0)
			buf_byte(ret, '\\');
		i += taken;
	}
}

static int
read_quoted(struct parser *parser, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(PARSE_TEXT_MAX);
	char quote = peek(parser, 0);
	size_t end = parser->at + 1;

	while (end < parser->text.length && parser->text.data[end] != quote)
		end += parser->text.data[end] == '\\' ? 2 : 1;
	if (end >= parser->text.length)
		return lexical(parser, err);
	unescape(parser->text.data + parser->at + 1, end - parser->at - 1, quote, &text);
	parser->at = end + 1;
	parser->token = TOKEN_CONSTANT;
	if (buf_check(&text, err) < 0)
		return -1;
	parser->constant =
	    value_span(parser->arena, (struct span){buf_string(&text), text.length}, err);
	return parser->constant ? 0 : -1;
}

static int
read_number(struct parser *parser, struct err *err)
{
	size_t length = 0;
	const char *text;
	double number;
	bool real;

	while (is_digit(peek(parser, length)))
		length++;
	real = peek(parser, length) == '.' && is_digit(peek(parser, length + 1));
	for (length += real; real && is_digit(peek(parser, length));)
		length++;
	if (is_letter(peek(parser, length)) || length > 300)
		return lexical(parser, err);
	text = arena_copy(parser->arena, parser->text.data + parser->at, length, err);
	if (!text)
		return -1;
	parser->at += length;
	parser->token = TOKEN_CONSTANT;
	if (!real)
		parser->constant = value_digits(parser->arena, text, err);
	else if (number_float(span_of(text), &number))
		parser->constant = value_number(parser->arena, number, err);
	return parser->constant ? 0 : -1;
}

static int
read_word(struct parser *parser, size_t skip, struct err *err)
{
	static const struct {
		const char *name;
		const struct value *value;
	} constants[] = {{"true", &value_true}, {"false", &value_false}, {"null", &value_null}};
	static const char *const operators[] = {"mod", "in", "not", "and", "or"};
	size_t length = skip;
	char *name;

	while (is_letter(peek(parser, length)) || is_digit(peek(parser, length)))
		length++;
	name = arena_copy(parser->arena, parser->text.data + parser->at, length, err);
	if (!name)
		return -1;
	parser->name = name;
	parser->at += length;
	if (skip) {
		parser->token = TOKEN_VARIABLE;
		if (strcmp(name, "$") == 0)
			parser->name = "$1";
		return 0;
	}
	parser->token = TOKEN_WORD;
	if (peek(parser, 0) == '(') {
		parser->at++;
		parser->token = TOKEN_CALL;
		return 0;
	}
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		if (strcmp(name, constants[i].name) == 0) {
			parser->token = TOKEN_CONSTANT;
			parser->constant = constants[i].value;
		}
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(name, operators[i]) == 0)
			parser->token = TOKEN_SIGN;
	return 0;
}

static int
advance(struct parser *parser, struct err *err)
{
	while (parser->at < parser->text.length && peek(parser, 0) &&
	       strchr(" \t\r\n", peek(parser, 0)))
		parser->at++;
	parser->begin = parser->at;
	parser->name = NULL;
	parser->constant = NULL;
	if (parser->at >= parser->text.length) {
		parser->token = TOKEN_END;
		return 0;
	}
	if (peek(parser, 0) == '$')
		return read_word(parser, 1, err);
	if (is_digit(peek(parser, 0)))
		return read_number(parser, err);
	if (is_letter(peek(parser, 0)))
		return read_word(parser, 0, err);
	if (peek(parser, 0) == '\'' || peek(parser, 0) == '"' || peek(parser, 0) == '`')
		return read_quoted(parser, err);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i]);

		if (strncmp(parser->text.data + parser->at, signs[i], length) == 0) {
			parser->token = TOKEN_SIGN;
			parser->name = signs[i];
			parser->at += length;
			return 0;
		}
	}
	return lexical(parser, err);
}

static bool
is_sign(const struct parser *parser, const char *sign)
{
	return parser->token == TOKEN_SIGN && strcmp(parser->name, sign) == 0;
}

static int
unexpected(const struct parser *parser, struct err *err)
{
	if (parser->token == TOKEN_END)
		return err_set(err, ERR_INVALID, "Parse error: unexpected end of statement");
	return err_set(err, ERR_INVALID, "Parse error: unexpected '%.*s' at position %zu of %s",
	    (int)(parser->at - parser->begin), parser->text.data + parser->begin, parser->begin,
	    parser->text.data);
}

static struct query_node *
node_new(struct parser *parser, enum query_kind kind, size_t room, struct err *err)
{
	struct query_node *node = arena_alloc(parser->arena, sizeof(*node), err);

	if (!node)
		return NULL;
	node->kind = kind;
	node->name = parser->name;
	node->constant = parser->constant;
	node->args = arena_array(parser->arena, room + 1, sizeof(*node->args), err);
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
		    arena_array(parser->arena, 2 * node->n_args + 1, sizeof(*node->args), err);

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
			if (advance(parser, err) < 0 || parse(parser, 0, &rule->args[1], err) < 0)
				return -1;
			arg = rule;
		}
		if (add_arg(parser, node, arg, err) < 0)
			return -1;
		if (is_sign(parser, ",")) {
			if (advance(parser, err) < 0)
				return -1;
			if (is_sign(parser, close))
				return unexpected(parser, err);
		} else if (!is_sign(parser, close)) {
			return unexpected(parser, err);
		}
	}
	return advance(parser, err);
}

static int
parse_prefix(struct parser *parser, const struct query_node **ret, struct err *err)
{
	bool not = is_sign(parser, "not");
	struct query_node *node;

	if (is_sign(parser, "(")) {
		if (advance(parser, err) < 0 || parse(parser, 0, ret, err) < 0)
			return -1;
		return is_sign(parser, ")") ? advance(parser, err) : unexpected(parser, err);
	}
	if (is_sign(parser, "[") || is_sign(parser, "{")) {
		bool list = is_sign(parser, "[");

		*ret = node = node_new(parser, list ? QUERY_LIST : QUERY_MAP, 1, err);
		if (!node || advance(parser, err) < 0)
			return -1;
		return parse_args(parser, node, list ? "]" : "}", err);
	}
	if (!not &&!is_sign(parser, "+") && !is_sign(parser, "-"))
		return unexpected(parser, err);
	*ret = node = node_new(parser, QUERY_UNARY, 1, err);
	if (!node || advance(parser, err) < 0)
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
	enum token token = parser->token;
	struct query_node *node;

	if (token == TOKEN_SIGN)
		return parse_prefix(parser, ret, err);
	if (token == TOKEN_END)
		return unexpected(parser, err);
	*ret = node = node_new(parser, kinds[token], 1, err);
	if (!node)
		return -1;
	if (token == TOKEN_WORD) {
		node->constant = value_text(parser->arena, parser->name, err);
		if (!node->constant)
			return -1;
	}
	if (advance(parser, err) < 0)
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

	if (!node || advance(parser, err) < 0)
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
	struct parser parser = {.arena = arena, .text = text};

	if (text.length > PARSE_TEXT_MAX)
		return err_set(
		    err, ERR_INVALID, "Parse error: longer than %d bytes", PARSE_TEXT_MAX);
	if (advance(&parser, err) < 0 || parse(&parser, 0, ret, err) < 0)
		return -1;
	return parser.token == TOKEN_END ? 0 : unexpected(&parser, err);
}
