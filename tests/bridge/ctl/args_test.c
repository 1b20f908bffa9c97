/* Tests of the command line: a table of lines and what is said about them, and that the
 * man page knows every verb and option. */
#include "bridge/ctl/args.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "tests/bridge/cases.h"

enum { WORDS_MAX = 16 };

/* Splits LINE at spaces into argv, whose words live in ROOM. */
static int
split(char *room, const char *line, char **argv)
{
	int argc = 0;
	strcpy(room, line);
	for (char *word; (word = strsep(&room, " ")) && argc < WORDS_MAX;)
		argv[argc++] = word;
	argv[argc] = NULL;
	return argc;
}

static void
lines_are_taken_apart_or_refused(void **state)
{
	static const struct {
		const char *line;
		const char *verb;
		const char *problem; /* a part of it; NULL for none */
		int words;
	} cases[] = {
		{"ternctl status", "status", NULL, 0},
		{"ternctl -p work status --json", "status", NULL, 0},
		{"ternctl --profile=work roster", "roster", NULL, 0},
		{"ternctl roster add a@b --group x --group y", "roster add", NULL, 1},
		{"ternctl roster add --name N a@b", "roster add", NULL, 1},
		{"ternctl profile create n j --port 5222 --direct-tls", "profile create",
		 NULL, 2},
		{"ternctl send a@b -- --text", "send", NULL, 2},
		{"ternctl send a@b --wait sent", "send", NULL, 1},
		{"ternctl watch", "watch", NULL, 0},
		{"ternctl watch a b c d", "watch", NULL, 4},
		{"ternctl call m a=1 b=2", "call", NULL, 3},
		{"ternctl --help", NULL, NULL, 0},
		{"ternctl send --help", "send", NULL, 0},
		{"ternctl --version", NULL, NULL, 0},
		{"ternctl", NULL, "What to do?", 0},
		{"ternctl fly", NULL, "no verb \"fly\"", 0},
		{"ternctl profile", NULL,
		 "After \"profile\" comes one of: create, list, ", 0},
		{"ternctl profile fly", NULL,
		 "After \"profile\" comes one of: create, list, ", 0},
		{"ternctl roster fly", NULL, "Usage: ternctl roster", 0},
		{"ternctl send", NULL, "Usage: ternctl send JID [TEXT]", 0},
		{"ternctl send a b c", NULL, "Usage: ternctl send", 0},
		{"ternctl status --yes", NULL, "\"status\" has no option --yes", 0},
		{"ternctl send a@b --wait acked", NULL, "--wait takes", 0},
		{"ternctl history a@b --limit 0", NULL, "--limit is a number", 0},
		{"ternctl history a@b --limit 501", NULL, "--limit is a number", 0},
		{"ternctl history a@b --limit 5x", NULL, "--limit is a number", 0},
		{"ternctl history a@b --before -1", NULL, "--before is a number", 0},
		{"ternctl profile create n j --port 70000", NULL, "--port is a number",
		 0},
		{"ternctl --fly status", NULL, "no option --fly", 0},
		{"ternctl status -p", NULL, "-p needs a value", 0},
		{"ternctl send a@b \xff", NULL, "no UTF-8", 0},
		{"ternctl room ignore r@s N --off", "room ignore", NULL, 2},
		{"ternctl room kick r@s N --off", NULL, "has no option --off", 0},
		{"ternctl room join xmpp:r@s?join N", "room join", NULL, 2},
		{"ternctl room join xmpp:r?join", NULL, "names no room", 0},
		{"ternctl send xmpp:a@b?message hi", NULL, "not for joining", 0},
		{"ternctl room destroy r@s why xmpp:n?join", NULL, "names no room", 0},
		{"ternctl room destroy r@s xmpp:n?join", "room destroy", NULL, 2},
		{"ternctl call xmpp:r?join", "call", NULL, 1},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *argv[WORDS_MAX + 1];
		char room[256];
		struct ctl_command command = {0};
		char *problem = NULL;
		int argc = split(room, cases[i].line, argv);
		int status = ctl_parse(argc, argv, &command, &problem);
		if (problem && (!cases[i].problem || !strstr(problem, cases[i].problem)))
			print_error("%s: %s\n", cases[i].line, problem);
		assert_int_equal(status, cases[i].problem ? -EINVAL : 0);
		assert_int_equal(problem != NULL, cases[i].problem != NULL);
		if (problem)
			assert_non_null(strstr(problem, cases[i].problem));
		if (!problem && cases[i].verb) {
			assert_string_equal(command.verb->name, cases[i].verb);
			assert_int_equal(command.word_count, cases[i].words);
		}
		free(problem);
		ctl_command_done(&command);
	}
}

static void
values_reach_the_command(void **state)
{
	char *argv[WORDS_MAX + 1];
	char room[256];
	struct ctl_command command;
	char *problem = NULL;
	(void)state;
	int argc = split(
		room, "ternctl roster add a@b --group x --group y -p work --json", argv);
	assert_int_equal(ctl_parse(argc, argv, &command, &problem), 0);
	assert_int_equal(command.group_count, 2);
	assert_string_equal(command.groups[1], "y");
	assert_string_equal(command.profile, "work");
	assert_string_equal(command.words[0], "a@b");
	assert_true(command.is_json);
	ctl_command_done(&command);
	argc = split(room, "ternctl history a@b --limit 7 --before 99", argv);
	assert_int_equal(ctl_parse(argc, argv, &command, &problem), 0);
	assert_int_equal(command.limit, 7);
	assert_int_equal(command.before, 99);
	assert_string_equal(command.profile, "@DEFAULT@");
	ctl_command_done(&command);
}

