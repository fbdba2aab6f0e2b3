/* The titles that our data declares, against those of Puppet's real classes. */
#include "role/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "doc/load.h"

enum { KEY_MANAGER_TITLES = 3 };

static void
load_rules(
    struct rules *rules, const struct doc_loader *loader, const char *release, const char *backend)
{
	struct err err = ERR_INIT;
	char class[128];
	const char *classes[] = { class };

	snprintf(class, sizeof(class), "tripleo::profile::base::cinder::backup::%s", backend);
	if (rules_load(rules, loader, DATA_DIR "/puppet-hiera", release, classes, 1, &err) < 0)
		fail_msg("%s", err.text);
}

static size_t
count_titles(const struct rules *rules)
{
	size_t count = 0;

	for (size_t i = 0; i < rules->count; i++)
		if (rules->rows[i].title &&
		    rules_find(rules, rules->rows[i].title) == &rules->rows[i])
			count++;
	return count;
}

static void
declared_titles_are_those_of_the_real_classes(void **state)
{
	struct arena *arena = arena_new(64 << 20);
	struct doc_loader loader = { .arena = arena };
	const struct value *real;
	struct err err = ERR_INIT;

	(void)state;
	if (doc_load(&loader, TESTS_DIR "/unit/role/data/reserved_titles.json", &real, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(real->map.count, 12);
	for (size_t i = 0; i < real->map.count; i++) {
		const struct value *titles = real->map.members[i].value;
		struct rules rules;
		char name[64], *dash;

		snprintf(name, sizeof(name), "%s", real->map.members[i].key->text.data);
		dash = strchr(name, '-');
		*dash = '\0';
		load_rules(&rules, &loader, name, dash + 1);
		for (size_t k = 0; k < titles->list.count; k++)
			if (!rules_find(&rules, titles->list.items[k]->text.data))
				fail_msg("%s-%s does not declare %s", name, dash + 1,
				    titles->list.items[k]->text.data);
		/* Those of zed are of puppet-cinder's classes alone, without the key manager's. */
		assert_int_equal(count_titles(&rules),
		    titles->list.count + (strcmp(name, "zed") ? 0 : KEY_MANAGER_TITLES));
	}
	arena_free(arena);
}

static void
an_unknown_release_is_an_error_that_names_it(void **state)
{
	struct arena *arena = arena_new(64 << 20);
	struct doc_loader loader = { .arena = arena };
	struct rules rules;
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(
	    rules_load(&rules, &loader, DATA_DIR "/puppet-hiera", "quince", NULL, 0, &err), -1);
	assert_non_null(strstr(err.text, "quince"));
	arena_free(arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(declared_titles_are_those_of_the_real_classes),
		cmocka_unit_test(an_unknown_release_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
