/*
 * The set of rooms. Everything in a record may come from strangers and is cleaned here.
 */
#include "tui/model_room.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"
#include "tui/model.h"

enum { JID_MAX = 3071, TEXT_MAX = 4096, NAME_MAX_BYTES = 256 };

struct model_room *
model_room(const struct model *model, const char *jid)
{
	return by_jid_find(&model->rooms, jid);
}

static void
room_free(struct model_room *room)
{
	char *texts[] = {room->jid,	room->name,	  room->nick,
			 room->subject, room->subject_by, room->reason};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		free(texts[i]);
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
model_put_room(struct model *model, const struct bridge_room *record)
{
	char *jid = clean_text(record->jid, CLEAN_LINE, JID_MAX);
	struct model_room *room = model_room(model, jid);

	if (!room) {
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
	set(&room->nick, record->nick, NAME_MAX_BYTES);
	set(&room->subject, record->subject, TEXT_MAX);
	set(&room->subject_by, record->subject_by, NAME_MAX_BYTES);
	set(&room->reason, record->reason, TEXT_MAX);
	room->state = record->state;
	room->role = record->role;
	room->affiliation = record->affiliation;
	room->occupants = record->occupants;
	model->dirty |= MODEL_CHATS;
	free(jid);
}

void
model_drop_rooms(struct model *model)
{
	for (size_t i = 0; i < model->rooms.count; i++)
		room_free(model->rooms.rows[i]);
	by_jid_done(&model->rooms);
}
