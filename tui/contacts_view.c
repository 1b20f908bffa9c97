/*
 * Rows for the list widget, sorted by group, then who is there, then name; rooms by name,
 * each with its private conversations below. A row's key is its group, a line end and the
 * address, since a contact may stand in several groups.
 */
#include "tui/contacts_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "tui/nick.h"
#include "widgets/list.h"
#include "widgets/theme.h"

struct contacts_view {
	struct list *list;
};

/* A row before it is written. */
struct entry {
	int section; /* requests, groups, no group, rooms, strangers */
	const char *group;
	const char *room; /* of rooms: whose row it stands at; else "" */
	const char *name;
	const char *jid;
	const struct model_contact *contact;
	const struct model_presence *best;
};

enum section {
	SECTION_REQUESTS,
	SECTION_GROUPS,
	SECTION_CONTACTS,
	SECTION_ROOMS,
	SECTION_STRANGERS,
};

struct page {
	struct app *app;
	struct arena arena;
	struct entry *entries;
	size_t entry_count, entry_cap;
	struct list_row *rows;
	size_t row_count;
};

struct contacts_view *
contacts_view_new(void)
{
	struct contacts_view *view = mem_alloc(sizeof *view);

	view->list = list_new();
	list_set_empty_text(view->list,
			    "No contacts yet. /add ADDRESS adds one, /msg ADDRESS writes "
			    "to one, /join ROOM enters a room, F1 or /help shows more.");
	return view;
}

void
contacts_view_free(struct contacts_view *view)
{
	if (!view)
		return;
	list_free(view->list);
	free(view);
}

struct list *
contacts_view_list(struct contacts_view *view)
{
	return view->list;
}

const char *
contacts_view_selected(struct contacts_view *view)
{
	const char *key = list_selected(view->list);
	const char *end = key ? strchr(key, '\n') : NULL;

	return end ? end + 1 : NULL;
}

static void
add_entry(struct page *page, struct entry entry)
{
	if (page->entry_count == page->entry_cap) {
		page->entry_cap = page->entry_cap ? page->entry_cap * 2 : 64;
		page->entries =
			mem_resize(page->entries, page->entry_cap, sizeof *page->entries);
	}
	page->entries[page->entry_count++] = entry;
}

static void
add_contact(struct page *page, const struct model_contact *contact)
{
	char buffer[256];
	const char *name =
		model_name(page->app->model, contact->jid, buffer, sizeof buffer);
	struct entry entry = {
		.section = SECTION_CONTACTS,
		.group = "",
		.room = "",
		.name = arena_strdup(&page->arena, name),
		.jid = contact->jid,
		.contact = contact,
		/* What was known before a break proves nothing now. */
		.best = model_is_online(page->app->model) ? model_best(contact) : NULL,
	};

	if (contact->group_count == 0)
		add_entry(page, entry);
	entry.section = SECTION_GROUPS;
	for (size_t i = 0; i < contact->group_count; i++) {
		entry.group = contact->groups[i];
		add_entry(page, entry);
	}
}

/* The row of the room ROOM. */
static void
add_room(struct page *page, const char *room)
{
	char buffer[256];
	const char *name = model_name(page->app->model, room, buffer, sizeof buffer);

	for (size_t i = 0; i < page->entry_count; i++)
		if (page->entries[i].section == SECTION_ROOMS &&
		    strcmp(page->entries[i].jid, room) == 0)
			return;
	add_entry(page, (struct entry){.section = SECTION_ROOMS,
				       .group = "",
				       .room = arena_strdup(&page->arena, name),
				       .name = "",
				       .jid = arena_strdup(&page->arena, room)});
}

/* An occupant, below its room, which is shown with it. */
static void
add_private(struct page *page, const struct chat *chat)
{
	char *room = mem_strndup(chat->jid, strcspn(chat->jid, "/"));
	const char *nick = nick_of(chat->jid);
	char *shown = nick_shown(nick ? nick : "");
	char buffer[256];
	const char *name = model_name(page->app->model, room, buffer, sizeof buffer);

	add_entry(page, (struct entry){.section = SECTION_ROOMS,
				       .group = "",
				       .room = arena_strdup(&page->arena, name),
				       .name = arena_printf(&page->arena, "  %s", shown),
				       .jid = chat->jid});
	add_room(page, room);
	free(shown);
	free(room);
}

