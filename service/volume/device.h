/*
 * What the parts of the device driver share: device.c opens files and devices and
 * moves blocks; device_file.c does what is done to whole ones.
 */
#ifndef CINDERBANK_VOLUME_DEVICE_H
#define CINDERBANK_VOLUME_DEVICE_H

#include "volume/volume.h"

/* The functions of struct volume_driver. */
int
device_look(const struct attachment *of, struct volume_look *ret, size_t count, struct err *err);
int device_grow(const struct attachment *attachment, uint64_t size, struct err *err);
int device_remove(const struct attachment *attachment, struct err *err);
int device_sweep(const struct attachment *attachment, struct err *err);

#endif
