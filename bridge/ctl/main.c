/*
 * ternctl: takes the command line apart, connects, runs one verb, and ends with its exit
 * code.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "bridge/ctl/ctl.h"

static int
run(const struct ctl_command *command)
{
	struct ctl ctl = {.command = command};
	int code = ctl_open(&ctl);
	bool is_alone = code == CTL_NO_BACKEND && !ctl.client;
	if (code == CTL_OK || (is_alone && command->verb->is_shy))
		code = command->verb->run(&ctl, command);
	ctl_close(&ctl);
	if (ctl.has_output_failed && code == CTL_OK)
		code = ctl_complain(CTL_REFUSED, "The output cannot be written.");
	return code;
}

int
main(int argc, char **argv)
{
	struct ctl_command command;
	char *problem = NULL;
	int code = CTL_OK;
	(void)signal(SIGPIPE, SIG_IGN);
	if (ctl_parse(argc, argv, &command, &problem) < 0) {
		code = ctl_complain(CTL_USAGE, "%s", problem);
		free(problem);
		return code;
	}
	if (command.is_help) {
		struct buf out = {0};
		ctl_usage(&out, command.verb);
		(void)fputs((const char *)out.data, stdout);
		buf_done(&out);
	} else if (command.is_version) {
		(void)printf("ternctl %s\n", TERN_VERSION);
	} else {
		code = run(&command);
	}
	ctl_command_done(&command);
	return code;
}
