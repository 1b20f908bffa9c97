/*
 * Modes by termios, size by TIOCGWINSZ, output by a descriptor of our own: the terminal
 * is opened anew through /proc, since O_NONBLOCK on the caller's would reach the shell
 * that shares it and would outlive a kill -9. Where that is not allowed, small writes
 * after poll come near enough.
 */
#include "widgets/tty.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BLOCKING 512

int
tty_init(struct tty *tty, int fd_in, int fd_out)
{
	*tty = (struct tty){.fd_in = fd_in, .fd_out = fd_out, .fd_write = fd_out};
	if (!isatty(fd_in) || !isatty(fd_out) || tcgetattr(fd_in, &tty->found) < 0)
		return -ENOTTY;
	char path[64];
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd_out);
	int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		tty->fd_write = fd;
	return 0;
}

void
tty_done(struct tty *tty)
{
	if (tty->fd_write != tty->fd_out)
		(void)close(tty->fd_write);
	buf_done(&tty->pending);
}

void
tty_set_raw(struct tty *tty)
{
	struct termios raw = tty->found;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	(void)tcsetattr(tty->fd_in, TCSANOW, &raw);
	tty->is_raw = true;
}

void
tty_set_found(struct tty *tty)
{
	if (tty->is_raw)
		(void)tcsetattr(tty->fd_in, TCSANOW, &tty->found);
	tty->is_raw = false;
}

bool
tty_size(const struct tty *tty, int *ret_rows, int *ret_columns)
{
	struct winsize size;
	if (ioctl(tty->fd_out, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	*ret_rows = size.ws_row;
	*ret_columns = size.ws_col;
	return true;
}

void
tty_add(struct tty *tty, const void *data, size_t len)
{
	if (!tty->is_gone)
		buf_add(&tty->pending, data, len);
}

static ssize_t
write_some(struct tty *tty)
{
	size_t len = tty->pending.len;
	if (tty->fd_write == tty->fd_out) {
		struct pollfd poll_fd = {.fd = tty->fd_out, .events = POLLOUT};
		if (poll(&poll_fd, 1, 0) != 1) {
			errno = EAGAIN;
			return -1;
		}
		len = len < CHUNK_BLOCKING ? len : CHUNK_BLOCKING;
	}
	return write(tty->fd_write, tty->pending.data, len);
}

int
tty_drain(struct tty *tty)
{
	while (tty->pending.len > 0) {
		ssize_t wrote = write_some(tty);
		if (wrote > 0) {
			tty->sent += (uint64_t)wrote;
			buf_consume(&tty->pending, (size_t)wrote);
		} else if (wrote < 0 && errno == EINTR) {
			continue;
		} else if (wrote == 0 || errno == EAGAIN || errno == EWOULDBLOCK) {
			return -EAGAIN;
		} else {
			tty->is_gone = true;
			buf_clear(&tty->pending);
		}
	}
	return tty->is_gone ? -EIO : 0;
}

static int64_t
now_ms(void)
{
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
tty_drain_wait(struct tty *tty, int ms)
{
	int64_t end = now_ms() + ms;
	for (;;) {
		int result = tty_drain(tty);
		int64_t left = end - now_ms();
		if (result != -EAGAIN || left <= 0)
			return result;
		struct pollfd poll_fd = {.fd = tty->fd_write, .events = POLLOUT};
		(void)poll(&poll_fd, 1, (int)left);
	}
}
