/*
 * Who works on a backup.  A claim is a locked file named after the backup, in a
 * directory that all processes of this host share: the kernel drops the lock
 * with the process, however it dies, so a claim that can be taken belongs to
 * nobody any more.  What a crash would leave outside store and catalogue (an
 * unfinished volume) is noted inside.
 */
#ifndef CINDERBANK_JOB_CLAIM_H
#define CINDERBANK_JOB_CLAIM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/scope.h"

struct attachment;
struct claim;
struct err;

/*
 * Claim a backup.  Waits up to wait_ms for whoever has it.  1 and *ret; 0: it is
 * still somebody else's; -1: ERR_CANCELLED once *cancel (NULL: never) is true while it
 * waits.  dir is made if it is missing.
 */
int claim_take(struct claim **ret, const char *dir, const char *backup_id, uint64_t wait_ms,
    const atomic_bool *cancel, struct err *err);

/* The same with others who share it, while nobody has it for himself. */
int claim_share(struct claim **ret, const char *dir, const char *id, uint64_t wait_ms,
    const atomic_bool *cancel, struct err *err);

/* Note a volume that is being made, before it is.  On the disk when this returns. */
int claim_note(struct claim *claim, const struct attachment *volume, struct err *err);

/* What the claim's last, dead owner had noted.  1, 0 nothing, -1. */
int claim_noted(struct claim *claim, struct attachment *ret, struct err *err);

/* What is noted could not be removed: let claim_release() leave it for the next recovery. */
void claim_remember(struct claim *claim);

/* What the store has of the backup could not be erased: likewise, unless a volume is remembered. */
void claim_owe(struct claim *claim);

/* Did its last owner owe that?  What cannot be read owes nothing. */
bool claim_owes(const struct claim *claim);

/* The work is done, or put right: remove the file, and the lock with it. */
void claim_release(struct claim *claim);
SCOPED_POINTER(struct claim, claim_release);

/* Let go of the lock, but leave the file and its note for the next recovery. */
void claim_keep(struct claim *claim);

#endif
