/*
 * What is known of a volume besides its bytes, as cinder keeps it in a backup:
 * written where a volume of the catalogue is backed up, and true again of the one
 * that is restored.  Images of Glance have no place in this catalogue.
 */
#ifndef CINDERBANK_JOB_LOCAL_META_H
#define CINDERBANK_JOB_LOCAL_META_H

#include <stdbool.h>

struct err;
struct job;
struct loan;
struct volume_record;

/* Of a source: loan->meta is filled. */
int local_meta_write(
    const struct job *job, struct loan *loan, const struct volume_record *volume, struct err *err);

/*
 * Of a target, from loan->meta: the user's metadata are those of the backup; the name
 * too, unless somebody chose one; the key of an encrypted volume, and its type where
 * none was asked for; and which backup it was, if that is another volume's.
 * untyped: none was asked for.  ERR_INVALID: the document makes no sense,
 * or is of an encrypted volume of another type.
 */
int local_meta_apply(const struct job *job, const struct loan *loan,
    const struct volume_record *volume, bool untyped, struct err *err);

#endif
