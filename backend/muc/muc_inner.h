/*
 * The inside of the rooms' module, for the files of this folder.
 */
#ifndef TERN_MUC_MUC_INNER_H
#define TERN_MUC_MUC_INNER_H

#include "backend/muc/muc.h"
#include "backend/xmpp/stanza.h"

struct search;

/* ---- muc_table.c ---- */

/* Makes the table with what the store has of it (module start), frees it (stop). */
void muc_table_start(struct profile *profile);
void muc_table_stop(struct profile *profile);

/* The room of the bare JID, made if there is none. */
struct room *muc_ensure(struct profile *profile, const char *jid);

/* Inside a job: forgets ROOM, which nobody waits for any more. */
void muc_drop(struct profile *profile, struct room *room);

/* Inside a job: keeps ROOM as it is now and tells the frontends; of a trial only what a
 * later process needs. */
void muc_changed(struct profile *profile, struct room *room);

/* Inside a job: keeps what CHANGE did with PRESENCE, and tells who watches. */
void muc_occupant_changed(struct profile *profile, struct room *room,
			  enum room_change change, const struct room_presence *presence);

/* Inside a job: keeps OCCUPANT of ROOM as it is now. */
void muc_keep_occupant(struct profile *profile, const struct room *room,
		       const struct occupant *occupant);

/* Inside a job: nobody is in ROOM any more, as the store has it. */
void muc_forget_occupants(struct profile *profile, struct room *room);

/* The searches that wait for the profile to be online (muc_services.c). */
struct search **muc_searches(struct profile *profile);

/* ---- muc_services.c ---- */

/* Inside a job: the profile is online, what waited for that goes on. */
void muc_services_connected(struct profile *profile);

/* Tells those who wait that nothing comes (module stop). */
void muc_services_stop(struct profile *profile);

/* ---- muc_entry.c ---- */

/* Inside a job: begins to join, or waits for its turn. */
void muc_enter(struct profile *profile, struct room *room);

/* Inside a job: we are in. IS_NEW_ROOM: it was made for us and waits to be configured. */
void muc_entered(struct profile *profile, struct room *room, bool is_new_room);

/* Inside a job: a presence of type error came from ROOM or its occupant NICK. */
void muc_presence_error(struct profile *profile, struct room *room,
			const struct stanza *presence);

/* Inside a job: ROOM is joined when the profile is online again, and who waits for it is
 * told so. */
void muc_put_off(struct profile *profile, struct room *room);

/* Inside a job: the stay that we left is over; who asked for a new one meanwhile gets it.
 */
void muc_leaving_ended(struct profile *profile, struct room *room);

/* Inside a job: we are out, as PRESENCE says; comes back where that makes sense. */
void muc_left(struct profile *profile, struct room *room,
	      const struct room_presence *presence);

/* Inside a job: a session began; or it goes on, and each room is looked after. */
void muc_session_began(struct profile *profile);
void muc_session_resumed(struct profile *profile);

/* Inside a job: we are not in ROOM any more, and did not know it: enters again. */
void muc_come_back(struct profile *profile, struct room *room);

/* Answers who waits for the join of ROOM: with the room, or by why it was refused. */
void muc_answer(struct profile *profile, struct room *room);

/* ---- muc_say.c ---- */

/* Inside a job: asks ROOM to let us in under the nick that we wish (XEP-0045
 * section 7.2), with as much of its history as we lack. */
void muc_say_join(struct profile *profile, struct room *room);

/* Inside a job: says our availability, and the nick that we wish, to ROOM, in which we
 * are.
 */
void muc_say_presence(struct profile *profile, const struct room *room);

/* Inside a job: says that we leave ROOM, and why: TEXT, NULL for nothing. */
void muc_say_left(struct profile *profile, const struct room *room, const char *text);

/* Inside a job: a room that was made for us opens with the defaults of its server
 * (XEP-0045 section 10.1.2). */
void muc_say_open(struct profile *profile, const struct room *room);

/* ---- muc_ping.c ---- */

/* Whether we are still in a room is asked as XEP-0410 says, and what is not so any more
 * is joined again. */

/* Inside a job: we are in ROOM, which is asked from now on when it is silent for long. */
void muc_listen(struct profile *profile, struct room *room);

/* Inside a job: there is reason to doubt that we are in ROOM, such as a session that went
 * on: it is asked soon and once, as the one with that NUMBER (from 0) of all that are. */
void muc_doubt(struct profile *profile, struct room *room, unsigned number);

/* Inside a job: something came from ROOM: it is not silent. */
void muc_heard(struct profile *profile, struct room *room);

/* ---- muc_info.c ---- */

/* The bits of enum room_feature that QUERY (a room's disco#info) announces. */
int64_t muc_features(const struct stanza *query);

/* Whether QUERY is of something that XEP-0045 is spoken with. */
bool muc_is_room(const struct stanza *query);

/* How the room calls itself there; NULL: not at all. Borrowed. */
const char *muc_name(const struct stanza *query);

/* Takes over what QUERY says of ROOM. Whether that was a room's answer; somebody's
 * account is none. */
bool muc_read_info(struct room *room, const struct stanza *query);

/* Inside a job: asks ROOM, in which we are, once more what it is: it changed. */
void muc_read_again(struct profile *profile, struct room *room);

/* ---- muc_archive.c ---- */

/* Inside a job, before we enter ROOM: opens the gap since the last line of it that is
 * here, if it keeps an archive. */
void muc_open_gap(struct profile *profile, struct room *room);

/* Inside a job: we entered ROOM; what its archive has is fetched, and what of ours the
 * room never said goes out again. */
void muc_catch_up(struct profile *profile, struct room *room);

/* Inside a job: the session goes on, perhaps in another process; so does the walk. */
void muc_catch_up_again(struct profile *profile, struct room *room);

/* Inside a job: the history that ROOM repeated is over. */
void muc_history_ended(struct profile *profile, struct room *room);

/* We are out of ROOM: nothing is waited for. */
void muc_catch_up_stop(struct room *room);

/* ROOM is about to be freed: stops, and frees what a walk through its archive needs. */
void muc_catch_up_forget(struct room *room);

/* ---- muc_refusal.c ---- */

/* What to do about a refused join. */
enum muc_remedy {
	MUC_TRY_AGAIN, /* by itself, later */
	MUC_ASK,       /* only the user can mend it */
};

/* Why we are not in a room. */
struct muc_verdict {
	enum muc_remedy remedy;
	const char *condition; /* borrowed */
	char *sentence;
	char *moved; /* where it went on, a bare address; NULL: nowhere */
};

/* What the error that answered us says (RFC 6120 section 8.3.3). */
void muc_refusal(const struct room *room, const struct stanza *error,
		 struct muc_verdict *ret_verdict);

/* What PRESENCE says, by which we went out. */
void muc_exit(const struct room_presence *presence, struct muc_verdict *ret_verdict);

/* Frees what VERDICT holds. */
void muc_verdict_done(struct muc_verdict *verdict);

#endif
