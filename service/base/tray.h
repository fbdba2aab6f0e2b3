/*
 * Bytes on their way from one place to another, which live as long as somebody holds
 * them: whoever waits for them may go, while what still writes there does not.
 */
#ifndef CINDERBANK_BASE_TRAY_H
#define CINDERBANK_BASE_TRAY_H

#include <stdatomic.h>
#include <stddef.h>

#include "base/scope.h"

struct tray {
	atomic_uint users;
	size_t size;
	char bytes[];
};

/* Room for size bytes, held once; NULL: there is no memory. */
struct tray *tray_new(size_t size);
struct tray *tray_hold(struct tray *tray); /* tray, for one more to drop */
void tray_drop(struct tray *tray);         /* NULL: done */
SCOPED_POINTER(struct tray, tray_drop);

#endif
