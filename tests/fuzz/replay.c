/*
 * Hands every file that is named, or stands in a folder that is named, to a
 * fuzz target: what libFuzzer does without -fsanitize=fuzzer to search with.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
	static uint8_t data[1 << 20];
	FILE *file = fopen(path, "rb");
	size_t size;
	uint8_t *exact;

	if (!file) {
		perror(path);
		return -1;
	}
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	/* A block of just that size, so that a sanitizer sees a read past its end. */
	exact = malloc(size ? size : 1);
	if (!exact)
		return -1;
	for (size_t i = 0; i < size; i++)
		exact[i] = data[i];
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 0;
}

static int
replay_folder(const char *path)
{
	struct dirent **names;
	char file[4096];
	int count = scandir(path, &names, NULL, alphasort), status = 0;

	if (count < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && replay_file(file) < 0)
			status = -1;
		free(names[i]);
	}
	free(names);
	return status;
}

int
main(int argc, char **argv)
{
	struct stat stat_;
	int status = 0;

	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &stat_) == 0 && S_ISDIR(stat_.st_mode))
			status |= replay_folder(argv[i]);
		else
			status |= replay_file(argv[i]);
	}
	return status ? EXIT_FAILURE : EXIT_SUCCESS;
}
