/*
 * The set of rooms. Everything in a record may come from strangers and is cleaned here,
 * but for our nick, which is compared with those of occupants.
 */
#include "tui/model_room.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/model.h"
#include "tui/occupants.h"
#include "tui/room_news.h"

enum { JID_MAX = 3071, TEXT_MAX = 4096, NAME_MAX_BYTES = 256 };

struct model_room *
model_room(const struct model *model, const char *jid)
{
	return by_jid_find(&model->rooms, jid);
}

static void
room_free(struct model_room *room)
{
	char *texts[] = {room->jid,	 room->name,	    room->nick,
			 room->subject,	 room->subject_by,  room->reason,
			 room->moved_to, room->told.subject};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		free(texts[i]);
	model_room_forget_left(room, UINT64_MAX);
	occupants_free(room->people);
	free(room);
}

static void
set(char **slot, const char *text, size_t max)
{
	free(*slot);
	*slot = clean_text(text ? text : "", CLEAN_LINE, max);
}

/* A name of blanks could not be seen. */
static bool
is_visible(const char *text)
{
	return text && text[strspn(text, " \t\r\n")];
}

void
model_forget_people(struct model *model, struct model_room *room)
{
	occupants_free(room->people);
	room->people = NULL;
	room->is_watched = false;
	model->dirty |= MODEL_PEOPLE;
}

void
model_put_room(struct model *model, const struct bridge_room *record)
{
	char *jid = clean_text(record->jid, CLEAN_LINE, JID_MAX);
	struct model_room *room = model_room(model, jid);
	bool is_new = !room;

	if (is_new) {
		room = mem_alloc(sizeof *room);
		room->jid = mem_strdup(jid);
		by_jid_add(&model->rooms, room);
	}
	if (is_visible(record->name)) {
		set(&room->name, record->name, NAME_MAX_BYTES);
	} else {
		free(room->name);
		room->name = mem_strndup(jid, strcspn(jid, "@"));
	}
	mem_replace(&room->nick, record->nick ? record->nick : "");
	set(&room->subject, record->subject, TEXT_MAX);
	set(&room->subject_by, record->subject_by, NAME_MAX_BYTES);
	set(&room->reason, record->reason, TEXT_MAX);
	set(&room->moved_to, record->state == room_state_IN ? "" : record->moved_to,
	    JID_MAX);
	room->state = record->state;
	room->role = record->role;
	room->affiliation = record->affiliation;
	room->notify = record->notify;
	room->occupants = record->occupants;
	room->is_wanted = record->is_wanted;
	room->is_open = record->shows_addresses;
	/* Who is there when we are in again is another matter. */
	if (room->state != room_state_IN) {
		model_forget_people(model, room);
		room->is_refused = false;
	}
	if (is_new)
		room_news_begin(room);
	model->dirty |= MODEL_CHATS | MODEL_PEOPLE;
	free(jid);
}

struct model_room *
model_room_of(const struct model *model, const char *jid)
{
	size_t bare = strcspn(jid, "/");

	if (!jid[bare])
		return model_room(model, jid);
	char *room = mem_strndup(jid, bare);
	struct model_room *found = model_room(model, room);
	free(room);
	return found;
}

void
model_put_people(struct model *model, struct model_room *room,
		 const struct bridge_occupant *people, size_t count)
{
	occupants_free(room->people);
	room->people = occupants_new();
	room->is_watched = true;
	room->hidden_at = 0;
	for (size_t i = 0; i < count; i++)
		occupants_put(room->people, &people[i], NULL);
	model->dirty |= MODEL_PEOPLE;
}

void
model_put_occupant(struct model *model, const struct bridge_occupant_event *event)
{
	struct model_room *room = model_room(model, event->jid);

	if (!room || !room->people)
		return;
	occupants_put(room->people, event->occupant, event->was);
	model->dirty |= MODEL_PEOPLE;
}

void
model_drop_occupant(struct model *model, const struct bridge_occupant_gone_event *event)
{
	struct model_room *room = model_room(model, event->jid);

	if (room && room->people && occupants_remove(room->people, event->nick))
		model->dirty |= MODEL_PEOPLE;
}

void
model_room_left(struct model_room *room, const char *nick, uint64_t at)
{
	struct room_left *left = &room->left[room->left_next++ % ROOM_LEFT_MAX];

	mem_replace(&left->nick, nick);
	left->at = at;
}

void
model_room_forget_left(struct model_room *room, uint64_t before)
{
	for (size_t i = 0; i < ROOM_LEFT_MAX; i++)
		if (room->left[i].nick && room->left[i].at < before)
			mem_replace(&room->left[i].nick, NULL);
}

void
model_unwatch_rooms(struct model *model, const char *jid)
{
	for (size_t i = 0; i < model->rooms.count; i++) {
		struct model_room *room = model->rooms.rows[i];
		if (jid && strcmp(room->jid, jid) != 0)
			continue;
		room->is_watched = room->is_refused = false;
	}
	model->dirty |= MODEL_PEOPLE;
}

void
model_drop_rooms(struct model *model)
{
	for (size_t i = 0; i < model->rooms.count; i++)
		room_free(model->rooms.rows[i]);
	by_jid_done(&model->rooms);
}
