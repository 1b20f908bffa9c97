/*
 * What the files of the editor share: editor.c (text, pastes), editor_act.c (actions,
 * kill ring, undo, history) and editor_view.c (how it looks). Nobody else includes this.
 */
#ifndef TERN_WIDGETS_EDITOR_PRIVATE_H
#define TERN_WIDGETS_EDITOR_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/buf.h"
#include "widgets/editor.h"

#define EDITOR_CHIP_FIRST 0x10f000u
#define EDITOR_PASTES_MAX 256
#define EDITOR_KILLS_MAX 16
#define EDITOR_UNDO_MAX 64

struct editor_paste {
	char *text;
	bool has_end; /* a line end was dropped; it comes back if more is joined */
};

struct editor_state {
	char *text;
	size_t cursor;
};

/* What the last call did: kills join, a yank can be popped, typed text is one undo. */
enum editor_did {
	EDITOR_DID_NOTHING,
	EDITOR_DID_INSERT,
	EDITOR_DID_KILL_FORWARD,
	EDITOR_DID_KILL_BACK,
	EDITOR_DID_YANK,
};

struct editor {
	struct buf text;
	size_t cursor;
	struct editor_paste pastes[EDITOR_PASTES_MAX];
	size_t paste_count;
	char *kills[EDITOR_KILLS_MAX]; /* newest first */
	size_t kill_count;
	size_t yank_from, yank_len, yank_index;
	struct editor_state undo[EDITOR_UNDO_MAX]; /* oldest first */
	size_t undo_count;
	char **history; /* oldest first */
	size_t history_count, history_max, history_at;
	char *unfinished; /* the raw line from which the walk through history began */
	enum editor_did last;
	bool is_secret;
	unsigned version;
};

/* Whether a chip stands at byte AT, and which. */
bool editor_chip_at(const struct editor *editor, size_t at, size_t *ret_number);

/* The character borders after AT < length and before AT > 0. */
size_t editor_next(const struct editor *editor, size_t at);
size_t editor_prev(const struct editor *editor, size_t at);

/* Replaces LEN bytes from FROM on by SIZE bytes of TEXT; the cursor goes behind them. */
void editor_splice(struct editor *editor, size_t from, size_t len, const char *text,
		   size_t size);

/* A piece of the raw text with chips replaced by what they hold; the caller frees. */
char *editor_expand(const struct editor *editor, size_t from, size_t len);

/* Cuts the bytes into the kill ring; DID says whether it joins the kill before. */
void editor_kill(struct editor *editor, size_t from, size_t len, enum editor_did did);

/* Remembers text and cursor for undo. */
void editor_push_undo(struct editor *editor);

/* Forgets every state that undo could go back to. */
void editor_drop_undo(struct editor *editor);

/* Forgets the held pastes. */
void editor_drop_pastes(struct editor *editor);

#endif
