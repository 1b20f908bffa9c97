/*
 * Asking for a voice in a moderated room, and hearing who asks (XEP-0045 section 7.13).
 * Giving one is changing a role: muc_admin.h.
 */
#ifndef TERN_MUC_MUC_VOICE_H
#define TERN_MUC_MUC_VOICE_H

struct profile;
struct room;

/* Inside a job: asks the moderators of ROOM, in which we are, for a voice. They answer by
 * our role or not at all; where the room itself refuses, a notice tells it. */
void muc_ask_voice(struct profile *profile, const struct room *room);

#endif
