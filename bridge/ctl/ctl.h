/*
 * One run of ternctl: the connection to the daemon and calls that wait for their answer.
 * Verbs stand on it and return exit codes.
 */
#ifndef TERN_CTL_CTL_H
#define TERN_CTL_CTL_H

#include "bridge/client.h"
#include "bridge/ctl/args.h"

/* Exit codes; the man page explains them. */
enum ctl_exit {
	CTL_OK = 0,
	CTL_REFUSED = 1,    /* the daemon or the server said no */
	CTL_USAGE = 2,	    /* the command line is wrong */
	CTL_BRIDGE = 3,	    /* the connection to the daemon failed */
	CTL_LOCKED = 4,	    /* the profile is locked and nobody can be asked */
	CTL_NO_BACKEND = 5, /* the daemon cannot be found or started */
};

struct ctl {
	const struct ctl_command *command;
	uv_loop_t loop;
	struct client *client; /* NULL once it is gone */
	bool has_hello;
	bool is_closed;
	int hello_code;
	/* Events, while a verb wants them; may be NULL. */
	void (*on_event)(struct ctl *ctl, enum bridge_event event, const void *record);
	void *data; /* the verb's own */
	bool has_output_failed;
};

/* What to do with a result, borrowed; returns an exit code. */
typedef int ctl_take(struct ctl *ctl, const void *result, void *data);

/* Connects and says hello, starting the daemon unless the verb is shy. An exit code; a
 * sentence was printed unless it is 0 (not for a shy verb without a daemon). */
int ctl_open(struct ctl *ctl);

/* Connects again after the connection ended, to a daemon that runs or restarts; starts
 * none. An exit code; a sentence was printed unless it is 0. */
int ctl_open_again(struct ctl *ctl);

/* Closes everything. */
void ctl_close(struct ctl *ctl);

/* Calls METHOD and gives its result to TAKE (may be NULL). On a locked profile asks for
 * its password, unlocks it and calls again. A failure is printed; returns the exit code.
 */
int ctl_call(struct ctl *ctl, enum bridge_method method, const void *params,
	     ctl_take *take, void *data);

/* Lets the loop go on until *IS_DONE or the connection ends: 0 or CTL_BRIDGE with a
 * sentence. */
int ctl_wait(struct ctl *ctl, const bool *is_done);

/* Writes OUT to standard output at once and empties it. */
void ctl_put(struct ctl *ctl, struct buf *out);

/* Prints RECORD as JSON to standard output. */
void ctl_put_json(struct ctl *ctl, const struct bridge_record_row *row,
		  const void *record, const char *key, const char *value);

/* Appends RECORD as a line of text. */
typedef void ctl_add(struct buf *out, const void *record);

/* Prints the COUNT records of ROW's kind that stand one after another from RECORDS on: as
 * JSON, or each as ADD has it. CTL_OK. */
int ctl_put_rows(struct ctl *ctl, const struct bridge_record_row *row,
		 const void *records, size_t count, ctl_add *add);

/* Prints a sentence to standard error and returns CODE. */
int ctl_complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads a password: from the file of OPTION if it was given, else from the terminal with
 * PROMPT. An exit code; a sentence was printed unless it is 0. */
int ctl_password(const struct ctl_command *command, enum ctl_option option,
		 const char *prompt, struct buf *out);

/* The password of the room that COMMAND names: out of its file, where one was given, else
 * of its link. NULL for none; borrowed from OUT or COMMAND. Exit code, as above. */
int ctl_room_password(const struct ctl_command *command, struct buf *out,
		      const char **ret_password);

/* One line of standard input or all of it, up to 1 MiB, is read into OUT; exit code. */
int ctl_read_input(struct buf *out);

#endif
