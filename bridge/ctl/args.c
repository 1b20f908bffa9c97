/*
 * The parser of args.h. Which option goes with which verb is a bit in the verb's row; the
 * list for getopt_long is made from the same rows.
 */
#include "bridge/ctl/args.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/room_link.h"
#include "bridge/base/utf8.h"

const struct ctl_option_row ctl_options[CTL_OPTION_COUNT] = {
	[CTL_PASSWORD_FILE] = {"password-file", "FILE",
			       "read the account's (or room's) password from FILE (- is "
			       "standard input)"},
	[CTL_PROFILE_PASSWORD_FILE] =
		{"profile-password-file", "FILE",
		 "read the password that seals the profile from FILE"},
	[CTL_HOST] = {"host", "HOST", "connect to HOST instead of asking DNS"},
	[CTL_PORT] = {"port", "PORT", "and to this port"},
	[CTL_DIRECT_TLS] = {"direct-tls", NULL, "TLS from the first byte"},
	[CTL_CA_FILE] = {"ca-file", "FILE",
			 "trust this PEM file instead of the system's"},
	[CTL_YES] = {"yes", NULL, "do not ask"},
	[CTL_NAME] = {"name", "NAME", "the contact's or bookmark's name"},
	[CTL_GROUP] = {"group", "GROUP",
		       "a group to put the contact in; may be repeated"},
	[CTL_WAIT] = {"wait", "sent", "wait until the message is written to the server"},
	[CTL_LIMIT] = {"limit", "N", "at most N lines or rooms, 1 to 500"},
	[CTL_BEFORE] = {"before", "CURSOR", "lines before this place"},
	[CTL_CREATE] = {"create", NULL, "make the room if there is none"},
	[CTL_RESERVE] = {"reserve", NULL,
			 "the same, and leave it closed until room config"},
	[CTL_NO_AUTOJOIN] = {"no-autojoin", NULL, "do not join it by itself"},
	[CTL_NOT_HERE] = {"not-here", NULL, "do not join it by itself on this host"},
	[CTL_OFF] = {"off", NULL, "no longer"},
};

enum { OPTION_BASE = 256, PROFILE = 'p', JSON = 'j', HELP = 'h', VERSION = 'V' };

static int __attribute__((format(printf, 2, 3)))
refuse(char **ret_problem, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	*ret_problem = mem_vprintf(format, args);
	va_end(args);
	return -EINVAL;
}

static void
fill_options(struct option *options)
{
	static const struct option common[] = {
		{"profile", required_argument, NULL, PROFILE},
		{"json", no_argument, NULL, JSON},
		{"help", no_argument, NULL, HELP},
		{"version", no_argument, NULL, VERSION},
	};
	size_t count = sizeof common / sizeof *common;
	memcpy(options, common, sizeof common);
	for (int i = 0; i < CTL_OPTION_COUNT; i++) {
		options[count++] = (struct option){
			.name = ctl_options[i].name,
			.has_arg = ctl_options[i].value ? required_argument : no_argument,
			.val = OPTION_BASE + i,
		};
	}
	options[count] = (struct option){0};
}

static int
take_number(enum ctl_option option, const char *text, int64_t least, int64_t most,
	    int64_t *ret_number, char **ret_problem)
{
	char *end;
	assert(text);
	errno = 0;
	long long number = strtoll(text, &end, 10);
	if (!*text || *end || errno || number < least || number > most)
		return refuse(ret_problem, "--%s is a number from %lld to %lld.",
			      ctl_options[option].name, (long long)least,
			      (long long)most);
	*ret_number = number;
	return 0;
}

static void
add_group(struct ctl_command *command, const char *group)
{
	command->groups = mem_resize(command->groups, command->group_count + 1,
				     sizeof *command->groups);
	command->groups[command->group_count++] = group;
}

static int
take_option(struct ctl_command *command, int code, const char *value, char **ret_problem)
{
	if (code == PROFILE) {
		command->profile = value;
	} else if (code == JSON) {
		command->is_json = true;
	} else if (code == HELP) {
		command->is_help = true;
	} else if (code == VERSION) {
		command->is_version = true;
	} else {
		enum ctl_option option = (enum ctl_option)(code - OPTION_BASE);
		command->values[option] = value ? value : "";
		if (option == CTL_GROUP)
			add_group(command, value);
		if (option == CTL_PORT)
			return take_number(option, value, 1, 65535, &command->port,
					   ret_problem);
		if (option == CTL_LIMIT)
			return take_number(option, value, 1, 500, &command->limit,
					   ret_problem);
		if (option == CTL_BEFORE)
			return take_number(option, value, 1, INT64_MAX, &command->before,
					   ret_problem);
		if (option == CTL_WAIT && value && strcmp(value, "sent") != 0)
			return refuse(ret_problem, "--wait takes the word sent.");
	}
	return 0;
}

