/* Requests through the desk, on a store in memory that fails wherever it can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/scope.h"
#include "catalogue/catalogue.h"
#include "fake/faulty.h"
#include "fake/memory.h"
#include "fake/scratch.h"
#include "job/claim.h"
#include "job/desk.h"
#include "job/record.h"
#include "options/tables.h"
#include "store/store.h"
#include "volume/volume.h"

enum { BLOCK = 4096, OBJECT = 4 * BLOCK, SIZE = 20 * OBJECT + BLOCK + 100, CALLS_MAX = 400 };

struct bench {
	char dir[SCRATCH_PATH], volume[256], target[256];
	uint8_t content[SIZE];
	struct core_opts core;
	struct cinderbank_opts own;
	struct file_opts file;
	struct fault fault;
	struct catalogue *catalogue;
	struct store *store;
	struct desk *desk;
	struct reply reply; /* of the last request; its texts are gone */
};

static const struct volume_driver *const volumes[] = { &volume_device, NULL };

static void
fill(struct bench *bench, size_t from, size_t to, unsigned seed)
{
	for (; from < to; from++) {
		seed = seed * 1103515245 + 12345;
		bench->content[from] = (uint8_t)(seed >> 16);
	}
}

static void
write_file(const char *path, const void *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, length), length);
	close(fd);
}

static void
assert_file(const struct bench *bench, const char *path)
{
	static uint8_t found[SIZE + 1];
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, found, sizeof found), SIZE);
	assert_memory_equal(found, bench->content, SIZE);
	close(fd);
}

static int
open_bench(void **state)
{
	static const struct catalogue_driver *const drivers[] = { &catalogue_sqlite, NULL };
	struct bench *bench = calloc(1, sizeof *bench);
	struct sql_opts sql = { .connection = "sqlite://" };
	struct faulty_opts faulty = { &fake_memory, &bench->file, &bench->fault };
	struct err err;

	scratch_make(bench->dir);
	snprintf(bench->volume, sizeof bench->volume, "%s/volume", bench->dir);
	snprintf(bench->target, sizeof bench->target, "%s/target", bench->dir);
	bench->core = (struct core_opts){ .state_path = bench->dir,
		.host = "here",
		.storage_availability_zone = "nova",
		.backup_metadata_version = 2,
		.backup_compression_algorithm = COMPRESSION_ZLIB };
	bench->own = (struct cinderbank_opts){
		.volumes_dir = bench->dir, .object_size_max = 1 << 20, .compression_level = 1
	};
	bench->file = (struct file_opts){ .posix_path = bench->dir,
		.file_size = OBJECT,
		.sha_block_size_bytes = BLOCK,
		.create_containers = true };
	bench->fault.kind = ERR_SYSTEM;
	if (catalogue_open(&bench->catalogue, drivers, &sql, &err) < 0 ||
	    store_open(&bench->store, &fake_faulty, &faulty, &err) < 0)
		return -1;
	const struct desk_setup setup = {
		.catalogue = bench->catalogue,
		.store = bench->store,
		.volumes = volumes,
		.core = &bench->core,
		.own = &bench->own,
		.cpus = 2,
	};
	if (desk_open(&bench->desk, &setup, &err) < 0)
		return -1;
	fill(bench, 0, 7 * OBJECT, 1); /* the rest stays zeros but for its end */
	fill(bench, SIZE - 50, SIZE, 2);
	write_file(bench->volume, bench->content, SIZE);
	*state = bench;
	return 0;
}

static int
close_bench(void **state)
{
	struct bench *bench = *state;

	desk_close(bench->desk);
	store_close(bench->store);
	catalogue_close(bench->catalogue);
	scratch_remove(bench->dir);
	free(bench);
	return 0;
}

static void
keep_reply(void *arg, const struct reply *reply)
{
	((struct bench *)arg)->reply = *reply;
}

static int
ask(struct bench *bench, const struct request *request)
{
	struct err err;

	return desk_run(bench->desk, request, keep_reply, bench, &err);
}

