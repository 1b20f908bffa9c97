/*
 * The line editor: each case is a script of keys and the line it leaves, "^" being the
 * cursor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "widgets/editor.h"
#include "widgets/editor_view.h"
#include "widgets/keys.h"
#include "widgets/text.h"

/* Text is typed; <C-a> is a key, {…} a paste, <send> takes the line. */
static void
play(struct editor *editor, const char *script)
{
	while (*script) {
		size_t len = strcspn(script, "<{");
		editor_insert(editor, script, len);
		script += len;
		if (!*script)
			return;
		char close = *script == '<' ? '>' : '}';
		const char *end = strchr(script, close);
		assert_non_null(end);
		char *word = mem_strndup(script + 1, (size_t)(end - script - 1));
		if (close == '}') {
			editor_paste(editor, word, strlen(word));
		} else if (strcmp(word, "send") == 0) {
			free(editor_take(editor));
		} else if (strcmp(word, "clear") == 0) {
			editor_clear(editor);
		} else {
			int action = editor_action_of_key(keys_named(word));
			assert_true(action >= 0);
			(void)editor_act(editor, (enum editor_action)action);
		}
		free(word);
		script = end + 1;
	}
}

static char *
shown(const struct editor *editor)
{
	struct buf out = {0};
	const char *raw = editor_raw(editor);
	buf_add(&out, raw, editor_cursor(editor));
	buf_add_byte(&out, '^');
	buf_add_text(&out, raw + editor_cursor(editor));
	return buf_take_text(&out);
}

struct editor_case {
	const char *script, *line;
};

static void
check(const struct editor_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct editor *editor = editor_new(100);
		play(editor, cases[i].script);
		char *line = shown(editor);
		if (strcmp(line, cases[i].line) != 0)
			print_error("case %zu: %s\n", i, cases[i].script);
		assert_string_equal(line, cases[i].line);
		free(line);
		editor_free(editor);
	}
}

#define CHECK(cases) check(cases, sizeof(cases) / sizeof *(cases))

static void
keys_move_and_delete(void **state)
{
	(void)state;
	static const struct editor_case cases[] = {
		{"", "^"},
		{"hello", "hello^"},
		{"hello<C-a>", "^hello"},
		{"hello<C-b><C-b>XY", "helXY^lo"},
		{"hello<C-a><C-f><Right><C-d>", "he^lo"},
		{"one two three<M-b><M-b>", "one ^two three"},
		{"one two three<C-a><M-f><M-f>", "one two^ three"},
		{"gr\u00fc\u00df dich<M-b><M-b>", "^gr\u00fc\u00df dich"},
		{"e\u0301x<BS><BS>", "^"},
		{"\U0001F468\u200d\U0001F469\u200d\U0001F467<BS>", "^"},
		{"\u4f60\u597d<Left>a", "\u4f60a^\u597d"},
		{"ab<C-t>", "ba^"},
		{"abc<C-a><C-f><C-t>", "ba^c"},
		{"\u4f60a<C-t>", "a\u4f60^"},
		{"a<C-t>", "a^"},
		{"<BS><C-d><Left><Right><C-k><C-w><M-d><C-y><M-y><C-_>", "^"},
		{"a<M-Enter>b<C-a>c", "a\nc^b"},
		{"abc<M-Enter>defg<Up>X", "abcX^\ndefg"},
		{"abc<M-Enter>defg<Up><Down>X", "abc\ndefX^g"},
		{"a\x01\x7f\tb\xff", "a b\ufffd^"},
	};
	CHECK(cases);
}

static void
kills_go_to_the_ring(void **state)
{
	(void)state;
	static const struct editor_case cases[] = {
		{"one two<C-w><C-y><C-y>", "one twotwo^"},
		{"one two<C-a><C-k><C-y>!", "one two!^"},
		{"one two<C-u>x<C-y>", "xone two^"},
		{"one two three<C-w><C-w><C-y>", "one two three^"}, /* joined */
		{"one two<C-a><M-d><M-d><C-y>", "one two^"},
		{"a/b c<M-BS><M-BS><C-y>", "a/b c^"},
		{"a/b<M-BS>", "a/^"},
		{"x a/b<C-w>", "x ^"},
		{"one<C-u>two<C-u><C-y><M-y>", "one^"},
		{"one<C-u>two<C-u><C-y><M-y><M-y>", "two^"},
		{"one<C-u>two<M-y>", "two^"},
		{"a<M-Enter>b<C-a><Left><C-k><C-k>", "a^"},
		{"typed<clear><C-y>", "typed^"},
	};
	CHECK(cases);
}

static void
undo_takes_changes_back(void **state)
{
	(void)state;
	static const struct editor_case cases[] = {
		{"one two<C-w><C-_>", "one two^"},
		{"one<C-_>", "^"},
		{"one<C-a>X<C-_>", "^one"},
		{"one<C-_><C-_><C-_>", "^"},
	};
	CHECK(cases);
}

static void
history_keeps_the_unfinished_line(void **state)
{
	(void)state;
	static const struct editor_case cases[] = {
		{"one<send>two<send><Up>", "two^"},
		{"one<send>two<send><Up><Up><Up>", "one^"},
		{"one<send>two<send>un<Up><Up><Down><Down>", "un^"},
		{"one<send>one<send>x<Up><Up>", "one^"},
		{"<send><Up>", "^"},
		{"one<send>{a\nb}<Up><Down><BS>", "^"},
	};
	CHECK(cases);
	struct editor *editor = editor_new(2);
	play(editor, "1<send>2<send>3<send><Up><Up><Up><Up>");
	assert_string_equal(editor_raw(editor), "2");
	editor_free(editor);
}