/* Wipes and frees TEXT, which may be NULL. */
static void
drop(char *text)
{
	if (text)
		mem_wipe(text, strlen(text));
	free(text);
}

/* Whether the words begin with those of NAME; the number of NAME's words, or 0. */
static int
match_verb(const char *name, char **words, int count)
{
	const char *space = strchr(name, ' ');
	size_t len = space ? (size_t)(space - name) : strlen(name);
	if (count < 1 || strlen(words[0]) != len || strncmp(words[0], name, len) != 0)
		return 0;
	if (!space)
		return 1;
	return count > 1 && strcmp(words[1], space + 1) == 0 ? 2 : 0;
}

/* Whether NAME is of two words, the first of them WORD. */
static bool
begins_with(const char *name, const char *word)
{
	size_t len = strcspn(name, " ");
	return name[len] && strlen(word) == len && strncmp(name, word, len) == 0;
}

/* What is wrong with words that are no verb: which ones WORD is the first of, if any. */
static int
refuse_verb(const char *word, char **ret_problem)
{
	struct buf list = {0};
	for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++) {
		if (begins_with(verb->name, word))
			buf_printf(&list, "%s%s", list.len > 0 ? ", " : "",
				   strchr(verb->name, ' ') + 1);
	}
	int refused =
		list.len > 0
			? refuse(ret_problem,
				 "After \"%s\" comes one of: %.*s; \"ternctl --help\" "
				 "says more.",
				 word, (int)list.len, (const char *)list.data)
			: refuse(ret_problem,
				 "There is no verb \"%s\"; \"ternctl --help\" lists "
				 "them.",
				 word);
	buf_done(&list);
	return refused;
}

/* Finds the verb with most words at the beginning of the words. */
static int
take_verb(struct ctl_command *command, char **ret_problem)
{
	int best = 0;
	for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++) {
		int words = match_verb(verb->name, command->words, command->word_count);
		if (words > best) {
			best = words;
			command->verb = verb;
		}
	}
	if (best > 0) {
		command->words += best;
		command->word_count -= best;
		return 0;
	}
	if (command->is_help || command->is_version)
		return 0;
	if (command->word_count == 0)
		return refuse(ret_problem,
			      "What to do? \"ternctl --help\" lists the verbs.");
	return refuse_verb(command->words[0], ret_problem);
}

static int
check_fit(const struct ctl_command *command, char **ret_problem)
{
	const struct ctl_verb *verb = command->verb;
	if (!verb || command->is_help || command->is_version)
		return 0;
	for (int i = 0; i < CTL_OPTION_COUNT; i++) {
		if (command->values[i] && !(verb->options >> i & 1))
			return refuse(ret_problem, "\"%s\" has no option --%s.",
				      verb->name, ctl_options[i].name);
	}
	if (command->word_count < verb->least ||
	    (verb->most >= 0 && command->word_count > verb->most))
		return refuse(ret_problem, "Usage: ternctl %s%s%s", verb->name,
			      *verb->words ? " " : "", verb->words);
	return 0;
}

/* ---- what is secret ------------------------------------------------------------ */

/* Takes over TEXT, which stands for the word at PLACE from now on. */
static void
replace_word(struct ctl_command *command, int place, char *take_text)
{
	command->own =
		mem_resize(command->own, command->own_count + 1, sizeof *command->own);
	command->own[command->own_count++] = take_text;
	command->words[place] = take_text;
}

/* Whether WORD gives a value to a password: in a link, in key=value, in JSON. */
static bool
holds_secret(const char *word)
{
	static const char *const names[] = {"password", "secret"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *name = strcasestr(word, names[i]);
		if (name && strpbrk(name, "=:"))
			return true;
	}
	return false;
}

/* The one rule for all verbs: whatever is secret, at any place, is taken out of the list
 * of processes. */
static void
hide_secrets(struct ctl_command *command)
{
	for (int i = 0; i < command->word_count; i++) {
		char *typed = command->words[i];
		if (!holds_secret(typed))
			continue;
		replace_word(command, i, mem_strdup(typed));
		memset(typed, 'x', strlen(typed));
	}
}

