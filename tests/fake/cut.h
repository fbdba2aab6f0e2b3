/*
 * A line to a server on this machine that breaks where it is told to: a relay
 * on loopback that closes both ends when a word passes.  One connection at a
 * time; without a server it accepts and says nothing.
 */
#ifndef CINDERBANK_TESTS_FAKE_CUT_H
#define CINDERBANK_TESTS_FAKE_CUT_H

struct cut;

enum cut_when {
	CUT_BEFORE, /* the server never sees the word */
	CUT_AFTER,  /* the server does, and its answer is lost */
};

/* Towards port of 127.0.0.1; 0: to nobody.  Ends the program where that is impossible. */
struct cut *cut_open(int port, const char *word, enum cut_when when);
unsigned cut_port(const struct cut *cut);

/* The next word breaks it. */
void cut_arm(struct cut *cut);

/* How often it broke. */
unsigned cut_count(const struct cut *cut);

void cut_close(struct cut *cut);

#endif