static int
back_up(struct bench *bench, bool incremental)
{
	const struct request request = {
		.verb = REQUEST_BACKUP, .volume = bench->volume, .incremental = incremental
	};

	return ask(bench, &request);
}

static int
restore(struct bench *bench, const char *id)
{
	const struct request request = {
		.verb = REQUEST_RESTORE, .backup = id, .target = bench->target
	};

	return ask(bench, &request);
}

static int
restore_over(struct bench *bench, const char *id)
{
	const struct request request = {
		.verb = REQUEST_RESTORE, .backup = id, .volume = bench->target
	};

	return ask(bench, &request);
}

static int delete (struct bench *bench, const char *id, bool force)
{
	const struct request request = { .verb = REQUEST_DELETE, .backup = id, .force = force };

	return ask(bench, &request);
}

static void
change(struct bench *bench)
{
	fill(bench, BLOCK, 2 * BLOCK, 3);
	memset(bench->content + 3 * OBJECT, 0, 2 * OBJECT);
	fill(bench, SIZE - 10, SIZE, 4);
	write_file(bench->volume, bench->content, SIZE);
}

static void
a_chain_restores_onto_new_and_dirty_targets(void **state)
{
	static uint8_t dirt[SIZE] = { 1, 2, 3 };
	struct bench *bench = *state;
	char id[UUID_TEXT];

	assert_int_equal(back_up(bench, false), 0);
	change(bench);
	assert_int_equal(back_up(bench, true), 0);
	memcpy(id, bench->reply.backup.id, sizeof id);
	assert_int_equal(restore(bench, id), 0);
	assert_file(bench, bench->target);
	memset(bench->content, 0xff, SIZE);
	write_file(bench->target, bench->content, SIZE);
	change(bench); /* what the volume was at the increment: */
	memset(bench->content, 0, SIZE);
	fill(bench, 0, 7 * OBJECT, 1);
	fill(bench, SIZE - 50, SIZE, 2);
	change(bench);
	assert_int_equal(restore_over(bench, id), 0);
	assert_file(bench, bench->target);
	write_file(bench->target, dirt, sizeof dirt);
	assert_int_equal(restore(bench, id), 0); /* the same by --to */
	assert_file(bench, bench->target);
}

static void
an_increment_without_a_full_is_refused(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(back_up(bench, true), -1);
	assert_int_equal(bench->reply.err.kind, ERR_INVALID);
	assert_non_null(strstr(bench->reply.err.text, "no backups available"));
}

static void
a_parent_cannot_be_deleted_even_by_force(void **state)
{
	struct bench *bench = *state;
	char full[UUID_TEXT];

	assert_int_equal(back_up(bench, false), 0);
	memcpy(full, bench->reply.backup.id, sizeof full);
	assert_int_equal(back_up(bench, true), 0);
	assert_int_equal(delete (bench, full, true), -1);
	assert_int_equal(bench->reply.err.kind, ERR_CONFLICT);
	assert_int_equal(restore(bench, full), 0);
}

static void
what_is_deleted_leaves_nothing(void **state)
{
	struct bench *bench = *state;
	char id[UUID_TEXT];

	assert_int_equal(back_up(bench, false), 0);
	memcpy(id, bench->reply.backup.id, sizeof id);
	assert_int_equal(delete (bench, id, false), 0);
	assert_int_equal(fake_memory_count(fake_faulty_inner(bench->store)), 0);
	assert_int_equal(restore(bench, id), -1);
	assert_int_equal(bench->reply.err.kind, ERR_NOT_FOUND);
}

static void
a_backup_that_the_store_lacks_keeps_its_record(void **state)
{
	struct bench *bench = *state;
	struct store *inner = fake_faulty_inner(bench->store);
	struct backup row, after;
	struct location at;
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	row = bench->reply.backup;
	bench->fault.kind = ERR_DENIED; /* a folder that is gone */
	atomic_store(&bench->fault.calls, 0);
	bench->fault.fail_at = 1;
	assert_int_equal(delete (bench, row.id, true), -1);
	bench->fault.fail_at = 0;
	memcpy(at.container, row.container, sizeof at.container);
	memcpy(at.prefix, row.service_metadata, sizeof at.prefix);
	assert_int_equal(store_erase(inner, &at, &err), 0); /* an empty one in its place */
	assert_int_equal(delete (bench, row.id, false), -1);
	assert_non_null(strstr(bench->reply.err.text, "--force"));
	assert_int_equal(catalogue_find(bench->catalogue, row.id, &after, &err), 1);
	assert_int_equal(after.status, BACKUP_AVAILABLE);
	assert_int_equal(delete (bench, row.id, true), 0);
}

