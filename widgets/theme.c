/*
 * The table of roles and the styles a theme gives them. Built-in defaults are the rows of
 * roles.def; files are read by inih, line by line through our own reader, so that every
 * error has its line. A role that a file sets for 256 colours only gets the nearest style
 * for 8.
 */
#include "widgets/theme.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <ini.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/nick_hue.h"

#define FILE_MAX (64 * 1024)
/* A nick role stands for so many degrees of the circle of hues. */
#define SECTOR (360.0 / THEME_PALETTE_MAX)

static const struct theme_role_row role_rows[] = {
#define ROLE(name, text, style256, style8, help) {text, style256, style8, help},
#include "widgets/roles.def"
#undef ROLE
};

/* Middle colours of the terminal's own: readable on black and on white, and told in five
 * bytes where one of the 256 takes ten. */
static const char palette256[] = "red green magenta cyan";
static const char palette8[] = "red green magenta cyan";

struct palette {
	int16_t colours[THEME_PALETTE_MAX];
	int count;
};

struct theme {
	char *name, *about;
	struct theme_style styles256[ROLE_COUNT], styles8[ROLE_COUNT];
	struct palette palette256, palette8;
	bool has_style256[ROLE_COUNT], has_style8[ROLE_COUNT]; /* given by the file */
	bool has_palette256, has_palette8;
};

static int
colour_named(const char *word, int16_t *ret_colour)
{
	static const char *const names[] = {"black", "red",	"green", "yellow",
					    "blue",  "magenta", "cyan",	 "white"};
	if (strcasecmp(word, "default") == 0) {
		*ret_colour = THEME_DEFAULT_COLOUR;
		return 0;
	}
	int bright = strncasecmp(word, "bright-", 7) == 0 ? 8 : 0;
	for (int i = 0; i < 8; i++) {
		if (strcasecmp(word + (bright ? 7 : 0), names[i]) == 0) {
			*ret_colour = (int16_t)(i + bright);
			return 0;
		}
	}
	size_t len = strspn(word, "0123456789");
	if (len == 0 || len > 3 || word[len])
		return -EINVAL;
	long number = strtol(word, NULL, 10);
	if (number > 255)
		return -EINVAL;
	*ret_colour = (int16_t)number;
	return 0;
}

static unsigned
attribute_named(const char *word)
{
	static const struct {
		const char *name;
		unsigned bit;
	} rows[] = {{"bold", THEME_BOLD},
		    {"underline", THEME_UNDERLINE},
		    {"reverse", THEME_REVERSE},
		    {"dim", THEME_DIM},
		    {"italic", THEME_ITALIC}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcasecmp(word, rows[i].name) == 0)
			return rows[i].bit;
	return 0;
}

/* The next word of *TEXT in WORD (cut at 31 bytes); false at the end. */
static bool
next_word(const char **text, char word[32])
{
	*text += strspn(*text, " \t,");
	size_t len = strcspn(*text, " \t,");
	size_t kept = len < 31 ? len : 31;
	memcpy(word, *text, kept);
	word[kept] = '\0';
	*text += len;
	return len > 0;
}

int
theme_parse_style(const char *text, struct theme_style *ret_style)
{
	struct theme_style style = {THEME_DEFAULT_COLOUR, THEME_DEFAULT_COLOUR, 0};
	bool has_foreground = false;
	bool has_background = false;
	char word[32];
	while (next_word(&text, word)) {
		unsigned bit = attribute_named(word);
		if (bit) {
			style.attributes |= bit;
		} else if (strcasecmp(word, "on") == 0) {
			if (has_background || !next_word(&text, word) ||
			    colour_named(word, &style.background) < 0)
				return -EINVAL;
			has_background = true;
		} else {
			if (has_foreground || colour_named(word, &style.foreground) < 0)
				return -EINVAL;
			has_foreground = true;
		}
	}
	if (!has_foreground && !has_background && !style.attributes)
		return -EINVAL;
	*ret_style = style;
	return 0;
}

static int
parse_palette(const char *text, struct palette *ret_palette)
{
	struct palette palette = {.count = 0};
	char word[32];
	while (next_word(&text, word)) {
		if (palette.count == THEME_PALETTE_MAX ||
		    colour_named(word, &palette.colours[palette.count]) < 0)
			return -EINVAL;
		palette.count++;
	}
	if (palette.count == 0)
		return -EINVAL;
	*ret_palette = palette;
	return 0;
}

/* COLOUR among the 8; DEFAULT where none is near (greys). Sets *IS_GREY for those. */
static int16_t
nearest_of_8(int16_t colour, bool *is_grey)
{
	if (colour < 8)
		return colour;
	if (colour < 16)
		return (int16_t)(colour - 8);
	int parts[3] = {(colour - 16) / 36, (colour - 16) / 6 % 6, (colour - 16) % 6};
	int most = 0;
	int16_t nearest = 0;
	for (int i = 0; i < 3; i++)
		most = parts[i] > most ? parts[i] : most;
	for (int i = 0; i < 3; i++)
		if (parts[i] * 2 > most)
			nearest = (int16_t)(nearest | 1 << i);
	*is_grey = colour >= 232 || nearest == 7 || nearest == 0;
	return *is_grey ? THEME_DEFAULT_COLOUR : nearest;
}

