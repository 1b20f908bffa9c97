/*
 * The parser: a state machine over bytes, and a queue of events. An escape sequence is
 * collected whole (at most SEQUENCE_MAX bytes) and looked up in keys_table.c; what is not
 * found there is dropped. Text collects in one buffer until another event comes.
 */
#include "widgets/keys.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/keys_table.h"

#define SEQUENCE_MAX 64
#define ESCAPE_WAIT_MS 50
#define STRING_WAIT_MS 1000
#define PASTE_WAIT_MS 3000
#define PASTE_FOLLOWS_MS 100
#define PASTE_LINES 5

enum state {
	GROUND,
	ESCAPE, /* an ESC came */
	CSI,	/* ESC [ … */
	SS3,	/* ESC O … */
	STRING, /* OSC, DCS, APC, PM: an answer we never asked for; ends with ST or BEL */
	MOUSE,	/* ESC [ M and three bytes */
	PASTE,	/* between \e[200~ and \e[201~ */
	LINUX_F, /* ESC [ [ and one letter: F1 to F5 of the linux console */
};

struct event {
	enum keys_type type;
	uint32_t key;
	size_t start, len; /* in bytes */
	bool is_cut;
};

struct keys {
	enum state state;
	enum keys_escape escape;
	bool has_alt;	 /* the sequence began with a second ESC */
	bool has_prefix; /* a lone ESC timed out and waits for its key */
	struct buf sequence;
	struct buf point;   /* bytes of an unfinished UTF-8 sequence */
	struct buf paste;   /* the paste so far */
	size_t paste_match; /* bytes of the end mark seen */
	bool is_paste_cut, has_paste_cr;
	bool has_raw_paste; /* an unbracketed paste came at … */
	uint64_t raw_paste_at;
	struct event *events;
	size_t event_count, event_cap, event_next;
	struct buf bytes; /* the text of the events */
};

struct keys *
keys_new(void)
{
	return mem_alloc(sizeof(struct keys));
}

void
keys_free(struct keys *keys)
{
	if (!keys)
		return;
	buf_done(&keys->sequence);
	buf_done(&keys->point);
	buf_done(&keys->paste);
	/* Passwords come this way. */
	mem_wipe(keys->bytes.data, keys->bytes.cap);
	buf_done(&keys->bytes);
	free(keys->events);
	free(keys);
}

void
keys_set_escape(struct keys *keys, enum keys_escape escape)
{
	keys->escape = escape;
	keys->has_prefix = false;
}

static struct event *
add_event(struct keys *keys, enum keys_type type, uint32_t key)
{
	if (keys->event_count == keys->event_cap) {
		keys->event_cap = keys->event_cap ? keys->event_cap * 2 : 16;
		keys->events =
			mem_resize(keys->events, keys->event_cap, sizeof *keys->events);
	}
	struct event *event = &keys->events[keys->event_count++];
	*event = (struct event){.type = type, .key = key, .start = keys->bytes.len};
	return event;
}

static void
add_key(struct keys *keys, uint32_t key)
{
	if (keys->has_prefix && key != KEYS_ESCAPE)
		key |= KEYS_ALT;
	keys->has_prefix = false;
	(void)add_event(keys, KEYS_KEY, key);
}

static void
add_text(struct keys *keys, const char *text, size_t len)
{
	struct event *last = keys->event_count > keys->event_next
				     ? &keys->events[keys->event_count - 1]
				     : NULL;
	if (!last || last->type != KEYS_TEXT ||
	    last->start + last->len + 1 != keys->bytes.len)
		last = add_event(keys, KEYS_TEXT, 0);
	else
		keys->bytes.len--;
	buf_add(&keys->bytes, text, len);
	buf_add_byte(&keys->bytes, '\0');
	last->len += len;
}

/* A code point typed without modifiers; behind a prefix it is an Alt key. */
static void
add_point(struct keys *keys, uint32_t point)
{
	char bytes[4];
	if (keys->has_prefix)
		add_key(keys, point);
	else
		add_text(keys, bytes, utf8_encode(point, bytes));
}

static void
add_paste(struct keys *keys)
{
	struct event *event = add_event(keys, KEYS_PASTE, 0);
	event->len = keys->paste.len;
	event->is_cut = keys->is_paste_cut;
	if (keys->paste.len)
		buf_add(&keys->bytes, keys->paste.data, keys->paste.len);
	buf_add_byte(&keys->bytes, '\0');
	buf_clear(&keys->paste);
	keys->is_paste_cut = keys->has_paste_cr = keys->has_prefix = false;
}

