/* An arena that is full is an error like others, wherever it happens. */
#include <dirent.h>

#include "unit/hot/template.h"

enum { STEP = 64 };

/* Evaluate with ever more memory.  Returns what it takes to come to an end. */
static size_t
evaluate_with_ever_more(struct span text, const char *path)
{
	for (size_t ceiling = STEP;; ceiling += STEP) {
		struct arena *arena = arena_new(ceiling);
		const struct doc_loader loader = { .arena = arena };
		const struct hot_world world = { .loader = &loader };
		const struct value *body, *value = NULL;
		struct err err = ERR_INIT;
		int status = doc_parse(&loader, text, path, &body, &err);

		if (status == 0)
			status = hot_evaluate_document(&world, body, path, NULL, &value, &err);
		arena_free(arena);
		assert_int_equal(status == 0, err.kind == ERR_NONE);
		assert_int_equal(status == 0, value != NULL);
		if (status == 0 || !strstr(err.text, "of memory"))
			return ceiling;
		assert_in_range(ceiling, 0, 1 << 20);
	}
}

static void
templates_end_in_an_error_wherever_memory_ends(void **state)
{
	const char *folder = TESTS_DIR "/fuzz/hot";
	struct dirent **names;
	int count = scandir(folder, &names, NULL, alphasort);

	(void)state;
	assert_in_range(count, 5, 1000);
	for (int i = 0; i < count; i++) {
		char path[4096], text[8192];
		FILE *file;
		size_t length;

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		file = names[i]->d_name[0] == '.' ? NULL : fopen(path, "r");
		free(names[i]);
		if (!file)
			continue;
		length = fread(text, 1, sizeof(text), file);
		fclose(file);
		evaluate_with_ever_more((struct span){ text, length }, path);
	}
	free(names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(templates_end_in_an_error_wherever_memory_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
