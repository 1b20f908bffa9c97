/*
 * Events change the model, here and nowhere else. Invariant: nothing that came from
 * another person is in the model uncleaned, the drafts apart, which go back into the
 * editor (it drops control characters itself).
 */
#include "tui/model_apply.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define JID_MAX 3071
#define NAME_MAX_BYTES 256
#define TEXT_MAX 1024

/* Replaces *SLOT by the cleaned TEXT; NULL stays NULL. */
static void
replace_clean(char **slot, const char *text, size_t max)
{
	free(*slot);
	*slot = text ? clean_text(text, CLEAN_LINE, max) : NULL;
}

/* Older lines that could not be had may be within reach now. */
static void
unstick(struct model *model)
{
	for (size_t i = 0; i < model->chats.count; i++)
		((struct chat *)model->chats.rows[i])->is_stuck = false;
}

/* Forgets the lines of conversations: they are another account's. */
static void
unload_chats(struct model *model)
{
	for (size_t i = 0; i < model->chats.count; i++)
		chat_unload(model->chats.rows[i]);
}

static void
set_link(struct model *model, const struct bridge_link *link, int64_t now)
{
	struct model_link *mine = &model->link;
	bool was_online = model_is_online(model);

	mine->state = link->state;
	mine->is_wanted = link->is_wanted;
	replace_clean(&mine->reason, link->reason, TEXT_MAX);
	replace_clean(&mine->condition, link->condition, NAME_MAX_BYTES);
	mine->retry_at = link->retry_in > 0 ? now + link->retry_in * 1000 : 0;
	mine->caught = link->caught;
	mine->behind = link->behind;
	model->dirty |= MODEL_LINK;
	if (model_is_online(model)) {
		if (!was_online)
			unstick(model);
		return;
	}
	for (size_t i = 0; i < model->chats.count; i++)
		((struct chat *)model->chats.rows[i])->typing = chat_state_NONE;
	if (link->state == link_state_BINDING || link->state == link_state_WAITING ||
	    link->state == link_state_OFFLINE || link->state == link_state_REFUSED)
		model->dirty |= MODEL_CONTACTS | MODEL_TYPING;
}

static void
set_groups(struct model_contact *contact, const char *const *groups, size_t count)
{
	for (size_t i = 0; i < contact->group_count; i++)
		free(contact->groups[i]);
	free(contact->groups);
	contact->groups = count ? mem_array(count, sizeof *contact->groups) : NULL;
	contact->group_count = count;
	for (size_t i = 0; i < count; i++)
		contact->groups[i] = clean_text(groups[i], CLEAN_LINE, NAME_MAX_BYTES);
}

static void
put_contact(struct model *model, const struct bridge_contact *row)
{
	char *jid = clean_text(row->jid, CLEAN_LINE, JID_MAX);
	struct model_contact *contact = model_contact(model, jid);

	if (!contact) {
		contact = mem_alloc(sizeof *contact);
		contact->jid = jid;
		by_jid_add(&model->contacts, contact);
	} else {
		free(jid);
	}
	/* A name of blanks could not be seen. */
	bool has_name = row->name && row->name[strspn(row->name, " \t\r\n")];
	replace_clean(&contact->name, has_name ? row->name : NULL, NAME_MAX_BYTES);
	contact->subscription = row->subscription;
	contact->is_asking = row->is_asking;
	set_groups(contact, row->groups, row->groups_count);
	model->dirty |= MODEL_CONTACTS | MODEL_CHATS;
}

static void
put_presence(struct model *model, const struct bridge_presence *row)
{
	struct model_contact *contact = model_contact(model, row->jid);
	const char *resource = row->resource ? row->resource : "";

	if (!contact)
		return;
	model->dirty |= MODEL_CONTACTS;
	struct model_presence **at = &contact->presences;
	while (*at && strcmp((*at)->resource, resource) != 0)
		at = &(*at)->next;
	struct model_presence *presence = *at;
	if (row->show == show_OFFLINE) {
		if (!presence)
			return;
		*at = presence->next;
		free(presence->resource);
		free(presence->text);
		free(presence);
		return;
	}
	if (!presence) {
		presence = mem_alloc(sizeof *presence);
		presence->resource = mem_strdup(resource);
		*at = presence;
	}
	presence->show = row->show;
	presence->priority = row->priority;
	replace_clean(&presence->text, row->text ? row->text : "", TEXT_MAX);
}

