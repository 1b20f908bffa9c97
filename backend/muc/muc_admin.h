/*
 * Ruling a room (XEP-0045 sections 8, 9 and 10): roles for as long as somebody is there,
 * affiliations for long, and the lists of these. Whether it may be done is for the room
 * to say; its answer is the request's.
 */
#ifndef TERN_MUC_MUC_ADMIN_H
#define TERN_MUC_MUC_ADMIN_H

#include "bridge/schema.h"

struct profile;
struct serve_request;
struct stanza;

/* For whom something changes, and where; strings are prepared and borrowed. */
struct muc_change {
	const char *room; /* bare JID */
	const char *jid;  /* of whom, bare; NULL: who has NICK */
	const char *nick;
	const char *reason; /* NULL: none is given */
};

/* Inside a job: asks for ROLE; REQUEST is taken over and answered by the room. */
void muc_set_role(struct profile *profile, const struct muc_change *change,
		  enum bridge_role role, struct serve_request *request);

/* The same for an AFFILIATION. */
void muc_set_affiliation(struct profile *profile, const struct muc_change *change,
			 enum bridge_affiliation affiliation,
			 struct serve_request *request);

/* Inside a job: asks ROOM for the list of AFFILIATION; REQUEST (room.affiliations) is
 * taken over. */
void muc_list_affiliations(struct profile *profile, const char *room,
			   enum bridge_affiliation affiliation,
			   struct serve_request *request);

/* A profile_answer with a request as data whose result is empty: it is answered by what
 * the room said. */
void muc_agreed(struct profile *profile, const struct stanza *answer, bool is_last,
		void *data);

/* Refuses REQUEST by what a room said in ANSWER (NULL: nothing), in a sentence. */
void muc_refuse(struct profile *profile, struct serve_request *request,
		const struct stanza *answer);

#endif
