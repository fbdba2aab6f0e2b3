/*
 * What is wrong or doubtful in the inputs of a render, found before a
 * deployment finds it.  Each check is a small function in a table.
 */
#ifndef CINDERBANK_VALIDATE_H
#define CINDERBANK_VALIDATE_H

#include "hot/template.h"
#include "render.h"

/* How far a render came; a check runs if its stage was reached. */
enum stage { STAGE_ENVIRONMENT, STAGE_TEMPLATE, STAGE_ROLE };

/* What checks look at. */
struct inspection {
	struct render *render;
	const struct hot_parameter *parameters; /* of the closure, at STAGE_TEMPLATE */
	size_t n_parameters;
	int release; /* position in the list of releases; at STAGE_ROLE */
};

struct check {
	const char *name;
	enum stage stage;
	bool always; /* at every render, not only when asked to validate */
	void (*run)(const struct inspection *inspection, const char *name);
};

/* The tables of check_*.c, each up to a check without a name. */
extern const struct check environment_checks[], run_checks[], parameter_checks[], hiera_checks[],
    settings_checks[];

/*
 * Take a render as far as it goes and run the checks on the way; findings go to
 * the render's listener, and what stops it does too.  all: every check, not only
 * those of each render, and on without a parameter that Heat refuses.  until: the
 * last stage, after which the role holds what has been made so far.  Returns 1
 * if it was reached, 0 if not.
 */
int validate_run(struct render *render, bool all, enum stage until);

/* For checks: tell of a finding. */
void validate_tell(const struct inspection *inspection, enum finding_severity severity,
    const char *check, struct place at, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* For checks: the parameter of that name, or NULL. */
const struct hot_parameter *
validate_parameter(const struct inspection *inspection, const char *name);

/* For checks: does a file come from an --environment-directory? */
bool validate_in_directory(const struct inspection *inspection, const char *path);

/* For checks: is the text of a prefix in front of the key? */
bool validate_begins(const struct value *key, const char *prefix);

#endif
