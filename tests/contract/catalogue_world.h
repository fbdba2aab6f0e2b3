/*
 * What the suites of the catalogue share: an empty catalogue for each test, and
 * short words for long calls.  A word that fails ends its test.  Kinds:
 * `memory`, `file` (one for each test), or the name of an environment variable
 * with the connection of a MySQL server, as tests/servers/mysql prints them.
 */
#ifndef CINDERBANK_TESTS_CONTRACT_CATALOGUE_WORLD_H
#define CINDERBANK_TESTS_CONTRACT_CATALOGUE_WORLD_H

#include <stdbool.h>

#include "catalogue/catalogue.h"

enum { NOW = 1795400000 }; /* the clock stands there when a test begins */

#define FULL_ID "8c11b04c-866c-4067-bf4f-f63a15824cdb"
#define CHILD_ID "0a38e356-27cd-4642-a0e8-3f539d346cd5"

struct world {
	char folder[64], url[256];
	struct catalogue *catalogue;
};

/* For main(): 0, or the status to end with, having said why. */
int world_choose(int argc, char **argv);

/* Columns (1u << n) that this kind of catalogue does not have. */
uint32_t world_lacks(void);

extern const struct catalogue_driver *const world_drivers[];

/* Around each test. */
int world_begin(void **state);
int world_end(void **state);
#define FACT(name) cmocka_unit_test_setup_teardown(name, world_begin, world_end)

struct catalogue *world_connect(const struct world *world);
struct catalogue *world_catalogue(void **state);

/* What is in it goes; nobody is connected. */
void world_clean(const struct world *world);

void world_set(struct backup *backup, enum backup_field field, const char *text);
struct backup world_backup(const char *id, const char *parent_id, enum backup_status status);

/* An id for each number; valid until the next call. */
const char *world_id(unsigned number);

void world_add(
    struct catalogue *catalogue, const char *id, const char *parent_id, enum backup_status status);
struct backup world_find(struct catalogue *catalogue, const char *id);
void world_move(
    struct catalogue *catalogue, const char *id, enum backup_status from, enum backup_status to);

/* From available to deleted. */
void world_erase(struct catalogue *catalogue, const char *id);

#endif
