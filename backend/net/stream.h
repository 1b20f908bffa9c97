/*
 * One client stream to an XMPP server (RFC 6120): from a JID to "online", then stanzas in
 * and out. Everything is asynchronous on the loop of struct net, several streams live
 * side by side, nothing is global. The stream proves the server (certificate against the
 * account's domain, SCRAM signature) before it says online; it knows nothing of rosters,
 * archives or storage. Used by the session process.
 *
 * Life: stream_open, then events, then exactly one `closed` event, after which the
 * pointer is dead; or stream_drop, after which no event comes and the pointer is dead at
 * once. Inside any event the owner may call every function here, stream_drop too.
 */
#ifndef TERN_NET_STREAM_H
#define TERN_NET_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/net/fault.h"
#include "backend/xmpp/parser.h"
#include "bridge/base/buf.h"

struct jid;
struct net;
struct scram_cache;
struct stanza;
struct stream;

enum stream_phase {
	STREAM_RESOLVING,
	STREAM_CONNECTING,
	STREAM_SECURING,
	STREAM_AUTHENTICATING,
	STREAM_BINDING,
	STREAM_ONLINE,
	STREAM_CLOSING,
};

/* What the server offered after authentication; borrowed while the stream lives. */
struct stream_features {
	bool has_roster_versions; /* urn:xmpp:features:rosterver */
	bool has_preapproval;	  /* urn:xmpp:features:pre-approval */
	bool has_sm;		  /* urn:xmpp:sm:3 */
	bool has_csi;		  /* urn:xmpp:csi:0 */
	bool needs_session;	  /* RFC 3921 session, not optional; the stream does it */
	uint32_t max_bytes;	  /* XEP-0478 limit for one stanza; 0: not announced */
	uint32_t idle_seconds;	  /* XEP-0478 idle limit; 0: not announced */
	const struct stanza *all; /* the whole <stream:features/> */
};

/* Limits; a zero takes the default in brackets. */
struct stream_limits {
	size_t stanza_bytes;  /* incoming stanza, else skipped and told [1 MiB] */
	uint64_t batch_bytes; /* result of an open iq, in batches [64 MiB] */
	size_t send_bytes;    /* outgoing stanza, else -EMSGSIZE [200 KiB or announced] */
	size_t queue_bytes;   /* outgoing queue, else -ENOBUFS [16 MiB] */
	unsigned max_iterations; /* SCRAM [1,000,000] */
};

/* Time limits in milliseconds; a zero takes the default in brackets. */
struct stream_times {
	unsigned resolve_ms; /* all look-ups together [15,000] */
	unsigned connect_ms; /* all addresses together, without TLS [30,000] */
	unsigned step_ms;    /* each silent step: TLS, features, SASL, bind [30,000] */
	unsigned login_ms;   /* everything from stream_open to online [120,000] */
	unsigned close_ms;   /* waiting for the other goodbye [2,000] */
	unsigned stagger_ms; /* RFC 8305 delay between addresses [250] */
};

/* What happens next after authentication (stream_events.before_bind). */
enum stream_next {
	STREAM_DO_BIND, /* the stream binds the resource */
	STREAM_WAIT,	/* the owner resumes (XEP-0198): stream_bind or stream_resumed
			   follows */
};

/* Events; DATA is stream_config.data. Every one but `closed` may be NULL. All pointers
 * are borrowed until the handler returns. */
struct stream_events {
	/* A new phase has begun. */
	void (*phase)(void *data, enum stream_phase phase);

	/* Appends the password to SECRET, a buffer that wipes itself; false: there is
	 * none. Called only when the cache does not do. */
	bool (*password)(void *data, struct buf *secret);

	/* Authenticated, features known: bind or resume? NULL: bind. */
	enum stream_next (*before_bind)(void *data,
					const struct stream_features *features);

	/* Bound: FULL is the JID given by the server (bare part checked to be ours). Not
	 * called after stream_resumed. */
	void (*online)(void *data, const struct jid *full,
		       const struct stream_features *features);

	/* A stanza or nonza (`<r/>`, `<a/>`, `<resumed/>` …), whole and within the
	 * limits. From STREAM_WAIT on; before that the stream keeps them to itself. */
	void (*stanza)(void *data, const struct stanza *stanza);

	/* Asked at the start tag of a result: 0 if ID (from FROM, NULL if missing) is no
	 * iq of ours whose answer comes in batches, else the level of its rows
	 * (parser.h). NULL: always 0. */
	int (*batch_level)(void *data, const char *id, const char *from);

