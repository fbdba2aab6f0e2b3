#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"

enum { BLOCK_SIZE = 64 * 1024, ALIGNMENT = _Alignof(max_align_t) };

struct block {
	struct block *next;
	size_t room, used;
	_Alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *blocks; /* the first one is being filled */
	size_t ceiling, used;
};

struct arena *
arena_new(size_t ceiling)
{
	struct arena *arena = calloc(1, sizeof *arena);

	if (arena)
		arena->ceiling = ceiling;
	return arena;
}

void
arena_free(struct arena *arena)
{
	struct block *block, *next;

	if (!arena)
		return;
	for (block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *
add_block(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
	struct block *block = calloc(1, sizeof *block + room);

	if (!block)
		return NULL;
	block->room = room;
	if (arena->blocks && room != BLOCK_SIZE) { /* keep filling the one we have */
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size, struct err *err)
{
	struct block *block = arena->blocks;
	size_t whole = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	void *memory;

	if (whole < size || whole > arena->ceiling - arena->used) {
		err_set(err, ERR_INVALID, "input needs more than %zu MiB of memory",
		    arena->ceiling >> 20);
		return NULL;
	}
	if (!block || block->room - block->used < whole)
		block = add_block(arena, whole);
	if (!block) {
		err_memory(err);
		return NULL;
	}
	memory = block->bytes + block->used;
	block->used += whole;
	arena->used += whole;
	return memory;
}

void *
arena_array(struct arena *arena, size_t count, size_t size, struct err *err)
{
	if (size && count > SIZE_MAX / size) {
		err_memory(err);
		return NULL;
	}
	return arena_alloc(arena, count * size, err);
}

char *
arena_copy(struct arena *arena, const char *text, size_t length, struct err *err)
{
	char *copy = arena_alloc(arena, length < SIZE_MAX ? length + 1 : length, err);

	if (copy && length)
		memcpy(copy, text, length);
	return copy;
}

char *
arena_text(struct arena *arena, const char *text, struct err *err)
{
	return arena_copy(arena, text, strlen(text), err);
}

char *
arena_printf(struct arena *arena, struct err *err, const char *fmt, ...)
{
	va_list args, again;
	char *text = NULL;
	int length;

	va_start(args, fmt);
	va_copy(again, args);
	length = vsnprintf(NULL, 0, fmt, args);
	if (length < 0)
		err_set(err, ERR_SYSTEM, "cannot format text");
	else
		text = arena_alloc(arena, (size_t)length + 1, err);
	if (text)
		vsnprintf(text, (size_t)length + 1, fmt, again);
	va_end(again);
	va_end(args);
	return text;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}
