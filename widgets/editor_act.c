/*
 * What the editor's actions do. Each returns whether text or cursor changed; positions
 * are borders of characters as editor_next and editor_prev see them, a chip being one.
 */
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/editor_private.h"
#include "widgets/text.h"

void
editor_drop_undo(struct editor *editor)
{
	for (size_t i = 0; i < editor->undo_count; i++)
		free(editor->undo[i].text);
	editor->undo_count = 0;
}

void
editor_drop_pastes(struct editor *editor)
{
	for (size_t i = 0; i < editor->paste_count; i++)
		free(editor->pastes[i].text);
	editor->paste_count = 0;
}

void
editor_push_undo(struct editor *editor)
{
	if (editor->is_secret)
		return;
	if (editor->undo_count == EDITOR_UNDO_MAX) {
		free(editor->undo[0].text);
		memmove(editor->undo, editor->undo + 1,
			(EDITOR_UNDO_MAX - 1) * sizeof *editor->undo);
		editor->undo_count--;
	}
	editor->undo[editor->undo_count++] = (struct editor_state){
		mem_strndup(editor_raw(editor), editor->text.len), editor->cursor};
}

static bool
undo(struct editor *editor)
{
	if (editor->undo_count == 0)
		return false;
	struct editor_state state = editor->undo[--editor->undo_count];
	editor_splice(editor, 0, editor->text.len, state.text, strlen(state.text));
	editor->cursor = state.cursor;
	free(state.text);
	return true;
}

/* Puts TEXT (taken) at the head of the kill ring, or joins it to what is there. */
static void
add_kill(struct editor *editor, char *text, enum editor_did did)
{
	bool joins = did != EDITOR_DID_NOTHING && editor->kill_count > 0 &&
		     (editor->last == EDITOR_DID_KILL_FORWARD ||
		      editor->last == EDITOR_DID_KILL_BACK);
	if (joins) {
		bool is_back = did == EDITOR_DID_KILL_BACK;
		char *joined = mem_printf("%s%s", is_back ? text : editor->kills[0],
					  is_back ? editor->kills[0] : text);
		free(text);
		free(editor->kills[0]);
		editor->kills[0] = joined;
		return;
	}
	if (editor->kill_count == EDITOR_KILLS_MAX)
		free(editor->kills[--editor->kill_count]);
	memmove(editor->kills + 1, editor->kills,
		editor->kill_count * sizeof *editor->kills);
	editor->kills[0] = text;
	editor->kill_count++;
}

void
editor_kill(struct editor *editor, size_t from, size_t len, enum editor_did did)
{
	editor_push_undo(editor);
	if (!editor->is_secret)
		add_kill(editor, editor_expand(editor, from, len), did);
	editor_splice(editor, from, len, "", 0);
	editor->last = did;
}

static bool
is_word_at(const struct editor *editor, size_t at)
{
	uint32_t point;
	size_t number;
	if (editor_chip_at(editor, at, &number))
		return true;
	(void)utf8_decode(editor_raw(editor) + at, editor->text.len - at, &point);
	return point == '_' || (point != UTF8_BAD && iswalnum((wint_t)point));
}

static size_t
word_end(const struct editor *editor, size_t at)
{
	while (at < editor->text.len && !is_word_at(editor, at))
		at = editor_next(editor, at);
	while (at < editor->text.len && is_word_at(editor, at))
		at = editor_next(editor, at);
	return at;
}

static size_t
word_start(const struct editor *editor, size_t at)
{
	while (at > 0 && !is_word_at(editor, editor_prev(editor, at)))
		at = editor_prev(editor, at);
	while (at > 0 && is_word_at(editor, editor_prev(editor, at)))
		at = editor_prev(editor, at);
	return at;
}

static bool
is_blank_at(const struct editor *editor, size_t at)
{
	char c = editor_raw(editor)[at];
	return c == ' ' || c == '\n';
}

static size_t
blank_start(const struct editor *editor, size_t at)
{
	while (at > 0 && is_blank_at(editor, editor_prev(editor, at)))
		at = editor_prev(editor, at);
	while (at > 0 && !is_blank_at(editor, editor_prev(editor, at)))
		at = editor_prev(editor, at);
	return at;
}

/* Start and end of the line (between LFs) in which AT lies. */
static size_t
line_start(const struct editor *editor, size_t at)
{
	while (at > 0 && editor_raw(editor)[at - 1] != '\n')
		at--;
	return at;
}

static size_t
line_end(const struct editor *editor, size_t at)
{
	while (at < editor->text.len && editor_raw(editor)[at] != '\n')
		at++;
	return at;
}

static bool
move_to(struct editor *editor, size_t at)
{
	bool moved = at != editor->cursor;
	editor->cursor = at;
	editor->last = EDITOR_DID_NOTHING;
	return moved;
}

static bool
kill_to(struct editor *editor, size_t at)
{
	size_t cursor = editor->cursor;
	if (at == cursor)
		return false;
	if (at > cursor)
		editor_kill(editor, cursor, at - cursor, EDITOR_DID_KILL_FORWARD);
	else
		editor_kill(editor, at, cursor - at, EDITOR_DID_KILL_BACK);
	return true;
}

static bool
delete_to(struct editor *editor, size_t at)
{
	size_t from = at < editor->cursor ? at : editor->cursor;
	size_t len = at < editor->cursor ? editor->cursor - at : at - editor->cursor;
	if (len == 0)
		return false;
	editor_push_undo(editor);
	editor_splice(editor, from, len, "", 0);
	editor->last = EDITOR_DID_NOTHING;
	return true;
}