/* One byte of a paste: CR and CR LF become LF, other control characters but tab are left
 * out; what is over the limit too. */
static void
paste_byte(struct keys *keys, unsigned char byte)
{
	bool is_second_half = byte == '\n' && keys->has_paste_cr;
	keys->has_paste_cr = byte == '\r';
	if (is_second_half)
		return;
	if (byte == '\r')
		byte = '\n';
	if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)
		return;
	if (keys->paste.len >= KEYS_PASTE_MAX)
		keys->is_paste_cut = true;
	else
		buf_add_byte(&keys->paste, byte);
}

/* The paste is whole: made well-formed, then handed over. */
static void
end_paste(struct keys *keys)
{
	struct buf clean = {0};
	const char *text = (const char *)keys->paste.data;
	size_t len = keys->paste.len;
	for (size_t at = 0; at < len;) {
		uint32_t point;
		size_t size = utf8_decode(text + at, len - at, &point);
		/* A sequence cut in two by the limit is left out, not replaced. */
		bool is_torn = keys->is_paste_cut && len - at < 4;
		bool is_safe = point == '\n' || point == '\t' ||
			       (point != UTF8_BAD && !utf8_is_unsafe(point));
		if (is_safe)
			buf_add(&clean, text + at, size);
		else if (point != UTF8_BAD || !is_torn)
			buf_add_text(&clean, "\357\277\275");
		at += size;
	}
	buf_done(&keys->paste);
	keys->paste = clean;
	add_paste(keys);
}

static void
bracketed_byte(struct keys *keys, unsigned char byte)
{
	static const char mark[] = "\033[201~";
	if (byte == (unsigned char)mark[keys->paste_match]) {
		if (!mark[++keys->paste_match]) {
			keys->paste_match = 0;
			keys->state = GROUND;
			end_paste(keys);
		}
		return;
	}
	for (size_t i = 0; i < keys->paste_match; i++)
		paste_byte(keys, (unsigned char)mark[i]);
	keys->paste_match = 0;
	if (byte == (unsigned char)mark[0])
		keys->paste_match = 1;
	else
		paste_byte(keys, byte);
}

/* A whole sequence stands in the buffer. */
static void
end_sequence(struct keys *keys)
{
	bool has_alt = keys->has_alt;
	keys->state = GROUND;
	keys->has_alt = false;
	const char *text = (const char *)keys->sequence.data;
	struct keys_found found = keys_look_up(text, keys->sequence.len);
	buf_clear(&keys->sequence);
	switch (found.kind) {
	case KEYS_FOUND_NOTHING:
		keys->has_prefix = false;
		break;
	case KEYS_FOUND_KEY:
		add_key(keys, found.key | (has_alt ? KEYS_ALT : 0));
		break;
	case KEYS_FOUND_POINT:
		if (has_alt)
			add_key(keys, found.key | KEYS_ALT);
		else
			add_point(keys, found.key);
		break;
	case KEYS_FOUND_PASTE:
		keys->state = PASTE;
		keys->paste_match = 0;
		break;
	case KEYS_FOUND_FOCUS_IN:
		(void)add_event(keys, KEYS_FOCUS_IN, 0);
		break;
	case KEYS_FOUND_FOCUS_OUT:
		(void)add_event(keys, KEYS_FOCUS_OUT, 0);
		break;
	}
}

static uint32_t
control_key(unsigned char byte)
{
	switch (byte) {
	case '\r':
	case '\n':
		return KEYS_ENTER;
	case '\t':
		return KEYS_TAB;
	case 0x08:
	case 0x7f:
		return KEYS_BACKSPACE;
	default:
		return KEYS_CTRL | (byte == 0	 ? ' '
				    : byte <= 26 ? byte + 0x60u
						 : byte + 0x40u);
	}
}

/* Bytes of text: whole points go out, an unfinished one waits. */
static void
text_byte(struct keys *keys, unsigned char byte)
{
	if (byte < 0x80 || (keys->point.len > 0 && (byte & 0xc0) != 0x80)) {
		if (keys->point.len > 0)
			add_point(keys, 0xfffd);
		buf_clear(&keys->point);
	}
	if (byte < 0x80) {
		add_point(keys, byte);
		return;
	}
	buf_add_byte(&keys->point, byte);
	unsigned char first = keys->point.data[0];
	size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1;
	if (keys->point.len < need)
		return;
	uint32_t point;
	(void)utf8_decode((const char *)keys->point.data, keys->point.len, &point);
	buf_clear(&keys->point);
	add_point(keys, point == UTF8_BAD || utf8_is_unsafe(point) ? 0xfffd : point);
}

