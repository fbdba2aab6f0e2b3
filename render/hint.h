/*
 * What to do about a finding that does not say so itself: Heat's, Puppet's and
 * YAML's own words say only what is wrong.
 */
#ifndef CINDERBANK_HINT_H
#define CINDERBANK_HINT_H

struct finding;

/* Fill the hint of a warning or error that has none, where there is something to say. */
void hint_fill(struct finding *finding);

#endif
