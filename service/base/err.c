#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
err_setv(struct err *err, enum err_kind kind, const char *fmt, va_list args)
{
	*err = (struct err){ .kind = kind };
	vsnprintf(err->text, sizeof err->text, fmt, args);
	return -1;
}

int
err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err_setv(err, kind, fmt, args);
	va_end(args);
	return -1;
}

int
err_at(struct err *err, struct place at, enum err_kind kind, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	err_setv(err, kind, fmt, args);
	va_end(args);
	err->at = at;
	return -1;
}

static enum err_kind
kind_of(int sys)
{
	switch (sys) {
	case ENOENT:
	case ENOTDIR:
		return ERR_NOT_FOUND;
	case EEXIST:
	case EBUSY:
		return ERR_CONFLICT;
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ERR_NO_SPACE;
	case EACCES:
	case EPERM:
	case EROFS:
		return ERR_DENIED;
	case EINVAL:
	case ENAMETOOLONG:
	case EISDIR:
		return ERR_INVALID;
	case EAGAIN:
	case EINTR:
	case ETIMEDOUT:
		return ERR_RETRY;
	default:
		return ERR_SYSTEM;
	}
}

/* Append text to what err says, with a cut at the end rather than an overrun. */
static void
append(struct err *err, const char *text)
{
	size_t used = strlen(err->text);

	snprintf(err->text + used, sizeof err->text - used, "%s", text);
}

int
err_sys(struct err *err, const char *fmt, ...)
{
	int sys = errno;
	char reason[128];
	va_list args;

	va_start(args, fmt);
	err_setv(err, kind_of(sys), fmt, args);
	va_end(args);
	err->sys = sys;
	append(err, ": ");
	append(err, strerror_r(sys, reason, sizeof reason));
	return -1;
}

int
err_wrap(struct err *err, const char *fmt, ...)
{
	struct err inner = *err;
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->text, sizeof err->text, fmt, args);
	va_end(args);
	append(err, ": ");
	append(err, inner.text);
	return -1;
}

int
err_memory(struct err *err)
{
	return err_set(err, ERR_SYSTEM, "out of memory");
}

const char *
err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
		[ERR_NONE] = "none",
		[ERR_INVALID] = "invalid",
		[ERR_NOT_FOUND] = "not found",
		[ERR_CONFLICT] = "conflict",
		[ERR_DENIED] = "denied",
		[ERR_RETRY] = "retry",
		[ERR_CORRUPT] = "corrupt",
		[ERR_NO_SPACE] = "no space",
		[ERR_CANCELLED] = "cancelled",
		[ERR_SYSTEM] = "system",
	};

	return names[kind];
}