static struct chat *
put_chat(struct model *model, const struct bridge_conversation *row)
{
	char *jid = clean_text(row->jid, CLEAN_LINE, JID_MAX);
	struct chat *chat = model_need_chat(model, jid);

	free(jid);
	chat_set_badge(chat, row);
	model_set_open(model, chat, row->is_open);
	model->dirty |= MODEL_CHATS;
	return chat;
}

static void
drop_request(struct model *model, const char *jid)
{
	struct model_request *request = by_jid_take(&model->requests, jid);

	if (!request)
		return;
	free(request->jid);
	free(request->text);
	free(request);
	model->dirty |= MODEL_CONTACTS;
}

static void
put_request(struct model *model, const struct bridge_request *row)
{
	struct model_request *request = mem_alloc(sizeof *request);

	request->jid = clean_text(row->jid, CLEAN_LINE, JID_MAX);
	request->text = clean_text(row->text, CLEAN_LINE, TEXT_MAX);
	drop_request(model, request->jid);
	by_jid_add(&model->requests, request);
	model->dirty |= MODEL_CONTACTS;
}

static void
drop_blocked(struct model *model, const char *jid)
{
	for (size_t i = 0; i < model->blocked_count; i++) {
		if (strcmp(model->blocked[i], jid) != 0)
			continue;
		free(model->blocked[i]);
		model->blocked[i] = model->blocked[--model->blocked_count];
		model->dirty |= MODEL_CONTACTS;
		return;
	}
}

static void
put_blocked(struct model *model, const char *jid)
{
	drop_blocked(model, jid);
	model->blocked = mem_resize(model->blocked, model->blocked_count + 1,
				    sizeof *model->blocked);
	model->blocked[model->blocked_count++] = clean_text(jid, CLEAN_LINE, JID_MAX);
	model->dirty |= MODEL_CONTACTS;
}

static void
put_setting(struct model *model, const struct bridge_setting *row)
{
	struct model_setting *mine = NULL;

	for (size_t i = 0; i < model->setting_count && !mine; i++)
		if (strcmp(model->settings[i].name, row->name) == 0)
			mine = &model->settings[i];
	if (!mine) {
		model->settings = mem_resize(model->settings, model->setting_count + 1,
					     sizeof *model->settings);
		mine = &model->settings[model->setting_count++];
		*mine = (struct model_setting){0};
		mine->name = clean_text(row->name, CLEAN_LINE, NAME_MAX_BYTES);
	}
	replace_clean(&mine->value, row->value, TEXT_MAX);
	if (row->type)
		replace_clean(&mine->type, row->type, TEXT_MAX);
	if (row->help)
		replace_clean(&mine->help, row->help, TEXT_MAX);
	if (row->most) {
		mine->least = row->least;
		mine->most = row->most;
	}
	model->dirty |= MODEL_SETTINGS;
}

static void
set_self(struct model *model, enum bridge_show show, const char *text, bool is_auto)
{
	model->show = show;
	model->is_auto = is_auto;
	replace_clean(&model->status_text, text ? text : "", TEXT_MAX);
	model->dirty |= MODEL_LINK;
}

/* The lists that an answer to attach gives whole each time. */
static void
apply_whole_lists(struct model *model, const struct bridge_attach_result *result)
{
	while (model->requests.count > 0) {
		const struct model_request *first = model->requests.rows[0];

		drop_request(model, first->jid);
	}
	for (size_t i = 0; i < result->requests_count; i++)
		put_request(model, &result->requests[i]);
	while (model->blocked_count > 0)
		free(model->blocked[--model->blocked_count]);
	for (size_t i = 0; i < result->blocked_count; i++)
		put_blocked(model, result->blocked[i]);
	for (size_t i = 0; i < result->settings_count; i++)
		put_setting(model, &result->settings[i]);
	model_drop_rooms(model);
	for (size_t i = 0; i < result->rooms_count; i++)
		model_put_room(model, &result->rooms[i]);
}

