/*
 * Bookmarks of rooms: what the server keeps of them, and what of it is still to be told
 * to the server. A room's password is never among it.
 */
#ifndef TERN_STORE_BOOKMARKS_H
#define TERN_STORE_BOOKMARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bridge/base/arena.h"

struct store;

struct bookmark {
	const char *jid;  /* of the room, bare */
	const char *name; /* NULL: none */
	const char *nick; /* NULL: none */
	bool is_autojoin;
	bool has_password;	/* one that only the server and memory have */
	bool is_not_here;	/* of this host: autojoin does not count */
	const char *extensions; /* XML of <extensions/> as the server has it; or NULL */
	int64_t due;	 /* seq of the change that the server has to be told; or 0 */
	bool is_removed; /* that change is its removal */
	int64_t seq;
};

struct bookmark_list {
	struct bookmark *items;
	size_t count;
};

/* Keeps the bookmark of ROW->jid, whatever it was; ROW->seq is set to a new one, and with
 * IS_DUE ROW->due as well. Inside a job. */
int bookmarks_put(struct store *store, struct bookmark *row, bool is_due);

/* The server was told of the changes of JID up to DUE: a removed one is forgotten. JID
 * NULL: of all. Inside a job. */
int bookmarks_told(struct store *store, const char *jid, int64_t due);

/* Forgets the bookmark of JID. Inside a job. */
int bookmarks_forget(struct store *store, const char *jid);

/* The bookmark of JID in ARENA; -ENOENT if there is none. One that is_removed counts. */
int bookmarks_get(struct store *store, const char *jid, struct arena *arena,
		  struct bookmark *ret_row);

/* All bookmarks by JID, in ARENA; removed ones too. */
int bookmarks_list(struct store *store, struct arena *arena,
		   struct bookmark_list *ret_list);

/* How many there are, removed ones too. */
int64_t bookmarks_count(struct store *store);

/* While all bookmarks of the server are read: JID is among them. Inside a job. */
int bookmarks_see(struct store *store, const char *jid);

/* They are read from the first again: none was seen. Inside a job. */
int bookmarks_unsee(struct store *store);

/* All were read: those that were not among them and are not due, in ARENA; what was seen
 * is forgotten. Inside a job. */
int bookmarks_unseen(struct store *store, struct arena *arena,
		     struct bookmark_list *ret_list);

#endif
