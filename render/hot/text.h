/* Texts: the intrinsics list_join, str_split, digest, and what others need to handle texts. */
#ifndef CINDERBANK_HOT_TEXT_H
#define CINDERBANK_HOT_TEXT_H

#include "hot/eval.h"

extern const struct intrinsic text_intrinsics[];

/* Append text with every old replaced by new, at most most times; -1: all.  Returns how many. */
size_t text_replace(struct span text, struct span old, struct span new, long most, struct buf *ret);

/* Where needle first stands in text at or behind from; text.length: nowhere. */
size_t text_find(struct span text, struct span needle, size_t from);

/* Characters, not bytes; and the bytes of the character at data. */
size_t text_characters(struct span text);
size_t text_step(const char *data, size_t left);

/* Python's text[index], which counts from the end if negative.  1; 0: outside. */
int text_character(struct span text, int64_t index, struct span *ret);

/* What json.dumps() makes of a value. */
void text_json(const struct value *value, bool sorted, struct buf *ret);

#endif
