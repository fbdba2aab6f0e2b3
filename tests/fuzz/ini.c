/* cinder.conf from anyone, into every table there is. */
#include "base/err.h"
#include "fuzz/memory_file.h"
#include "options/load.h"
#include "options/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ignore_note(void *arg, struct place at, const char *text)
{
	(void)arg;
	(void)at;
	(void)text;
}

static void
fill_all(struct config *config)
{
	for (const struct opt_table *const *table = opt_tables; *table; table++) {
		void *filled = calloc(1, (*table)->size ? (*table)->size : 1);
		struct err err = ERR_INIT;

		if (filled)
			config_fill(config, *table, filled, &err);
		free(filled);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped(config_free_scoped) struct config *config = NULL;
	char path[MEMORY_FILE_PATH];
	scoped(scoped_close) int fd = memory_file(data, size, path);
	const struct config_source source = { SOURCE_FILE, path };
	struct err err = ERR_INIT;

	if (fd < 0 || config_load(&config, &source, 1, &err) < 0)
		return 0;
	config_notes(config, ignore_note, NULL);
	fill_all(config);
	return 0;
}
