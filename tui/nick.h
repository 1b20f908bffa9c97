/*
 * Nicks are chosen by strangers: blanks, quotes, a leading slash, a thousand letters. The
 * raw nick is kept for addressing; what stands on the screen is made here, and so is
 * what a line typed by the user means by one. Pure.
 */
#ifndef TERN_TUI_NICK_H
#define TERN_TUI_NICK_H

#include <stdbool.h>
#include <stddef.h>

struct chat;
struct model_room;

/* A nick takes at most so many columns on the screen. */
#define NICK_COLUMNS 24

/* NICK as it is shown: clean, at most NICK_COLUMNS wide, in quotes where its ends could
 * not be seen. The caller frees. */
char *nick_shown(const char *nick);

/* The nick in ROOM/NICK, NULL if JID has none. Borrowed from JID. */
const char *nick_of(const char *jid);

/* NICK as a word of a command line: in quotes where it needs them. The caller frees. */
char *nick_word(const char *nick);

/* The occupant of ROOM that *REST begins with, as the raw nick, which the caller frees;
 * *REST moves behind it. In quotes it is that very nick; else the longest that fits, in
 * another case where none fits exactly. Who was there a moment ago is found too, so that
 * what is meant for him is not taken for the name of another. NULL if there is none. */
char *nick_take(const struct model_room *room, const char **rest);

/* The same; where there is none, the next word, NULL without one. */
char *nick_or_word(const struct model_room *room, const char **rest);

/* The nicks of ROOM but ours: who spoke last in CHAT (may be NULL) first, the silent ones
 * in the order of the alphabet. An array, borrowed strings; the caller frees it. */
const char **nick_by_speech(const struct model_room *room, const struct chat *chat,
			    size_t *ret_count);

#endif