/* Ctrl-K at the end of a line takes the line end itself. */
static size_t
kill_end(const struct editor *editor)
{
	size_t end = line_end(editor, editor->cursor);
	return end == editor->cursor && end < editor->text.len ? end + 1 : end;
}

static bool
put_yank(struct editor *editor, size_t replaced)
{
	const char *text = editor->kills[editor->yank_index];
	editor_splice(editor, editor->yank_from, replaced, text, strlen(text));
	editor->yank_len = strlen(text);
	editor->last = EDITOR_DID_YANK;
	return true;
}

static bool
yank(struct editor *editor)
{
	if (editor->kill_count == 0 || editor->is_secret)
		return false;
	editor_push_undo(editor);
	editor->yank_from = editor->cursor;
	editor->yank_index = 0;
	return put_yank(editor, 0);
}

static bool
yank_pop(struct editor *editor)
{
	if (editor->last != EDITOR_DID_YANK)
		return false;
	editor->yank_index = (editor->yank_index + 1) % editor->kill_count;
	return put_yank(editor, editor->yank_len);
}

static bool
transpose(struct editor *editor)
{
	size_t middle = editor->cursor;
	if (middle == editor->text.len && middle > 0)
		middle = editor_prev(editor, middle);
	if (middle == 0 || middle == editor->text.len)
		return false;
	size_t start = editor_prev(editor, middle);
	size_t end = editor_next(editor, middle);
	const char *text = editor_raw(editor);
	char *swapped = mem_printf("%.*s%.*s", (int)(end - middle), text + middle,
				   (int)(middle - start), text + start);
	editor_push_undo(editor);
	editor_splice(editor, start, end - start, swapped, end - start);
	mem_wipe(swapped, end - start);
	free(swapped);
	editor->last = EDITOR_DID_NOTHING;
	return true;
}

/* The place in the line from START to END nearest to COLUMN. */
static size_t
place_at_column(const struct editor *editor, size_t start, size_t end, int column)
{
	int width;
	while (start < end) {
		size_t next = editor_next(editor, start);
		width = text_width(editor_raw(editor) + start, next - start);
		if (column < width)
			break;
		column -= width;
		start = next;
	}
	return start;
}

static void
show_history(struct editor *editor, size_t at)
{
	if (editor->history_at == editor->history_count)
		mem_replace(&editor->unfinished, editor_raw(editor));
	const char *text =
		at == editor->history_count ? editor->unfinished : editor->history[at];
	editor_drop_undo(editor);
	editor_splice(editor, 0, editor->text.len, text, strlen(text));
	editor->history_at = at;
	editor->last = EDITOR_DID_NOTHING;
}

static bool
older(struct editor *editor)
{
	size_t start = line_start(editor, editor->cursor);
	if (start > 0) {
		int column =
			text_width(editor_raw(editor) + start, editor->cursor - start);
		return move_to(editor,
			       place_at_column(editor, line_start(editor, start - 1),
					       start - 1, column));
	}
	if (editor->is_secret || editor->history_at == 0)
		return false;
	show_history(editor, editor->history_at - 1);
	return true;
}

static bool
newer(struct editor *editor)
{
	size_t end = line_end(editor, editor->cursor);
	if (end < editor->text.len) {
		size_t start = line_start(editor, editor->cursor);
		int column =
			text_width(editor_raw(editor) + start, editor->cursor - start);
		return move_to(editor,
			       place_at_column(editor, end + 1, line_end(editor, end + 1),
					       column));
	}
	if (editor->is_secret || editor->history_at == editor->history_count)
		return false;
	show_history(editor, editor->history_at + 1);
	return true;
}

static bool
newline(struct editor *editor)
{
	if (editor->is_secret)
		return false;
	editor->last = EDITOR_DID_NOTHING;
	editor_insert(editor, "\n", 1);
	return true;
}

bool
editor_act(struct editor *editor, enum editor_action action)
{
	size_t at = editor->cursor;
	size_t left = at > 0 ? editor_prev(editor, at) : 0;
	size_t right = at < editor->text.len ? editor_next(editor, at) : at;
	switch (action) {
	case EDITOR_LEFT:
		return move_to(editor, left);
	case EDITOR_RIGHT:
		return move_to(editor, right);
	case EDITOR_WORD_LEFT:
		return move_to(editor, word_start(editor, at));
	case EDITOR_WORD_RIGHT:
		return move_to(editor, word_end(editor, at));
	case EDITOR_HOME:
		return move_to(editor, line_start(editor, at));
	case EDITOR_END:
		return move_to(editor, line_end(editor, at));
	case EDITOR_DELETE:
		return delete_to(editor, right);
	case EDITOR_BACKSPACE:
		return delete_to(editor, left);
	case EDITOR_KILL_WORD:
		return kill_to(editor, word_end(editor, at));
	case EDITOR_KILL_WORD_BACK:
		return kill_to(editor, word_start(editor, at));
	case EDITOR_KILL_BLANK_BACK:
		return kill_to(editor, blank_start(editor, at));
	case EDITOR_KILL_END:
		return kill_to(editor, kill_end(editor));
	case EDITOR_KILL_HOME:
		return kill_to(editor, line_start(editor, at));
	case EDITOR_YANK:
		return yank(editor);
	case EDITOR_YANK_POP:
		return yank_pop(editor);
	case EDITOR_TRANSPOSE:
		return transpose(editor);
	case EDITOR_NEWLINE:
		return newline(editor);
	case EDITOR_OLDER:
		return older(editor);
	case EDITOR_NEWER:
		return newer(editor);
	case EDITOR_UNDO:
		editor->last = EDITOR_DID_NOTHING;
		return undo(editor);
	case EDITOR_ACTION_COUNT:
		break;
	}
	return false;
}