static int
count_available(void *arg, const struct backup *backup, struct err *err)
{
	(void)err;
	*(int *)arg += backup->status == BACKUP_AVAILABLE;
	return 0;
}

static int
available(struct bench *bench)
{
	const struct backup_filter all = { .volume_id = NULL };
	struct err err;
	int count = 0;

	assert_int_equal(desk_each(bench->desk, &all, count_available, &count, &err), 0);
	return count;
}

/* Whatever call fails, there is either a backup that restores, or none and no trace of it. */
static void *
look_and_release(void *claim)
{
	usleep(100000);
	claim_release(claim);
	return NULL;
}

static void
a_recovery_that_looks_does_not_stop_a_job(void **state)
{
	struct bench *bench = *state;
	char claims[300];
	struct claim *claim;
	pthread_t looking;
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	snprintf(claims, sizeof claims, "%s/cinderbank-jobs", bench->dir);
	assert_int_equal(claim_take(&claim, claims, bench->reply.backup.id, 0, NULL, &err), 1);
	assert_int_equal(pthread_create(&looking, NULL, look_and_release, claim), 0);
	assert_int_equal(restore(bench, bench->reply.backup.id), 0);
	pthread_join(looking, NULL);
	assert_file(bench, bench->target);
}

static void
a_failing_store_never_makes_half_a_backup(void **state)
{
	struct bench *bench = *state;
	unsigned n, late, whole = 0;

	for (late = 0; late < 2; late++) {
		for (n = 1; n < CALLS_MAX; n++) {
			atomic_store(&bench->fault.calls, 0);
			bench->fault.fail_at = n;
			bench->fault.late = late;
			int done = back_up(bench, false);
			bench->fault.fail_at = 0;
			char id[UUID_TEXT];

			memcpy(id, bench->reply.backup.id, sizeof id);
			assert_int_equal(available(bench), done == 0);
			if (done == 0)
				break;
			if (id[0])
				assert_int_equal(delete (bench, id, false), 0);
			assert_int_equal(fake_memory_count(fake_faulty_inner(bench->store)), 0);
		}
		assert_true(n > 20 && n < CALLS_MAX); /* it failed often, and succeeded once */
		whole++;
		assert_int_equal(delete (bench, bench->reply.backup.id, false), 0);
	}
	assert_int_equal(whole, 2);
}

static void
a_failing_store_never_makes_half_a_restore(void **state)
{
	struct bench *bench = *state;
	char id[UUID_TEXT];
	unsigned n;

	assert_int_equal(back_up(bench, false), 0);
	memcpy(id, bench->reply.backup.id, sizeof id);
	for (n = 1; n < CALLS_MAX; n++) {
		atomic_store(&bench->fault.calls, 0);
		bench->fault.fail_at = n;
		if (restore(bench, id) == 0)
			break;
		assert_int_equal(access(bench->target, F_OK), -1);
		assert_int_equal(available(bench), 1);
	}
	assert_true(n > 10 && n < CALLS_MAX);
	assert_file(bench, bench->target);
}

static void
a_flipped_byte_is_found_before_it_is_written(void **state)
{
	struct bench *bench = *state;
	char name[COLUMN_TEXT_MAX + 16];
	struct location at;
	size_t length;
	char *bytes;

	assert_int_equal(back_up(bench, false), 0);
	memcpy(at.container, bench->reply.backup.container, sizeof at.container);
	memcpy(at.prefix, bench->reply.backup.service_metadata, sizeof at.prefix);
	store_segment_name(&at, 2, name);
	bytes = fake_memory_bytes(fake_faulty_inner(bench->store), at.container, name, &length);
	assert_non_null(bytes);
	bytes[length / 2] ^= 1;
	assert_int_equal(restore(bench, bench->reply.backup.id), -1);
	assert_int_equal(bench->reply.err.kind, ERR_CORRUPT);
	assert_non_null(strstr(bench->reply.err.text, name));
	assert_int_equal(access(bench->target, F_OK), -1);
}