static void
a_link_gives_its_room_and_hides_its_password(void **state)
{
	char *argv[WORDS_MAX + 1];
	char room[256];
	struct ctl_command command;
	char *problem = NULL;
	(void)state;
	int argc = split(room,
			 "ternctl room join XMPP:den%40rooms.org?join;password=open%21",
			 argv);
	char *typed = argv[3];
	assert_int_equal(ctl_parse(argc, argv, &command, &problem), 0);
	assert_string_equal(command.words[0], "den@rooms.org");
	assert_string_equal(command.link_password, "open!");
	assert_null(strstr(typed, "open"));
	ctl_command_done(&command);
	argc = split(room, "ternctl history xmpp:den@rooms.org", argv);
	assert_int_equal(ctl_parse(argc, argv, &command, &problem), 0);
	assert_string_equal(command.words[0], "den@rooms.org");
	assert_null(command.link_password);
	ctl_command_done(&command);
}

static void
what_is_secret_is_hidden_wherever_it_stands(void **state)
{
	static const struct {
		const char *line;
		int at; /* of the word in the verb's */
		const char *taken;
	} cases[] = {
		{"ternctl room destroy r@s why xmpp:n@s?join;password=sesame", 2, "n@s"},
		{"ternctl room destroy xmpp:r@s?join;password=sesame why n@s", 0, "r@s"},
		{"ternctl room invite r@s xmpp:n@s?join;password=sesame", 1, "n@s"},
		{"ternctl room config r@s roomname=x roomsecret=sesame", 2,
		 "roomsecret=sesame"},
		{"ternctl room config r@s muc#c_Password=sesame=", 1,
		 "muc#c_Password=sesame="},
		{"ternctl room config r@s {\"roomsecret\":\"sesame\"}", 1,
		 "{\"roomsecret\":\"sesame\"}"},
		{"ternctl send a@b xmpp:r@s?join;password=sesame", 1,
		 "xmpp:r@s?join;password=sesame"},
		{"ternctl call room.join jid=r@s password=sesame", 2, "password=sesame"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *argv[WORDS_MAX + 1];
		char *typed[WORDS_MAX + 1];
		char room[256];
		struct ctl_command command;
		char *problem = NULL;
		int argc = split(room, cases[i].line, argv);
		memcpy(typed, argv, sizeof typed);
		assert_int_equal(ctl_parse(argc, argv, &command, &problem), 0);
		assert_string_equal(command.words[cases[i].at], cases[i].taken);
		for (int at = 0; at < argc; at++) {
			if (strstr(typed[at], "sesame"))
				fail_msg("%s: to be seen is %s", cases[i].line,
					 typed[at]);
		}
		ctl_command_done(&command);
	}
}

static void
help_names_every_verb_and_option(void **state)
{
	struct buf all = {0};
	(void)state;
	ctl_usage(&all, NULL);
	for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++) {
		struct buf one = {0};
		assert_non_null(strstr((char *)all.data, verb->name));
		ctl_usage(&one, verb);
		for (int i = 0; i < CTL_OPTION_COUNT; i++) {
			char *option = mem_printf("--%s", ctl_options[i].name);
			assert_int_equal(strstr((char *)one.data, option) != NULL,
					 verb->options >> i & 1);
			free(option);
		}
		buf_done(&one);
	}
	buf_done(&all);
}

/* The man page without roff's escapes and quotes. */
static void
read_page(struct buf *page)
{
	char *path = mem_printf("%s/bridge/ctl/ternctl.1", getenv("TERN_SOURCE"));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char byte;
	assert_true(fd >= 0);
	while (read(fd, &byte, 1) == 1) {
		if (byte != '\\' && byte != '"')
			buf_add_byte(page, (uint8_t)byte);
	}
	(void)close(fd);
	free(path);
}

static void
the_man_page_knows_every_verb_and_option(void **state)
{
	struct buf page = {0};
	(void)state;
	if (!getenv("TERN_SOURCE"))
		skip();
	read_page(&page);
	for (const struct ctl_verb *verb = ctl_verbs; verb->name; verb++) {
		char *with_words = mem_printf("\n.BR %s ", verb->name);
		char *alone = mem_printf("\n.B %s\n", verb->name);
		if (!strstr((char *)page.data, with_words) &&
		    !strstr((char *)page.data, alone))
			fail_msg("%s is not in the man page", verb->name);
		free(with_words);
		free(alone);
	}
	for (int i = 0; i < CTL_OPTION_COUNT; i++) {
		char *option = mem_printf("--%s", ctl_options[i].name);
		if (!strstr((char *)page.data, option))
			fail_msg("%s is not in the man page", option);
		free(option);
	}
	buf_done(&page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_taken_apart_or_refused),
		cmocka_unit_test(values_reach_the_command),
		cmocka_unit_test(a_link_gives_its_room_and_hides_its_password),
		cmocka_unit_test(what_is_secret_is_hidden_wherever_it_stands),
		cmocka_unit_test(help_names_every_verb_and_option),
		cmocka_unit_test(the_man_page_knows_every_verb_and_option),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
