/*
 * The rows of the service's backup options and the data of Puppet's classes name
 * the same hiera keys.  Other options may belong to classes of other services.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "options/opt.h"
#include "options/tables.h"
#include "role/rules.h"

enum { SETS = 8 };

static size_t
load_all(struct rules sets[SETS], const struct doc_loader *loader)
{
	static const char *const classes[] = {
		"tripleo::profile::base::cinder::backup::swift",
		"tripleo::profile::base::cinder::backup::ceph",
		"tripleo::profile::base::cinder::backup::nfs",
		"tripleo::profile::base::cinder::backup::posix",
	};
	static const char *const releases[] = { "queens", "zed" };
	size_t count = 0;

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		for (size_t k = 0; k < sizeof(releases) / sizeof(*releases); k++) {
			struct err err = ERR_INIT;

			if (rules_load(&sets[count++], loader, DATA_DIR "/puppet-hiera",
				releases[k], &classes[i], 1, &err) < 0)
				fail_msg("%s", err.text);
		}
	}
	return count;
}

/* Does a class give this key to this option? */
static bool
is_declared(const struct rules sets[SETS], size_t count, const struct opt *opt)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < sets[i].count; k++) {
			const struct rule *rule = &sets[i].rows[k];

			if (!rule->title || strcmp(rule->section, opt_section(opt)) != 0 ||
			    strcmp(rule->name, opt->name) != 0)
				continue;
			for (size_t n = 0; n < rule->n_keys; n++)
				if (!strcmp(rule->keys[n], opt->hiera))
					return true;
		}
	}
	return false;
}

static void
a_hiera_key_of_a_backup_option_is_a_parameter_of_its_class(void **state)
{
	struct arena *arena = arena_new(64 << 20);
	struct doc_loader loader = { .arena = arena };
	static struct rules sets[SETS];
	size_t count = load_all(sets, &loader), wrong = 0;

	(void)state;
	for (const struct opt_table *const *table = opt_tables; *table; table++) {
		for (const struct opt *opt = (*table)->rows; opt->name; opt++) {
			if (!opt->hiera || strncmp(opt->hiera, "cinder::backup::", 16) != 0 ||
			    is_declared(sets, count, opt))
				continue;
			print_error("[%s] %s: %s\n", opt_section(opt), opt->name, opt->hiera);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hiera_key_of_a_backup_option_is_a_parameter_of_its_class),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