/* A row and objects as a process leaves them that dies in the middle. */
static void
recovery_ends_what_a_dead_process_left(void **state)
{
	struct bench *bench = *state;
	struct backup row, after;
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	row = bench->reply.backup;
	assert_int_equal(
	    catalogue_move(bench->catalogue, row.id, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err),
	    1);
	assert_int_equal(desk_recover(bench->desk, &err), 0);
	assert_int_equal(catalogue_find(bench->catalogue, row.id, &after, &err), 0);
	assert_int_equal(fake_memory_count(fake_faulty_inner(bench->store)), 0);

	row.status = BACKUP_CREATING;
	assert_int_equal(catalogue_add(bench->catalogue, &row, &err), 0);
	assert_int_equal(desk_recover(bench->desk, &err), 0);
	assert_int_equal(catalogue_find(bench->catalogue, row.id, &after, &err), 1);
	assert_int_equal(after.status, BACKUP_ERROR);
	assert_non_null(strstr(after.fail_reason, "incomplete"));
}

static void
ignore_admission(void *arg, const struct backup *backup, const char *volume_id)
{
	(void)backup;
	(void)volume_id;
	*(bool *)arg = true;
}

static const struct catalogue_driver *saving;
static struct bench *recovering;

/* Somebody recovers as soon as a row says where its backup lies. */
static int
recover_now(const struct backup *backup, struct err *err)
{
	char claim[SCRATCH_PATH + 32 + COLUMN_TEXT_MAX];

	/* As if who claimed it had died. */
	snprintf(claim, sizeof claim, "%s/cinderbank-jobs/%s", recovering->dir, backup->id);
	assert_int_equal(unlink(claim), 0);
	return desk_recover(recovering->desk, err);
}

static int
save_and_recover(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	return saving->save(catalogue, backup, fields, err) < 0 ? -1 : recover_now(backup, err);
}

static int
fill_and_recover(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	int filled = saving->fill(catalogue, backup, fields, err);

	return recover_now(backup, err) < 0 ? -1 : filled;
}

static void
what_is_imported_is_never_erased(void **state)
{
	struct bench *bench = recovering = *state;
	scoped(buf_drop) struct buf record = BUF(RECORD_MAX);
	struct catalogue_driver driver = *bench->catalogue->driver;
	bool admitted = false;
	struct backup row;
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	row = bench->reply.backup;
	assert_int_equal(record_print(&row, span_of(""), &record, &err), 0);
	assert_int_equal(
	    catalogue_move(bench->catalogue, row.id, BACKUP_AVAILABLE, BACKUP_DELETING, NULL, &err),
	    1);
	assert_int_equal(
	    catalogue_move(bench->catalogue, row.id, BACKUP_DELETING, BACKUP_DELETED, NULL, &err),
	    1);
	saving = bench->catalogue->driver;
	driver.save = save_and_recover;
	driver.fill = fill_and_recover;
	bench->catalogue->driver = &driver;
	const struct request request = { .verb = REQUEST_IMPORT,
		.service = bench->store->driver->class_path,
		.record = buf_string(&record),
		.admitted = ignore_admission,
		.admitted_arg = &admitted };
	assert_int_equal(ask(bench, &request), 0);
	bench->catalogue->driver = saving;
	assert_true(admitted);
	assert_int_equal(restore(bench, row.id), 0);
	assert_file(bench, bench->target);
}

static const struct store_driver *erasing;

/* An administrator resets the status as the last object goes. */
static int
erase_and_reset(struct store *store, const struct location *at, struct err *err)
{
	int done = erasing->erase(store, at, err);

	assert_int_equal(catalogue_move(recovering->catalogue, recovering->reply.backup.id,
			     BACKUP_DELETING, BACKUP_ERROR, NULL, err),
	    1);
	return done;
}

