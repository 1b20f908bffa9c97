/*
 * How a form looks: a page of rows, of which the area shows a part: title, fields (label
 * before, or above where it is narrow), help of the focused field behind it, buttons side
 * by side, the message at the end, which stays in view as far as the focus allows.
 */
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "widgets/form_private.h"
#include "widgets/text.h"
#include "widgets/theme.h"

#define NARROW 50     /* columns under which labels stand above their fields */
#define FIELD_MOST 48 /* columns of a field */
#define LABEL_MOST 28 /* columns of a label beside its field; longer ones stand above */
#define LINES_MOST 6  /* rows of a field of several lines */
#define MARGIN 2

/* The page being built: first measured with SCREEN NULL, then painted. */
struct page {
	struct form *form;
	struct screen *screen;
	int row;       /* the next row of the page */
	int height;    /* of the area, without the message where that stands apart */
	bool is_apart; /* the page is higher than the area: the message stays in view */
	int label_width;
	int focus_first, focus_last; /* rows of the focused field */
};

static int
page_y(const struct page *page)
{
	int y = page->row - page->form->top;
	return y >= 0 && y < page->height ? page->form->area.y + y : -1;
}

static int
columns(const char *text)
{
	return text_width(text, strlen(text));
}

static int
put(const struct page *page, int column, int width, int role, const char *text)
{
	int y = page_y(page);
	int most = page->form->area.width - column;
	width = width < most ? width : most;
	if (page->screen && y >= 0 && width > 0)
		return screen_put(page->screen,
				  (struct screen_area){.y = y,
						       .x = page->form->area.x + column,
						       .width = width},
				  role, text, strlen(text));
	return 0;
}

static void
put_wrapped(struct page *page, int column, int role, const char *text)
{
	struct text_row *rows;
	int width = page->form->area.width - column - 1;
	size_t count = text_wrap(text, strlen(text), width, width, &rows);
	for (size_t i = 0; i < count; i++, page->row++) {
		char *row = mem_strndup(text + rows[i].start, rows[i].len);
		(void)put(page, column, width, role, row);
		free(row);
	}
	free(rows);
}

static void
put_editor(struct page *page, size_t i, int column)
{
	struct form *form = page->form;
	int y = page_y(page);
	int room = form->area.width - column - 1;
	int width = room < FIELD_MOST ? room : FIELD_MOST;
	bool has_focus = i == form->focus && !form->is_busy;
	if (!page->screen || y < 0 || width < 1)
		return;
	struct screen_area area = {y, form->area.x + column, 1, width};
	int cursor;
	char *text = editor_view_line(&form->states[i].view, form->states[i].editor,
				      width, &cursor);
	screen_put_row(page->screen, y, area.x, width, ROLE_FIELD, text);
	mem_wipe(text, strlen(text));
	free(text);
	if (has_focus)
		screen_cursor(page->screen, y, area.x + cursor);
}

/* A field of several lines, with a line down its left side. */
static void
put_lines(struct page *page, size_t i, int column)
{
	struct form *form = page->form;
	int width = form->area.width - column - 3;
	int most = page->height / 3 < LINES_MOST ? page->height / 3 : LINES_MOST;
	width = width < FIELD_MOST ? width : FIELD_MOST;
	int rows =
		editor_view_rows(form->states[i].editor, 0, width, most > 1 ? most : 1);
	int above = form->top > page->row ? form->top - page->row : 0;
	int below = page->row + rows - form->top - page->height;
	struct screen_area area = {form->area.y + page->row + above - form->top,
				   form->area.x + column + 2,
				   rows - above - (below > 0 ? below : 0), width};
	for (int row = 0; row < rows; row++, page->row++)
		(void)put(page, column, 1, ROLE_FIELD, "│");
	if (page->screen && area.height > 0 && width > 0)
		editor_view_draw(&form->states[i].view, form->states[i].editor,
				 page->screen, area, "",
				 i == form->focus && !form->is_busy);
}

