/*
 * The line under the hands. Text is one buffer of clean UTF-8; a held paste is one
 * private code point in it (CHIP_FIRST + its number), so that moves, kills, undo and
 * history treat it as a character without knowing. Everything that leaves the editor is
 * expanded.
 */
#include "widgets/editor.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/editor_private.h"
#include "widgets/keys.h"
#include "widgets/text.h"

static const struct editor_action_row action_rows[EDITOR_ACTION_COUNT] = {
	[EDITOR_LEFT] = {"left", "one character left", "C-b Left"},
	[EDITOR_RIGHT] = {"right", "one character right", "C-f Right"},
	[EDITOR_WORD_LEFT] = {"word-left", "to the start of the word",
			      "M-b M-Left C-Left"},
	[EDITOR_WORD_RIGHT] = {"word-right", "to the end of the word",
			       "M-f M-Right C-Right"},
	[EDITOR_HOME] = {"line-start", "to the start of the line", "C-a Home"},
	[EDITOR_END] = {"line-end", "to the end of the line", "C-e End"},
	[EDITOR_DELETE] = {"delete", "delete the character at the cursor", "C-d Del"},
	[EDITOR_BACKSPACE] = {"backspace", "delete the character before the cursor",
			      "BS"},
	[EDITOR_KILL_WORD] = {"kill-word", "cut to the end of the word",
			      "M-d M-Del C-Del"},
	[EDITOR_KILL_WORD_BACK] = {"kill-word-back", "cut to the start of the word",
				   "M-BS"},
	[EDITOR_KILL_BLANK_BACK] = {"kill-blank-back", "cut back to a blank", "C-w"},
	[EDITOR_KILL_END] = {"kill-end", "cut to the end of the line", "C-k"},
	[EDITOR_KILL_HOME] = {"kill-start", "cut to the start of the line", "C-u"},
	[EDITOR_YANK] = {"yank", "insert what was cut last", "C-y"},
	[EDITOR_YANK_POP] = {"yank-pop", "after yank: what was cut before that", "M-y"},
	[EDITOR_TRANSPOSE] = {"transpose", "swap two characters", "C-t"},
	[EDITOR_NEWLINE] = {"newline", "begin a new line in the message", "M-Enter"},
	[EDITOR_OLDER] = {"older", "the line sent before", "Up"},
	[EDITOR_NEWER] = {"newer", "the line sent after", "Down"},
	[EDITOR_UNDO] = {"undo", "take the last change back", "C-_"},
};

const struct editor_action_row *
editor_action_row(enum editor_action action)
{
	return &action_rows[action];
}

int
editor_action_of_key(uint32_t key)
{
	char name[KEYS_NAME_MAX];
	size_t len = strlen(keys_name(key, name));
	for (int i = 0; i < EDITOR_ACTION_COUNT && len > 0; i++) {
		const char *keys = action_rows[i].keys;
		for (; *keys; keys += strspn(keys, " ")) {
			size_t size = strcspn(keys, " ");
			if (size == len && memcmp(keys, name, len) == 0)
				return i;
			keys += size;
		}
	}
	return -1;
}

struct editor *
editor_new(size_t history)
{
	struct editor *editor = mem_alloc(sizeof *editor);
	editor->history_max = history;
	editor_splice(editor, 0, 0, "", 0);
	editor->version = 0;
	return editor;
}

void
editor_free(struct editor *editor)
{
	if (!editor)
		return;
	editor_drop_pastes(editor);
	editor_drop_undo(editor);
	for (size_t i = 0; i < editor->kill_count; i++)
		free(editor->kills[i]);
	for (size_t i = 0; i < editor->history_count; i++)
		free(editor->history[i]);
	free(editor->history);
	free(editor->unfinished);
	buf_done(&editor->text);
	free(editor);
}

/* Empties text, pastes and undo; leaves kill ring and history alone. */
static void
reset(struct editor *editor)
{
	editor_splice(editor, 0, editor->text.len, "", 0);
	editor_drop_pastes(editor);
	editor_drop_undo(editor);
	mem_replace(&editor->unfinished, NULL);
	editor->history_at = editor->history_count;
	editor->last = EDITOR_DID_NOTHING;
}

