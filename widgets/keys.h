/*
 * Keys: raw bytes from the terminal become events, pure. Text comes in runs of
 * well-formed UTF-8, a paste as one event, anything unknown is swallowed and never leaks
 * as text. The caller owns the timer: after each keys_feed it drains keys_next, then arms
 * it with keys_wait_ms.
 */
#ifndef TERN_WIDGETS_KEYS_H
#define TERN_WIDGETS_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A key is a code point (lower case for C- chords) or one of the named keys, or'ed with
 * modifiers. 0 is no key. */
enum keys_code {
	KEYS_NAMED = 0x110000, /* first code that is no code point */
	KEYS_ENTER = KEYS_NAMED,
	KEYS_TAB,
	KEYS_BACKSPACE,
	KEYS_ESCAPE,
	KEYS_UP,
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_HOME,
	KEYS_END,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_INSERT,
	KEYS_DELETE,
	KEYS_F1,
	KEYS_F12 = KEYS_F1 + 11,
	KEYS_SHIFT = 1 << 24, /* only with named keys: S-Tab, S-Up */
	KEYS_ALT = 1 << 25,
	KEYS_CTRL = 1 << 26,
};

enum keys_type {
	KEYS_TEXT, /* text, len: typed characters without modifiers, no control characters
		    */
	KEYS_KEY,  /* key */
	KEYS_PASTE,	/* text, len: the whole paste, line ends are LF; is_cut */
	KEYS_FOCUS_IN,	/* the terminal's window has the focus */
	KEYS_FOCUS_OUT, /* it has lost it */
};

struct keys_event {
	enum keys_type type;
	uint32_t key;
	const char *text; /* borrowed until the next call; a NUL follows */
	size_t len;
	bool is_cut; /* the paste was longer than KEYS_PASTE_MAX */
};

#define KEYS_PASTE_MAX (1024 * 1024)

/* What an Esc means that nothing follows at once. */
enum keys_escape {
	KEYS_ESCAPE_PREFIX, /* waits (keys_has_prefix) and makes the next key an Alt key;
			     * a second Esc cancels and comes as KEYS_ESCAPE */
	KEYS_ESCAPE_KEY,    /* comes as KEYS_ESCAPE: forms, lists, questions */
};

struct keys;

struct keys *keys_new(void);
void keys_free(struct keys *keys);

/* How a lone Esc is taken from now on; begins as KEYS_ESCAPE_PREFIX. A waiting prefix is
 * dropped. */
void keys_set_escape(struct keys *keys, enum keys_escape escape);

/* Takes the LEN bytes of one read(2) at the time NOW (monotonic milliseconds). A read
 * with text and at least 5 line ends outside a bracketed paste becomes a paste event, as
 * do the reads that follow it within 100 ms. */
void keys_feed(struct keys *keys, const void *data, size_t len, uint64_t now);

/* The next event, false if there is none. */
bool keys_next(struct keys *keys, struct keys_event *ret_event);

/* How many milliseconds after the last feed keys_timeout is due; 0: no timer is needed.
 */
unsigned keys_wait_ms(const struct keys *keys);

/* Time is up: a lone Esc, a half sequence or a paste without end is settled; drain
 * keys_next afterwards. */
void keys_timeout(struct keys *keys);

/* An Esc waits to make the next key an Alt key (to be shown as "Esc-"). */
bool keys_has_prefix(const struct keys *keys);

#define KEYS_NAME_MAX 32

/* The key's name: "C-n", "M-a", "M-Enter", "S-Tab", "F1", "PgUp", "Space"; in an own
 * buffer of at least KEYS_NAME_MAX bytes, which is returned. */
const char *keys_name(uint32_t key, char buffer[KEYS_NAME_MAX]);

/* The key named TEXT, as keys_name writes it; "Alt-a", "Ctrl-n" and "^N" are understood,
 * names without regard to case. 0 if there is none. */
uint32_t keys_named(const char *text);

#endif
