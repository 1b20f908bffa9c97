/*
 * Modules: one file in backend/xep for each XEP (and for the chapters of RFC 6121), each
 * exporting one const table of hooks. The order of modules.def is the order in which the
 * hooks of all modules run. Every hook but start and stop runs inside a store job: it may
 * write to the store, and what it says (profile_emit, profile_send, profile_ask) leaves
 * when that is durable. A hook borrows everything until it returns.
 */
#ifndef TERN_SESSION_MODULE_H
#define TERN_SESSION_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/store/conversations.h"
#include "backend/xmpp/jid.h"
#include "backend/xmpp/stanza.h"

struct profile;

/* Which way a message came to us. */
enum inbound_origin {
	INBOUND_LIVE, /* addressed to this resource or our bare JID */
	INBOUND_CARBON,
	INBOUND_ARCHIVE,
};

/* A message on its way into the store; modules annotate it in turn. */
struct inbound {
	const struct stanza *stanza; /* the message itself, unwrapped */
	enum inbound_origin origin;
	struct jid from; /* its true sender; our own full JID where it had none */
	struct jid to;
	enum conversation_kind kind;
	const char
		*peer; /* its conversation: the other side's bare JID, or occupant JID */
	const char *sender; /* its true sender: bare JID; in a room the occupant JID */
	const char
		*occupant_id; /* of the sender (XEP-0421), trusted; NULL where unknown */
	bool is_mention;      /* it names us, in a room */
	bool is_own;	      /* written by this account */
	bool is_delayed;
	int64_t time_ms;  /* when it was sent, wall clock */
	const char *body; /* NULL: none */
	/* Its id in the archive of ARCHIVE_BY (XEP-0359), trusted; NULL where unknown. */
	const char *archive_id;
	const char *archive_by;
	int64_t gap; /* id of the gap of the store that it fills; 0: none */
};

/* A message inside another one (XEP-0297), on its way into the pipeline. */
struct forwarded {
	const struct stanza *message;
	enum inbound_origin origin;
	int64_t stamp_ms;	/* of the wrapper's delay element; 0: none */
	const char *archive_id; /* as in struct inbound */
	const char *archive_by;
	int64_t gap;
};

/* Whether a message or presence goes on to the next module. */
enum module_verdict { MODULE_PASS, MODULE_TAKEN };

/* A kind of iq request that a module answers (get or set, by payload). */
struct module_iq {
	const char *type; /* "get" or "set" */
	const char *name; /* local name of the payload */
	const char *ns;
	/* Answers IQ with profile_send of stanza_reply or stanza_reply_error. */
	void (*handle)(struct profile *profile, const struct stanza *iq);
};

/* An answer to an iq of ours: ANSWER is the iq of type result or error, or NULL when the
 * session ended or nothing came in time. Runs inside a job. IS_LAST is false only for the
 * parts before the last of a large result. */
typedef void profile_answer(struct profile *profile, const struct stanza *answer,
			    bool is_last, void *data);

/* A kind of question whose answer is understood by the next process as well, when that
 * resumes the session (profile_ask_lasting). DATA of the answer is the note (const char
 * *), which may be NULL. */
struct module_ask {
	const char *name; /* unique among all modules; kept in the store */
	/* Where the rows of a large result are, which then comes in parts: 1: in the
	 * payload; 2: in the payload's child (<pubsub><items>); 0: it comes whole. */
	int row_level;
	profile_answer *answer;
};

/* The hooks; every one may be NULL. */
struct module {
	const char *name;	       /* "roster", "xep-0085" … for the log */
	const char *const *features;   /* disco features (XEP-0030), NULL-terminated */
	const struct module_iq *iqs;   /* ended by a row with type NULL */
	const struct module_ask *asks; /* ended by a row with name NULL */

	/* Makes the module's state of one profile (profile_state_set); outside any job.
	 */
	void (*start)(struct profile *profile);
	/* Frees it. */
	void (*stop)(struct profile *profile);

	/* The stream is online; IS_RESUMED: the session before it goes on (XEP-0198). */
	void (*on_connect)(struct profile *profile, bool is_resumed);
	/* The stream ended; open questions are answered with NULL before this. */
	void (*on_disconnect)(struct profile *profile);

	enum module_verdict (*on_message)(struct profile *profile,
					  struct inbound *inbound);
	enum module_verdict (*on_presence)(struct profile *profile,
					   const struct stanza *presence,
					   const struct jid *from);
	/* A message or presence of ours is about to leave: add to it. */
	void (*on_outgoing)(struct profile *profile, struct stanza *stanza);
};

/* MODULE_roster, …: the place of each module. */
enum module_id {
#define MODULE(name) MODULE_##name,
#include "backend/session/modules.def"
#undef MODULE
	MODULE_COUNT
};

/* module_roster, …: the table of each module, defined in backend/xep/NAME.c. */
#define MODULE(name) extern const struct module module_##name;
#include "backend/session/modules.def"
#undef MODULE

/* All modules by enum module_id. */
extern const struct module *const modules[MODULE_COUNT];

/* Calls FN for each feature of every module in order. */
void modules_each_feature(void (*fn)(void *data, const char *feature), void *data);

#endif
