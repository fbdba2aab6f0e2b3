/*
 * What cinder-volume answers when it is asked for a connection, read as something
 * that can be opened.  Threads: pure functions.
 */
#ifndef CINDERBANK_VOLUME_CONNECTION_H
#define CINDERBANK_VOLUME_CONNECTION_H

struct attachment;
struct err;
struct json;

/*
 * info: {"driver_volume_type": ..., "data": {...}}.  Of ret, volume_id and ceph stay
 * as they are.  ERR_INVALID names a type that cannot be opened, or what is missing.
 */
int connection_read(const struct json *info, struct attachment *ret, struct err *err);

#endif
