/*
 * The inside of the bookmarks' module: bookmarks.c (what holds), bookmarks_user.c
 * (what the user changes), bookmarks_pep.c (XEP-0402), bookmarks_old.c (XEP-0048 in
 * XEP-0049). Everything runs inside jobs.
 */
#ifndef TERN_XEP_BOOKMARKS_INNER_H
#define TERN_XEP_BOOKMARKS_INNER_H

#include "backend/xep/bookmarks.h"

#define FACT_MODE "bookmarks.mode" /* where they are kept; none: not known yet */
#define MODE_PEP "pep"
#define MODE_OLD "old"
#define MODE_NONE "none"
#define FACT_COMPAT "bookmarks.compat" /* the server keeps the old ones itself */
#define FACT_RULES "bookmarks.rules"   /* of the node: one of RULES_… */
#define RULES_SETTING "setting"
#define RULES_SET "set"
#define FACT_FETCH "bookmarks.fetch" /* of all of them, by XEP-0402: one of FETCH_… */
#define FETCH_DUE "due"		     /* once we are told of changes */
#define FETCH_OPEN "open"
#define FETCH_AGAIN "again" /* open, and asked for once more after that */

enum bookmarks_ask {
	BOOKMARKS_FETCH,
	BOOKMARKS_TELL,
	BOOKMARKS_CREATE,
	BOOKMARKS_CONFIGURE,
	BOOKMARKS_OLD_FETCH,
	BOOKMARKS_OLD_WRITE,
	BOOKMARKS_OLD_IMPORT,
};

extern const struct module_ask bookmarks_asks[];

/* ---- bookmarks.c ---- */

/* Whether the session's fact KEY is VALUE; with NULL: whether there is none. */
bool bookmarks_is_fact(struct profile *profile, const char *key, const char *value);

/* Sets a fact of the session; NULL: there is none. */
void bookmarks_set_fact(struct profile *profile, const char *key, const char *value);

/* As many are taken from the server. */
enum { BOOKMARKS_MAX = 2000 };

/* Takes a bookmark of the server in; ours wins where it is due. ROW is completed by what
 * is known of it here. */
void bookmarks_take(struct profile *profile, struct bookmark *row, const char *password);

/* The bookmark WAS was removed elsewhere. */
void bookmarks_drop(struct profile *profile, const struct bookmark *was);

/* Keeps ROW, of which the server has to be told. */
void bookmarks_commit(struct profile *profile, struct bookmark *row);

/* All of the server's were taken: the others were removed elsewhere. IS_WHOLE is false
 * where the server gave none for some error. True for the first time in this process and
 * session. */
bool bookmarks_fetched(struct profile *profile, bool is_whole);

/* All were asked for, and ANSWER (NULL: none) does not say what there is, nor that there
 * is nothing: they are asked for again, a few times. False if it does say that. */
bool bookmarks_may_ask_again(struct profile *profile, const struct stanza *answer);

/* Tells the server what is due. */
void bookmarks_tell_all(struct profile *profile);

/* Keeps it in memory; NULL or "": there is none. */
void bookmarks_set_password(struct profile *profile, const char *jid, const char *text);

/* Whether the server is told the same by A and B. */
bool bookmarks_is_same(const struct bookmark *a, const struct bookmark *b);

/* The rule of notification follows from ROW, which was WAS (NULL: not there). What was
 * said here holds while the bookmark says nothing, or has no room for it (XEP-0048). */
void bookmarks_follow_rule(struct profile *profile, const struct bookmark *row,
			   const struct bookmark *was);

/* The server did not take a change: says so, by its ANSWER. */
void bookmarks_complain(struct profile *profile, const struct stanza *answer);

/* This server keeps nothing for us. */
void bookmarks_give_up(struct profile *profile);

/* ---- bookmarks_pep.c ---- */

/* Asks for all bookmarks. */
void bookmarks_fetch(struct profile *profile);

/* Tells the server of ROW, which is due. */
void bookmarks_publish(struct profile *profile, const struct bookmark *row);

/* The module's hook. */
enum module_verdict bookmarks_on_message(struct profile *profile,
					 struct inbound *inbound);

/* Answers, for the table of asks. */
profile_answer bookmarks_on_items;
profile_answer bookmarks_on_told;
profile_answer bookmarks_on_created;
profile_answer bookmarks_on_rules;

/* ---- bookmarks_old.c ---- */

/* Fetches all from the private storage, takes them, and writes what is due. */
void bookmarks_old_sync(struct profile *profile);

/* Takes over what was kept in the private storage, for XEP-0402, once. */
void bookmarks_old_import(struct profile *profile);

profile_answer bookmarks_on_old;
profile_answer bookmarks_on_old_written;
profile_answer bookmarks_on_old_import;

#endif
