#include "front/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

enum {
	REDRAW_MS = 250,
	LINE_MS = 10 * 1000,
	RATE_MS = 1000, /* the rate is measured over at least this */
	LINE_MAX_BYTES = 256,
};

void
progress_begin(struct progress_line *line, FILE *stream, const char *verb, const char *moved)
{
	struct winsize size = { .ws_col = 0 };
	int fd = fileno(stream);

	*line = (struct progress_line){ .stream = stream, .verb = verb, .moved = moved };
	line->terminal = fd >= 0 && isatty(fd);
	if (line->terminal && ioctl(fd, TIOCGWINSZ, &size) == 0)
		line->columns = size.ws_col;
}

void
progress_bytes(struct buf *ret, double bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;

	/* What would be rounded up to 1024 of a unit is 1.0 of the next. */
	while (unit + 1 < sizeof units / sizeof units[0] && bytes >= (unit ? 1023.95 : 1024)) {
		bytes /= 1024;
		unit++;
	}
	buf_printf(ret, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
}

static void
add_time(struct buf *ret, double seconds)
{
	unsigned long whole = (unsigned long)(seconds + 0.5);

	if (whole >= 3600)
		buf_printf(ret, "%lu:%02lu:%02lu", whole / 3600, whole / 60 % 60, whole % 60);
	else
		buf_printf(ret, "%lu:%02lu", whole / 60, whole % 60);
}

/* Half of the last rate and half of the newest: steady, but not blind to a change. */
static void
measure(struct progress_line *line, const struct progress *progress, uint64_t now_ms)
{
	double newest;

	/* Another thing is counted from here on. */
	if (!line->began_ms || line->erasing != progress->erasing) {
		line->began_ms = line->mark_ms = now_ms;
		line->rate = 0;
		line->erasing = progress->erasing;
		line->done_then = progress->done;
		return;
	}
	if (now_ms < line->mark_ms + RATE_MS || progress->done < line->done_then)
		return;
	newest =
	    (double)(progress->done - line->done_then) * 1000 / (double)(now_ms - line->mark_ms);
	line->rate = line->rate > 0 ? (line->rate + newest) / 2 : newest;
	line->mark_ms = now_ms;
	line->done_then = progress->done;
}

static void
add_time_left(struct buf *ret, const struct progress_line *line, const struct progress *progress)
{
	if (line->rate < 1 || progress->total < progress->done)
		return;
	buf_text(ret, ", ");
	add_time(ret, (double)(progress->total - progress->done) / line->rate);
	buf_text(ret, " left");
}

/* Names in the store; whoever counted them may have been wrong. */
static void
print_erased(const struct progress_line *line, const struct progress *progress, struct buf *ret)
{
	buf_printf(ret, "%s: removed %llu", line->verb, (unsigned long long)progress->done);
	if (progress->total && progress->total >= progress->done)
		buf_printf(ret, " of %llu", (unsigned long long)progress->total);
	buf_text(ret, " objects");
	if (line->rate >= 1)
		buf_printf(ret, ", %.0f/s", line->rate);
	add_time_left(ret, line, progress);
}

static void
print(const struct progress_line *line, const struct progress *progress, struct buf *ret)
{
	double total = (double)progress->total, done = (double)progress->done;

	buf_printf(ret, "%s: ", line->verb);
	progress_bytes(ret, done);
	if (progress->total) {
		buf_text(ret, " of ");
		progress_bytes(ret, total);
		buf_printf(ret, " (%d %%)", (int)(done * 100 / total));
	}
	if (progress->stored) {
		buf_printf(ret, ", %s ", line->moved);
		progress_bytes(ret, (double)progress->stored);
	}
	if (line->rate >= 1) {
		buf_text(ret, ", ");
		progress_bytes(ret, line->rate);
		buf_text(ret, "/s");
	}
	add_time_left(ret, line, progress);
}

void
progress_show(struct progress_line *line, const struct progress *progress, uint64_t now_ms)
{
	bool first = !line->began_ms;
	struct buf text = BUF(LINE_MAX_BYTES);

	measure(line, progress, now_ms);
	/* Whoever is not watching learns of it only if it takes long. */
	if (first && !line->terminal)
		line->shown_ms = now_ms;
	if ((!first || !line->terminal) &&
	    now_ms < line->shown_ms + (line->terminal ? REDRAW_MS : LINE_MS))
		return;
	line->shown_ms = now_ms;
	if (progress->erasing)
		print_erased(line, progress, &text);
	else
		print(line, progress, &text);
	if (line->terminal && line->columns > 1 && text.length >= line->columns)
		text.length = line->columns - 1;
	fprintf(line->stream, line->terminal ? "\r%.*s\033[K" : "%.*s\n", (int)text.length,
	    text.length ? text.data : "");
	fflush(line->stream);
	line->drawn = line->terminal;
	buf_drop(&text);
}

void
progress_end(struct progress_line *line)
{
	if (!line->drawn)
		return;
	fputs("\r\033[K", line->stream);
	fflush(line->stream);
	line->drawn = false;
}

void
progress_tell(void *line, const struct progress *progress)
{
	progress_show(line, progress, clock_ms());
}
