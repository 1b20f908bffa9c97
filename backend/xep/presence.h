/*
 * Presence and subscriptions (RFC 6121 sections 3 and 4): the latest presence of each
 * resource, our own, and who asks to see it.
 */
#ifndef TERN_XEP_PRESENCE_H
#define TERN_XEP_PRESENCE_H

#include "backend/session/profile.h"
#include "bridge/base/arena.h"

/* What has to be there before a new session says that we are. */
enum presence_gate {
	PRESENCE_ROSTER = 1, /* the roster, or we would not know who sees us */
	PRESENCE_ARCHIVE =
		2, /* the newest of the archive: it comes before what is live */
};

/* ---- presence_own.c: our own ---- */

/* Inside a job: GATE is open. At the last one our presence is sent. */
void presence_begin(struct profile *profile, enum presence_gate gate);

/* Whether it was, in this session. */
bool presence_is_said(struct profile *profile);

/* Inside a job: it is known what our account keeps. Our presence is what asks for being
 * told of its changes (XEP-0163 section 4): once it was sent, what there is already is
 * fetched. */
void presence_follow(struct profile *profile);

/* Inside a job: FROM (NULL: our server) was told what the hash in our presence stands
 * for. Our server tells of changes only from then on, so what there is already is fetched
 * again, once a session. */
void presence_explained(struct profile *profile, const char *from);

/* Inside a job: sends our own presence as chosen. */
void presence_announce(struct profile *profile);

/* Adds our availability and status text to STANZA, a presence that goes to one address.
 */
void presence_describe(struct profile *profile, struct stanza *stanza);

/* The availability that a presence without a type tells. */
enum bridge_show presence_show_of(const struct stanza *stanza);

/* Inside a job: keeps our availability and status text (NULL or "": none), sends it if we
 * are online. 0 or a negative errno. */
int presence_choose(struct profile *profile, enum bridge_show show, const char *text);

/* Inside a job: nobody looks any more (IS_AWAY), so where nothing else was chosen by hand
 * we are away; or somebody does again. 0 or a negative errno. */
int presence_auto(struct profile *profile, bool is_away);

/* Whether we are away for that reason alone. */
bool presence_is_auto(struct profile *profile);

/* Our availability and status text; the text is in ARENA or NULL. */
void presence_own(struct profile *profile, struct arena *arena,
		  enum bridge_show *ret_show, const char **ret_text);

/* Inside a job, the module's hook: what was chosen while no stream was there is said when
 * the session goes on. */
void presence_connected(struct profile *profile, bool is_resumed);

/* ---- presence.c: that of others ---- */

/* Every available resource known now, *RET_COUNT of them, in ARENA. */
const struct bridge_presence *presence_list(struct profile *profile, struct arena *arena,
					    size_t *ret_count);

/* Inside a job: sends a presence of TYPE subscribe, subscribed, unsubscribe or
 * unsubscribed to a bare JID. */
void presence_subscription(struct profile *profile, const char *jid, const char *type);

/* Inside a job: drops the waiting request of a bare JID, if there is one. */
void presence_request_gone(struct profile *profile, const char *jid);

#endif
