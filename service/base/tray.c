#include "base/tray.h"

#include <stdlib.h>

struct tray *
tray_new(size_t size)
{
	struct tray *tray = malloc(sizeof *tray + size);

	if (!tray)
		return NULL;
	atomic_init(&tray->users, 1);
	tray->size = size;
	return tray;
}

struct tray *
tray_hold(struct tray *tray)
{
	atomic_fetch_add(&tray->users, 1);
	return tray;
}

void
tray_drop(struct tray *tray)
{
	if (tray && atomic_fetch_sub(&tray->users, 1) == 1)
		free(tray);
}
