/*
 * Any bytes from a terminal through the key parser into the line editor and its view: no
 * text that is not UTF-8, no control characters, a cursor that is always in the view. The
 * first byte says how the rest is split into reads.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/utf8.h"
#include "widgets/editor.h"
#include "widgets/editor_view.h"
#include "widgets/keys.h"
#include "widgets/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const struct keys_event *event)
{
	assert(utf8_is_valid(event->text, event->len));
	for (size_t i = 0; i < event->len; i++)
		assert((unsigned char)event->text[i] >= 0x20 ||
		       (event->type == KEYS_PASTE && strchr("\n\t", event->text[i])));
}

static void
take(struct editor *editor, const struct keys_event *event)
{
	char name[KEYS_NAME_MAX];
	if (event->type == KEYS_TEXT || event->type == KEYS_PASTE)
		check_text(event);
	if (event->type == KEYS_TEXT) {
		editor_insert(editor, event->text, event->len);
	} else if (event->type == KEYS_PASTE) {
		editor_paste(editor, event->text, event->len);
	} else if (event->type == KEYS_KEY) {
		(void)keys_named(keys_name(event->key, name));
		int action = editor_action_of_key(event->key);
		if (action >= 0)
			(void)editor_act(editor, (enum editor_action)action);
		else if (event->key == KEYS_ENTER)
			free(editor_take(editor));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keys *keys = keys_new();
	struct editor *editor = editor_new(8);
	struct editor_view view = {0};
	struct keys_event event;
	size_t step = size > 0 ? data[0] % 32u + 1 : 1;
	text_set_locale();
	for (size_t at = 1; at < size; at += step) {
		size_t len = size - at < step ? size - at : step;
		keys_feed(keys, data + at, len, at * 40);
		if (data[at] % 3 == 0 && keys_wait_ms(keys))
			keys_timeout(keys);
		while (keys_next(keys, &event))
			take(editor, &event);
		int cursor;
		int width = data[at] % 20 + 1;
		free(editor_view_line(&view, editor, width, &cursor));
		assert(cursor >= 0 && cursor < width);
		assert(utf8_is_valid(editor_raw(editor), strlen(editor_raw(editor))));
		(void)editor_view_rows(editor, 2, width, 5);
	}
	editor_free(editor);
	keys_free(keys);
	return 0;
}