void
model_apply_attach(struct model *model, const struct bridge_attach_result *result,
		   int64_t now)
{
	if (result->is_full || result->epoch != model->epoch)
		model_forget(model);
	if (strcmp(model->profile, result->profile) != 0 ||
	    strcmp(model->jid, result->jid) != 0)
		unload_chats(model);
	mem_replace(&model->profile, result->profile);
	replace_clean(&model->jid, result->jid, JID_MAX);
	model->epoch = result->epoch;
	model->seq = result->seq;
	model->is_protected = result->is_protected;
	set_link(model, result->link, now);
	set_self(model, result->show, result->status_text, result->is_auto);
	for (size_t i = 0; i < result->removed_count; i++)
		model_drop_contact(model, result->removed[i]);
	for (size_t i = 0; i < result->contacts_count; i++)
		put_contact(model, &result->contacts[i]);
	for (size_t i = 0; i < result->presences_count; i++)
		put_presence(model, &result->presences[i]);
	for (size_t i = 0; i < result->conversations_count; i++)
		put_chat(model, &result->conversations[i]);
	apply_whole_lists(model, result);
	for (size_t i = 0; i < model->chats.count; i++) {
		/* A page that was under way was lost with its connection. */
		chat_expire(model->chats.rows[i], false);
	}
	model->dirty = MODEL_ALL;
}

/* ---- the table of events --------------------------------------------------- */

struct change {
	struct model *model;
	const void *record;
	int64_t now;
};

static void
on_link(const struct change *change)
{
	const struct bridge_link_event *event = change->record;

	set_link(change->model, event->link, change->now);
}

static void
on_contact(const struct change *change)
{
	const struct bridge_contact_event *event = change->record;

	put_contact(change->model, event->contact);
}

static void
on_contact_removed(const struct change *change)
{
	const struct bridge_jid_event *event = change->record;

	model_drop_contact(change->model, event->jid);
}

static void
on_request_gone(const struct change *change)
{
	const struct bridge_jid_event *event = change->record;

	drop_request(change->model, event->jid);
}

static void
on_block_added(const struct change *change)
{
	const struct bridge_jid_event *event = change->record;

	put_blocked(change->model, event->jid);
}

static void
on_block_removed(const struct change *change)
{
	const struct bridge_jid_event *event = change->record;

	drop_blocked(change->model, event->jid);
}

static void
on_presence(const struct change *change)
{
	const struct bridge_presence_event *event = change->record;

	put_presence(change->model, event->presence);
}

static void
on_request(const struct change *change)
{
	const struct bridge_request_event *event = change->record;

	put_request(change->model, event->request);
}

static void
on_line(const struct change *change)
{
	const struct bridge_line_event *event = change->record;
	struct chat *chat = model_need_chat(change->model, event->line->jid);

	chat->kind = event->line->kind;
	chat_put(chat, event->line);
	if (event->is_new && !event->line->is_own && chat->typing != chat_state_NONE) {
		chat->typing = chat_state_NONE;
		change->model->dirty |= MODEL_TYPING;
	}
}

static void
on_line_removed(const struct change *change)
{
	const struct bridge_line_removed_event *event = change->record;
	struct chat *chat = model_chat(change->model, event->jid);

	if (chat)
		chat_remove(chat, (uint64_t)event->id);
}

static void
on_conversation(const struct change *change)
{
	const struct bridge_conversation_event *event = change->record;

	(void)put_chat(change->model, event->conversation);
}

static void
on_typing(const struct change *change)
{
	const struct bridge_typing_event *event = change->record;
	struct chat *chat = model_chat(change->model, event->jid);

	if (!chat || chat->typing == event->state)
		return;
	chat->typing = event->state;
	change->model->dirty |= MODEL_TYPING;
}