static void
add_chat(struct page *page, const struct chat *chat)
{
	const struct model *model = page->app->model;

	if ((!chat->is_open && chat->unread == 0) || model_contact(model, chat->jid))
		return;
	if (chat->kind == conversation_kind_PRIVATE)
		add_private(page, chat);
	else if (chat->kind == conversation_kind_ROOM || model_room(model, chat->jid))
		add_room(page, chat->jid);
	else
		add_entry(page, (struct entry){.section = SECTION_STRANGERS,
					       .group = "",
					       .room = "",
					       .name = chat->jid,
					       .jid = chat->jid});
}

static void
collect(struct page *page)
{
	const struct model *model = page->app->model;

	for (size_t i = 0; i < model->requests.count; i++) {
		const struct model_request *request = model->requests.rows[i];

		add_entry(page, (struct entry){.section = SECTION_REQUESTS,
					       .group = "",
					       .room = "",
					       .name = request->jid,
					       .jid = request->jid});
	}
	for (size_t i = 0; i < model->contacts.count; i++)
		add_contact(page, model->contacts.rows[i]);
	for (size_t i = 0; i < model->chats.count; i++)
		add_chat(page, model->chats.rows[i]);
	for (size_t i = 0; i < model->rooms.count; i++) {
		const struct model_room *room = model->rooms.rows[i];

		/* One that was left for good is shown for its conversation alone. */
		if (room->state != room_state_OUT || room->is_wanted)
			add_room(page, room->jid);
	}
}

static int
compare_rooms(const char *one, const char *two)
{
	size_t len = strcspn(one, "/"), other = strcspn(two, "/");
	int order = strncmp(one, two, len < other ? len : other);

	return order != 0 ? order : (len > other) - (len < other);
}

static int
compare(const void *a, const void *b)
{
	const struct entry *one = a, *two = b;

	if (one->section != two->section)
		return one->section - two->section;
	int order = strcmp(one->group, two->group);
	if (order != 0)
		return order;
	/* Two rooms of one name stand apart, each with its own. */
	order = strcasecmp(one->room, two->room);
	if (order == 0 && one->room[0])
		order = compare_rooms(one->jid, two->jid);
	if (order != 0)
		return order;
	if (!one->best != !two->best)
		return one->best ? -1 : 1;
	order = strcasecmp(one->name, two->name);
	return order != 0 ? order : strcmp(one->jid, two->jid);
}

static void
add_heading(struct page *page, const struct entry *entry)
{
	const char *text = entry->group;

	if (entry->section == SECTION_REQUESTS)
		text = "Requests: /accept or /deny";
	else if (entry->section == SECTION_CONTACTS)
		text = "Contacts";
	else if (entry->section == SECTION_ROOMS)
		text = "Rooms";
	else if (entry->section == SECTION_STRANGERS)
		text = "Not among your contacts";
	page->rows[page->row_count++] =
		(struct list_row){.text = text, .role = ROLE_GROUP};
}

static void
set_mark(struct list_row *row, const struct model_presence *best)
{
	static const struct {
		const char *text;
		int role;
	} marks[show_COUNT] = {
		[show_OFFLINE] = {"○", ROLE_OFFLINE}, [show_ONLINE] = {"●", ROLE_ONLINE},
		[show_CHAT] = {"●", ROLE_ONLINE},     [show_AWAY] = {"◐", ROLE_AWAY},
		[show_XA] = {"◐", ROLE_AWAY},	      [show_DND] = {"■", ROLE_DND},
	};
	enum bridge_show show = best ? best->show : show_OFFLINE;

	row->mark = marks[show].text;
	row->mark_role = marks[show].role;
	row->role = best ? ROLE_TEXT : ROLE_OFFLINE;
}

