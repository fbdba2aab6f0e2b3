#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "job/claim.h"
#include "volume/attach.h"

static unsigned synced_files, synced_directories;
static int flock_fails; /* errno; 0: it does not */

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int
__wrap_fsync(int fd)
{
	struct stat state;

	assert_int_equal(fstat(fd, &state), 0);
	if (S_ISDIR(state.st_mode))
		synced_directories++;
	else
		synced_files++;
	return __real_fsync(fd);
}

int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
int
__wrap_flock(int fd, int operation)
{
	errno = flock_fails;
	return flock_fails ? -1 : __real_flock(fd, operation);
}

static const char id[] = "36c66519-125e-4fc1-a038-931efb388266";

static int
make_directory(void **state)
{
	char *dir = strdup("/tmp/claim-XXXXXX");

	*state = mkdtemp(dir);
	return *state ? 0 : -1;
}

static int
remove_directory(void **state)
{
	char *dir = *state;
	int left = rmdir(dir); /* every released claim has taken its file along */

	free(dir);
	return left;
}

static void
a_claim_has_one_owner(void **state)
{
	struct claim *mine, *other;
	struct err err;

	assert_int_equal(claim_take(&mine, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_take(&other, *state, id, 20, NULL, &err), 0);
	claim_release(mine);
	assert_int_equal(claim_take(&other, *state, id, 0, NULL, &err), 1);
	claim_release(other);
}

static void
a_shared_claim_is_nobodys_own(void **state)
{
	struct claim *one, *two, *own;
	struct err err;

	assert_int_equal(claim_share(&one, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_share(&two, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_take(&own, *state, id, 20, NULL, &err), 0);
	claim_release(one);
	assert_int_equal(claim_take(&own, *state, id, 20, NULL, &err), 0);
	assert_int_equal(claim_share(&one, *state, id, 0, NULL, &err), 1);
	claim_release(two);
	claim_release(one);
	assert_int_equal(claim_take(&own, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_share(&one, *state, id, 20, NULL, &err), 0);
	claim_release(own);
}

static void
a_note_and_its_name_are_on_the_disk(void **state)
{
	const struct attachment volume = { .kind = ATTACHMENT_PATH, .path = "/v/new" };
	struct claim *claim;
	struct err err;

	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	synced_files = synced_directories = 0;
	assert_int_equal(claim_note(claim, &volume, &err), 0);
	assert_int_equal(synced_files, 1);
	assert_int_equal(synced_directories, 1);
	claim_release(claim);
}

static void
a_disk_without_locks_is_told(void **state)
{
	struct claim *claim;
	char path[256];
	struct err err;

	flock_fails = ENOLCK;
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), -1);
	assert_int_equal(err.sys, ENOLCK);
	assert_non_null(strstr(err.text, id));
	flock_fails = 0;
	snprintf(path, sizeof path, "%s/%s", (const char *)*state, id);
	unlink(path);
}

static void
what_is_owed_is_remembered(void **state)
{
	struct attachment noted;
	struct claim *claim;
	struct err err;

	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_false(claim_owes(claim));
	claim_owe(claim);
	claim_release(claim);
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_true(claim_owes(claim));
	assert_int_equal(claim_noted(claim, &noted, &err), 0);
	claim_release(claim);
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_false(claim_owes(claim));
	claim_release(claim);
}

static void
a_dead_owner_leaves_its_note(void **state)
{
	struct attachment made = { .kind = ATTACHMENT_PATH, .create = true }, noted;
	struct claim *claim;
	struct err err;
	pid_t child;
	int status;

	strcpy(made.volume_id, "77951e2f-4aff-4365-8c64-f833802eaa43");
	strcpy(made.path, "/some where/with blanks");
	child = fork();
	if (child == 0) {
		if (claim_take(&claim, *state, id, 0, NULL, &err) != 1 ||
		    claim_note(claim, &made, &err) < 0)
			_exit(1);
		_exit(0);
	}
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_noted(claim, &noted, &err), 1);
	assert_string_equal(noted.volume_id, made.volume_id);
	assert_string_equal(noted.path, made.path);
	assert_true(noted.create);
	claim_release(claim);
}

static void
a_note_keeps_whose_image_it_is(void **state)
{
	struct attachment made = { .kind = ATTACHMENT_RBD }, noted;
	struct claim *claim;
	struct err err;

	strcpy(made.volume_id, "77951e2f-4aff-4365-8c64-f833802eaa43");
	strcpy(made.pool, "volumes");
	strcpy(made.image, "v");
	strcpy(made.snapshot, "s");
	strcpy(made.cluster.monitors, "10.0.0.1:6789,10.0.0.2:6789");
	strcpy(made.cluster.name, "blue");
	strcpy(made.cluster.user, "cinder");
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_note(claim, &made, &err), 0);
	assert_int_equal(claim_noted(claim, &noted, &err), 1);
	assert_int_equal(noted.kind, ATTACHMENT_RBD);
	assert_string_equal(noted.snapshot, "s");
	assert_string_equal(noted.cluster.monitors, made.cluster.monitors);
	assert_string_equal(noted.cluster.name, "blue");
	assert_string_equal(noted.cluster.user, "cinder");
	made.cluster.monitors[0] = '\0';
	assert_int_equal(claim_note(claim, &made, &err), 0);
	assert_int_equal(claim_noted(claim, &noted, &err), 1);
	assert_string_equal(noted.image, "v");
	assert_string_equal(noted.snapshot, "s");
	assert_string_equal(noted.cluster.monitors, "");
	claim_release(claim);
}

