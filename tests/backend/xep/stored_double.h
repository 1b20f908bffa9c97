/*
 * A profile with a real store that writes down what modules say: stanzas and events as
 * lines of text. For modules that change lines and conversations; friend@example.org sees
 * our presence, others do not.
 */
#ifndef TERN_TESTS_STORED_DOUBLE_H
#define TERN_TESTS_STORED_DOUBLE_H

#include "backend/session/profile.h"
#include "backend/store/messages.h"
#include "bridge/base/buf.h"
#include "tests/backend/store/bed.h"

#define ME "me@example.org"
#define FRIEND "friend@example.org"
#define STRANGER "stranger@example.net"

struct profile {
	struct bed bed;
	struct stanza_ctx *ctx;
	struct jid account; /* ME */
	struct arena arena; /* of what the tests read */
	void *states[MODULE_COUNT];
	const struct module *module; /* the one under test */
	struct buf lines;
	bool is_offline;
	bool is_receipts_off;
	bool is_markers_off;
	char *note; /* of the last question */
	const struct module_ask *kind;
	int asked; /* questions so far */
	uint64_t now_ms;
	struct alarm *alarm; /* the one that is set, or NULL */
};

/* Makes the profile, runs the start hooks of MODULE and of module_reading. */
struct profile *stored_new(const struct module *module);
void stored_free(struct profile *profile);

/* A line of JID's conversation with the id attribute ID; its id in the store. */
int64_t stored_line(struct profile *profile, const char *jid, const char *id,
		    bool is_outgoing, enum message_state state);

/* Has the own line ID, which is SENT, wait to be sent again: in STATE (QUEUED or HELD).
 */
void stored_send_again(struct profile *profile, int64_t id, enum message_state state);

/* The line ID, in the profile's arena. */
struct message stored_get(struct profile *profile, int64_t id);

/* Reads up to and with LINE; its conversation. */
int64_t stored_read(struct profile *profile, int64_t line);

/* How much of JID's conversation is unread. */
int64_t stored_unread(struct profile *profile, const char *jid);

/* Gives the message TEXT, come by ORIGIN, to the module in a job; what it said of it. */
enum module_verdict stored_message(struct profile *profile, const char *text,
				   enum inbound_origin origin);

/* Runs FN (any hook) in a job. */
void stored_job(struct profile *profile, void (*fn)(struct profile *profile));

/* Answers the last question with TEXT (NULL: nothing came), in a job. */
void stored_answer(struct profile *profile, const char *text);

/* Lets MS milliseconds pass: the alarm that is set rings in its time, in a job. */
void stored_wait(struct profile *profile, uint64_t ms);

/* The lines since the last call, which the caller frees. */
char *stored_lines(struct profile *profile);

/* Asserts that the lines since the last call are WANTED. */
void stored_assert(struct profile *profile, const char *wanted);

#endif
