/*
 * Displayed markers (XEP-0333): telling the others how far we have read.
 */
#ifndef TERN_XEP_MARKERS_H
#define TERN_XEP_MARKERS_H

#include "backend/session/profile.h"

/* Inside a job: CONVERSATION was read. Tells the other side, if it wants to know of a
 * line that it was not told of, the option `markers` is on and it sees our presence;
 * offline it waits for the next connection. */
void markers_tell(struct profile *profile, int64_t conversation);

#endif