static void
drop_point(struct keys *keys)
{
	if (keys->point.len > 0)
		add_point(keys, 0xfffd);
	buf_clear(&keys->point);
}

static void
ground_byte(struct keys *keys, unsigned char byte)
{
	if (byte == 0x1b) {
		drop_point(keys);
		keys->state = ESCAPE;
		keys->has_alt = false;
	} else if (byte < 0x20 || byte == 0x7f) {
		drop_point(keys);
		add_key(keys, control_key(byte));
	} else if (keys->has_prefix && (byte == '[' || byte == 'O')) {
		/* Perhaps a sequence of which the ESC came early. */
		keys->has_prefix = false;
		keys->state = byte == '[' ? CSI : SS3;
		buf_clear(&keys->sequence);
		buf_add_byte(&keys->sequence, byte);
	} else {
		text_byte(keys, byte);
	}
}

static void
escape_byte(struct keys *keys, unsigned char byte)
{
	if (byte == 0x1b && !keys->has_alt) {
		keys->has_alt = true;
		return;
	}
	if (byte == '[' || byte == 'O') {
		keys->state = byte == '[' ? CSI : SS3;
		buf_clear(&keys->sequence);
		buf_add_byte(&keys->sequence, byte);
		return;
	}
	keys->state = GROUND;
	if (keys->has_alt) {
		/* Two Escs cancel; what follows stands for itself. */
		keys->has_alt = false;
		add_key(keys, KEYS_ESCAPE);
		ground_byte(keys, byte);
		return;
	}
	if (byte == ']' || byte == 'P' || byte == '_' || byte == '^') {
		keys->state = STRING;
		buf_clear(&keys->sequence);
		buf_add_byte(&keys->sequence, byte);
		return;
	}
	keys->has_prefix = true;
	ground_byte(keys, byte);
}

/* Whether the sequence is "[", one or two digits, and one byte more. */
static bool
is_number(const struct keys *keys)
{
	const uint8_t *data = keys->sequence.data;
	size_t len = keys->sequence.len;
	return (len == 3 || len == 4) && data[1] >= '0' && data[1] <= '9' &&
	       data[len - 2] >= '0' && data[len - 2] <= '9';
}

static void
csi_byte(struct keys *keys, unsigned char byte)
{
	if (byte == 0x1b || byte == 0x18 || byte == 0x1a) {
		buf_clear(&keys->sequence);
		keys->state = byte == 0x1b ? ESCAPE : GROUND;
		keys->has_alt = false;
		return;
	}
	if (keys->sequence.len < SEQUENCE_MAX)
		buf_add_byte(&keys->sequence, byte);
	if (byte == '[' && keys->sequence.len == 2)
		keys->state = LINUX_F;
	else if (byte == 'M' && keys->sequence.len == 2)
		keys->state = MOUSE;
	else if (byte >= 0x40 && byte <= 0x7e)
		end_sequence(keys);
	else if (byte == '$' && is_number(keys))
		end_sequence(keys); /* rxvt: Shift with a function key, \e[3$ */
}

/* An answer to a question of another program: swallowed up to BEL or ESC \. */
static void
string_byte(struct keys *keys, unsigned char byte)
{
	bool is_end = byte == 0x07 || byte == 0x18 || byte == '\r' ||
		      (byte == '\\' && keys->has_alt);
	if (keys->sequence.len < SEQUENCE_MAX)
		buf_add_byte(&keys->sequence, byte);
	keys->has_alt = byte == 0x1b;
	if (is_end) {
		buf_clear(&keys->sequence);
		keys->state = GROUND;
	}
}

/* The three bytes of an old mouse report, left on by a program that crashed. */
static void
mouse_byte(struct keys *keys, unsigned char byte)
{
	buf_add_byte(&keys->sequence, byte);
	if (keys->sequence.len < 5)
		return;
	buf_clear(&keys->sequence);
	keys->has_alt = false;
	keys->state = GROUND;
}

