/*
 * What catalogue.h promises where several threads and processes have one
 * catalogue open, and where some of them are killed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/scope.h"
#include "options/tables.h"
#include "contract/catalogue_world.h"

enum { RACERS = 4, PRIZES = 20, ACT_DONE = 101, ACT_REFUSED, ACT_FAILED };

struct racer {
	struct catalogue *catalogue;
	unsigned won;
	pthread_t thread;
};

/* Move every prize that the others leave. */
static unsigned
race(struct catalogue *catalogue)
{
	unsigned i, won = 0;
	struct err err;
	int result;

	for (i = 0; i < PRIZES; i++) {
		char id[UUID_TEXT];

		snprintf(id, sizeof id, "%08x-0000-4000-8000-000000000000", i);
		result =
		    catalogue_move(catalogue, id, BACKUP_AVAILABLE, BACKUP_RESTORING, NULL, &err);
		if (result < 0)
			return ACT_FAILED;
		won += (unsigned)result;
	}
	return won;
}

static void *
run_racer(void *arg)
{
	struct racer *racer = arg;

	racer->won = race(racer->catalogue);
	return NULL;
}

static void
of_many_threads_one_makes_each_move(void **state)
{
	struct racer racers[RACERS];
	unsigned i, won = 0;

	for (i = 0; i < PRIZES; i++)
		world_add(world_catalogue(state), world_id(i), NULL, BACKUP_AVAILABLE);
	for (i = 0; i < RACERS; i++) {
		racers[i].catalogue = world_catalogue(state);
		assert_int_equal(pthread_create(&racers[i].thread, NULL, run_racer, &racers[i]), 0);
	}
	for (i = 0; i < RACERS; i++) {
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
		won += racers[i].won;
	}
	assert_int_equal(won, PRIZES);
}

/*
 * Run act in a process of its own, which starts when the gate is closed.  None
 * may inherit a connection: SQLite's locks do not survive a fork.
 */
static pid_t
begin(const struct world *world, const int gate[2], unsigned (*act)(struct catalogue *))
{
	struct catalogue *catalogue = NULL;
	struct sql_opts opts = { .connection = world->url, .db_max_retries = 20 };
	struct err err;
	pid_t child;
	char byte;

	assert_null(world->catalogue);
	child = fork();
	assert_true(child >= 0);
	if (child)
		return child;
	close(gate[1]);
	if (catalogue_open(&catalogue, world_drivers, &opts, &err) < 0 ||
	    read(gate[0], &byte, 1) < 0)
		_exit(ACT_FAILED);
	_exit((int)act(catalogue));
}

static void
leave(struct world *world)
{
	catalogue_close(world->catalogue);
	world->catalogue = NULL;
}

static void
await(const pid_t *children, unsigned count, int gate[2], unsigned *ret)
{
	unsigned i;
	int status;

	close(gate[0]);
	close(gate[1]);
	for (i = 0; i < count; i++) {
		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status));
		ret[i] = (unsigned)WEXITSTATUS(status);
	}
}

static void
of_many_processes_one_makes_each_move(void **state)
{
	struct world *world = *state;
	unsigned i, won[RACERS], sum = 0;
	pid_t children[RACERS];
	int gate[2];

	for (i = 0; i < PRIZES; i++)
		world_add(world->catalogue, world_id(i), NULL, BACKUP_AVAILABLE);
	leave(world);
	assert_int_equal(pipe(gate), 0);
	for (i = 0; i < RACERS; i++)
		children[i] = begin(world, gate, race);
	await(children, RACERS, gate, won);
	for (i = 0; i < RACERS; i++)
		sum += won[i];
	assert_int_equal(sum, PRIZES);
}

static unsigned
add_child(struct catalogue *catalogue)
{
	struct backup child = world_backup(CHILD_ID, FULL_ID, BACKUP_CREATING);
	struct err err;

	if (catalogue_add(catalogue, &child, &err) == 0)
		return ACT_DONE;
	return err.kind == ERR_CONFLICT ? ACT_REFUSED : ACT_FAILED;
}

static unsigned
delete_parent(struct catalogue *catalogue)
{
	struct err err;
	int result =
	    catalogue_move(catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err);

	if (result >= 0)
		return result ? ACT_DONE : ACT_FAILED;
	return err.kind == ERR_CONFLICT ? ACT_REFUSED : ACT_FAILED;
}

