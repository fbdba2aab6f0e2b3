/* A cinder.conf that lives in memory, for tests. */
#ifndef CINDERBANK_UNIT_OPTIONS_CONF_H
#define CINDERBANK_UNIT_OPTIONS_CONF_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "options/load.h"

/* Load text and nothing else.  What config_load() returns. */
static inline int
conf_load(struct config **ret, const char *text, size_t length, struct err *err)
{
	char path[64];
	int fd = memfd_create("cinder.conf", 0), result;
	const struct config_source source = { SOURCE_FILE, path };

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	result = config_load(ret, &source, 1, err);
	close(fd);
	return result;
}

/* Load a text that has no mistake. */
static inline struct config *
conf_good(const char *text)
{
	struct config *config = NULL;
	struct err err = ERR_INIT;

	if (conf_load(&config, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	return config;
}

#endif
