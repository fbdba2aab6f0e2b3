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
	assert_int_equal(real->map.count, 24);
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
		assert_int_equal(count_titles(&rules), titles->list.count);
	}
	arena_free(arena);
}

static bool
is_key(const struct rules *rules, const char *key)
{
	for (size_t i = 0; i < rules->count; i++) {
		for (size_t k = 0; k < rules->rows[i].n_keys; k++)
			if (!strcmp(rules->rows[i].keys[k], key))
				return true;
		if (rules->rows[i].entries && !strcmp(rules->rows[i].entries, key))
			return true;
	}
	return false;
}

/* Has one of the three backends that hiera key in a release? */
static bool
is_known(struct arena *arena, const char *release, const char *key)
{
	static const char *const backends[] = { "swift", "ceph", "nfs" };
	static struct rules rules[3];
	static const char *loaded;
	struct doc_loader loader = { .arena = arena };
	bool found = false;

	for (size_t i = 0; i < 3; i++) {
		if (!loaded || strcmp(loaded, release) != 0)
			load_rules(&rules[i], &loader, release, backends[i]);
		found = found || is_key(&rules[i], key);
	}
	loaded = release;
	return found;
}

/* From puppet-tripleo and puppet-cinder; what the profile sets itself is left out. */
static void
class_parameters_are_those_of_the_real_classes(void **state)
{
	static const char *const releases[] = { "queens", "rocky", "stein", "train", "ussuri",
		"victoria", "wallaby", "zed" };
	struct arena *arena = arena_new(256 << 20);
	struct doc_loader loader = { .arena = arena };
	const struct value *real;
	struct err err = ERR_INIT;

	(void)state;
	if (doc_load(&loader, TESTS_DIR "/unit/role/data/parameters.json", &real, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t r = 0; r < sizeof(releases) / sizeof(*releases); r++) {
		for (size_t i = 0; i < real->map.count; i++) {
			const struct member *group = &real->map.members[i];
			bool there = strstr(group->key->text.data, releases[r]);

			for (size_t k = 0; k < group->value->list.count; k++) {
				const char *key = group->value->list.items[k]->text.data;

				/* Templates from before zed say it the old way. */
				if (strcmp(key, "cinder::database_connection") != 0 &&
				    is_known(arena, releases[r], key) != there)
					fail_msg("%s: %s", releases[r], key);
			}
		}
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
		cmocka_unit_test(class_parameters_are_those_of_the_real_classes),
		cmocka_unit_test(an_unknown_release_is_an_error_that_names_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
