/*
 * What its members should read of a room's changes: that they are out of it, what they
 * may do now, another subject. Pure; people.c says it.
 */
#ifndef TERN_TUI_ROOM_NEWS_H
#define TERN_TUI_ROOM_NEWS_H

struct model_room;

/* All that ROOM is now counts as known. */
void room_news_begin(struct model_room *room);

/* What changed since then or since the last call, as sentences; NULL for nothing that is
 * worth a word. CONDITION is the cause of being out, or NULL. The caller frees. */
char *room_news(struct model_room *room, const char *condition);

#endif
