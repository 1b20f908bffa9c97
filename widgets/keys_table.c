/*
 * Sequences of xterm, rxvt, the linux console, tmux and screen, and the names of keys. A
 * table for final letters, one for numbers before "~"; modifiers as xterm counts them (1
 * + Shift 1, Alt 2, Ctrl 4).
 */
#include "widgets/keys_table.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/utf8.h"
#include "widgets/keys.h"

struct letter {
	char letter;
	uint32_t key;
};

static const struct letter csi_letters[] = {
	{'A', KEYS_UP},
	{'B', KEYS_DOWN},
	{'C', KEYS_RIGHT},
	{'D', KEYS_LEFT},
	{'H', KEYS_HOME},
	{'F', KEYS_END},
	{'P', KEYS_F1},
	{'Q', KEYS_F1 + 1},
	{'R', KEYS_F1 + 2},
	{'S', KEYS_F1 + 3},
	{'Z', KEYS_TAB | KEYS_SHIFT},
	{'a', KEYS_UP | KEYS_SHIFT},
	{'b', KEYS_DOWN | KEYS_SHIFT},
	{'c', KEYS_RIGHT | KEYS_SHIFT},
	{'d', KEYS_LEFT | KEYS_SHIFT},
};

static const struct letter ss3_letters[] = {
	{'A', KEYS_UP},
	{'B', KEYS_DOWN},
	{'C', KEYS_RIGHT},
	{'D', KEYS_LEFT},
	{'H', KEYS_HOME},
	{'F', KEYS_END},
	{'P', KEYS_F1},
	{'Q', KEYS_F1 + 1},
	{'R', KEYS_F1 + 2},
	{'S', KEYS_F1 + 3},
	{'M', KEYS_ENTER},
	{'a', KEYS_UP | KEYS_CTRL},
	{'b', KEYS_DOWN | KEYS_CTRL},
	{'c', KEYS_RIGHT | KEYS_CTRL},
	{'d', KEYS_LEFT | KEYS_CTRL},
};

/* The numeric keypad in application mode. */
static const struct letter keypad_letters[] = {
	{'j', '*'}, {'k', '+'}, {'l', ','}, {'m', '-'}, {'n', '.'}, {'o', '/'},
	{'p', '0'}, {'q', '1'}, {'r', '2'}, {'s', '3'}, {'t', '4'}, {'u', '5'},
	{'v', '6'}, {'w', '7'}, {'x', '8'}, {'y', '9'}, {'X', '='},
};

/* Numbers before "~"; 0 for none. */
static const uint32_t tilde_keys[] = {
	[1] = KEYS_HOME,     [2] = KEYS_INSERT,	  [3] = KEYS_DELETE,
	[4] = KEYS_END,	     [5] = KEYS_PAGE_UP,  [6] = KEYS_PAGE_DOWN,
	[7] = KEYS_HOME,     [8] = KEYS_END,	  [11] = KEYS_F1,
	[12] = KEYS_F1 + 1,  [13] = KEYS_F1 + 2,  [14] = KEYS_F1 + 3,
	[15] = KEYS_F1 + 4,  [17] = KEYS_F1 + 5,  [18] = KEYS_F1 + 6,
	[19] = KEYS_F1 + 7,  [20] = KEYS_F1 + 8,  [21] = KEYS_F1 + 9,
	[23] = KEYS_F1 + 10, [24] = KEYS_F1 + 11,
};

static uint32_t
find_letter(const struct letter *rows, size_t count, char letter)
{
	for (size_t i = 0; i < count; i++)
		if (rows[i].letter == letter)
			return rows[i].key;
	return 0;
}

#define FIND(rows, letter) find_letter(rows, sizeof(rows) / sizeof *(rows), letter)

static uint32_t
modifiers(int number)
{
	int bits = number > 1 && number <= 16 ? number - 1 : 0;
	return (bits & 1 ? KEYS_SHIFT : 0u) | (bits & (2 | 8) ? KEYS_ALT : 0u) |
	       (bits & 4 ? KEYS_CTRL : 0u);
}

static struct keys_found
found_key(uint32_t key)
{
	return (struct keys_found){key ? KEYS_FOUND_KEY : KEYS_FOUND_NOTHING, key};
}

