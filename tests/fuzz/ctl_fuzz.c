/* ternctl's command line: the input's lines are its words; a `call` is converted by the
 * schema as well, apart from what would open files. */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/ctl/args.h"
#include "bridge/ctl/convert.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
opens_a_file(const struct ctl_command *command)
{
	for (int i = 0; i < command->word_count; i++) {
		if (strstr(command->words[i], "=@"))
			return true;
	}
	return false;
}

static void
convert(const struct ctl_command *command)
{
	int method = bridge_method_named(command->words[0]);
	if (method < 0 || opens_a_file(command))
		return;
	const struct bridge_record_row *row = bridge_methods[method].params;
	struct arena arena = {0};
	void *record = arena_alloc(&arena, row->size);
	const char *problem = convert_params(row, command->profile, command->words + 1,
					     command->word_count - 1, &arena, record);
	if (problem && !*problem)
		abort();
	arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	char *rest = text;
	char name[] = "ternctl";
	char *argv[WORDS_MAX + 2] = {name};
	int argc = 1;
	struct ctl_command command = {0};
	char *problem = NULL;
	for (char *word; argc <= WORDS_MAX && (word = strsep(&rest, "\n"));)
		argv[argc++] = word;
	if (ctl_parse(argc, argv, &command, &problem) == 0) {
		struct buf out = {0};
		ctl_usage(&out, command.verb);
		buf_done(&out);
		bool is_call = command.verb && !command.is_help && !command.is_version &&
			       strcmp(command.verb->name, "call") == 0;
		if (is_call)
			convert(&command);
	} else if (!problem) {
		abort();
	}
	free(problem);
	ctl_command_done(&command);
	free(text);
	return 0;
}
