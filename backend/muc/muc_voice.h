/*
 * Asking for a voice in a moderated room, and hearing who asks (XEP-0045 section 7.13).
 * Giving one is changing a role: muc_admin.h.
 */
#ifndef TERN_MUC_MUC_VOICE_H
#define TERN_MUC_MUC_VOICE_H

#include <stddef.h>

#include "bridge/base/arena.h"
#include "bridge/schema.h"

struct profile;
struct room;

/* Inside a job: asks the moderators of ROOM, in which we are, for a voice. They answer by
 * our role or not at all; where the room itself refuses, a notice tells it. */
void muc_ask_voice(struct profile *profile, const struct room *room);

/* Inside a job: what we are in ROOM changed: who asked us for a voice is forgotten, if we
 * may give none any more. */
void muc_voice_check(struct profile *profile, struct room *room);

/* The bridge's records of those who ask us for a voice, *RET_COUNT of them, in ARENA. */
const struct bridge_voice *muc_voices(const struct profile *profile, struct arena *arena,
				      size_t *ret_count);

#endif
