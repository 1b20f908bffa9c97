/*
 * Rows for the list widget, in the service's order below a heading that counts them.
 */
#include "tui/rooms_view.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "widgets/list.h"
#include "widgets/theme.h"

enum { JID_MAX = 3071, NAME_MAX_BYTES = 256 };

struct entry {
	const char *jid;
	const char *name; /* "" for none */
};

struct rooms_view {
	struct list *list;
	struct arena arena; /* of the entries */
	struct entry *entries;
	size_t count, cap;
	const char *service; /* in the arena; "" while not known */
	bool is_whole;
	unsigned number; /* of the search */
};

struct rooms_view *
rooms_view_new(void)
{
	struct rooms_view *view = mem_alloc(sizeof *view);

	view->list = list_new();
	view->service = "";
	return view;
}

unsigned
rooms_view_begin(struct rooms_view *view)
{
	free(view->entries);
	arena_done(&view->arena);
	view->entries = NULL;
	view->count = view->cap = 0;
	view->service = "";
	view->is_whole = false;
	return ++view->number;
}

unsigned
rooms_view_number(const struct rooms_view *view)
{
	return view->number;
}

void
rooms_view_free(struct rooms_view *view)
{
	if (!view)
		return;
	(void)rooms_view_begin(view);
	list_free(view->list);
	free(view);
}

struct list *
rooms_view_list(struct rooms_view *view)
{
	return view->list;
}

static const char *
cleaned(struct rooms_view *view, const char *text, size_t max)
{
	char *clean = clean_text(text ? text : "", CLEAN_LINE, max);
	const char *kept = arena_strdup(&view->arena, clean);

	free(clean);
	return kept;
}

void
rooms_view_add(struct rooms_view *view, const struct bridge_room_find_result *page)
{
	view->service = cleaned(view, page->service, JID_MAX);
	view->is_whole = !page->next;
	for (size_t i = 0; i < page->rooms_count; i++) {
		if (view->count == view->cap) {
			view->cap = view->cap ? view->cap * 2 : 256;
			view->entries = mem_resize(view->entries, view->cap,
						   sizeof *view->entries);
		}
		view->entries[view->count++] = (struct entry){
			.jid = cleaned(view, page->rooms[i].jid, JID_MAX),
			.name = cleaned(view, page->rooms[i].name, NAME_MAX_BYTES),
		};
	}
}

static const char *
heading(const struct rooms_view *view, struct arena *arena, size_t found)
{
	if (!view->service[0])
		return "Asking…";
	if (view->count == 0 && view->is_whole)
		return arena_printf(arena,
				    "%s shows no rooms. /join NAME goes to one that is "
				    "hidden, or makes one.",
				    view->service);
	return arena_printf(
		arena, "%zu of %zu%s rooms at %s; typing searches, Enter joins", found,
		view->count, view->is_whole ? "" : " and more", view->service);
}

void
rooms_view_update(struct rooms_view *view, const char *search)
{
	struct arena arena = {0};
	struct list_row *rows = mem_array(view->count + 1, sizeof *rows);
	size_t found = 0;

	for (size_t i = 0; i < view->count; i++) {
		const struct entry *entry = &view->entries[i];

		if (!strcasestr(entry->jid, search) && !strcasestr(entry->name, search))
			continue;
		rows[++found] = (struct list_row){
			.key = entry->jid,
			.text = entry->jid,
			.role = ROLE_TEXT,
			.detail = entry->name[0] ? entry->name : NULL,
		};
	}
	rows[0] = (struct list_row){.text = heading(view, &arena, found),
				    .role = ROLE_GROUP};
	list_set(view->list, rows, found + 1);
	free(rows);
	arena_done(&arena);
}
