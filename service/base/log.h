/*
 * One line a record, in the format that oslo.log writes:
 *   2026-01-02 03:04:05.678 1234 INFO cinderbank.desk [req-… USER PROJECT - - -] text
 * Only edges log: main, desk, fronts, recover, and the tracing wrappers.  Never
 * hand it a secret.  Any thread.
 */
#ifndef CINDERBANK_BASE_LOG_H
#define CINDERBANK_BASE_LOG_H

#include <stdbool.h>

struct err;

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

/*
 * Write records of at least level to path, appending; NULL: standard error.
 * Before this call warnings and errors go to standard error.
 */
int log_open(const char *path, enum log_level level, struct err *err);

/* Send records to syslog, too, with a facility of <syslog.h>. */
void log_to_syslog(int facility);

/* Open the file again by its name, after it was rotated. */
int log_reopen(struct err *err);

/* Write less, or more, from now on; the other tells what is written. */
void log_set_level(enum log_level level);
enum log_level log_level(void);

/* Is it worth making a text for this level? */
bool log_enabled(enum log_level level);

/* Whose request a record is about.  NULL: unknown. */
struct log_who {
	const char *request_id, *user_id, *project_id;
};

/* from: "desk", "store.posix".  who: or NULL. */
void log_write(enum log_level level, const char *from, const struct log_who *who, const char *fmt,
    ...) __attribute__((format(printf, 4, 5)));

#define log_debug(from, ...) log_write(LOG_LEVEL_DEBUG, from, NULL, __VA_ARGS__)
#define log_info(from, ...) log_write(LOG_LEVEL_INFO, from, NULL, __VA_ARGS__)
#define log_warning(from, ...) log_write(LOG_LEVEL_WARNING, from, NULL, __VA_ARGS__)
#define log_error(from, ...) log_write(LOG_LEVEL_ERROR, from, NULL, __VA_ARGS__)

void log_close(void);

#endif
