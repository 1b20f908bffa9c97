/*
 * What belongs to one XMPP session and lasts as long as that can be resumed (XEP-0198):
 * the presences of others, our open iqs by kind, and small facts of the modules. It is
 * written in the transactions of what caused it, read by the process that resumes, and
 * cleared at a fresh bind.
 */
#ifndef TERN_STORE_SESSION_SCOPE_H
#define TERN_STORE_SESSION_SCOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "bridge/base/arena.h"

struct store;

struct session_presence {
	const char *jid; /* full, or bare where an account has no resource */
	int show;	 /* the caller's number */
	const char *text;
	int priority;
	bool is_stranger; /* neither in the roster nor ours when it came */
};

struct session_ask {
	const char *id;
	const char *name;     /* of its struct module_ask */
	const char *receiver; /* NULL: our server for our account */
	const char *note;     /* may be NULL */
};

/* Forgets everything of the last session. Inside a job. */
int session_scope_clear(struct store *store);

/* Keeps the presence of its JID, whatever it was before. Inside a job. */
int session_presence_put(struct store *store, const struct session_presence *presence);

/* Forgets the presence of JID. Inside a job. */
int session_presence_remove(struct store *store, const char *jid);

/* All presences, in ARENA. */
int session_presences(struct store *store, struct arena *arena,
		      struct session_presence **ret_list, size_t *ret_count);

/* Keeps an open question. Inside a job. */
int session_ask_put(struct store *store, const struct session_ask *ask);

/* Forgets the question ID, if it is kept. Inside a job. */
int session_ask_remove(struct store *store, const char *id);

/* All open questions, in ARENA. */
int session_asks(struct store *store, struct arena *arena, struct session_ask **ret_list,
		 size_t *ret_count);

/* Sets a fact (VALUE NULL: there is none). Keys begin with the module's name and a dot.
 * Inside a job. */
int session_fact_set(struct store *store, const char *key, const char *value);

/* The value of a fact in ARENA, or NULL. */
const char *session_fact(struct store *store, const char *key, struct arena *arena);

#endif
