/*
 * Slots pass the stages in order, each stage with threads of its own.  A slot
 * is whatever the job says it is (struct chunk in a backup); the pipeline
 * neither looks inside nor allocates one: at most n_slots are alive, so memory
 * is fixed before the first is filled.
 */
#ifndef CINDERBANK_ENGINE_PIPELINE_H
#define CINDERBANK_ENGINE_PIPELINE_H

#include <stdatomic.h>
#include <stddef.h>

struct err;

/*
 * run       0: the slot goes on to the next stage; -1: the whole run ends with
 *           err.  The first stage fills an empty slot, and returns 1 instead when
 *           there is nothing left to fill.
 */
struct stage {
	const char *name;
	int (*run)(void *arg, void *slot, struct err *err);
	/*
	 * 1: sees the slots in the order in which they were filled.  One that waits for its
	 * turn holds its slot: a stage that needs no order has more threads than one.
	 */
	unsigned threads;
};

struct pipeline {
	const struct stage *stages;
	size_t n_stages; /* at least 2; the first has one thread */
	void *slots;     /* n_slots times slot_size bytes */
	size_t n_slots, slot_size;
	const atomic_bool *cancel; /* true: end with ERR_CANCELLED as soon as may be; or NULL */
};

/*
 * Run until the first stage has no more and every slot has passed the last
 * one, or until a stage fails: then the first error in the order of filling is
 * returned, and slots that were filled later reach no later stage.  All threads
 * are joined either way.  arg goes to every stage.
 */
int pipeline_run(const struct pipeline *pipeline, void *arg, struct err *err);

#endif
