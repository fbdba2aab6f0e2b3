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

/*
 * Has to be called every alive_interval_ms(), where that is not 0, or more often.
 * last_ms: what it returned before; at first 0.
 */
uint64_t alive_beat(uint64_t last_ms);
uint64_t alive_interval_ms(void);

#endif