void
editor_set_secret(struct editor *editor, bool is_secret)
{
	if (is_secret)
		editor->text.is_secret = true;
	reset(editor);
	buf_done(&editor->text);
	editor->is_secret = editor->text.is_secret = is_secret;
	editor_splice(editor, 0, 0, "", 0);
}

bool
editor_chip_at(const struct editor *editor, size_t at, size_t *ret_number)
{
	uint32_t point;
	if (at + 4 > editor->text.len || editor->text.data[at] != 0xf4)
		return false;
	(void)utf8_decode((const char *)editor->text.data + at, 4, &point);
	if (point < EDITOR_CHIP_FIRST || point - EDITOR_CHIP_FIRST >= editor->paste_count)
		return false;
	*ret_number = point - EDITOR_CHIP_FIRST;
	return true;
}

size_t
editor_next(const struct editor *editor, size_t at)
{
	size_t number;
	if (editor_chip_at(editor, at, &number))
		return at + 4;
	return text_next(editor_raw(editor), editor->text.len, at, NULL);
}

size_t
editor_prev(const struct editor *editor, size_t at)
{
	size_t number;
	if (at >= 4 && editor_chip_at(editor, at - 4, &number))
		return at - 4;
	size_t start = text_prev(editor_raw(editor), editor->text.len, at);
	/* A combining mark behind a chip is a character of its own here. */
	return editor_chip_at(editor, start, &number) && at > start + 4 ? start + 4
									: start;
}

void
editor_splice(struct editor *editor, size_t from, size_t len, const char *text,
	      size_t size)
{
	struct buf *buf = &editor->text;
	char *copy = mem_strndup(text, size); /* TEXT may lie in the buffer */
	(void)buf_room(buf, size + 1);
	size_t tail = buf->len - from - len;
	memmove(buf->data + from + size, buf->data + from + len, tail);
	if (size)
		memcpy(buf->data + from, copy, size);
	size_t old = buf->len;
	buf->len = from + size + tail;
	if (old > buf->len)
		mem_wipe(buf->data + buf->len, old - buf->len);
	buf->data[buf->len] = '\0';
	mem_wipe(copy, size);
	free(copy);
	editor->cursor = from + size;
	editor->version++;
}

/* TEXT as the line may hold it: no control characters but LF, no chips of a stranger. */
static struct buf
clean(const char *text, size_t len, bool is_secret)
{
	struct buf out = {.is_secret = is_secret};
	for (size_t at = 0; at < len;) {
		uint32_t point;
		char bytes[4];
		at += utf8_decode(text + at, len - at, &point);
		if (point == '\t')
			point = ' ';
		if ((point < 0x20 && point != '\n') || point == 0x7f)
			continue;
		if (point != '\n' && (point == UTF8_BAD || utf8_is_unsafe(point) ||
				      (point >= EDITOR_CHIP_FIRST &&
				       point < EDITOR_CHIP_FIRST + EDITOR_PASTES_MAX)))
			point = 0xfffd;
		if (point == '\n' && is_secret)
			break;
		buf_add(&out, bytes, utf8_encode(point, bytes));
	}
	return out;
}

void
editor_insert(struct editor *editor, const char *text, size_t len)
{
	struct buf shown = clean(text, len, editor->is_secret);
	if (shown.len > 0) {
		bool goes_on = editor->last == EDITOR_DID_INSERT && shown.data[0] != ' ';
		if (!goes_on)
			editor_push_undo(editor);
		editor_splice(editor, editor->cursor, 0, (const char *)shown.data,
			      shown.len);
		editor->last = EDITOR_DID_INSERT;
	}
	buf_done(&shown);
}

/* Adds to the chip that ends at the cursor; false if there is none. */
static bool
join_paste(struct editor *editor, const char *text, size_t len, bool has_end)
{
	size_t number;
	if (editor->cursor < 4 || !editor_chip_at(editor, editor->cursor - 4, &number))
		return false;
	struct editor_paste *paste = &editor->pastes[number];
	char *joined = mem_printf("%s%s%.*s", paste->text, paste->has_end ? "\n" : "",
				  (int)len, text);
	free(paste->text);
	paste->text = joined;
	paste->has_end = has_end;
	editor->version++;
	editor->last = EDITOR_DID_NOTHING;
	return true;
}

