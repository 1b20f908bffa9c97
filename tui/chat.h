/*
 * A conversation as tern holds it: its badge row, and the lines that were loaded, in the
 * order of their place. Own lines stand here as pending from the moment they are sent
 * until the daemon's line takes their place. Pure: the view reads the marks left here
 * (is_dirty, gone, is_reset) once per loop turn.
 */
#ifndef TERN_TUI_CHAT_H
#define TERN_TUI_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/schema.h"
#include "tui/notices.h"

#define CHAT_TOKEN 16

/* Ids from here on are lines of our own that the daemon has not numbered yet. */
#define CHAT_PENDING (UINT64_C(1) << 60)

/* At most so many lines are kept of a conversation that is not scrolled back. */
#define CHAT_KEEP 500
#define CHAT_SLACK 100 /* trimmed once it is so many more */

struct chat_line {
	uint64_t id;
	int64_t place, seq;
	int64_t time; /* milliseconds since 1970 UTC */
	enum bridge_line_state state;
	bool is_own, is_dirty;
	bool is_mention;   /* it names us, in a room */
	bool is_retracted; /* taken back; its body says so */
	bool has_day;	   /* of the view: the mark of its day stands before it */
	int day;	   /* likewise: as clock_day */
	bool may_repeat;   /* sent again, perhaps for the second time */
	bool has_token;	   /* pending: not yet known as stored */
	uint8_t token[CHAT_TOKEN];
	uint64_t stored_id; /* pending: the id its answer named, 0 before */
	char *body;	    /* clean */
	char *nick;	    /* in a room: of who wrote it, raw; NULL: the room itself */
	char *text; /* pending: the text as typed, to send it once more; else NULL */
	char *reason;
};

struct chat {
	char *jid;
	enum bridge_conversation_kind kind;
	bool is_open;
	int64_t unread, mentions, read_place;
	char *draft; /* as the daemon has it, not cleaned; "" for none */
	char *input; /* as it stands here, unsent; "" for none */
	char *last;  /* the newest line, clean and in one row; NULL for none */
	int64_t last_time;
	enum bridge_chat_state typing;
	struct notices notices; /* what tern said in it */

	struct chat_line **lines;
	size_t line_count, line_cap;
	bool is_loaded;	    /* the newest page is here */
	int64_t known_from; /* from this place on every line there is is here; what
			       stands before it was so once, and is read anew */
	bool has_more;	    /* there are older lines, in the store or in the archive */
	bool is_asking;	    /* a page is under way */
	uint64_t asked_at;  /* loop time when it was asked for */
	bool is_stuck;	    /* older lines could not be had; not asked for by itself */

	bool is_shown; /* a page holds it; of others only the newest lines are kept */
	bool is_dirty; /* some line has is_dirty, or gone is not empty */
	bool is_reset; /* lines are others altogether: show them all anew */
	uint64_t *gone;
	size_t gone_count;
	uint64_t pending_count; /* for ids and places of pending lines */
};

struct chat *chat_new(const char *jid);
void chat_free(struct chat *chat);

/* Takes over a badge row. */
void chat_set_badge(struct chat *chat, const struct bridge_conversation *badge);

/* Adds, moves or replaces a line of the daemon; one that was seen newer already is left
 * alone. A pending line of the same token or of the same stored id goes. Where no lines
 * are loaded or asked for, and for a place before what is known, that is all. */
void chat_put(struct chat *chat, const struct bridge_line *line);

/* The line ID was taken back. */
void chat_remove(struct chat *chat, uint64_t id);

/* Takes over the page of lines before BEFORE (0: the newest page), which is all there is
 * in its range: lines that it lacks go. One that no longer fits is left out. */
void chat_put_page(struct chat *chat, const struct bridge_message_page_result *page,
		   int64_t before);

/* Lines may have changed unseen: they stay, and are asked for anew when they are shown.
 * IS_OTHER: the numbers of changes began anew as well. */
void chat_expire(struct chat *chat, bool is_other);

/* Lets go what stands before the known lines. */
void chat_forget_unknown(struct chat *chat);

/* Whether something does. */
bool chat_has_unknown(const struct chat *chat);

/* A pending line with a token and the text to send, at the end. */
struct chat_line *chat_add_pending(struct chat *chat, const uint8_t token[CHAT_TOKEN],
				   const char *text, int64_t time);

/* The pending line with TOKEN, NULL if there is none. */
struct chat_line *chat_pending(struct chat *chat, const uint8_t token[CHAT_TOKEN]);

/* The line with ID, NULL if it is not loaded. */
struct chat_line *chat_line(const struct chat *chat, uint64_t id);

/* Takes a line away. */
void chat_drop(struct chat *chat, struct chat_line *line);

/* Forgets the loaded lines, pending ones apart: they are asked for again when shown. */
void chat_unload(struct chat *chat);

/* Lets the oldest lines go until at most KEEP are left. */
void chat_trim(struct chat *chat, size_t keep);

/* The place of the first line from others behind PLACE, 0 if there is none. */
int64_t chat_first_after(const struct chat *chat, int64_t place);

/* The place up to which it was read. One that was never read was so up to what its badge
 * counts as unread: what came before that from the archive is no news. */
int64_t chat_read_until(const struct chat *chat);

/* The place of the newest line that the daemon has numbered, 0 if there is none. */
int64_t chat_newest_place(const struct chat *chat);

/* The view has taken over every mark. */
void chat_clean(struct chat *chat);

#endif
