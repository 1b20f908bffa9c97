/*
 * The input line as a pure module: text, cursor, kill ring, history, undo and held
 * pastes. A paste of several lines is held as one chip in the text, which counts as one
 * character. Keys reach it as actions; drawing is in editor_view.h. In secret mode
 * nothing is kept anywhere else and everything freed is wiped.
 */
#ifndef TERN_WIDGETS_EDITOR_H
#define TERN_WIDGETS_EDITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct editor;

enum editor_action {
	EDITOR_LEFT,
	EDITOR_RIGHT,
	EDITOR_WORD_LEFT,
	EDITOR_WORD_RIGHT,
	EDITOR_HOME,
	EDITOR_END,
	EDITOR_DELETE,
	EDITOR_BACKSPACE,
	EDITOR_KILL_WORD,
	EDITOR_KILL_WORD_BACK,
	EDITOR_KILL_BLANK_BACK,
	EDITOR_KILL_END,
	EDITOR_KILL_HOME,
	EDITOR_YANK,
	EDITOR_YANK_POP,
	EDITOR_TRANSPOSE,
	EDITOR_NEWLINE,
	EDITOR_OLDER,
	EDITOR_NEWER,
	EDITOR_UNDO,
	EDITOR_ACTION_COUNT,
};

/* One row an action: its name for /bind, what it does, its default keys (keys_name words
 * separated by blanks). */
struct editor_action_row {
	const char *name, *help, *keys;
};

/* The row of ACTION. */
const struct editor_action_row *editor_action_row(enum editor_action action);

/* The action whose default keys hold KEY (enum keys_code), or -1. */
int editor_action_of_key(uint32_t key);

/* Keeps at most HISTORY lines of history (0: none). */
struct editor *editor_new(size_t history);
void editor_free(struct editor *editor);

/* Secret mode for passwords: shown as bullets, no history, no kill ring, no undo, wiped.
 * Empties the line. */
void editor_set_secret(struct editor *editor, bool is_secret);

/* Does ACTION; returns whether text or cursor changed. */
bool editor_act(struct editor *editor, enum editor_action action);

/* Inserts clean text at the cursor. Control characters but LF are left out. */
void editor_insert(struct editor *editor, const char *text, size_t len);

/* Inserts a paste: one trailing line end is dropped; what still has several lines is held
 * as a chip. A paste right behind a chip joins it. In secret mode only the first line is
 * taken. */
void editor_paste(struct editor *editor, const char *text, size_t len);

/* Whether the line holds pasted lines (then it is a message, never a command). */
bool editor_has_paste(const struct editor *editor);
bool editor_is_empty(const struct editor *editor);

/* The whole text, chips replaced by what they hold; the caller frees (and wipes). */
char *editor_text(const struct editor *editor);

/* The text as edited, in which a chip is one private code point, and the cursor's byte
 * offset in it: for completion. Borrowed until the next change. */
const char *editor_raw(const struct editor *editor);
size_t editor_cursor(const struct editor *editor);

/* Replaces LEN bytes of the raw text from FROM on by TEXT; the cursor goes behind it. */
void editor_replace(struct editor *editor, size_t from, size_t len, const char *text);

/* Another text (a draft, a line from elsewhere), cursor at its end; undo begins anew, and
 * the walk through history ends. NULL is empty. */
void editor_set_text(struct editor *editor, const char *text);

/* Empties the line; its text goes to the kill ring (Ctrl-C, so C-y brings it back). */
void editor_clear(struct editor *editor);

/* The line is sent: its text (the caller frees), which goes into the history unless it is
 * empty or the newest one already. The line is empty afterwards. */
char *editor_take(struct editor *editor);

/* Puts a line into the history as the newest. */
void editor_add_history(struct editor *editor, const char *text);

/* Grows with every change of the text: for saving drafts. */
unsigned editor_version(const struct editor *editor);

#endif
