/*
 * Invitations into rooms: said by the room (XEP-0045 section 7.8.2) and directly
 * (XEP-0249), both ways.
 */
#ifndef TERN_MUC_MUC_INVITE_H
#define TERN_MUC_MUC_INVITE_H

struct profile;
struct room;

/* Inside a job: asks WHO (bare JID) into the room JID (bare), with a REASON (may be
 * NULL). A room for members only says it itself, and may put them on its list; a refusal
 * is told by a notice. */
void muc_invite(struct profile *profile, const char *jid, const char *who,
		const char *reason);

/* The password that came with an invitation into the room JID; NULL: none. Borrowed. */
const char *muc_invite_password(const struct profile *profile, const char *jid);

#endif
