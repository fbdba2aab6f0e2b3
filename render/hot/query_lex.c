#include "hot/query_lex.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/scope.h"
#include "doc/number.h"
#include "doc/value.h"

/* The longer ones first. */
static const char *const signs[] = { "->", "=>", ">=", "<=", "!=", "=~", "!~", "?.", "(", ")", "[",
	"]", "{", "}", ",", ".", "+", "-", "*", "/", ">", "<", "=" };

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
peek(const struct lexer *lexer, size_t ahead)
{
	return ahead < lexer->text.length - lexer->at ? lexer->text.data[lexer->at + ahead] : '\0';
}

static int
lexical(const struct lexer *lexer, struct err *err)
{
	return err_set(err, ERR_INVALID, "Lexical error: illegal character '%c' at position %zu",
	    peek(lexer, 0), lexer->at);
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
read_quoted(struct lexer *lexer, struct err *err)
{
	scoped(buf_drop) struct buf text = BUF(LEX_TEXT_MAX);
	char quote = peek(lexer, 0);
	size_t end = lexer->at + 1;

	while (end < lexer->text.length && lexer->text.data[end] != quote)
		end += lexer->text.data[end] == '\\' ? 2 : 1;
	if (end >= lexer->text.length)
		return lexical(lexer, err);
	unescape(lexer->text.data + lexer->at + 1, end - lexer->at - 1, quote, &text);
	lexer->at = end + 1;
	lexer->token = TOKEN_CONSTANT;
	if (buf_check(&text, err) < 0)
		return -1;
	lexer->constant =
	    value_span(lexer->arena, (struct span){ buf_string(&text), text.length }, err);
	return lexer->constant ? 0 : -1;
}

static int
read_number(struct lexer *lexer, struct err *err)
{
	size_t length = 0;
	const char *text;
	double number;
	bool real;

	while (is_digit(peek(lexer, length)))
		length++;
	real = peek(lexer, length) == '.' && is_digit(peek(lexer, length + 1));
	for (length += real; real && is_digit(peek(lexer, length));)
		length++;
	if (is_letter(peek(lexer, length)) || length > 300)
		return lexical(lexer, err);
	text = arena_copy(lexer->arena, lexer->text.data + lexer->at, length, err);
	if (!text)
		return -1;
	lexer->at += length;
	lexer->token = TOKEN_CONSTANT;
	if (!real)
		lexer->constant = value_digits(lexer->arena, text, err);
	else if (number_float(span_of(text), &number))
		lexer->constant = value_number(lexer->arena, number, err);
	return lexer->constant ? 0 : -1;
}

static int
read_word(struct lexer *lexer, size_t skip, struct err *err)
{
	static const struct {
		const char *name;
		const struct value *value;
	} constants[] = { { "true", &value_true }, { "false", &value_false },
		{ "null", &value_null } };
	static const char *const operators[] = { "mod", "in", "not", "and", "or" };
	size_t length = skip;
	char *name;

	while (is_letter(peek(lexer, length)) || is_digit(peek(lexer, length)))
		length++;
	name = arena_copy(lexer->arena, lexer->text.data + lexer->at, length, err);
	if (!name)
		return -1;
	lexer->name = name;
	lexer->at += length;
	if (skip) {
		lexer->token = TOKEN_VARIABLE;
		if (strcmp(name, "$") == 0)
			lexer->name = "$1";
		return 0;
	}
	lexer->token = TOKEN_WORD;
	if (peek(lexer, 0) == '(') {
		lexer->at++;
		lexer->token = TOKEN_CALL;
		return 0;
	}
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		if (strcmp(name, constants[i].name) == 0) {
			lexer->token = TOKEN_CONSTANT;
			lexer->constant = constants[i].value;
		}
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (strcmp(name, operators[i]) == 0)
			lexer->token = TOKEN_SIGN;
	return 0;
}

int
lex_advance(struct lexer *lexer, struct err *err)
{
	while (
	    lexer->at < lexer->text.length && peek(lexer, 0) && strchr(" \t\r\n", peek(lexer, 0)))
		lexer->at++;
	lexer->begin = lexer->at;
	lexer->name = NULL;
	lexer->constant = NULL;
	if (lexer->at >= lexer->text.length) {
		lexer->token = TOKEN_END;
		return 0;
	}
	if (peek(lexer, 0) == '$')
		return read_word(lexer, 1, err);
	if (is_digit(peek(lexer, 0)))
		return read_number(lexer, err);
	if (is_letter(peek(lexer, 0)))
		return read_word(lexer, 0, err);
	if (peek(lexer, 0) == '\'' || peek(lexer, 0) == '"' || peek(lexer, 0) == '`')
		return read_quoted(lexer, err);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		size_t length = strlen(signs[i]);

		if (strncmp(lexer->text.data + lexer->at, signs[i], length) == 0) {
			lexer->token = TOKEN_SIGN;
			lexer->name = signs[i];
			lexer->at += length;
			return 0;
		}
	}
	return lexical(lexer, err);
}
