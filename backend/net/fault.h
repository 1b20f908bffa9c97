/*
 * Why a stream ended: one enum, one table with a name, a sentence for people and whether
 * trying again by itself makes sense. Sessions match on the enum, people read the
 * sentence.
 */
#ifndef TERN_NET_FAULT_H
#define TERN_NET_FAULT_H

#include <stdbool.h>

enum stream_fault {
	STREAM_CLOSED,	       /* by stream_close: nothing is wrong */
	STREAM_NO_HOST,	       /* the name does not exist */
	STREAM_NO_SERVICE,     /* the domain says that it offers no XMPP (target ".") */
	STREAM_DNS_FAILED,     /* the resolver did not answer, or answered nonsense */
	STREAM_REFUSED,	       /* nothing listens there */
	STREAM_UNREACHABLE,    /* no route, no network */
	STREAM_TIMEOUT,	       /* a step took longer than its limit */
	STREAM_LOST,	       /* reset, or the end without goodbye */
	STREAM_TLS_MISSING,    /* no STARTTLS offered: it may have been stripped */
	STREAM_TLS_FAILED,     /* the handshake broke */
	STREAM_CERT,	       /* the certificate does not prove the domain */
	STREAM_CA_FILE,	       /* the CA file of the profile cannot be read */
	STREAM_NO_PASSWORD,    /* the owner had none to give */
	STREAM_AUTH_FAILED,    /* <failure/>; condition says which */
	STREAM_AUTH_TEMPORARY, /* <failure/> that may pass: temporary-auth-failure */
	STREAM_AUTH_MECHANISM, /* nothing offered that we would use */
	STREAM_AUTH_WEAK,      /* SCRAM parameters outside our limits */
	STREAM_SERVER_PROOF,   /* the server did not prove that it knows the password */
	STREAM_BIND_FAILED,    /* no resource; condition says which */
	STREAM_PROTOCOL,       /* something that RFC 6120 does not allow here */
	STREAM_XML,	       /* ill-formed, forbidden or past the hard limits */
	STREAM_REMOTE_ERROR,   /* <stream:error/>; condition and text say which */
	STREAM_CONFLICT,       /* another session took our resource */
	STREAM_NOT_AUTHORIZED, /* <stream:error><not-authorized/> and policy kinds: final
				*/
	STREAM_SHUTDOWN,       /* system-shutdown, reset: come back later */
	STREAM_SEE_OTHER_HOST, /* refused: before TLS, a second time, or unusable */
	STREAM_REMOTE_CLOSED,  /* a goodbye that we did not ask for */
	STREAM_LOCAL,	       /* this machine: out of descriptors, … */
	STREAM_FAULT_COUNT,
};

struct stream_error {
	enum stream_fault fault;
	bool may_retry; /* false: trying again without a change would only fail again */
	int step;	/* enum stream_phase in which it happened */
	const char
		*condition; /* "not-authorized", "conflict", "expired" …; "" for none */
	const char
		*text; /* details, or the other side's words, cleaned, <= 200 bytes; "" */
	const char *sentence; /* plain English: what was wrong and what to do */
};

/* The fault as a word: "no-host", "cert" …: for logs, scripts and tests. */
const char *fault_name(enum stream_fault fault);

/* Whether a new try by itself makes sense for FAULT with CONDITION ("" for none). */
bool fault_may_retry(enum stream_fault fault, const char *condition);

/* The sentence for ERROR's fault, condition and text about DOMAIN; the caller frees. */
char *fault_sentence(const struct stream_error *error, const char *domain);

#endif