static struct theme_style
style_for_8(struct theme_style style)
{
	bool is_grey = false;
	bool is_grey_ground = false;
	struct theme_style out = {
		nearest_of_8(style.foreground, &is_grey),
		nearest_of_8(style.background, &is_grey_ground),
		style.attributes,
	};
	/* Two greys on each other would both become the default: invert instead. */
	if (is_grey_ground)
		out.attributes |= THEME_REVERSE;
	else if (is_grey && style.foreground >= 232 && style.foreground < 248)
		out.attributes |= THEME_DIM;
	if (style.foreground >= 8 && style.foreground < 16)
		out.attributes |= THEME_BOLD;
	return out;
}

struct theme *
theme_new_default(void)
{
	struct theme *theme = mem_alloc(sizeof *theme);
	theme->name = mem_strdup("default");
	theme->about = mem_strdup("");
	for (int i = 0; i < ROLE_COUNT; i++) {
		(void)theme_parse_style(role_rows[i].style256, &theme->styles256[i]);
		(void)theme_parse_style(role_rows[i].style8, &theme->styles8[i]);
	}
	(void)parse_palette(palette256, &theme->palette256);
	(void)parse_palette(palette8, &theme->palette8);
	return theme;
}

void
theme_free(struct theme *theme)
{
	if (!theme)
		return;
	free(theme->name);
	free(theme->about);
	free(theme);
}

/* One parse of a file. */
struct reading {
	struct theme *theme;
	const char *text;
	size_t len, at;
	int line;	/* the one handed out last */
	int error_line; /* of the first error, 0 while there is none */
	char *error;	/* what is wrong there */
};

static void
set_error(struct reading *reading, char *take_error)
{
	if (reading->error) {
		free(take_error);
		return;
	}
	reading->error = take_error;
	reading->error_line = reading->line;
}

/* inih's fgets: one line of the text. What cannot be a line becomes an error and a blank.
 */
static char *
read_line(char *out, int size, void *stream)
{
	struct reading *reading = stream;
	if (reading->at >= reading->len)
		return NULL;
	const char *line = reading->text + reading->at;
	size_t left = reading->len - reading->at;
	const char *end = memchr(line, '\n', left);
	size_t len = end ? (size_t)(end - line) : left;
	reading->at += len + (end != NULL);
	reading->line++;
	if (len + 2 > (size_t)size) {
		set_error(reading, mem_strdup("the line is too long"));
		len = 0;
	} else if (memchr(line, '\0', len) || !utf8_is_valid(line, len)) {
		set_error(reading, mem_strdup("the line is not UTF-8 text"));
		len = 0;
	}
	memcpy(out, line, len);
	out[len] = '\n';
	out[len + 1] = '\0';
	return out;
}

static int
role_named(const char *name)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (strcasecmp(role_rows[i].name, name) == 0)
			return i;
	return -1;
}

static char *
take_role(struct reading *reading, const char *name, const char *value, bool is_8)
{
	struct theme *theme = reading->theme;
	int role = role_named(name);
	if (role < 0)
		return mem_printf("there is no role '%s'", name);
	struct theme_style *style =
		is_8 ? theme->styles8 + role : theme->styles256 + role;
	if (theme_parse_style(value, style) < 0)
		return mem_printf("'%s' is no style; write: colour [on colour] "
				  "[bold] [underline] [reverse] [dim] [italic]",
				  value);
	(is_8 ? theme->has_style8 : theme->has_style256)[role] = true;
	return NULL;
}

static char *
take_palette(struct reading *reading, const char *name, const char *value)
{
	struct theme *theme = reading->theme;
	bool is_8 = strcmp(name, "palette-8") == 0;
	if (!is_8 && strcmp(name, "palette") != 0)
		return mem_printf("[nicks] has palette and palette-8, no '%s'", name);
	if (parse_palette(value, is_8 ? &theme->palette8 : &theme->palette256) < 0)
		return mem_printf("'%s' is no list of 1 to %d colours", value,
				  THEME_PALETTE_MAX);
	*(is_8 ? &theme->has_palette8 : &theme->has_palette256) = true;
	return NULL;
}

static char *
take_value(struct reading *reading, const char *section, const char *name,
	   const char *value)
{
	if (strcmp(section, "roles") == 0)
		return take_role(reading, name, value, false);
	if (strcmp(section, "roles-8") == 0)
		return take_role(reading, name, value, true);
	if (strcmp(section, "nicks") == 0)
		return take_palette(reading, name, value);
	if (strcmp(section, "theme") != 0)
		return mem_printf("there is no section [%s]; there are [theme], [roles], "
				  "[roles-8] and [nicks]",
				  section);
	char **slot = strcmp(name, "name") == 0	   ? &reading->theme->name
		      : strcmp(name, "about") == 0 ? &reading->theme->about
						   : NULL;
	if (!slot)
		return mem_printf("[theme] has name and about, no '%s'", name);
	free(*slot);
	*slot = clean_text(value, CLEAN_LINE, 80);
	return NULL;
}