/* A room is there while we are in it, and says what stands in our way. */
static void
set_room(struct page *page, struct list_row *row, const struct entry *entry)
{
	static const struct {
		const char *mark, *detail;
		int role;
	} states[room_state_COUNT] = {
		[room_state_OUT] = {"○", "not in it; /join", ROLE_OFFLINE},
		[room_state_WAITING] = {"◐", "joined soon", ROLE_AWAY},
		[room_state_ENTERING] = {"◐", "joining", ROLE_AWAY},
		[room_state_IN] = {"●", NULL, ROLE_ONLINE},
		[room_state_REFUSED] = {"○", "not in it", ROLE_OFFLINE},
	};
	const struct model *model = page->app->model;
	const struct model_room *room = model_room_of(model, entry->jid);
	enum bridge_room_state state = room ? room->state : room_state_OUT;
	bool is_private = nick_of(entry->jid) != NULL;

	/* What was known before a break proves nothing now. */
	if (state == room_state_IN && !model_is_online(model))
		state = room_state_WAITING;
	row->text = is_private ? entry->name : entry->room;
	row->mark = is_private ? " " : states[state].mark;
	row->mark_role = states[state].role;
	row->role = state == room_state_IN ? ROLE_TEXT : ROLE_OFFLINE;
	row->detail = NULL;
	if (!is_private && state != room_state_IN)
		row->detail =
			room && room->reason[0] ? room->reason : states[state].detail;
	else if (!is_private && room)
		row->detail = room->subject[0] ? room->subject : room->jid;
}

static const char *
detail_of(struct page *page, const struct entry *entry)
{
	const struct model *model = page->app->model;
	const struct model_contact *contact = entry->contact;

	if (model_is_blocked(model, entry->jid))
		return "blocked";
	if (entry->best && entry->best->text[0])
		return entry->best->text;
	if (contact && contact->is_asking)
		return "has not answered your request yet";
	if (contact && (contact->subscription == subscription_NONE ||
			contact->subscription == subscription_FROM))
		return "you do not see when they are online; /add asks them";
	return contact ? contact->jid : NULL;
}

static void
add_row(struct page *page, const struct entry *entry)
{
	const struct model *model = page->app->model;
	const struct chat *chat = model_chat(model, entry->jid);
	struct list_row row = {
		.key = arena_printf(&page->arena, "%d%s\n%s", entry->section,
				    entry->group, entry->jid),
		.text = entry->name,
		.right_role = ROLE_UNREAD,
	};

	set_mark(&row, entry->best);
	row.detail = detail_of(page, entry);
	if (entry->section == SECTION_REQUESTS) {
		const struct model_request *request =
			by_jid_find(&model->requests, entry->jid);

		row.mark = "?";
		row.mark_role = ROLE_UNREAD;
		row.role = ROLE_TEXT;
		row.detail = request && request->text[0]
				     ? request->text
				     : "wants to see when you are online";
	}
	if (entry->section == SECTION_ROOMS)
		set_room(page, &row, entry);
	if (chat && chat->unread > 0) {
		row.role = ROLE_TEXT;
		row.right = arena_printf(&page->arena, "%lld", (long long)chat->unread);
	}
	if (chat && chat->mentions > 0)
		row.right =
			arena_printf(&page->arena, "@%lld  %lld",
				     (long long)chat->mentions, (long long)chat->unread);
	page->rows[page->row_count++] = row;
}

void
contacts_view_update(struct app *app, struct contacts_view *view)
{
	struct page page = {.app = app};
	const struct entry *before = NULL;

	collect(&page);
	if (page.entry_count > 0)
		qsort(page.entries, page.entry_count, sizeof *page.entries, compare);
	/* At most a heading for each row. */
	page.rows = mem_array(page.entry_count * 2 + 1, sizeof *page.rows);
	for (size_t i = 0; i < page.entry_count; i++) {
		const struct entry *entry = &page.entries[i];

		if (!before || before->section != entry->section ||
		    strcmp(before->group, entry->group) != 0)
			add_heading(&page, entry);
		add_row(&page, entry);
		before = entry;
	}
	list_set(view->list, page.rows, page.row_count);
	free(page.entries);
	free(page.rows);
	arena_done(&page.arena);
}