static void
put_choice(struct page *page, size_t i, int column)
{
	struct form *form = page->form;
	const struct form_state *state = &form->states[i];
	const char *text = state->choice < 0 ? "" : state->options[state->choice];
	int room = form->area.width - column - 5;
	int width = columns(text) < room ? columns(text) : room;
	int y = page_y(page);
	(void)put(page, column, 2, ROLE_LABEL, "‹ ");
	(void)put(page, column + 2, width, ROLE_FIELD, text);
	(void)put(page, column + 2 + (width > 0 ? width : 0), 2, ROLE_LABEL, " ›");
	if (page->screen && y >= 0 && i == form->focus && !form->is_busy)
		screen_cursor(page->screen, y, form->area.x + column + 2);
	page->row++;
}

static void
put_field(struct page *page, size_t i)
{
	struct form *form = page->form;
	const struct form_field *field = &form->fields[i];
	bool has_focus = i == form->focus;
	int role = has_focus ? ROLE_LABEL_FOCUS : ROLE_LABEL;
	int column = MARGIN + page->label_width + 2;
	(void)put(page, 0, 2, role, has_focus ? ">" : " ");
	if (form->area.width < NARROW || columns(field->label) > LABEL_MOST) {
		put_wrapped(page, MARGIN, role, field->label);
		column = MARGIN;
	} else {
		(void)put(page, MARGIN, page->label_width, role, field->label);
	}
	if (field->kind == FORM_LINES) {
		put_lines(page, i, column);
	} else if (field->kind == FORM_CHOICE) {
		put_choice(page, i, column);
	} else {
		put_editor(page, i, column);
		page->row++;
	}
}

/* Check boxes and "more": a row that is one switch. */
static void
put_switch(struct page *page, size_t i)
{
	struct form *form = page->form;
	const struct form_field *field = &form->fields[i];
	bool is_more = field->kind == FORM_MORE;
	bool is_on = is_more ? form->is_more_open : form->states[i].is_checked;
	int role = i == form->focus ? ROLE_LABEL_FOCUS : ROLE_LABEL;
	const char *mark = is_more ? (is_on ? "[-]" : "[+]") : is_on ? "[x]" : "[ ]";
	int y = page_y(page);
	(void)put(page, 0, 2, role, i == form->focus ? ">" : " ");
	(void)put(page, MARGIN, 3, role, mark);
	if (page->screen && y >= 0 && i == form->focus && !form->is_busy)
		screen_cursor(page->screen, y, form->area.x + MARGIN + 1);
	put_wrapped(page, MARGIN + 4, role, field->label);
}

static void
put_locked(struct page *page, size_t i)
{
	const struct form *form = page->form;
	bool has_focus = i == form->focus;
	int role = has_focus ? ROLE_LABEL_FOCUS : ROLE_LABEL;
	int y = page_y(page);
	(void)put(page, 0, 2, role, has_focus ? ">" : " ");
	if (page->screen && y >= 0 && has_focus && !form->is_busy)
		screen_cursor(page->screen, y, form->area.x + MARGIN);
	put_wrapped(page, MARGIN, role, form->fields[i].label);
}

/* The buttons from field I on that stand together; returns the field behind them. */
static size_t
put_buttons(struct page *page, size_t i)
{
	struct form *form = page->form;
	int column = MARGIN;
	const char *help = NULL;
	page->row++;
	for (; i < form->count && form->fields[i].kind == FORM_BUTTON; i++) {
		if (!form_is_shown(form, i))
			continue;
		const char *label = form->fields[i].label;
		int width = columns(label) + 4;
		if (column > MARGIN && column + width > form->area.width) {
			page->row++;
			column = MARGIN;
		}
		bool has_focus = i == form->focus;
		int role = has_focus ? ROLE_BUTTON_FOCUS : ROLE_BUTTON;
		(void)put(page, column, 2, role, "[ ");
		(void)put(page, column + 2, width - 4, role, label);
		(void)put(page, column + width - 2, 2, role, " ]");
		int y = page_y(page);
		if (has_focus) {
			help = form->fields[i].help;
			page->focus_first = page->focus_last = page->row;
			if (page->screen && y >= 0 && !form->is_busy)
				screen_cursor(page->screen, y, form->area.x + column + 2);
		}
		column += width + 2;
	}
	page->row++;
	if (help) {
		put_wrapped(page, MARGIN + 2, ROLE_HELP, help);
		page->focus_last = page->row - 1;
	}
	return i;
}

