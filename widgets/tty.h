/*
 * The terminal below ncurses: its line modes, its size, and the bytes on their way to it.
 * Writing never blocks. For screen.c only.
 */
#ifndef TERN_WIDGETS_TTY_H
#define TERN_WIDGETS_TTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "bridge/base/buf.h"

struct tty {
	int fd_in, fd_out; /* the caller's */
	int fd_write; /* where bytes go: fd_out, or it opened anew without blocking */
	struct termios found;
	bool is_raw;
	bool is_gone; /* writing said that the terminal is no more */
	struct buf pending;
	uint64_t sent;
};

/* Fills TTY and remembers the modes as found. 0 or -ENOTTY. */
int tty_init(struct tty *tty, int fd_in, int fd_out);

/* Closes what was opened, frees what was not sent. */
void tty_done(struct tty *tty);

/* Raw mode: every key comes through at once, nothing is translated. */
void tty_set_raw(struct tty *tty);

/* The modes as found; async-signal-safe. */
void tty_set_found(struct tty *tty);

/* The size in cells; false where the terminal knows none. */
bool tty_size(const struct tty *tty, int *ret_rows, int *ret_columns);

/* Puts bytes behind what waits. */
void tty_add(struct tty *tty, const void *data, size_t len);

/* Writes what the terminal takes. 0 when nothing waits, -EAGAIN, or -EIO. */
int tty_drain(struct tty *tty);

/* The same, waiting for the terminal up to MS milliseconds in all. */
int tty_drain_wait(struct tty *tty, int ms);

#endif
