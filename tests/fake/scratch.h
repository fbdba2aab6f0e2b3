/*
 * A directory that lives as long as a test: below TMPDIR, else in memory, where
 * no test waits for a disk, else below /tmp.
 */
#ifndef CINDERBANK_TESTS_FAKE_SCRATCH_H
#define CINDERBANK_TESTS_FAKE_SCRATCH_H

enum { SCRATCH_PATH = 128 };

/* Make an empty one; aborts the test program if that is impossible. */
void scratch_make(char ret[SCRATCH_PATH]);

/*
 * Make a block device of a file there.  The descriptor keeps it alive; -1: this
 * machine has none to give, or only to root.
 */
int scratch_block_device(const char *file, char ret[SCRATCH_PATH]);

/* Remove it and all that is in it. */
void scratch_remove(const char *path);

#endif
