/*
 * Rows for the list widget, sorted by group, then who is there, then name. A row's key is
 * its group, a line end and the address, since a contact may stand in several groups.
 */
#include "tui/contacts_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bridge/base/arena.h"
#include "bridge/base/mem.h"
#include "tui/app.h"
#include "widgets/list.h"
#include "widgets/theme.h"

struct contacts_view {
	struct list *list;
};

/* A row before it is written. */
struct entry {
	int section; /* requests, groups, no group, strangers */
	const char *group;
	const char *name;
	const char *jid;
	const struct model_contact *contact;
	const struct model_presence *best;
};

enum section { SECTION_REQUESTS, SECTION_GROUPS, SECTION_CONTACTS, SECTION_STRANGERS };

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
			    "to one, F1 or /help shows more.");
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

static void
collect(struct page *page)
{
	const struct model *model = page->app->model;

	for (size_t i = 0; i < model->requests.count; i++) {
		const struct model_request *request = model->requests.rows[i];

		add_entry(page, (struct entry){.section = SECTION_REQUESTS,
					       .group = "",
					       .name = request->jid,
					       .jid = request->jid});
	}
	for (size_t i = 0; i < model->contacts.count; i++)
		add_contact(page, model->contacts.rows[i]);
	for (size_t i = 0; i < model->chats.count; i++) {
		const struct chat *chat = model->chats.rows[i];

		if ((chat->is_open || chat->unread > 0) &&
		    !model_contact(model, chat->jid))
			add_entry(page, (struct entry){.section = SECTION_STRANGERS,
						       .group = "",
						       .name = chat->jid,
						       .jid = chat->jid});
	}
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
	if (chat && chat->unread > 0) {
		row.role = ROLE_TEXT;
		row.right = arena_printf(&page->arena, "%lld", (long long)chat->unread);
	}
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