static void
a_fresh_claim_has_no_note(void **state)
{
	struct attachment noted;
	struct claim *claim;
	struct err err;

	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_noted(claim, &noted, &err), 0);
	claim_release(claim);
}

static void
a_kept_claim_can_be_taken_with_its_note(void **state)
{
	struct attachment made = { .kind = ATTACHMENT_PATH, .create = true }, noted;
	struct claim *claim;
	struct err err;

	strcpy(made.volume_id, "77951e2f-4aff-4365-8c64-f833802eaa43");
	strcpy(made.path, "/volume");
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_note(claim, &made, &err), 0);
	claim_keep(claim);
	assert_int_equal(claim_take(&claim, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_noted(claim, &noted, &err), 1);
	assert_string_equal(noted.path, "/volume");
	claim_release(claim);
}

static void
a_wait_for_a_claim_ends_when_it_is_cancelled(void **state)
{
	const atomic_bool cancelled = true;
	struct claim *mine, *other;
	struct err err;

	assert_int_equal(claim_take(&mine, *state, id, 0, NULL, &err), 1);
	assert_int_equal(claim_take(&other, *state, id, UINT32_MAX, &cancelled, &err), -1);
	assert_int_equal(err.kind, ERR_CANCELLED);
	claim_release(mine);
}

static void
a_directory_that_cannot_be_is_named(void **state)
{
	struct claim *claim;
	struct err err;

	(void)state;
	assert_int_equal(claim_take(&claim, "/proc/none/claims", id, 0, NULL, &err), -1);
	assert_non_null(strstr(err.text, "/proc/none"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_claim_has_one_owner),
		cmocka_unit_test(a_shared_claim_is_nobodys_own),
		cmocka_unit_test(a_dead_owner_leaves_its_note),
		cmocka_unit_test(a_note_and_its_name_are_on_the_disk),
		cmocka_unit_test(a_disk_without_locks_is_told),
		cmocka_unit_test(what_is_owed_is_remembered),
		cmocka_unit_test(a_note_keeps_whose_image_it_is),
		cmocka_unit_test(a_fresh_claim_has_no_note),
		cmocka_unit_test(a_kept_claim_can_be_taken_with_its_note),
		cmocka_unit_test(a_wait_for_a_claim_ends_when_it_is_cancelled),
		cmocka_unit_test(a_directory_that_cannot_be_is_named),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
