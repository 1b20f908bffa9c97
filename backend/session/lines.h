/*
 * Store rows as bridge records: the one place where a contact, a line or a badge is
 * translated, and where their events are made.
 */
#ifndef TERN_SESSION_LINES_H
#define TERN_SESSION_LINES_H

#include "backend/store/contacts.h"
#include "backend/store/conversations.h"
#include "backend/store/messages.h"
#include "bridge/base/arena.h"
#include "bridge/schema.h"

struct profile;

/* Fills the bridge's record of MESSAGE in the conversation KEY; strings are borrowed. */
void lines_fill(const struct conversation_key *key, const struct message *message,
		struct bridge_line *ret_line);

/* The bridge's record of a conversation's badge; parts of it are in ARENA. The newest
 * line's body is cut, since nobody shows more of it and there are many badges. */
void lines_fill_badge(const struct conversation *row, struct arena *arena,
		      struct bridge_conversation *ret_record);

/* The bridge's record of a contact; strings are borrowed. */
void lines_fill_contact(const struct contact *row, struct bridge_contact *ret_record);

/* Inside a job: emits the line ID as it is now; TOKEN may be NULL. */
void lines_emit(struct profile *profile, int64_t id, bool is_new,
		const struct bridge_bin *token);

/* Inside a job: the badge of conversation ID is told after the commit, once for all that
 * changed it in this batch, and the router learns of the counts. */
void lines_emit_badge(struct profile *profile, int64_t conversation);

/* Tells the badge of conversation ID as it can be read here and now. */
void lines_tell_badge(struct profile *profile, int64_t conversation);

/* Inside a job: the conversation KEY, made and opened if need be. 0 or a negative errno.
 */
int lines_conversation(struct profile *profile, const struct conversation_key *key,
		       int64_t *ret_id);

#endif