static void
pastes_are_held_as_one_character(void **state)
{
	(void)state;
	struct editor_view view = {0};
	struct editor *editor = editor_new(10);
	int cursor;
	play(editor, "see {one\ntwo\nthree\n} ok");
	assert_true(editor_has_paste(editor));
	char *text = editor_text(editor);
	assert_string_equal(text, "see one\ntwo\nthree ok");
	free(text);
	char *line = editor_view_line(&view, editor, 40, &cursor);
	assert_string_equal(line, "see [paste: 3 lines] ok");
	assert_int_equal(cursor, 23);
	free(line);
	play(editor, "<BS><BS><BS><BS>");
	assert_false(editor_has_paste(editor));
	assert_string_equal(editor_raw(editor), "see ");
	play(editor, "<C-_>");
	assert_true(editor_has_paste(editor));
	/* What follows at once belongs to it, with the line end that was dropped. */
	play(editor, "{four\n}");
	text = editor_text(editor);
	assert_string_equal(text, "see one\ntwo\nthree\nfour");
	free(text);
	/* The kill ring gets what it holds. */
	play(editor, "<C-u><C-y>");
	assert_string_equal(editor_raw(editor), "see one\ntwo\nthree\nfour");
	text = editor_take(editor);
	assert_true(editor_is_empty(editor));
	free(text);
	play(editor, "{single\n}");
	assert_false(editor_has_paste(editor));
	assert_string_equal(editor_raw(editor), "single");
	/* A stranger's private character is no chip. */
	play(editor, "<C-u>{a\nb}\U0010F000\U0010F001");
	text = editor_text(editor);
	assert_string_equal(text, "a\nb\ufffd\ufffd");
	free(text);
	editor_free(editor);
}

static void
secrets_leave_no_trace(void **state)
{
	(void)state;
	struct editor_view view = {0};
	struct editor *editor = editor_new(10);
	int cursor;
	editor_set_secret(editor, true);
	play(editor, "hunter2<C-w><C-y>");
	assert_string_equal(editor_raw(editor), "");
	play(editor, "hun{ter\nmore}");
	assert_false(editor_has_paste(editor));
	char *line = editor_view_line(&view, editor, 20, &cursor);
	assert_string_equal(line, "\u2022\u2022\u2022\u2022\u2022\u2022");
	free(line);
	char *text = editor_take(editor);
	assert_string_equal(text, "hunter");
	free(text);
	play(editor, "<Up>");
	assert_true(editor_is_empty(editor));
	editor_set_secret(editor, false);
	play(editor, "<Up><C-y>");
	assert_true(editor_is_empty(editor));
	editor_free(editor);
}

static void
view_scrolls_sideways(void **state)
{
	(void)state;
	struct editor_view view = {0};
	struct editor *editor = editor_new(10);
	int cursor;
	play(editor, "abcdefghij");
	char *line = editor_view_line(&view, editor, 9, &cursor);
	assert_string_equal(line, "efghij");
	assert_int_equal(cursor, 6);
	free(line);
	play(editor, "<C-a>");
	line = editor_view_line(&view, editor, 9, &cursor);
	assert_string_equal(line, "abcdefghi");
	assert_int_equal(cursor, 0);
	free(line);
	play(editor, "<C-u><C-e><C-u>a<M-Enter>b\u4f60");
	line = editor_view_line(&view, editor, 9, &cursor);
	assert_string_equal(line, "a\u23ceb\u4f60");
	assert_int_equal(cursor, 5);
	free(line);
	assert_int_equal(editor_view_rows(editor, 2, 20, 5), 2);
	assert_int_equal(editor_view_rows(editor, 2, 20, 1), 1);
	play(editor, "<C-u>");
	for (int width = -1; width < 4; width++) {
		assert_true(editor_view_rows(editor, 2, width, 5) >= 1);
		line = editor_view_line(&view, editor, width, &cursor);
		assert_true(cursor >= 0 && cursor < (width > 0 ? width : 1));
		free(line);
	}
	editor_free(editor);
}

static void
drafts_and_completion_replace_text(void **state)
{
	(void)state;
	struct editor *editor = editor_new(10);
	editor_set_text(editor, "/he me");
	unsigned version = editor_version(editor);
	editor_replace(editor, 0, 3, "/help");
	assert_true(editor_version(editor) != version);
	assert_string_equal(editor_raw(editor), "/help me");
	assert_int_equal(editor_cursor(editor), 5);
	editor_set_text(editor, NULL);
	assert_true(editor_is_empty(editor));
	editor_free(editor);
}

static int
set_locale(void **state)
{
	(void)state;
	text_set_locale();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_move_and_delete),
		cmocka_unit_test(kills_go_to_the_ring),
		cmocka_unit_test(undo_takes_changes_back),
		cmocka_unit_test(history_keeps_the_unfinished_line),
		cmocka_unit_test(pastes_are_held_as_one_character),
		cmocka_unit_test(secrets_leave_no_trace),
		cmocka_unit_test(view_scrolls_sideways),
		cmocka_unit_test(drafts_and_completion_replace_text),
	};
	return cmocka_run_group_tests(tests, set_locale, NULL);
}