/* A key given as a code point with modifiers (modifyOtherKeys, kitty's CSI u). */
static struct keys_found
found_point(int point, uint32_t bits)
{
	switch (point) {
	case 13:
		return found_key(KEYS_ENTER | bits);
	case 9:
		return found_key(KEYS_TAB | bits);
	case 27:
		return found_key(KEYS_ESCAPE | bits);
	case 8:
	case 127:
		return found_key(KEYS_BACKSPACE | bits);
	default:
		break;
	}
	if (point < 0x20 || utf8_is_unsafe((uint32_t)point))
		return found_key(0);
	uint32_t key = (uint32_t)point;
	bits &= ~(uint32_t)KEYS_SHIFT;
	if (!bits)
		return (struct keys_found){KEYS_FOUND_POINT, key};
	if (bits & KEYS_CTRL && key >= 'A' && key <= 'Z')
		key += 'a' - 'A';
	return found_key(key | bits);
}

/* The numbers of a CSI sequence; false if it is anything but numbers, ";" and ":". */
static bool
read_numbers(const char *text, size_t len, int numbers[3])
{
	size_t index = 0;
	bool is_sub = false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			if (index < 3 && !is_sub && numbers[index] < 0x110000)
				numbers[index] = numbers[index] * 10 + (text[i] - '0');
		} else if (text[i] == ';') {
			index++;
			is_sub = false;
		} else if (text[i] == ':') {
			is_sub = true;
		} else {
			return false;
		}
	}
	return true;
}

static struct keys_found
found_tilde(const int numbers[3], uint32_t bits)
{
	if (numbers[0] == 200)
		return (struct keys_found){KEYS_FOUND_PASTE, 0};
	if (numbers[0] == 27)
		return found_point(numbers[2], modifiers(numbers[1]));
	size_t count = sizeof tilde_keys / sizeof *tilde_keys;
	uint32_t key = numbers[0] >= 0 && (size_t)numbers[0] < count
			       ? tilde_keys[numbers[0]]
			       : 0;
	return found_key(key ? key | bits : 0);
}

static struct keys_found
found_csi(const char *text, size_t len)
{
	char final = text[len - 1];
	int numbers[3] = {0, 0, 0};
	if (len == 1 && final == 'I')
		return (struct keys_found){KEYS_FOUND_FOCUS_IN, 0};
	if (len == 1 && final == 'O')
		return (struct keys_found){KEYS_FOUND_FOCUS_OUT, 0};
	if (len == 2 && text[0] == '[') /* linux: \e[[A is F1 */
		return found_key(final >= 'A' && final <= 'E'
					 ? KEYS_F1 + (uint32_t)(final - 'A')
					 : 0);
	if (!read_numbers(text, len - 1, numbers))
		return found_key(0);
	switch (final) {
	case '~':
		return found_tilde(numbers, modifiers(numbers[1]));
	case '^':
		return found_tilde(numbers, KEYS_CTRL);
	case '$':
		return found_tilde(numbers, KEYS_SHIFT);
	case '@':
		return found_tilde(numbers, KEYS_CTRL | KEYS_SHIFT);
	case 'u':
		return found_point(numbers[0], modifiers(numbers[1]));
	default:
		break;
	}
	/* \e[1;5A; some write \e[5A for it. A report such as \e[24;80R is no key. */
	uint32_t key = FIND(csi_letters, final);
	bool is_bare = len == 1;
	if (!key || (final == 'R' && !is_bare && numbers[0] != 1) ||
	    (final >= 'a' && !is_bare))
		return found_key(0);
	return found_key(key | modifiers(numbers[1] ? numbers[1] : numbers[0]));
}

struct keys_found
keys_look_up(const char *sequence, size_t len)
{
	if (len < 2)
		return found_key(0);
	if (sequence[0] == '[')
		return found_csi(sequence + 1, len - 1);
	char final = sequence[len - 1];
	uint32_t digit = FIND(keypad_letters, final);
	if (digit && len == 2)
		return (struct keys_found){KEYS_FOUND_POINT, digit};
	uint32_t key = FIND(ss3_letters, final);
	return found_key(key && len == 3 ? key | modifiers(sequence[1] - '0') : key);
}