/* ---- links --------------------------------------------------------------------- */

/* Whether the word at PLACE of VERB's words is an address. */
static bool
is_address(const struct ctl_verb *verb, int place)
{
	static const char *const names[] = {"ROOM", "JID", "ELSEWHERE"};
	const char *at = verb->words + strspn(verb->words, "[");
	for (int i = 0; i < place; i++) {
		at += strcspn(at, " ");
		at += strspn(at, " [");
	}
	size_t len = strcspn(at, " []");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strlen(names[i]) == len && strncmp(names[i], at, len) == 0)
			return true;
	}
	return false;
}

/* Where an address is asked for, a link will do. Only the password of the first one,
 * which is what the verb is about, is used. */
static int
take_links(struct ctl_command *command, char **ret_problem)
{
	const struct ctl_verb *verb = command->verb;
	for (int i = 0; verb && i < command->word_count; i++) {
		const char *problem;
		char *room, *password = NULL;
		if (!room_link_is(command->words[i]) || !is_address(verb, i))
			continue;
		if (room_link_parse(command->words[i], &room, &password, &problem) < 0)
			return refuse(ret_problem, "%s", problem);
		replace_word(command, i, room);
		if (i == 0)
			command->link_password = password;
		else
			drop(password);
	}
	return 0;
}

static int
check_text(int argc, char **argv, char **ret_problem)
{
	for (int i = 1; i < argc; i++) {
		if (!utf8_is_valid(argv[i], strlen(argv[i])))
			return refuse(ret_problem, "Argument %d is no UTF-8.", i);
	}
	return 0;
}

int
ctl_parse(int argc, char **argv, struct ctl_command *ret_command, char **ret_problem)
{
	struct option options[CTL_OPTION_COUNT + 5];
	struct ctl_command command = {.profile = "@DEFAULT@"};
	int code;
	int status = check_text(argc, argv, ret_problem);
	fill_options(options);
	optind = 0;
	opterr = 0;
	while (status == 0 &&
	       (code = getopt_long(argc, argv, ":p:hV", options, NULL)) != -1) {
		if (code == '?' || code == ':')
			status = refuse(ret_problem,
					code == ':' ? "%s needs a value."
						    : "There is no option %s.",
					argv[optind - 1]);
		else
			status = take_option(&command, code, optarg, ret_problem);
	}
	command.words = argv + optind;
	command.word_count = argc - optind;
	hide_secrets(&command);
	if (status == 0)
		status = take_verb(&command, ret_problem);
	if (status == 0)
		status = check_fit(&command, ret_problem);
	if (status == 0 && !command.is_help && !command.is_version)
		status = take_links(&command, ret_problem);
	if (status == 0)
		*ret_command = command;
	else
		ctl_command_done(&command);
	return status;
}

void
ctl_command_done(struct ctl_command *command)
{
	free(command->groups);
	for (size_t i = 0; i < command->own_count; i++)
		drop(command->own[i]);
	free(command->own);
	drop(command->link_password);
	*command = (struct ctl_command){0};
}

/* ---- help ------------------------------------------------------------------------ */

static void
add_options(struct buf *out, unsigned options)
{
	for (int i = 0; i < CTL_OPTION_COUNT; i++) {
		const struct ctl_option_row *row = &ctl_options[i];
		if (!(options >> i & 1))
			continue;
		char name[64];
		(void)snprintf(name, sizeof name, "--%s%s%s", row->name,
			       row->value ? " " : "", row->value ? row->value : "");
		buf_printf(out, "  %-28s %s\n", name, row->help);
	}
}

void
ctl_usage(struct buf *out, const struct ctl_verb *verb)
{
	if (verb) {
		buf_printf(out, "Usage: ternctl [-p PROFILE] [--json] %s%s%s\n%s\n",
			   verb->name, *verb->words ? " " : "", verb->words, verb->help);
		add_options(out, verb->options);
		return;
	}
	buf_add_text(out, "Usage: ternctl [-p PROFILE] [--json] VERB [ARGUMENT...]\n\n");
	for (verb = ctl_verbs; verb->name; verb++) {
		char line[64];
		(void)snprintf(line, sizeof line, "%s %s", verb->name, verb->words);
		buf_printf(out, "  %-28s %s\n", line, verb->help);
	}
	buf_add_text(
		out,
		"\n  -p, --profile PROFILE        the profile; else the default one\n"
		"  --json                       one JSON object a line\n"
		"  -h, --help                   this, or a verb's options\n"
		"  -V, --version                the version\n");
}