static void
an_erased_backup_whose_status_was_reset_is_not_said_to_be_deleted(void **state)
{
	struct bench *bench = recovering = *state;
	struct store_driver driver = *bench->store->driver;
	char id[UUID_TEXT];
	struct backup after;
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	memcpy(id, bench->reply.backup.id, sizeof id);
	erasing = bench->store->driver;
	driver.erase = erase_and_reset;
	bench->store->driver = &driver;
	const struct request request = { .verb = REQUEST_DELETE, .backup = id };
	assert_int_equal(ask(bench, &request), -1);
	bench->store->driver = erasing;
	assert_int_equal(bench->reply.err.kind, ERR_CONFLICT);
	assert_int_equal(catalogue_find(bench->catalogue, id, &after, &err), 1);
	assert_int_equal(after.status, BACKUP_ERROR);
	assert_int_equal(ask(bench, &request), 0);
	assert_int_equal(catalogue_find(bench->catalogue, id, &after, &err), 0);
}

static void
recovery_leaves_live_jobs_alone(void **state)
{
	struct bench *bench = *state;
	struct claim *claim;
	struct backup after;
	char claims[SCRATCH_PATH + 32];
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	snprintf(claims, sizeof claims, "%s/cinderbank-jobs", bench->dir);
	assert_int_equal(claim_take(&claim, claims, bench->reply.backup.id, 0, NULL, &err), 1);
	assert_int_equal(catalogue_move(bench->catalogue, bench->reply.backup.id, BACKUP_AVAILABLE,
			     BACKUP_RESTORING, NULL, &err),
	    1);
	assert_int_equal(desk_recover(bench->desk, &err), 0);
	assert_int_equal(catalogue_find(bench->catalogue, bench->reply.backup.id, &after, &err), 1);
	assert_int_equal(after.status, BACKUP_RESTORING);
	claim_release(claim);
	assert_int_equal(desk_recover(bench->desk, &err), 0);
	assert_int_equal(catalogue_find(bench->catalogue, bench->reply.backup.id, &after, &err), 1);
	assert_int_equal(after.status, BACKUP_AVAILABLE);
}

/* ---- a catalogue that fails, before or after it has done what was asked ---- */

static struct {
	const struct catalogue_driver *inner;
	atomic_uint calls;
	unsigned fail_at;
	bool late;
} broken;

/* Not 0: this is the call that fails, and nothing is to be done. */
static int
break_early(bool *fails, struct err *err)
{
	*fails = atomic_fetch_add(&broken.calls, 1) + 1 == broken.fail_at;
	return *fails && !broken.late ? err_set(err, ERR_RETRY, "the catalogue is away") : 0;
}

static int
break_late(bool fails, int result, struct err *err)
{
	return fails ? err_set(err, ERR_RETRY, "the catalogue went away") : result;
}

static int
broken_find(struct catalogue *catalogue, const char *id, struct backup *ret, struct err *err)
{
	bool fails;

	return break_early(&fails, err) < 0
		   ? -1
		   : break_late(fails, broken.inner->find(catalogue, id, ret, err), err);
}

static int
broken_save(
    struct catalogue *catalogue, const struct backup *backup, uint32_t fields, struct err *err)
{
	bool fails;

	return break_early(&fails, err) < 0
		   ? -1
		   : break_late(fails, broken.inner->save(catalogue, backup, fields, err), err);
}

static int
broken_move(struct catalogue *catalogue, const char *id, enum backup_status from,
    enum backup_status to, const char *reason, struct err *err)
{
	bool fails;

	return break_early(&fails, err) < 0
		   ? -1
		   : break_late(
			 fails, broken.inner->move(catalogue, id, from, to, reason, err), err);
}

static int
note_row(void *arg, const struct backup *backup, struct err *err)
{
	(void)err;
	*(struct backup *)arg = *backup;
	return 0;
}

