/*
 * What a room's owner may do (XEP-0045 section 10): configure it by its form, destroy it.
 */
#ifndef TERN_MUC_MUC_CONFIG_H
#define TERN_MUC_MUC_CONFIG_H

struct profile;
struct serve_request;

/* Inside a job: asks ROOM (bare JID) for its form; REQUEST (room.config) is taken over.
 */
void muc_ask_config(struct profile *profile, const char *room,
		    struct serve_request *request);

/* Inside a job: takes the form of ROOM as it is, changes in it what REQUEST
 * (room.configure, taken over) says, and submits it. */
void muc_configure(struct profile *profile, const char *room,
		   struct serve_request *request);

/* Inside a job: destroys ROOM as REQUEST (room.destroy, taken over) says; ELSEWHERE is a
 * prepared address, or NULL. */
void muc_destroy(struct profile *profile, const char *room, const char *elsewhere,
		 struct serve_request *request);

#endif
