/* What each file of this folder adds to the list of emitters; see emit.h. */
#ifndef CINDERBANK_EMIT_KINDS_H
#define CINDERBANK_EMIT_KINDS_H

#include "emit/emit.h"

int emit_role_data(const struct role *role, struct buf *out, struct err *err);
int emit_merged(const struct role *role, struct buf *out, struct err *err);
int emit_hiera(const struct role *role, struct buf *out, struct err *err);
int emit_hiera_files(const struct role *role, emit_file_fn *fn, void *arg, struct err *err);
int emit_conf(const struct role *role, struct buf *out, struct err *err);
int emit_cib(const struct role *role, struct buf *out, struct err *err);
int emit_pcs(const struct role *role, struct buf *out, struct err *err);
int emit_compose(const struct role *role, struct buf *out, struct err *err);
int emit_compose_files(const struct role *role, emit_file_fn *fn, void *arg, struct err *err);
int emit_systemd(const struct role *role, struct buf *out, struct err *err);

#endif
