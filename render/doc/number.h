/*
 * Numbers as Python's YAML and JSON write them.  Not a resolver: scalar.h says
 * whether a text is a number at all.
 */
#ifndef CINDERBANK_DOC_NUMBER_H
#define CINDERBANK_DOC_NUMBER_H

#include <stdbool.h>

#include "base/buf.h"

struct arena;
struct err;
struct value;

enum { NUMBER_MAX = 4300 }; /* characters of one number; Python has the same limit */

/*
 * YAML 1.1 integer (0b1 017 0x1f 1_000 12:30) into the type and content of ret.
 * 1, or 0: no integer, or one of more than NUMBER_MAX characters.
 */
int number_integer(struct arena *arena, struct span text, struct value *ret, struct err *err);

/* YAML 1.1 float (1.5 1_0. .5 -.inf .nan 1:30.5), and what Python's float() takes. */
bool number_float(struct span text, double *ret);

/* Python's repr(): the shortest text that reads back; 1.0, 1e+16, 1e-05, inf, nan. */
void number_print(double number, struct buf *ret);

#endif