static void
take_byte(struct keys *keys, unsigned char byte)
{
	switch (keys->state) {
	case GROUND:
		ground_byte(keys, byte);
		break;
	case ESCAPE:
		escape_byte(keys, byte);
		break;
	case CSI:
		csi_byte(keys, byte);
		break;
	case SS3:
	case LINUX_F:
		buf_add_byte(&keys->sequence, byte);
		/* rxvt and old xterm put a modifier before the letter: ESC O 5 A. */
		if (byte < '0' || byte > '9' || keys->sequence.len > 3)
			end_sequence(keys);
		break;
	case STRING:
		string_byte(keys, byte);
		break;
	case MOUSE:
		mouse_byte(keys, byte);
		break;
	case PASTE:
		bracketed_byte(keys, byte);
		break;
	}
}

/* Whether one read looks like a paste of a terminal that does not bracket: text with line
 * ends, and no escape sequence that brackets it after all. */
static bool
is_raw_paste(const unsigned char *bytes, size_t len)
{
	size_t ends = 0;
	size_t others = 0;
	for (size_t i = 0; i < len; i++) {
		bool is_end = bytes[i] == '\r' || bytes[i] == '\n';
		if (is_end && !(bytes[i] == '\n' && i > 0 && bytes[i - 1] == '\r'))
			ends++;
		others += bytes[i] >= 0x20 && bytes[i] != 0x7f;
	}
	return ends >= PASTE_LINES && others > 0 && !memmem(bytes, len, "\033[20", 4);
}

void
keys_feed(struct keys *keys, const void *data, size_t len, uint64_t now)
{
	const unsigned char *bytes = data;
	bool follows = keys->has_raw_paste && now - keys->raw_paste_at < PASTE_FOLLOWS_MS;
	if (keys->state == GROUND && len > 0 &&
	    (is_raw_paste(bytes, len) || (follows && bytes[0] != 0x1b))) {
		keys->has_raw_paste = true;
		keys->raw_paste_at = now;
		/* A point that the reads tore apart belongs to the paste. */
		for (size_t i = 0; i < keys->point.len; i++)
			paste_byte(keys, keys->point.data[i]);
		buf_clear(&keys->point);
		for (size_t i = 0; i < len; i++)
			paste_byte(keys, bytes[i]);
		end_paste(keys);
		return;
	}
	keys->has_raw_paste = false;
	for (size_t i = 0; i < len; i++)
		take_byte(keys, bytes[i]);
}

bool
keys_next(struct keys *keys, struct keys_event *ret_event)
{
	if (keys->event_next == keys->event_count) {
		keys->event_next = keys->event_count = 0;
		if (keys->bytes.len)
			mem_wipe(keys->bytes.data, keys->bytes.len);
		buf_clear(&keys->bytes);
		return false;
	}
	const struct event *event = &keys->events[keys->event_next++];
	bool has_text = event->type == KEYS_TEXT || event->type == KEYS_PASTE;
	*ret_event = (struct keys_event){
		.type = event->type,
		.key = event->key,
		.text = has_text ? (const char *)keys->bytes.data + event->start : "",
		.len = event->len,
		.is_cut = event->is_cut,
	};
	return true;
}

unsigned
keys_wait_ms(const struct keys *keys)
{
	if (keys->state == GROUND)
		return 0;
	if (keys->state == PASTE)
		return PASTE_WAIT_MS;
	return keys->state == STRING && keys->sequence.len > 1 ? STRING_WAIT_MS
							       : ESCAPE_WAIT_MS;
}

void
keys_timeout(struct keys *keys)
{
	enum state state = keys->state;
	keys->state = GROUND;
	if (state == PASTE) {
		keys->paste_match = 0;
		end_paste(keys);
	} else if (state == ESCAPE) {
		bool is_second = keys->has_alt || keys->has_prefix;
		keys->has_prefix = false;
		if (keys->escape == KEYS_ESCAPE_PREFIX && !is_second)
			keys->has_prefix = true;
		else
			add_key(keys, KEYS_ESCAPE);
	} else if (state != GROUND && keys->sequence.len == 1) {
		/* Alt-[, Alt-O and their like: no sequence came of it. */
		add_key(keys, KEYS_ALT | keys->sequence.data[0]);
	}
	keys->has_alt = false;
	buf_clear(&keys->sequence);
}

bool
keys_has_prefix(const struct keys *keys)
{
	return keys->has_prefix;
}