/* What is said to be available restores; what is not has left nothing. */
static void
settle_and_check(struct bench *bench)
{
	const struct backup_filter all = { .volume_id = NULL };
	struct backup row = { .id = "" };
	struct err err;

	assert_int_equal(desk_recover(bench->desk, &err), 0);
	assert_int_equal(desk_each(bench->desk, &all, note_row, &row, &err), 0);
	if (row.id[0] && row.status == BACKUP_AVAILABLE) {
		assert_int_equal(restore(bench, row.id), 0);
		assert_file(bench, bench->target);
		unlink(bench->target);
	} else {
		assert_int_equal(fake_memory_count(fake_faulty_inner(bench->store)), 0);
	}
	if (row.id[0])
		assert_int_equal(delete (bench, row.id, false), 0);
}

static void
a_failing_catalogue_never_has_a_backup_that_is_gone(void **state)
{
	struct bench *bench = *state;
	struct catalogue_driver driver = *bench->catalogue->driver;
	unsigned n, late, whole;

	broken.inner = bench->catalogue->driver;
	driver.find = broken_find;
	driver.save = broken_save;
	driver.move = broken_move;
	for (late = 0; late < 2; late++) {
		whole = 0;
		for (n = 1; n < CALLS_MAX; n++) {
			atomic_store(&broken.calls, 0);
			broken.fail_at = n;
			broken.late = late;
			bench->catalogue->driver = &driver;
			int done = back_up(bench, false);
			bench->catalogue->driver = broken.inner;

			if (done == 0)
				assert_int_equal(available(bench), 1);
			whole += done == 0;
			settle_and_check(bench);
			if (atomic_load(&broken.calls) < n)
				break;
		}
		assert_true(n > 3 && n < CALLS_MAX && whole > 0);
	}
}

/* As of records that were exported once and imported wrong. */
static void
backup_below_itself_is_found_out_at_once(void **state)
{
	struct bench *bench = *state;
	struct catalogue_driver driver = *bench->catalogue->driver;
	struct backup full;
	struct err err;

	assert_int_equal(back_up(bench, false), 0);
	full = bench->reply.backup;
	assert_int_equal(back_up(bench, true), 0);
	assert_int_equal(backup_set_text(&full, BACKUP_PARENT_ID, bench->reply.backup.id, &err), 0);
	assert_int_equal(catalogue_save(bench->catalogue, &full, 1u << BACKUP_PARENT_ID, &err), 0);
	broken.inner = bench->catalogue->driver;
	broken.fail_at = 0;
	driver.find = broken_find;
	atomic_store(&broken.calls, 0);
	bench->catalogue->driver = &driver;
	assert_int_equal(restore(bench, bench->reply.backup.id), -1);
	bench->catalogue->driver = broken.inner;
	assert_in_range(atomic_load(&broken.calls), 3, 20);
	assert_non_null(strstr(bench->reply.err.text, "is an increment on itself"));
}

/* ---- who asked takes his request away as soon as he has his answer ---- */

struct leaving {
	struct bench *bench;
	char *page; /* with the name of the project; gone once it is answered */
	size_t size;
	struct request second;
	struct err err;
	int submitted;
};

static void
leave_and_ask_again(void *arg, const struct reply *reply)
{
	struct leaving *leaving = arg;

	(void)reply;
	mprotect(leaving->page, leaving->size, PROT_NONE);
	leaving->submitted = desk_submit(
	    leaving->bench->desk, &leaving->second, keep_reply, leaving->bench, &leaving->err);
}

