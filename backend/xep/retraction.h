/*
 * Lines that are taken back: by who wrote them (XEP-0424) or by a room's moderators
 * (XEP-0425).
 */
#ifndef TERN_XEP_RETRACTION_H
#define TERN_XEP_RETRACTION_H

#include <stdbool.h>

struct inbound;
struct message;
struct profile;
struct serve_request;

/* Inside a job: takes back our own line that REQUEST (message.retract, taken over) names:
 * one in a room when the room repeats it, another at once. */
void retraction_send(struct profile *profile, struct serve_request *request);

/* Inside a job: asks a room to take back the line that REQUEST (message.moderate, taken
 * over) names, in the form that the room announces; it answers. */
void retraction_moderate(struct profile *profile, struct serve_request *request);

/* Inside a job: LINE, which came as INBOUND and is in the store now, may have been taken
 * back by what came before it. Whether it was; it is not emitted. */
bool retraction_settle(struct profile *profile, const struct inbound *inbound,
		       const struct message *line);

#endif
