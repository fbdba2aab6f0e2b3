/*
 * Who looks after a running job, on a thread of its own, since the job may be held
 * up anywhere: tells its progress some times a second, and sees whether the backup
 * still has the status that the job was admitted under.
 */
#ifndef CINDERBANK_JOB_WATCH_H
#define CINDERBANK_JOB_WATCH_H

struct err;
struct job;
struct watch;

/* job is borrowed until watch_end(); job->working is set. */
int watch_begin(struct watch **ret, struct job *job, struct err *err);

/*
 * What follows is to be done whatever happens to the status, and although the job
 * was cancelled: job->cancel is false again.  If it was, a store that does not move
 * for ten seconds is not waited for.
 */
void watch_calm(struct watch *watch);

/* Tell the last progress, if it was not told; join the thread.  NULL is fine. */
void watch_end(struct watch *watch);

#endif
