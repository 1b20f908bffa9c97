/*
 * Which SASL mechanism to use: a pure choice from what the server lists and what the TLS
 * connection can be bound to. PLAIN is the last resort and only ever asked for under TLS.
 */
#ifndef TERN_NET_SASL_H
#define TERN_NET_SASL_H

#include <stdbool.h>

#include "backend/net/scram.h"
#include "backend/net/tls.h"

struct stanza;

#define SASL_BINDINGS 3

struct sasl_mechanism {
	const char *name;
	enum scram_hash hash;
	bool is_plus;  /* with channel binding */
	bool is_plain; /* PLAIN; no SCRAM */
};

struct sasl_choice {
	const struct sasl_mechanism *mechanism;
	char flag;		  /* gs2: 'n', 'y' or 'p' */
	enum tls_binding binding; /* with 'p' */
	const char *binding_name; /* with 'p'; "" else */
};

/* What the TLS connection can do. */
struct sasl_channel {
	bool is_tls13;
	bool can_bind[SASL_BINDINGS]; /* by enum tls_binding */
};

/* Chooses from FEATURES (<mechanisms/>, XEP-0440 <sasl-channel-binding/>) for CHANNEL.
 * -ENOENT if nothing of ours is offered. */
int sasl_choose(const struct stanza *features, const struct sasl_channel *channel,
		struct sasl_choice *ret_choice);

/* The first names of FEATURES' mechanisms, for a sentence; the caller frees. */
char *sasl_offered(const struct stanza *features);

#endif
