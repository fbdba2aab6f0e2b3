/*
 * After a parameter was refused: what it may have meant, or else its default, so
 * that validate can say what else is wrong.
 */
#ifndef CINDERBANK_REPAIR_H
#define CINDERBANK_REPAIR_H

#include <stdbool.h>

struct err;
struct render;

/*
 * Take the parameter out of parameter_defaults that refused is about, by its
 * place; a backend is spelt right instead where that can be guessed.  ret_name:
 * the parameter, borrowed.  Returns 1, 0: it is about no parameter, -1.
 */
int repair_parameter(
    struct render *render, const struct err *refused, const char **ret_name, struct err *err);

#endif