static void
on_room(const struct change *change)
{
	const struct bridge_room_event *event = change->record;

	model_put_room(change->model, event->room);
}

static void
on_occupant(const struct change *change)
{
	model_put_occupant(change->model, change->record);
}

static void
on_occupant_gone(const struct change *change)
{
	model_drop_occupant(change->model, change->record);
}

static void
on_unwatched(const struct change *change)
{
	const struct bridge_unwatched_event *event = change->record;

	model_unwatch_rooms(change->model, event->jid);
}

static void
on_invited(const struct change *change)
{
	const struct bridge_invited_event *event = change->record;

	replace_clean(&change->model->invited, event->jid, JID_MAX);
}

static void
on_self(const struct change *change)
{
	const struct bridge_self_event *event = change->record;

	set_self(change->model, event->show, event->text, event->is_auto);
}

static void
on_setting(const struct change *change)
{
	const struct bridge_setting_event *event = change->record;

	put_setting(change->model, event->setting);
}

static void
on_profile(const struct change *change)
{
	const struct bridge_profile_event *event = change->record;

	change->model->attached = event->info->attached;
	change->model->is_protected = event->info->is_protected;
	change->model->dirty |= MODEL_LINK;
}

struct event_row {
	void (*apply)(const struct change *change); /* NULL: nothing of the model's */
	size_t profile; /* where the record keeps the profile's name */
	size_t seq;	/* where its seq is; 0: it has none */
};

#define PROFILE(record) offsetof(struct bridge_##record, profile)
#define SEQ(record) offsetof(struct bridge_##record, seq)
#define NUMBERED(event, record, apply)                                                   \
	[EVENT_##event] = {apply, PROFILE(record), SEQ(record)}
#define PLAIN(event, record, apply) [EVENT_##event] = {apply, PROFILE(record), 0}

static const struct event_row event_rows[EVENT_COUNT] = {
	PLAIN(link_changed, link_event, on_link),
	NUMBERED(contact_changed, contact_event, on_contact),
	NUMBERED(contact_removed, jid_event, on_contact_removed),
	NUMBERED(request_gone, jid_event, on_request_gone),
	NUMBERED(block_added, jid_event, on_block_added),
	NUMBERED(block_removed, jid_event, on_block_removed),
	NUMBERED(presence_changed, presence_event, on_presence),
	NUMBERED(request_added, request_event, on_request),
	NUMBERED(line_changed, line_event, on_line),
	NUMBERED(line_removed, line_removed_event, on_line_removed),
	NUMBERED(conversation_changed, conversation_event, on_conversation),
	PLAIN(typing_changed, typing_event, on_typing),
	NUMBERED(room_changed, room_event, on_room),
	PLAIN(room_invited, invited_event, on_invited),
	PLAIN(voice_asked, voice_event, NULL),
	PLAIN(occupant_changed, occupant_event, on_occupant),
	PLAIN(occupant_gone, occupant_gone_event, on_occupant_gone),
	PLAIN(room_unwatched, unwatched_event, on_unwatched),
	PLAIN(self_changed, self_event, on_self),
	PLAIN(setting_changed, setting_event, on_setting),
	PLAIN(notice, notice_event, NULL),
	PLAIN(resync, resync_event, NULL),
	[EVENT_profile_changed] = {on_profile, 0, 0},
};

bool
model_apply_event(struct model *model, enum bridge_event event, const void *record,
		  int64_t now)
{
	const struct event_row *row = &event_rows[event];
	const char *profile = NULL;
	int64_t seq = 0;

	if (event == EVENT_profile_changed)
		profile = ((const struct bridge_profile_event *)record)->info->name;
	else if (event != EVENT_slot_give && event != EVENT_session_status)
		memcpy(&profile, (const char *)record + row->profile, sizeof profile);
	if (!profile || strcmp(profile, model->profile) != 0)
		return false;
	if (row->seq) {
		memcpy(&seq, (const char *)record + row->seq, sizeof seq);
		if (seq > model->seq)
			model->seq = seq;
	}
	if (row->apply)
		row->apply(&(struct change){model, record, now});
	return true;
}
