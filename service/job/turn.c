#include "job/turn.h"

#include <stddef.h>
#include <string.h>

static bool
is_of_one_project(const struct turn *one, const struct turn *other)
{
	return strcmp(one->project ? one->project : "", other->project ? other->project : "") == 0;
}

/*
 * Each job of a project comes a round after the one before it; who had nothing to
 * do joins the round of now.
 */
void
turns_wait(struct turns *turns, struct turn *turn)
{
	const struct turn *other;

	turn->waits = true;
	turn->number = ++turns->number;
	turn->round = turns->round;
	for (other = turns->first; other; other = other->next) {
		if (other->round >= turn->round && is_of_one_project(other, turn))
			turn->round = other->round + 1;
	}
	turn->next = turns->first;
	turns->first = turn;
	turns->waiting++;
}

static bool
is_next(const struct turns *turns, const struct turn *turn)
{
	const struct turn *other;

	for (other = turns->first; other; other = other->next) {
		if (other->waits &&
		    (other->round < turn->round ||
			(other->round == turn->round && other->number < turn->number)))
			return false;
	}
	return true;
}

bool
turns_take(struct turns *turns, struct turn *turn, int64_t most)
{
	if (most > 0 && (turns->placed >= most || !is_next(turns, turn)))
		return false;
	turn->waits = false;
	turn->placed = true;
	turns->waiting--;
	turns->placed++;
	if (turn->round > turns->round)
		turns->round = turn->round;
	return true;
}

void
turns_leave(struct turns *turns, struct turn *turn)
{
	struct turn **link = &turns->first;

	if (!turn->waits && !turn->placed)
		return;
	while (*link != turn)
		link = &(*link)->next;
	*link = turn->next;
	turns->waiting -= turn->waits;
	turns->placed -= turn->placed;
	turn->waits = turn->placed = false;
}
