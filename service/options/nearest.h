/*
 * Which known name did a misspelt one mean?  Counts the letters to insert,
 * drop, change or swap with their neighbour.  Any thread.
 */
#ifndef CINDERBANK_OPTIONS_NEAREST_H
#define CINDERBANK_OPTIONS_NEAREST_H

#include <stddef.h>

/* The best guess so far: start with a word and nothing else, offer names to it. */
struct nearest {
	const char *word;
	const char *name; /* borrowed from nearest_offer(); NULL: none is near */
	size_t distance;  /* of name */
};

/* Keep name if it is nearer than the one before, and near enough to be meant; letter case is free.
 */
void nearest_offer(struct nearest *nearest, const char *name);

#endif