static int
handle_value(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	char *error = take_value(reading, section, name, value);
	if (!error)
		return 1;
	set_error(reading, error);
	return 0;
}

/* Styles for 8 colours that the file left to us. */
static void
complete(struct theme *theme)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		if (theme->has_style256[i] && !theme->has_style8[i])
			theme->styles8[i] = style_for_8(theme->styles256[i]);
	if (!theme->has_palette256 || theme->has_palette8)
		return;
	theme->palette8 = theme->palette256;
	bool is_grey;
	for (int i = 0; i < theme->palette8.count; i++)
		theme->palette8.colours[i] =
			nearest_of_8(theme->palette8.colours[i], &is_grey);
}

int
theme_parse(const char *name, const char *text, size_t len, struct theme **ret_theme,
	    char **ret_error)
{
	if (len > FILE_MAX) {
		*ret_error = mem_printf("%s: a theme of over 64 KiB", name);
		return -EFBIG;
	}
	struct reading reading = {.theme = theme_new_default(), .text = text, .len = len};
	int result = ini_parse_stream(read_line, &reading, handle_value, &reading);
	/* inih tells the first line that it or the handler refused. */
	if (result > 0 && (!reading.error || result < reading.error_line)) {
		free(reading.error);
		reading.error = mem_strdup("this is neither [section] nor name = value");
		reading.error_line = result;
	}
	if (reading.error || result < 0) {
		char *clean = clean_text(reading.error ? reading.error : "out of memory",
					 CLEAN_LINE, 400);
		*ret_error = mem_printf("%s:%d: %s", name, reading.error_line, clean);
		free(clean);
		free(reading.error);
		theme_free(reading.theme);
		return -EINVAL;
	}
	complete(reading.theme);
	*ret_theme = reading.theme;
	return 0;
}

static int
read_file(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	ssize_t got;
	do {
		got = read(fd, buf_room(out, 4096), 4096);
		if (got > 0)
			out->len += (size_t)got;
	} while ((got > 0 && out->len <= FILE_MAX) || (got < 0 && errno == EINTR));
	int result = got < 0 ? -errno : 0;
	(void)close(fd);
	return result;
}

int
theme_load(const char *path, struct theme **ret_theme, char **ret_error)
{
	struct buf text = {0};
	int result = read_file(path, &text);
	if (result < 0)
		*ret_error = mem_printf("%s: %s", path, strerror(-result));
	else
		result = theme_parse(path, text.data ? (char *)text.data : "", text.len,
				     ret_theme, ret_error);
	buf_done(&text);
	return result;
}

const char *
theme_name(const struct theme *theme)
{
	return theme->name;
}

const char *
theme_about(const struct theme *theme)
{
	return theme->about;
}

/* The entry of PALETTE whose hue is nearest to HUE; of several, and where none has a hue,
 * one that CHOICE decides. */
static int16_t
nearest_entry(const struct palette *palette, double hue, int choice)
{
	double least = 361;
	int16_t nearest = palette->colours[choice % palette->count];
	for (int i = 0; i < palette->count; i++) {
		double other = nick_hue_of_colour(palette->colours[i]);
		double distance = fabs(other - hue);
		if (other < 0)
			continue;
		if (distance > 180)
			distance = 360 - distance;
		if (distance < least) {
			least = distance;
			nearest = palette->colours[i];
		}
	}
	return nearest;
}

struct theme_style
theme_style(const struct theme *theme, int role, int colours)
{
	bool is_nick = role >= ROLE_NICK_FIRST && role < THEME_ROLES_MAX;
	int row = is_nick ? ROLE_NICK : role < 0 || role >= ROLE_COUNT ? ROLE_TEXT : role;
	struct theme_style style =
		colours >= 256 ? theme->styles256[row] : theme->styles8[row];
	if (is_nick) {
		const struct palette *palette =
			colours >= 256 ? &theme->palette256 : &theme->palette8;
		int sector = role - ROLE_NICK_FIRST;
		style.foreground =
			nearest_entry(palette, (sector + 0.5) * SECTOR, sector);
	}
	if (colours < 8)
		style.foreground = style.background = THEME_DEFAULT_COLOUR;
	return style;
}

int
theme_nick_role(const struct theme *theme, const char *nick)
{
	(void)theme;
	return ROLE_NICK_FIRST + (int)(nick_hue(nick) / SECTOR);
}

const struct theme_role_row *
theme_role_row(int role)
{
	return role >= 0 && role < ROLE_COUNT ? &role_rows[role] : NULL;
}
