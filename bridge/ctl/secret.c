/*
 * Reading of secret.h. Bytes come one read at a time into buffers that are wiped, never
 * through stdio, which would keep copies. While echo is off the signals that end or stop
 * a program are held back and taken by a signalfd, so the terminal is restored first.
 */
#include "bridge/ctl/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

enum { SECRET_MAX = 4096 };

/* ---- files ----------------------------------------------------------------------- */

/* Reads up to a line end, byte by byte: what follows on standard input is not ours. */
static int
read_line(int fd, struct buf *out)
{
	for (;;) {
		char byte;
		ssize_t count = read(fd, &byte, 1);
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return -errno;
		if (count == 0 || byte == '\n')
			return 0;
		if (out->len == SECRET_MAX)
			return -EFBIG;
		buf_add(out, &byte, 1);
	}
}

int
secret_read(const char *path, struct buf *out, char **ret_problem)
{
	bool is_stdin = strcmp(path, "-") == 0;
	const char *name = is_stdin ? "standard input" : path;
	int fd = is_stdin ? 0 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int status = fd < 0 ? -errno : read_line(fd, out);
	if (fd > 0)
		(void)close(fd);
	if (status < 0) {
		*ret_problem = mem_printf("The password cannot be read from %s: %s.",
					  name, strerror(-status));
		return -EINVAL;
	}
	if (out->len && out->data[out->len - 1] == '\r')
		out->data[--out->len] = 0;
	const char *wrong = out->len == 0 ? "There is no password in %s."
			    : memchr(out->data, 0, out->len)
				    ? "There is a NUL in the password in %s."
			    : !utf8_is_valid((const char *)out->data, out->len)
				    ? "The password in %s is no UTF-8."
				    : NULL;
	if (!wrong)
		return 0;
	struct buf text = {0};
	buf_add(&text, wrong, (size_t)(strstr(wrong, "%s") - wrong));
	buf_add_text(&text, name);
	buf_add_text(&text, strstr(wrong, "%s") + 2);
	*ret_problem = buf_take_text(&text);
	return -EINVAL;
}

/* ---- the terminal ---------------------------------------------------------------- */

static int
open_terminal(void)
{
	return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
}

bool
secret_can_ask(void)
{
	if (!isatty(0) && !isatty(2))
		return false;
	int fd = open_terminal();
	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static void
say(int fd, const char *text)
{
	size_t len = strlen(text);
	while (len > 0) {
		ssize_t count = write(fd, text, len);
		if (count < 0 && errno != EINTR)
			return;
		if (count > 0) {
			text += count;
			len -= (size_t)count;
		}
	}
}

/* A terminal with its echo off. */
struct quiet {
	int fd;
	int signals;
	sigset_t held, before;
	struct termios saved;
	const char *prompt;
};

static void
set_echo(const struct quiet *quiet, bool is_on)
{
	struct termios state = quiet->saved;
	if (!is_on) {
		state.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		state.c_lflag |= ICANON | ISIG;
	}
	(void)tcsetattr(quiet->fd, TCSAFLUSH, &state);
}

/* Gives the terminal back, lets the signal have its effect, and goes on if it was a stop
 * from which somebody woke us. */
static void
take_signal(const struct quiet *quiet)
{
	struct signalfd_siginfo info;
	if (read(quiet->signals, &info, sizeof info) != (ssize_t)sizeof info)
		return;
	set_echo(quiet, true);
	say(quiet->fd, "\n");
	(void)raise((int)info.ssi_signo);
	(void)pthread_sigmask(SIG_SETMASK, &quiet->before, NULL);
	(void)pthread_sigmask(SIG_BLOCK, &quiet->held, NULL);
	set_echo(quiet, false);
	say(quiet->fd, quiet->prompt);
}

/* Reads what the terminal has, up to a line end: 1 when the line is whole, 0 when more is
 * to come, or -EIO. */
static int
take_input(const struct quiet *quiet, struct buf *out)
{
	char bytes[256];
	ssize_t count = read(quiet->fd, bytes, sizeof bytes);
	int status = 0;
	if (count < 0 && (errno == EINTR || errno == EAGAIN))
		return 0;
	if (count <= 0)
		return -EIO;
	const char *end = memchr(bytes, '\n', (size_t)count);
	size_t len = end ? (size_t)(end - bytes) : (size_t)count;
	if (out->len + len > SECRET_MAX || memchr(bytes, 0, len))
		status = -EIO;
	else
		buf_add(out, bytes, len);
	mem_wipe(bytes, sizeof bytes);
	return status < 0 ? status : end != NULL;
}

static int
read_quietly(const struct quiet *quiet, struct buf *out)
{
	struct pollfd ready[] = {
		{.fd = quiet->fd, .events = POLLIN},
		{.fd = quiet->signals, .events = POLLIN},
	};
	for (;;) {
		if (poll(ready, 2, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -EIO;
		}
		if (ready[1].revents)
			take_signal(quiet);
		if (!ready[0].revents)
			continue;
		int status = take_input(quiet, out);
		if (status != 0)
			return status < 0 ? status : 0;
	}
}

int
secret_ask(const char *prompt, struct buf *out)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN};
	struct quiet quiet = {.fd = open_terminal(), .prompt = prompt};
	if (quiet.fd < 0)
		return -EIO;
	(void)sigemptyset(&quiet.held);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		(void)sigaddset(&quiet.held, signals[i]);
	quiet.signals = signalfd(-1, &quiet.held, SFD_CLOEXEC);
	int status = -EIO;
	if (quiet.signals >= 0 && tcgetattr(quiet.fd, &quiet.saved) == 0) {
		(void)pthread_sigmask(SIG_BLOCK, &quiet.held, &quiet.before);
		set_echo(&quiet, false);
		say(quiet.fd, prompt);
		status = read_quietly(&quiet, out);
		set_echo(&quiet, true);
		say(quiet.fd, "\n");
		(void)pthread_sigmask(SIG_SETMASK, &quiet.before, NULL);
	}
	if (quiet.signals >= 0)
		(void)close(quiet.signals);
	(void)close(quiet.fd);
	if (status == 0 && out->len && !utf8_is_valid((const char *)out->data, out->len))
		status = -EIO;
	return status;
}

bool
secret_confirm(const char *question)
{
	int fd = open_terminal();
	if (fd < 0)
		return false;
	struct buf answer = {0};
	say(fd, question);
	int status = read_line(fd, &answer);
	bool is_yes = status == 0 && answer.len &&
		      (answer.data[0] == 'y' || answer.data[0] == 'Y');
	buf_done(&answer);
	(void)close(fd);
	return is_yes;
}
