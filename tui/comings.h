/*
 * Who came into a room, left it or took another nick since the last line that was said:
 * as one sentence. Pure.
 */
#ifndef TERN_TUI_COMINGS_H
#define TERN_TUI_COMINGS_H

#include <stdbool.h>
#include <stddef.h>

struct comings;

struct comings *comings_new(void);
void comings_free(struct comings *comings);

/* Forgets everything: the next sentence begins. */
void comings_clear(struct comings *comings);

/* NICK came; left; WAS is NICK now. Nicks as they are. */
void comings_came(struct comings *comings, const char *nick);
void comings_left(struct comings *comings, const char *nick);
void comings_renamed(struct comings *comings, const char *was, const char *nick);

/* So many that the next one should begin another sentence. */
bool comings_is_full(const struct comings *comings);

/* "Anna, Bob came; Carl left; Dan is now Dana": what it comes to, so that nothing is said
 * of who came and left but that. The caller frees; "" for nothing. */
char *comings_text(const struct comings *comings);

#endif
