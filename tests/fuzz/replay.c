/*
 * A main for fuzz targets where there is no libFuzzer: feeds every file of the folders
 * (or files) in argv to the target once, each from a heap block of exactly its size, so
 * that AddressSanitizer sees a read past its end. An empty input is always tried too; a
 * folder without files is an error, since it would test nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the fuzz target defines; the name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
replay_file(const char *path)
{
	struct stat status;
	FILE *file = fopen(path, "rb");
	if (!file || fstat(fileno(file), &status) < 0) {
		fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
		exit(2);
	}
	size_t size = (size_t)status.st_size;
	uint8_t *data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, file) != size) {
		fprintf(stderr, "replay: %s: cannot read it\n", path);
		exit(2);
	}
	(void)fclose(file);
	(void)LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 1;
}

static int
replay_path(const char *path)
{
	DIR *folder = opendir(path);
	if (!folder)
		return replay_file(path);
	int count = 0;
	struct dirent *entry;
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		char name[4096];
		(void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		count += replay_file(name);
	}
	(void)closedir(folder);
	return count;
}

int
main(int argc, char **argv)
{
	int count = 0;
	uint8_t *nothing = calloc(1, 1);
	(void)LLVMFuzzerTestOneInput(nothing, 0);
	free(nothing);
	for (int i = 1; i < argc; i++)
		count += replay_path(argv[i]);
	printf("%d seeds replayed\n", count);
	return count > 0 ? 0 : 1;
}
