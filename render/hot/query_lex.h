/* The tokens of a YAQL expression. */
#ifndef CINDERBANK_HOT_QUERY_LEX_H
#define CINDERBANK_HOT_QUERY_LEX_H

#include <stddef.h>

#include "base/buf.h"

struct arena;
struct err;
struct value;

enum { LEX_TEXT_MAX = 65536 };

enum token {
	TOKEN_END,
	TOKEN_CONSTANT,
	TOKEN_WORD,
	TOKEN_VARIABLE,
	TOKEN_CALL, /* a word and its opening parenthesis */
	TOKEN_SIGN, /* operators and brackets */
};

/* The text, and the token that comes next. */
struct lexer {
	struct arena *arena;
	struct span text;
	size_t at;
	enum token token;
	size_t begin;
	const char *name; /* of a word, variable, call or sign */
	const struct value *constant;
};

/* Go on to the next token.  ERR_INVALID without a place. */
int lex_advance(struct lexer *lexer, struct err *err);

#endif
