/*
 * A short list of sentences, wrapped when drawn; where there is less room than rows, the
 * newest are shown, and what is asked before all.
 */
#include "tui/toast.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/text.h"

#define SENTENCES_MAX 8
#define SENTENCE_MAX 4096

struct sentence {
	int role;
	char *text;
};

struct toast {
	struct sentence sentences[SENTENCES_MAX];
	size_t count;
	struct sentence question; /* without a text: none */
	struct screen_area area;
	bool is_dirty;
};

struct toast *
toast_new(void)
{
	return mem_alloc(sizeof(struct toast));
}

void
toast_free(struct toast *toast)
{
	if (!toast)
		return;
	toast_clear(toast);
	free(toast->question.text);
	free(toast);
}

void
toast_say(struct toast *toast, int role, const char *text)
{
	char *clean = clean_text(text, CLEAN_TEXT, SENTENCE_MAX);

	if (toast->count > 0 &&
	    strcmp(toast->sentences[toast->count - 1].text, clean) == 0) {
		free(clean);
		return;
	}
	if (toast->count == SENTENCES_MAX) {
		free(toast->sentences[0].text);
		memmove(toast->sentences, toast->sentences + 1,
			(SENTENCES_MAX - 1) * sizeof toast->sentences[0]);
		toast->count--;
	}
	toast->sentences[toast->count++] = (struct sentence){role, clean};
	toast->is_dirty = true;
}

void
toast_clear(struct toast *toast)
{
	for (size_t i = 0; i < toast->count; i++)
		free(toast->sentences[i].text);
	toast->is_dirty = toast->is_dirty || toast->count > 0;
	toast->count = 0;
}

void
toast_ask(struct toast *toast, int role, const char *text)
{
	toast->is_dirty = toast->is_dirty || toast->question.text || text;
	free(toast->question.text);
	toast->question = (struct sentence){
		role, text ? clean_text(text, CLEAN_TEXT, SENTENCE_MAX) : NULL};
}

static size_t
rows_of(const char *text, int width)
{
	struct text_row *rows;
	size_t count = text_wrap(text, strlen(text), width, width, &rows);

	free(rows);
	return count;
}

int
toast_rows(const struct toast *toast, int width, int max)
{
	const char *question = toast->question.text;
	size_t sum = question ? rows_of(question, width - 1) : 0;

	for (size_t i = 0; i < toast->count; i++)
		sum += rows_of(toast->sentences[i].text, width - 1);
	return sum > (size_t)max ? max : (int)sum;
}

void
toast_set_area(struct toast *toast, struct screen_area area)
{
	toast->area = area;
	toast->is_dirty = true;
}

void
toast_touch(struct toast *toast)
{
	toast->is_dirty = true;
}

bool
toast_is_dirty(const struct toast *toast)
{
	return toast->is_dirty;
}

/* Paints the last rows of a sentence that end at row BOTTOM; returns how many. */
static int
draw_sentence(const struct toast *toast, struct screen *screen,
	      const struct sentence *sentence, int bottom)
{
	const struct screen_area *area = &toast->area;
	int width = area->width - 1;
	struct text_row *rows;
	size_t count =
		text_wrap(sentence->text, strlen(sentence->text), width, width, &rows);
	int drawn = 0;

	for (size_t i = count; i > 0 && bottom - drawn >= area->y; i--, drawn++) {
		const struct text_row *row = &rows[i - 1];
		int y = bottom - drawn;
		int used = screen_put(
			screen,
			(struct screen_area){.y = y, .x = area->x, .width = width},
			sentence->role, sentence->text + row->start, row->len);

		screen_blank(screen, y, area->x + used, area->width - used,
			     sentence->role);
	}
	free(rows);
	return drawn;
}

void
toast_draw(struct toast *toast, struct screen *screen)
{
	if (!toast->is_dirty)
		return;
	toast->is_dirty = false;
	int bottom = toast->area.y + toast->area.height - 1;
	if (toast->question.text)
		bottom -= draw_sentence(toast, screen, &toast->question, bottom);
	for (size_t i = toast->count; i > 0 && bottom >= toast->area.y; i--)
		bottom -= draw_sentence(toast, screen, &toast->sentences[i - 1], bottom);
}
