/* What works, what does not, and what to do: each part is tried, none is changed. */
#ifndef CINDERBANK_DOCTOR_H
#define CINDERBANK_DOCTOR_H

#include <stdio.h>

#include "front/cli.h"

/* Try configuration, catalogue, store and volumes, and report.  CLI_FAILED if one does not work. */
enum cli_status doctor(const struct cli *cli, FILE *out, FILE *complaints);

#endif