	/* A part of such a result (parser.h); its stanza is borrowed like everything
	 * here. */
	void (*batch)(void *data, const struct parser_batch *batch);

	/* A stanza past the limits was skipped; the stream goes on. It counts as
	 * received. */
	void (*too_large)(void *data, const struct parser_skipped *skipped);

	/* The queue to the socket has run empty after it was not: send more. */
	void (*drained)(void *data);

	/* The end; the pointer is dead when this returns. Must be set. */
	void (*closed)(void *data, const struct stream_error *error);
};

struct stream_config {
	const struct jid *account; /* bare part is used */
	const char *resource;	   /* wanted resource; NULL: the server chooses */
	const char *host;	   /* instead of SRV: name or address; NULL */
	uint16_t port;		   /* with or without host; 0: SRV, or 5222 / 5223 */
	bool is_direct_tls;	   /* TLS from the first byte (XEP-0368), no STARTTLS */
	const char *language;	   /* xml:lang of our stream header; NULL: "en" */
	/* PEM file trusted instead of the system's CAs, for this stream alone; it may
	 * hold the server's own certificate. NULL: the system's. */
	const char *ca_file;
	/* Salted password of this account (scram.h), kept by the owner in locked memory
	 * from stream to stream. NULL: none. */
	struct scram_cache *cache;
	struct stream_limits limits;
	struct stream_times times;
	const struct stream_events *events; /* must outlive the stream */
	void *data;
};

struct stream_counters {
	uint64_t bytes_in; /* on the wire, TLS included */
	uint64_t bytes_out;
	uint64_t xml_bytes_in; /* inside TLS */
	uint64_t xml_bytes_out;
	uint64_t stanzas_in; /* handed to the owner or skipped as too large */
	uint64_t too_large;
};

/* Begins to connect; CONFIG is copied, all but events, data and cache. Never fails and
 * calls no handler before it returns: what goes wrong comes as `closed`. */
struct stream *stream_open(struct net *net, const struct stream_config *config);

/* Queues LEN bytes of whole, well-formed XML; all of one loop turn go out in one write.
 * 0; -ENOTCONN before online (or STREAM_WAIT) and while closing; -EMSGSIZE past
 * send_bytes; -ENOBUFS past queue_bytes. */
int stream_send(struct stream *stream, const char *xml, size_t len);

/* The same for a stanza, which stays the caller's. */
int stream_send_stanza(struct stream *stream, const struct stanza *stanza);

/* Bytes of XML that were accepted and not yet taken by the kernel. */
size_t stream_queued(const struct stream *stream);

/* Sends what is queued and `</stream:stream>`, waits for the other side at most close_ms;
 * `closed` with STREAM_CLOSED follows. In a phase before online it just ends. */
void stream_close(struct stream *stream);

/* Gives the kernel what was sent, now and not at the end of the loop's turn; may tell
 * `drained` or, when the network is gone, `closed`. */
void stream_flush(struct stream *stream);

/* Ends at once without goodbye: the server keeps a resumable session. No event follows
 * and STREAM is dead. NULL is fine. */
void stream_drop(struct stream *stream);

/* Ends with a stream error of our own (RFC 6120 §4.9): CONDITION is its element name,
 * EXTRA application XML or NULL. `closed` with STREAM_PROTOCOL and CONDITION follows. */
void stream_fail(struct stream *stream, const char *condition, const char *extra);

/* Stops and starts reading from the socket; stanzas already in hand may still come in
 * this turn. Only once online; the phases before have their own time limits. */
void stream_pause_reading(struct stream *stream);
void stream_resume_reading(struct stream *stream);

/* After STREAM_WAIT: bind after all (`<failed/>`), or go online as resumed, with the JID
 * that the owner knows. */
void stream_bind(struct stream *stream);
void stream_resumed(struct stream *stream);

/* The phase it is in. */
enum stream_phase stream_phase(const struct stream *stream);

/* The word for PHASE: "resolving" … */
const char *stream_phase_name(enum stream_phase phase);

/* Milliseconds since a byte was last received (since stream_open at first). */
uint64_t stream_idle_ms(const struct stream *stream);

/* Whether the address that it speaks from is no address of this machine any more: then
 * nothing will come. */
bool stream_is_homeless(const struct stream *stream);

/* How many bytes went each way. */
struct stream_counters stream_count(const struct stream *stream);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384 SCRAM-SHA-256 [::1]:5222": how it is connected, for
 * people and logs; "" before TLS. Borrowed while the stream lives. */
const char *stream_summary(const struct stream *stream);

#endif
