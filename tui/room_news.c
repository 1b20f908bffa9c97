/*
 * The difference between a room and what was told of it. A link that breaks and comes
 * back is no news: one counts as inside until the room said no or was left.
 */
#include "tui/room_news.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "tui/model_room.h"

void
room_news_begin(struct model_room *room)
{
	struct room_told *told = &room->told;

	told->is_inside =
		room->state == room_state_IN || room->state == room_state_WAITING;
	told->has_role = room->state == room_state_IN;
	told->is_open = told->is_inside && room->is_open;
	told->role = room->role;
	told->affiliation = room->affiliation;
	mem_replace(&told->subject, room->subject);
}

static void
add(struct buf *out, const char *sentence)
{
	if (sentence)
		buf_printf(out, "%s%s", out->len > 0 ? " " : "", sentence);
}

/* What one may do in the room. */
static void
add_standing(struct buf *out, const struct model_room *room)
{
	static const char *const affiliations[affiliation_COUNT] = {
		[affiliation_MEMBER] = "You are a member of this room now.",
		[affiliation_ADMIN] = "You are an admin of this room now.",
		[affiliation_OWNER] = "You are an owner of this room now.",
	};
	static const char *const lost[affiliation_COUNT] = {
		[affiliation_MEMBER] = "You are no member of this room any more.",
		[affiliation_ADMIN] = "You are no admin of this room any more.",
		[affiliation_OWNER] = "You are no owner of this room any more.",
	};
	const struct room_told *told = &room->told;
	bool is_other = room->affiliation != told->affiliation;
	bool is_silent = room->role == role_VISITOR;

	if (room->role == role_NONE)
		return;
	if (!told->has_role) {
		add(out, is_silent ? "You may read here, but not speak: "
				     "/voice asks for that."
				   : NULL);
		return;
	}
	if (is_other)
		add(out, affiliations[room->affiliation] ? affiliations[room->affiliation]
							 : lost[told->affiliation]);
	if (room->role == told->role)
		return;
	if (is_silent)
		add(out, "You may not speak here any more.");
	else if (told->role == role_VISITOR && room->role == role_PARTICIPANT)
		add(out, "You may speak here now.");
	else if (room->role == role_MODERATOR && !is_other)
		add(out, "You are a moderator here now.");
	else if (told->role == role_MODERATOR && !is_other)
		add(out, "You are no moderator here any more.");
}

/* XEP-0045 sections 7.2.4 and 10.2.1: nobody is to be seen without knowing it. */
static void
add_openness(struct buf *out, const struct model_room *room)
{
	if (room->is_open && !room->told.is_open)
		add(out, "Everybody here sees your address.");
	else if (!room->is_open && room->told.is_open)
		add(out, "Only moderators see your address now.");
}

static void
add_subject(struct buf *out, const struct model_room *room)
{
	const char *by = room->subject_by;

	const char *was = room->told.subject;

	if (strcmp(room->subject, was ? was : "") == 0)
		return;
	if (room->subject[0])
		buf_printf(out, "%sSubject%s%s: %s", out->len > 0 ? " " : "",
			   by[0] ? " by " : "", by, room->subject);
	else if (by[0])
		buf_printf(out, "%s%s took the subject away.", out->len > 0 ? " " : "",
			   by);
}

char *
room_news(struct model_room *room, const char *condition)
{
	struct buf out = {0};
	struct room_told *told = &room->told;
	bool was_kicked = condition && strcmp(condition, "kicked") == 0;

	switch (room->state) {
	case room_state_IN:
		add_standing(&out, room);
		add_openness(&out, room);
		add_subject(&out, room);
		/* A subject that is not known yet is none that was taken away. */
		bool has_subject = room->subject[0] || room->subject_by[0];
		char *before = told->subject;
		told->subject = NULL;
		room_news_begin(room);
		if (!has_subject && before)
			mem_replace(&told->subject, before);
		free(before);
		break;
	case room_state_REFUSED:
		if (told->is_inside && room->reason[0]) {
			add(&out, room->reason);
			add(&out, was_kicked	      ? "/join goes back in."
				  : room->moved_to[0] ? "/join goes there."
						      : NULL);
		}
		told->is_inside = told->has_role = told->is_open = false;
		break;
	case room_state_OUT:
		told->is_inside = told->has_role = told->is_open = false;
		break;
	case room_state_WAITING:
	case room_state_ENTERING:
	case room_state_COUNT:
		break;
	}
	return out.len > 0 ? buf_take_text(&out) : NULL;
}
