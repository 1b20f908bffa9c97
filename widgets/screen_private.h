/*
 * What the two files of the screen share: screen.c (starting, leaving, flushing) and
 * screen_paint.c (styles and cells). Nobody else includes this.
 */
#ifndef TERN_WIDGETS_SCREEN_PRIVATE_H
#define TERN_WIDGETS_SCREEN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <curses.h>

#include "widgets/shorten.h"
#include "widgets/theme.h"
#include "widgets/tty.h"

#define SCREEN_PAIRS_MAX 256

struct role_cell {
	attr_t attributes;
	short pair;
};

struct screen {
	struct tty tty;
	struct shorten shorten;
	SCREEN *curses;
	FILE *memory;  /* where ncurses writes */
	FILE *nothing; /* what it believes to read from */
	struct role_cell roles[THEME_ROLES_MAX];
	short pair_colours[SCREEN_PAIRS_MAX][2];
	int pair_count;
	int colours;
	int cursor_y, cursor_x;
	bool is_cursor_hidden;
	bool is_guessed, is_ansi, is_like_xterm, has_title, is_title_pushed;
	bool is_bare, is_away; /* the normal screen is shown: bare page, suspended */
	char *title;
	char *title_sent;
	char rescue[256]; /* bytes that give the emulator back */
	size_t rescue_len;
};

#endif