static void
either_the_child_comes_or_the_parent_goes(void **state)
{
	struct world *world = *state;
	unsigned round, came[2];
	pid_t children[2];
	int gate[2];

	for (round = 0; round < 12; round++) {
		world_add(world->catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
		leave(world);
		assert_int_equal(pipe(gate), 0);
		children[round % 2] = begin(world, gate, round % 2 ? delete_parent : add_child);
		children[!(round % 2)] = begin(world, gate, round % 2 ? add_child : delete_parent);
		await(children, 2, gate, came);
		assert_int_equal(came[0] + came[1], ACT_DONE + ACT_REFUSED);
		world->catalogue = world_connect(world);
		if (came[0] == ACT_DONE) {
			world_move(world->catalogue, CHILD_ID, BACKUP_CREATING, BACKUP_DELETING);
			world_move(world->catalogue, CHILD_ID, BACKUP_DELETING, BACKUP_DELETED);
			world_move(world->catalogue, FULL_ID, BACKUP_AVAILABLE, BACKUP_DELETING);
		}
		world_move(world->catalogue, FULL_ID, BACKUP_DELETING, BACKUP_DELETED);
	}
}

/* Chains come and go until somebody ends this. */
static unsigned
work_for_ever(struct catalogue *catalogue)
{
	struct backup parent, child;
	struct err err;
	unsigned i;

	for (i = 0;; i++) {
		parent = world_backup(world_id(2 * i), NULL, BACKUP_AVAILABLE);
		child = world_backup(world_id(2 * i + 1), parent.id, BACKUP_AVAILABLE);
		if (catalogue_add(catalogue, &parent, &err) < 0 ||
		    catalogue_add(catalogue, &child, &err) < 0 ||
		    catalogue_move(
			catalogue, child.id, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err) != 1 ||
		    catalogue_move(
			catalogue, child.id, BACKUP_DELETING, BACKUP_DELETED, NULL, &err) != 1)
			return ACT_FAILED;
	}
}

struct survey {
	struct catalogue *catalogue;
	unsigned parents, children;
};

static int
survey(void *arg, const struct backup *backup, struct err *err)
{
	struct survey *seen = arg;
	struct backup parent;

	(void)err;
	if (backup->deleted)
		assert_int_equal(backup->status, BACKUP_DELETED);
	if (!backup_has(backup, BACKUP_PARENT_ID)) {
		seen->parents++;
		return 0;
	}
	seen->children++;
	parent = world_find(seen->catalogue, backup->parent_id);
	assert_int_equal(parent.num_dependent_backups, backup->deleted ? 0 : 1);
	return 0;
}

static void
a_process_killed_at_any_moment_leaves_whole_acts(void **state)
{
	struct world *world = *state;
	struct backup_filter filter = { .deleted = true };
	unsigned round, written = 0;
	pid_t child;
	int gate[2], status;

	for (round = 0; round < 6 || !written; round++) {
		struct survey seen = { .parents = 0 };
		struct err err;

		leave(world);
		world_clean(world);
		assert_int_equal(pipe(gate), 0);
		child = begin(world, gate, work_for_ever);
		close(gate[0]);
		close(gate[1]);
		clock_sleep_ms(20 + 7 * round);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		world->catalogue = world_connect(world);
		seen.catalogue = world->catalogue;
		assert_int_equal(catalogue_each(world->catalogue, &filter, survey, &seen, &err), 0);
		assert_in_range(seen.parents - seen.children, 0, 1);
		written += seen.children;
		world_add(world->catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	}
}

static void
what_was_written_outlives_the_connection(void **state)
{
	struct world *world = *state;

	world_add(world->catalogue, FULL_ID, NULL, BACKUP_AVAILABLE);
	catalogue_close(world->catalogue);
	world->catalogue = world_connect(world);
	assert_int_equal(world_find(world->catalogue, FULL_ID).status, BACKUP_AVAILABLE);
}

static void
one_connection_sees_what_the_other_wrote(void **state)
{
	scoped(catalogue_close_scoped) struct catalogue *other = world_connect(*state);

	world_add(other, FULL_ID, NULL, BACKUP_CREATING);
	world_move(world_catalogue(state), FULL_ID, BACKUP_CREATING, BACKUP_AVAILABLE);
	assert_int_equal(world_find(other, FULL_ID).status, BACKUP_AVAILABLE);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		FACT(of_many_threads_one_makes_each_move),
		FACT(of_many_processes_one_makes_each_move),
		FACT(either_the_child_comes_or_the_parent_goes),
		FACT(a_process_killed_at_any_moment_leaves_whole_acts),
		FACT(what_was_written_outlives_the_connection),
		FACT(one_connection_sees_what_the_other_wrote),
	};

	int status = world_choose(argc, argv);

	return status ? status : cmocka_run_group_tests(tests, NULL, NULL);
}
