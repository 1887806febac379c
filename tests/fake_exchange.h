/* The paths that fake_exchange.c knows: /fetch, /store, /poll, /slow wait for the host; /echo,
 * /path (its query), /big, /close, /busy; any other is answered with FAKE_OK at once. */
#ifndef KC_TESTS_FAKE_EXCHANGE_H
#define KC_TESTS_FAKE_EXCHANGE_H

#include <stdio.h>

#include "core/exchange.h"

#define FAKE_OK          "{\"ok\":true}"
#define FAKE_TOKEN       "kct.good"
#define FAKE_BIG         (300 * 1024)
#define FAKE_BIG_BYTE(i) ((uint8_t)('a' + (i) % 23))

/* Called on the slow thread before it computes. */
extern void (*fake_slow_hook)(void);

#endif
