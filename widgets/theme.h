/*
 * Themes: which colours and attributes each role has, on a terminal with 256 colours and
 * on one with 8. The roles are the rows of roles.def; the built-in default theme is their
 * defaults. A theme file changes some of them (tern-theme(5)).
 */
#ifndef TERN_WIDGETS_THEME_H
#define TERN_WIDGETS_THEME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Themable roles: ROLE_TEXT, ROLE_TIME … as in roles.def, then those of nicks, a sector
 * of hues each: ROLE_NICK_FIRST to ROLE_NICK_FIRST + THEME_PALETTE_MAX - 1. */
enum theme_role {
#define ROLE(name, text, style256, style8, help) ROLE_##name,
#include "widgets/roles.def"
#undef ROLE
	ROLE_COUNT,
	ROLE_NICK_FIRST = ROLE_COUNT,
};
#define THEME_PALETTE_MAX 24
#define THEME_ROLES_MAX (ROLE_COUNT + THEME_PALETTE_MAX)

enum theme_attribute {
	THEME_BOLD = 1 << 0,
	THEME_UNDERLINE = 1 << 1,
	THEME_REVERSE = 1 << 2,
	THEME_DIM = 1 << 3,
	THEME_ITALIC = 1 << 4,
};

#define THEME_DEFAULT_COLOUR (-1)

struct theme_style {
	int16_t foreground, background; /* 0 to 255, or THEME_DEFAULT_COLOUR */
	unsigned attributes;		/* enum theme_attribute */
};

struct theme;

/* The built-in theme. */
struct theme *theme_new_default(void);
void theme_free(struct theme *theme);

/* Reads the theme file PATH over the defaults. 0, or a negative errno and *RET_ERROR (the
 * caller frees), a sentence with file and line: -EINVAL for what is wrong in it, -EFBIG
 * over 64 KiB, else what open and read said. */
int theme_load(const char *path, struct theme **ret_theme, char **ret_error);

/* The same from memory; NAME stands for the file in errors. */
int theme_parse(const char *name, const char *text, size_t len, struct theme **ret_theme,
		char **ret_error);

/* The name and the one-line description given in the file ("default" for the built-in).
 */
const char *theme_name(const struct theme *theme);
const char *theme_about(const struct theme *theme);

/* The style of ROLE on a terminal of COLOURS (0, 8 or 256) colours. */
struct theme_style theme_style(const struct theme *theme, int role, int colours);

/* The nick role for NICK: a sector of the circle of hues by XEP-0392, which is shown as
 * the nearest colour of the palette. */
int theme_nick_role(const struct theme *theme, const char *nick);

/* A role's row: its name in theme files, its default styles as written there, its help;
 * NULL from ROLE_COUNT on. For /help and the man page. */
struct theme_role_row {
	const char *name, *style256, *style8, *help;
};
const struct theme_role_row *theme_role_row(int role);

/* Parses "red on default bold" into *RET_STYLE; 0 or -EINVAL. */
int theme_parse_style(const char *text, struct theme_style *ret_style);

#endif