void
editor_paste(struct editor *editor, const char *text, size_t len)
{
	bool has_end = len > 0 && text[len - 1] == '\n';
	len -= has_end;
	if (!editor->is_secret && join_paste(editor, text, len, has_end))
		return;
	if (editor->is_secret || !memchr(text, '\n', len) ||
	    editor->paste_count == EDITOR_PASTES_MAX) {
		editor->last = EDITOR_DID_NOTHING;
		editor_insert(editor, text, len);
		editor->last = EDITOR_DID_NOTHING;
		return;
	}
	editor_push_undo(editor);
	char chip[4];
	size_t number = editor->paste_count++;
	editor->pastes[number] = (struct editor_paste){mem_strndup(text, len), has_end};
	(void)utf8_encode((uint32_t)(EDITOR_CHIP_FIRST + number), chip);
	editor_splice(editor, editor->cursor, 0, chip, 4);
	editor->last = EDITOR_DID_NOTHING;
}

bool
editor_has_paste(const struct editor *editor)
{
	size_t number;
	for (size_t at = 0; at < editor->text.len; at++)
		if (editor_chip_at(editor, at, &number))
			return true;
	return false;
}

bool
editor_is_empty(const struct editor *editor)
{
	return editor->text.len == 0;
}

char *
editor_expand(const struct editor *editor, size_t from, size_t len)
{
	struct buf out = {.is_secret = editor->is_secret};
	const char *text = editor_raw(editor);
	size_t end = from + len;
	while (from < end) {
		size_t number;
		if (editor_chip_at(editor, from, &number)) {
			buf_add_text(&out, editor->pastes[number].text);
			from += 4;
		} else {
			buf_add_byte(&out, (unsigned char)text[from++]);
		}
	}
	return buf_take_text(&out);
}

char *
editor_text(const struct editor *editor)
{
	return editor_expand(editor, 0, editor->text.len);
}

const char *
editor_raw(const struct editor *editor)
{
	return (const char *)editor->text.data;
}

size_t
editor_cursor(const struct editor *editor)
{
	return editor->cursor;
}

void
editor_replace(struct editor *editor, size_t from, size_t len, const char *text)
{
	editor_push_undo(editor);
	struct buf shown = clean(text, strlen(text), editor->is_secret);
	editor_splice(editor, from, len, shown.data ? (char *)shown.data : "", shown.len);
	buf_done(&shown);
	editor->last = EDITOR_DID_NOTHING;
}

void
editor_set_text(struct editor *editor, const char *text)
{
	reset(editor);
	if (!text)
		return;
	struct buf shown = clean(text, strlen(text), editor->is_secret);
	editor_splice(editor, 0, 0, shown.data ? (char *)shown.data : "", shown.len);
	buf_done(&shown);
}

void
editor_clear(struct editor *editor)
{
	if (editor->text.len > 0 && !editor->is_secret)
		editor_kill(editor, 0, editor->text.len, EDITOR_DID_NOTHING);
	reset(editor);
}

void
editor_add_history(struct editor *editor, const char *text)
{
	size_t count = editor->history_count;
	if (editor->is_secret || !editor->history_max || !*text ||
	    (count > 0 && strcmp(editor->history[count - 1], text) == 0))
		return;
	if (count == editor->history_max) {
		free(editor->history[0]);
		memmove(editor->history, editor->history + 1,
			(count - 1) * sizeof *editor->history);
		editor->history_count = --count;
	}
	editor->history = mem_resize(editor->history, count + 1, sizeof *editor->history);
	editor->history[count] = mem_strdup(text);
	editor->history_at = ++editor->history_count;
}

char *
editor_take(struct editor *editor)
{
	char *text = editor_text(editor);
	editor_add_history(editor, text);
	reset(editor);
	return text;
}

unsigned
editor_version(const struct editor *editor)
{
	return editor->version;
}
