/*
 * Stream management (XEP-0198): the session that outlives its streams, and the process.
 * Its lasting half (counts, the queue of what the server has not acknowledged) is in the
 * store and changes in the transactions of what is received and said; this is the half in
 * memory and the conversation of nonzas. Used by the link, the road and speak.c.
 *
 * Outgoing stanzas count from sending <enable/>, incoming ones from receiving <enabled/>.
 * What we tell the server to have handled is only ever what is committed.
 */
#ifndef TERN_SESSION_SM_H
#define TERN_SESSION_SM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/net/fault.h"
#include "backend/net/stream.h"

struct alarm;
struct profile;
struct stanza;

struct sm {
	bool is_counting;      /* what we say is numbered and kept, stream or no stream */
	bool is_counting_in;   /* what arrives on this stream counts */
	bool is_resumable;     /* the server promised to resume it */
	bool is_flowing;       /* what is committed goes to the stream at once */
	bool is_resuming;      /* this stream asked to resume and has no answer */
	bool is_enabling;      /* this stream asked to enable and has no answer */
	bool is_broken;	       /* a stanza could not be stored: none behind it is */
	bool is_refused;       /* the server does not count: what is kept goes out once */
	bool is_portion_due;   /* more is repeated when the stream has room */
	bool has_died;	       /* it ended badly at this count, or a process did */
	bool has_asked;	       /* an <r/> waits for its <a/> */
	bool is_place_bad;     /* its location was tried in vain */
	int deaf;	       /* resumes in a row that were unheard for long */
	struct alarm *unheard; /* runs from <enable/> or a resume to an answer */
	int64_t in_seen;       /* number of the last stanza received */
	int64_t in_done;       /* that of the last one stored */
	int64_t out_sent;      /* that of our last one given to the stream */
	int64_t out_lines;     /* that of our last one that carries a line */
	int64_t acked;	       /* that of our last one that the server has */
	int64_t asked_at;      /* out_sent when we asked last */
};

/* Inside a job, before the first connection: takes up the session that another process
 * left, unless that died of it twice. 0 or a negative errno. */
int sm_recall(struct profile *profile);

/* The stream is authenticated: resume or bind? For stream_events.before_bind. */
enum stream_next sm_before_bind(struct profile *profile,
				const struct stream_features *features);

/* Where to connect for a resume: "host", and a port or 0, in a string that the caller
 * frees; NULL: where the settings say. */
char *sm_location(struct profile *profile, uint16_t *ret_port);

/* Inside a job: a new session was bound; enables it where the server offers that. 0 or a
 * negative errno. */
int sm_begin_session(struct profile *profile);

/* Inside a job: the session was resumed; acknowledges and repeats what is due. 0 or a
 * negative errno. */
int sm_resume_session(struct profile *profile);

/* Takes a nonza of XEP-0198; false if STANZA is none, or if it may not come now (and the
 * stream is dead). */
bool sm_take(struct profile *profile, const struct stanza *stanza);

/* Whether stanzas may arrive now: before a resume is answered they end the stream. */
bool sm_may_arrive(struct profile *profile);

/* The number of a stanza that just arrived; 0 where none counts. */
int64_t sm_arrived(struct profile *profile);

/* Inside the job of stanza NUMBER (0: none), whose effects had RESULT: counts it. The
 * job's result. */
int sm_stored(struct profile *profile, int64_t number, int result);

/* Whether the stanza NUMBER must not be dealt with: one before it could not be stored. */
bool sm_is_barred(const struct profile *profile, int64_t number);

/* The job of that stanza ended with STATUS: durable, or none behind it is dealt with. */
void sm_committed(struct profile *profile, int64_t number, int status);

/* Inside a job: keeps a stanza of ours that carries the line MESSAGE (0: none) until it
 * is acknowledged. Its number, or a negative errno. */
int64_t sm_keep(struct profile *profile, const void *xml, size_t len, int64_t message);

/* The stanza NUMBER was given to the stream: asks for its <a/> if it is time to. */
void sm_said(struct profile *profile, int64_t number, bool is_line);

/* Asks the server what it has, if stream management is on: whether it did. For a link
 * that is silent. */
bool sm_ask(struct profile *profile);

/* The queue to the socket is empty: repeats more of what a resume left to be repeated. */
void sm_drained(struct profile *profile);

/* Whether so much is unacknowledged, or still to be repeated, that no more lines should
 * be given to the stream. */
bool sm_is_full(const struct profile *profile);

/* The stream is about to be closed for good: says what we have, or the server would call
 * it undelivered and send it back or again. */
void sm_say_last(struct profile *profile);

/* The stream ended with FAULT and CONDITION (may be NULL). True if the session may go on
 * with another stream. */
bool sm_stream_ended(struct profile *profile, enum stream_fault fault,
		     const char *condition);

/* The session is over: nothing of it is resumed. */
void sm_end_session(struct profile *profile);

#endif