static const struct {
	uint32_t key;
	const char *name;
} key_names[] = {
	{KEYS_ENTER, "Enter"},
	{KEYS_TAB, "Tab"},
	{KEYS_BACKSPACE, "BS"},
	{KEYS_ESCAPE, "Esc"},
	{KEYS_UP, "Up"},
	{KEYS_DOWN, "Down"},
	{KEYS_LEFT, "Left"},
	{KEYS_RIGHT, "Right"},
	{KEYS_HOME, "Home"},
	{KEYS_END, "End"},
	{KEYS_PAGE_UP, "PgUp"},
	{KEYS_PAGE_DOWN, "PgDn"},
	{KEYS_INSERT, "Ins"},
	{KEYS_DELETE, "Del"},
	{' ', "Space"},
	/* What people also write; the first name of a key is the one that is shown. */
	{KEYS_ENTER, "Return"},
	{KEYS_ENTER, "RET"},
	{KEYS_BACKSPACE, "Backspace"},
	{KEYS_ESCAPE, "Escape"},
	{KEYS_PAGE_UP, "PageUp"},
	{KEYS_PAGE_DOWN, "PageDown"},
	{KEYS_INSERT, "Insert"},
	{KEYS_DELETE, "Delete"},
};

const char *
keys_name(uint32_t key, char buffer[KEYS_NAME_MAX])
{
	uint32_t base = key & (KEYS_SHIFT - 1u);
	const char *name = NULL;
	char own[8] = "";
	for (size_t i = 0; i < sizeof key_names / sizeof *key_names && !name; i++)
		if (key_names[i].key == base)
			name = key_names[i].name;
	if (!name && base >= KEYS_F1 && base <= KEYS_F12)
		(void)snprintf(own, sizeof own, "F%u", base - KEYS_F1 + 1);
	else if (!name && base < KEYS_NAMED && !utf8_is_unsafe(base))
		own[utf8_encode(base, own)] = '\0';
	(void)snprintf(buffer, KEYS_NAME_MAX, "%s%s%s%s", key & KEYS_CTRL ? "C-" : "",
		       key & KEYS_ALT ? "M-" : "", key & KEYS_SHIFT ? "S-" : "",
		       name ? name : own);
	return buffer;
}

static uint32_t
read_modifier(const char **text)
{
	static const struct {
		const char *prefix;
		uint32_t bit;
	} rows[] = {{"C-", KEYS_CTRL},	 {"M-", KEYS_ALT},	 {"S-", KEYS_SHIFT},
		    {"A-", KEYS_ALT},	 {"Ctrl-", KEYS_CTRL},	 {"Alt-", KEYS_ALT},
		    {"Meta-", KEYS_ALT}, {"Shift-", KEYS_SHIFT}, {"^", KEYS_CTRL}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = strlen(rows[i].prefix);
		if (strncasecmp(*text, rows[i].prefix, len) == 0 && (*text)[len]) {
			*text += len;
			return rows[i].bit;
		}
	}
	return 0;
}

uint32_t
keys_named(const char *text)
{
	uint32_t bits = 0;
	uint32_t bit;
	while ((bit = read_modifier(&text)))
		bits |= bit;
	for (size_t i = 0; i < sizeof key_names / sizeof *key_names; i++)
		if (strcasecmp(text, key_names[i].name) == 0)
			return key_names[i].key | bits;
	if ((text[0] == 'F' || text[0] == 'f') && text[1] >= '1' && text[1] <= '9') {
		char *end;
		long number = strtol(text + 1, &end, 10);
		return *end || number > 12 ? 0 : (KEYS_F1 + (uint32_t)number - 1) | bits;
	}
	size_t len = strlen(text);
	uint32_t point;
	if (len == 0 || utf8_decode(text, len, &point) != len || point == UTF8_BAD ||
	    utf8_is_unsafe(point))
		return 0;
	if (bits & KEYS_CTRL && point >= 'A' && point <= 'Z')
		point += 'a' - 'A';
	/* What Ctrl with such a key sends is another key's name. */
	return point | (bits & ~(uint32_t)KEYS_SHIFT);
}
