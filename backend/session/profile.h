/*
 * A profile in a session process: its folder, vault, store and link, and what modules and
 * handlers may do with it. Everything of a profile runs on the loop's thread.
 *
 * What is said from inside a store job (events, stanzas, answers) is held and leaves when
 * the job's batch is durable, in order; if it is undone, it is never said.
 */
#ifndef TERN_SESSION_PROFILE_H
#define TERN_SESSION_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/session/module.h"
#include "bridge/schema.h"

struct process;
struct profile;
struct serve_request;
struct store;
struct stream_features;

/* ---- what it is ---- */

/* Its name, NFC. Borrowed. */
const char *profile_name(const struct profile *profile);

/* The account: a bare JID. Borrowed; stays while the profile is open. */
const struct jid *profile_account(const struct profile *profile);

/* The JID bound to the stream; NULL while not online. Borrowed. */
const struct jid *profile_full_jid(const struct profile *profile);

/* Whether stanzas can be sent now. */
bool profile_is_online(const struct profile *profile);

/* Whether the server counts what we say, or was asked to and has not answered yet
 * (XEP-0198), stream or no stream: then it tells itself what it has. */
bool profile_is_counted(const struct profile *profile);

/* What the server offered on this stream; NULL while not online. Borrowed. */
const struct stream_features *profile_features(const struct profile *profile);

/* Its database; NULL while opening and closing. */
struct store *profile_store(const struct profile *profile);

/* Where stanzas are made. */
struct stanza_ctx *profile_stanzas(const struct profile *profile);

/* The value of a profile option ("typing"), its default if it was never set; "" for an
 * unknown one. Borrowed until the option changes. */
const char *profile_option(const struct profile *profile, const char *name);

/* Whether that option's value is "yes". */
bool profile_option_is_on(const struct profile *profile, const char *name);

/* That option's value as a number within its range; for options of type int. */
int profile_option_number(const struct profile *profile, const char *name);

/* Whether nobody has looked at any frontend of it for a moment. */
bool profile_is_inactive(const struct profile *profile);

/* The module's state of this profile, as its start hook set it. */
void *profile_state(const struct profile *profile, enum module_id id);
void profile_state_set(struct profile *profile, enum module_id id, void *state);

/* Wall clock, milliseconds since 1970 UTC. */
int64_t profile_now_ms(void);

/* Inside a job: notes RESULT if it is a negative errno, so that the whole job is undone
 * when it returns; gives RESULT back. For every write to the store. */
int profile_check(struct profile *profile, int result);

/* ---- what it says ---- */

/* Sends an event to the attached frontends; RECORD's field `profile` is filled in by the
 * caller with profile_name. */
void profile_emit(struct profile *profile, enum bridge_event event, const void *record);

/* Sends a stanza of ours, which this takes over; messages and presences pass the modules'
 * on_outgoing first. In a session that can be resumed (XEP-0198) it is kept until the
 * server has it, also over streams and processes; else it is dropped when the stream is
 * not online by then. */
void profile_send(struct profile *profile, struct stanza *take_stanza);

/* Sends an element that is no stanza (XML text), now or not at all; no stream management
 * counts it. HAS_TO_ARRIVE: a server from which nothing is heard after it is asked
 * whether it lives. */
void profile_send_nonza(struct profile *profile, const char *xml, bool has_to_arrive);

enum profile_ask_kind {
	PROFILE_ASK,	   /* the answer comes whole */
	PROFILE_ASK_LARGE, /* the result may be large and comes in parts */
};

/* Sends an iq of ours (taken over; its id is set here) and calls ANSWER with what comes
 * back, exactly once with IS_LAST; matched by (id, from). */
void profile_ask(struct profile *profile, struct stanza *take_iq,
		 enum profile_ask_kind kind, profile_answer *answer, void *data);

/* The same for a question of KIND, a row of some module's `asks`: it and NOTE (may be
 * NULL) are kept in the store while the session lasts. Inside a job. */
void profile_ask_lasting(struct profile *profile, struct stanza *take_iq,
			 const struct module_ask *kind, const char *note);

/* Inside a job: sends what was unwrapped from a carbon or an archive's result down the
 * same pipeline as a live message. */
void profile_receive(struct profile *profile, const struct forwarded *forwarded);

/* Makes a serve_request's answer part of the running job: it is sent when the job is
 * durable; if the job is undone, the answer is STORAGE. Takes the request over. */
void profile_reply(struct profile *profile, struct serve_request *request,
		   const void *result);
void profile_refuse(struct profile *profile, struct serve_request *request,
		    enum bridge_error error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Refuses REQUEST for what the server said in ANSWER (NULL: TIMEOUT or OFFLINE). */
void profile_refuse_iq(struct profile *profile, struct serve_request *request,
		       const struct stanza *answer);

/* The unread counts or waiting requests changed: the router is told after the commit. */
void profile_status_changed(struct profile *profile);

/* Inside a job: the badge of CONVERSATION is told after the commit, once for all that
 * changed it in this batch. */
void profile_badge_changed(struct profile *profile, int64_t conversation);

#endif
