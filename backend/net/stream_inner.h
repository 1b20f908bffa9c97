/*
 * The inside of struct stream, for the files of this folder only: stream.c (life and
 * public functions), wire.c (socket, TLS, queue), negotiate.c (what is said until
 * online), login.c (SASL). A stream whose state is STATE_DEAD only waits for its handles
 * to close; every function here may leave it so, and callers that go on must look.
 */
#ifndef TERN_NET_STREAM_INNER_H
#define TERN_NET_STREAM_INNER_H

#include <uv.h>

#include "backend/net/net_inner.h"
#include "backend/net/sasl.h"
#include "backend/net/scram.h"
#include "backend/net/stream.h"
#include "bridge/base/arena.h"
#include "bridge/base/buf.h"

enum stream_state {
	STATE_NEW,
	STATE_RESOLVE,
	STATE_CONNECT,
	STATE_OPEN,	 /* header sent in the clear; features awaited */
	STATE_STARTTLS,	 /* <starttls/> sent */
	STATE_HANDSHAKE, /* TLS */
	STATE_SECURE,	 /* header sent under TLS; mechanisms awaited */
	STATE_AUTH,	 /* <auth/> or <response/> sent */
	STATE_HASHING,	 /* PBKDF2 runs on the pool */
	STATE_AUTHED,	 /* header sent after success; features awaited */
	STATE_WAIT,	 /* the owner resumes */
	STATE_BIND,
	STATE_SESSION,
	STATE_ONLINE,
	STATE_CLOSING, /* our goodbye is sent or queued */
	STATE_DEAD,
};

struct login_work;

struct stream {
	struct net *net;
	struct stream_config config; /* strings in the arena */
	const struct stream_events *events;
	struct arena arena;
	char *local; /* of the account; the three below in the arena too */
	char *bare;
	char *domain;
	char *ascii_domain; /* A-labels */

	enum stream_state state;
	enum stream_phase phase;
	uv_timer_t step_timer;	/* the time limit of the present step */
	uv_timer_t login_timer; /* that of all of them */
	unsigned open_handles;

	struct dns_job *dns;
	struct race *race;
	uv_tcp_t *tcp; /* from the race; freed in its close callback */
	struct tls *tls;
	bool is_secured; /* TLS is up and the certificate is good */
	struct parser *parser;

	struct buf in;	    /* plain XML of this turn, before the parser */
	struct buf out;	    /* plain XML that waits for the end of the turn */
	struct buf pieces;  /* the lengths of what was written into it, uint32_t each */
	struct buf sending; /* bytes that the kernel did not take yet */
	uv_write_t write;
	bool is_writing;
	bool was_blocked; /* the kernel did not take all at once; drained is owed */
	bool is_reading;
	bool has_sent_header;
	int end;	    /* 0, or why reading ended (libuv) */
	uint64_t last_byte; /* loop time */
	struct stream_counters count;

	struct sasl_choice choice;
	struct scram scram;
	bool has_scram;
	bool is_proven; /* the server's signature was right, or PLAIN */
	bool is_from_cache;
	struct scram_cache fresh; /* goes into the owner's cache on success */
	struct login_work *work;

	struct stream_features features;
	struct stanza *features_stanza;
	char bind_id[24];
	struct jid *full; /* while a session request is under way */
	char *place;	  /* "[::1]:5222", in the arena */
	char *summary;	  /* in the arena */

	struct stream *pump_prev, *pump_next;
	struct stream *flush_prev, *flush_next;
	bool is_to_pump;
	bool is_to_flush;
};

/* ------------------------------------------------------------------------- stream.c */

/* Ends the stream and tells the owner; CONDITION and DETAIL may be NULL and may point
 * into what dies here. Nothing if it is dead already. */
void stream_end(struct stream *stream, enum stream_fault fault, const char *condition,
		const char *detail);

/* Tells the phase, if it is a new one. */
void stream_set_phase(struct stream *stream, enum stream_phase phase);

/* Starts the time limit of a new step; 0: none. */
void stream_limit(struct stream *stream, unsigned ms);

/* ------------------------------------------------------------------------- wire.c */

/* Takes over the connected TCP and begins to read. */
void wire_begin(struct stream *stream, uv_tcp_t *tcp);

/* Starts TLS as a client; WITH_ALPN on direct TLS. May end the stream. */
void wire_secure(struct stream *stream, bool with_alpn);

/* Queues XML for the end of the turn. */
void wire_send(struct stream *stream, const char *xml, size_t len);
void wire_send_text(struct stream *stream, const char *xml);

/* Works through the input (net.c, after the poll). */
void wire_pump(struct stream *stream);

/* Writes what is queued (net.c, before the poll). */
void wire_flush(struct stream *stream);

/* Starts and stops reading from the socket. */
void wire_read(struct stream *stream, bool is_on);

/* Tries to send XML (NULL: nothing more) after what is queued, without waiting. */
void wire_last_words(struct stream *stream, const char *xml);

/* ------------------------------------------------------------------------- negotiate.c
 */

/* TCP is there: sends the header, or starts TLS on a direct port. */
void negotiate_connected(struct stream *stream, bool is_direct_tls);

/* TLS is there: the header again. */
void negotiate_secured(struct stream *stream);

/* SASL is done: the header for the third time. Called inside a parser hook. */
void negotiate_authenticated(struct stream *stream);

/* Sends the request to bind. */
void negotiate_bind(struct stream *stream);

/* The limits of an online stream begin; no event. */
void negotiate_online(struct stream *stream);

/* The parser of this stream. */
struct parser *negotiate_parser(struct stream *stream);

/* ------------------------------------------------------------------------- login.c */

/* Chooses a mechanism from FEATURES and begins. */
void login_begin(struct stream *stream, const struct stanza *features);

/* What the server says to it. */
void login_challenge(struct stream *stream, const struct stanza *challenge);
void login_success(struct stream *stream, const struct stanza *success);
void login_failure(struct stream *stream, const struct stanza *failure);

/* Forgets the exchange and wipes it; a hash under way runs to its end without effect. */
void login_done(struct stream *stream);

#endif
