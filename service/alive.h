/*
 * Tells systemd how the service is: that it is ready, that it stops, and, where
 * the unit has a watchdog, that it is still alive.  Without systemd nothing is
 * told to nobody.
 */
#ifndef CINDERBANK_ALIVE_H
#define CINDERBANK_ALIVE_H

#include <stdint.h>

void alive_ready(void);
void alive_stopping(void);

/* Has to be called every alive_interval_ms() at the latest, where that is not 0. */
void alive_beat(void);
uint64_t alive_interval_ms(void);

#endif