static void
put_row(struct page *page, size_t i)
{
	struct form *form = page->form;
	const struct form_field *field = &form->fields[i];
	int first = page->row;
	if (field->kind == FORM_NOTE)
		put_wrapped(page, MARGIN, ROLE_HELP, field->label);
	else if (field->kind == FORM_CHECK || field->kind == FORM_MORE)
		put_switch(page, i);
	else if (field->kind == FORM_LOCKED)
		put_locked(page, i);
	else
		put_field(page, i);
	if (i == form->focus && field->help)
		put_wrapped(page, MARGIN + 2, ROLE_HELP, field->help);
	if (i == form->focus) {
		page->focus_first = first;
		page->focus_last = page->row - 1;
	}
}

static void
put_page(struct page *page)
{
	struct form *form = page->form;
	page->row = 0;
	if (*form->title) {
		(void)put(page, MARGIN, form->area.width, ROLE_TITLE, form->title);
		page->row += form->area.height > 14 ? 2 : 1;
	}
	for (size_t i = 0; i < form->count;) {
		if (!form_is_shown(form, i))
			i++;
		else if (form->fields[i].kind == FORM_BUTTON)
			i = put_buttons(page, i);
		else
			put_row(page, i++);
	}
	if (form->message && !page->is_apart) {
		page->row += form->area.height > 14;
		put_wrapped(page, MARGIN, form->message_role, form->message);
	}
}

static int
label_width(const struct form *form)
{
	int most = 0;
	for (size_t i = 0; i < form->count; i++) {
		enum form_kind kind = form->fields[i].kind;
		bool has_label = kind == FORM_TEXT || kind == FORM_SECRET ||
				 kind == FORM_LINES || kind == FORM_CHOICE;
		int width = has_label && form_is_shown(form, i)
				    ? columns(form->fields[i].label)
				    : 0;
		if (width > most && width <= LABEL_MOST)
			most = width;
	}
	return most;
}

/* Scrolls so that the focused field is in view. */
static void
settle(struct form *form, const struct page *page)
{
	int height = page->height;
	int total = page->row;
	if (total <= height) {
		form->top = 0;
		return;
	}
	if (form->top > total - height)
		form->top = total - height;
	if (form->top < page->focus_last - height + 1)
		form->top = page->focus_last - height + 1;
	if (form->top > page->focus_first)
		form->top = page->focus_first;
	/* Near the top the title comes along. */
	if (page->focus_last < height)
		form->top = 0;
}

/* Gives the message the last rows of an area that the page does not fit. */
static void
set_apart(struct page *page)
{
	struct form *form = page->form;
	struct page message = {.form = form};

	if (page->row <= page->height || !form->message)
		return;
	put_wrapped(&message, MARGIN, form->message_role, form->message);
	page->is_apart = true;
	page->height -= message.row < page->height / 2 ? message.row : page->height / 2;
	put_page(page);
}

void
form_draw(struct form *form, struct screen *screen)
{
	if (!form->is_dirty || form->area.height < 1 || form->area.width < 1)
		return;
	form->is_dirty = false;
	struct page page = {.form = form,
			    .label_width = label_width(form),
			    .height = form->area.height};
	put_page(&page);
	set_apart(&page);
	settle(form, &page);
	screen_erase_area(screen, form->area);
	if (form->is_busy)
		screen_cursor(screen, -1, 0);
	page.screen = screen;
	put_page(&page);
	if (page.is_apart) {
		page.row = form->top + page.height;
		page.height = form->area.height;
		put_wrapped(&page, MARGIN, form->message_role, form->message);
	}
}