static void
what_a_request_borrowed_is_not_looked_at_after_its_answer(void **state)
{
	struct bench *bench = *state;
	struct leaving leaving = { .bench = bench, .size = (size_t)sysconf(_SC_PAGESIZE) };
	struct err err;

	leaving.page =
	    mmap(NULL, leaving.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(leaving.page != MAP_FAILED);
	strcpy(leaving.page, "project");
	leaving.second = (struct request){
		.verb = REQUEST_BACKUP, .volume = bench->volume, .project_id = "another"
	};
	const struct request first = {
		.verb = REQUEST_BACKUP, .volume = bench->volume, .project_id = leaving.page
	};
	assert_int_equal(desk_run(bench->desk, &first, leave_and_ask_again, &leaving, &err), 0);
	assert_int_equal(leaving.submitted, 0);
	while (!desk_idle(bench->desk))
		usleep(1000);
	munmap(leaving.page, leaving.size);
}

/* ---- a volume that lies about what has changed ---- */

static int
lying_moment(struct volume *volume, char ret[VOLUME_MOMENT_MAX], struct err *err)
{
	(void)volume;
	(void)err;
	snprintf(ret, VOLUME_MOMENT_MAX, "a moment of it");
	return 1;
}

static int
lying_recall(struct volume *volume, const char *moment, struct volume_past *ret, struct err *err)
{
	(void)err;
	assert_string_equal(moment, "a moment of it");
	*ret = (struct volume_past){ .since = "then", .size = volume->size };
	return 1;
}

/* Nothing but the first object's worth, it says. */
static int
lying_changed(struct volume *volume, const char *since, struct extent range, extent_fn *fn,
    void *arg, struct err *err)
{
	(void)volume;
	return !since || range.offset == 0 ? fn(arg, range, err) : 0;
}

static struct volume_driver lying;

static int
open_lying(struct volume **ret, const struct attachment *attachment, bool writable, struct err *err)
{
	int opened = volume_device.open(ret, attachment, writable, err);

	if (opened == 0)
		(*ret)->driver = &lying;
	return opened;
}

static void
what_is_read_again_is_numbered_anew(void **state)
{
	struct bench *bench = *state;
	static const struct volume_driver *const liars[] = { &lying, NULL };
	struct store *inner = fake_faulty_inner(bench->store);
	struct desk_setup setup = { .catalogue = bench->catalogue,
		.store = bench->store,
		.volumes = liars,
		.core = &bench->core,
		.own = &bench->own,
		.cpus = 2 };
	char name[COLUMN_TEXT_MAX + 16];
	struct location at;
	struct err err;
	size_t length;

	lying = volume_device;
	lying.open = open_lying;
	lying.changed = lying_changed;
	lying.moment = lying_moment;
	lying.recall = lying_recall;
	desk_close(bench->desk);
	assert_int_equal(desk_open(&bench->desk, &setup, &err), 0);
	assert_int_equal(back_up(bench, false), 0);
	fill(bench, 0, SIZE, 9);
	write_file(bench->volume, bench->content, SIZE);
	assert_int_equal(back_up(bench, true), 0);
	memcpy(at.container, bench->reply.backup.container, sizeof at.container);
	memcpy(at.prefix, bench->reply.backup.service_metadata, sizeof at.prefix);
	store_segment_name(&at, 1, name);
	assert_non_null(fake_memory_bytes(inner, at.container, name, &length));
	store_segment_name(&at, (uint32_t)bench->reply.backup.object_count, name);
	assert_non_null(fake_memory_bytes(inner, at.container, name, &length));
	store_segment_name(&at, (uint32_t)bench->reply.backup.object_count + 1, name);
	assert_null(fake_memory_bytes(inner, at.container, name, &length));
	assert_int_equal(restore(bench, bench->reply.backup.id), 0);
	assert_file(bench, bench->target);
}

/* ---- what has no status ---- */

static void
a_file_that_is_written_over_is_not_backed_up(void **state)
{
	struct bench *bench = *state;
	char elsewhere[SCRATCH_PATH], file[SCRATCH_PATH + 8], claims[SCRATCH_PATH + 32];
	const struct request request = { .verb = REQUEST_BACKUP, .volume = file, .force = true };
	struct claim *restoring, *other;
	struct err err;

	scratch_make(elsewhere);
	snprintf(file, sizeof file, "%s/file", elsewhere);
	snprintf(claims, sizeof claims, "%s/cinderbank-jobs", bench->dir);
	write_file(file, bench->content, SIZE);
	assert_int_equal(ask(bench, &request), 0);
	const char *id = backup_text(&bench->reply.backup, BACKUP_VOLUME_ID);
	assert_int_equal(claim_take(&restoring, claims, id, 0, NULL, &err), 1);
	assert_int_equal(ask(bench, &request), -1);
	assert_int_equal(bench->reply.err.kind, ERR_CONFLICT);
	assert_int_equal(available(bench), 1);
	claim_release(restoring);
	assert_int_equal(ask(bench, &request), 0);
	id = backup_text(&bench->reply.backup, BACKUP_VOLUME_ID);
	assert_int_equal(claim_take(&other, claims, id, 0, NULL, &err), 1);
	claim_release(other);
	scratch_remove(elsewhere);
}

/* ---- a rescan ---- */

struct findings {
	unsigned count;
	enum rescan_state last;
	struct err why;
};

static int
note_finding(void *arg, enum rescan_state state, const struct backup *backup, const struct err *why,
    struct err *err)
{
	struct findings *findings = arg;

	(void)backup;
	(void)err;
	findings->count++;
	findings->last = state;
	if (why)
		findings->why = *why;
	return 0;
}

static void
a_manifest_of_a_volume_that_nobody_has_is_damaged(void **state)
{
	struct bench *bench = *state;
	struct findings findings = { .count = 0 };
	const struct request request = {
		.verb = REQUEST_RESCAN, .take = true, .found = note_finding, .found_arg = &findings
	};
	static const char manifest[] =
	    "{\"backup_id\": \"582ac6ab-1f26-43b2-a6ef-9a16e9b25dbb\", \"objects\": [], "
	    "\"version\": \"1.0.0\", \"volume_id\": \"6f7c6c2f-9dd0-4cc6-9d0e-5e8f0ec1a6c4\", "
	    "\"volume_meta\": \"{\\\"volume-base-metadata\\\": {\\\"size\\\": %s}}\"}";
	static const char *const sizes[] = { "17179869185", "2147483647" };
	struct store *inner = fake_faulty_inner(bench->store);
	const struct location at = { "backups", "backup_1" };
	struct document *document;
	char text[1024];
	struct err err;
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(text, sizeof text, manifest, sizes[i]);
		assert_int_equal(store_begin(inner, &at, &err), 0);
		assert_int_equal(store_create(inner, &at, "metadata", &document, &err), 0);
		assert_int_equal(store_append(document, span_of(text), &err), 0);
		assert_int_equal(store_commit(document, &err), 0);
		if (desk_run(bench->desk, &request, keep_reply, bench, &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(findings.count, i + 1);
		if (findings.last != (i ? RESCAN_IMPORTED : RESCAN_DAMAGED))
			fail_msg("%s: %d: %s", sizes[i], findings.last, findings.why.text);
	}
	assert_string_equal(findings.why.text, "manifest: a volume of 17179869185 GiB");
}

int
main(void)
{
#define ON_BENCH(test) cmocka_unit_test_setup_teardown(test, open_bench, close_bench)
	const struct CMUnitTest tests[] = {
		ON_BENCH(a_chain_restores_onto_new_and_dirty_targets),
		ON_BENCH(an_increment_without_a_full_is_refused),
		ON_BENCH(a_parent_cannot_be_deleted_even_by_force),
		ON_BENCH(what_is_deleted_leaves_nothing),
		ON_BENCH(a_recovery_that_looks_does_not_stop_a_job),
		ON_BENCH(a_backup_that_the_store_lacks_keeps_its_record),
		ON_BENCH(a_failing_store_never_makes_half_a_backup),
		ON_BENCH(a_failing_store_never_makes_half_a_restore),
		ON_BENCH(a_flipped_byte_is_found_before_it_is_written),
		ON_BENCH(recovery_ends_what_a_dead_process_left),
		ON_BENCH(what_is_imported_is_never_erased),
		ON_BENCH(an_erased_backup_whose_status_was_reset_is_not_said_to_be_deleted),
		ON_BENCH(recovery_leaves_live_jobs_alone),
		ON_BENCH(a_failing_catalogue_never_has_a_backup_that_is_gone),
		ON_BENCH(backup_below_itself_is_found_out_at_once),
		ON_BENCH(what_a_request_borrowed_is_not_looked_at_after_its_answer),
		ON_BENCH(what_is_read_again_is_numbered_anew),
		ON_BENCH(a_file_that_is_written_over_is_not_backed_up),
		ON_BENCH(a_manifest_of_a_volume_that_nobody_has_is_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
