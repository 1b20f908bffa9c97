/*
 * The command line of ternctl: the table of verbs and options, and the one parser that
 * walks it. Pure but for getopt's own state.
 */
#ifndef TERN_CTL_ARGS_H
#define TERN_CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "bridge/base/buf.h"

struct ctl;
struct ctl_command;

/* Options that only some verbs take. */
enum ctl_option {
	CTL_PASSWORD_FILE,
	CTL_PROFILE_PASSWORD_FILE,
	CTL_HOST,
	CTL_PORT,
	CTL_DIRECT_TLS,
	CTL_CA_FILE,
	CTL_YES,
	CTL_NAME,
	CTL_GROUP,
	CTL_WAIT,
	CTL_LIMIT,
	CTL_BEFORE,
	CTL_CREATE,
	CTL_RESERVE,
	CTL_NO_AUTOJOIN,
	CTL_NOT_HERE,
	CTL_OFF,
	CTL_OPTION_COUNT,
};

struct ctl_option_row {
	const char *name;
	const char *value; /* of the argument in help; NULL: takes none */
	const char *help;
};

struct ctl_verb {
	const char *name;  /* one or two words */
	const char *words; /* what follows, as help shows it */
	int least, most;   /* how many of them; most -1: any number */
	unsigned options;  /* 1 << CTL_X */
	bool is_shy;	   /* never starts the daemon */
	int (*run)(struct ctl *ctl, const struct ctl_command *command);
	const char *help;
};

/* A command line taken apart; strings are borrowed from argv, or its own. */
struct ctl_command {
	const struct ctl_verb *verb; /* NULL with is_help or is_version only */
	bool is_help;
	bool is_version;
	bool is_json;
	const char *profile;
	char **words; /* what follows the verb */
	int word_count;
	const char *values[CTL_OPTION_COUNT]; /* NULL when not given; "" for flags */
	int64_t port, limit, before;	      /* 0 when not given */
	char *link_password;		      /* of a link in words[0]; NULL for none */
	char **own; /* the words that are not argv's, wiped by ctl_command_done */
	size_t own_count;
	const char **groups; /* freed by ctl_command_done */
	size_t group_count;
};

/* The verbs, ended by a row without a name, and the options by enum ctl_option. */
extern const struct ctl_verb ctl_verbs[];
extern const struct ctl_option_row ctl_options[CTL_OPTION_COUNT];

/* Takes ARGV apart (reordered in place): what gives a value to a password is overwritten
 * there, so that no list of processes shows it, and a link stands as its address where
 * the verb wants one. 0, or -EINVAL with a sentence in *RET_PROBLEM, which the caller
 * frees. */
int ctl_parse(int argc, char **argv, struct ctl_command *ret_command, char **ret_problem);

void ctl_command_done(struct ctl_command *command);

/* The usage of VERB, or of all verbs when it is NULL. */
void ctl_usage(struct buf *out, const struct ctl_verb *verb);

#endif
