/*
 * What is kept at our own account, for our own eyes (XEP-0163, XEP-0223): the rules of
 * its nodes. For the modules that keep something there.
 */
#ifndef TERN_XEP_PEP_H
#define TERN_XEP_PEP_H

#include <stdbool.h>

#include "backend/xmpp/stanza.h"

/* Whether an account that answers disco#info by QUERY can keep items under our rules. */
bool pep_can_keep(const struct stanza *query);

/* Adds the rules to a PUBSUB that publishes: for our own eyes only, as many items as
 * there are things, and nothing sent that nobody asked for. IS_SHORT: of these what every
 * server knows. */
void pep_add_rules(struct stanza *pubsub, bool is_short);

/* The iq that makes NODE of our account under our rules, and the one that gives them to
 * it if it is there. */
struct stanza *pep_create(struct stanza_ctx *ctx, const char *node);
struct stanza *pep_configure(struct stanza_ctx *ctx, const char *node);

/* What to do when a publish was refused. */
enum pep_remedy {
	PEP_NONE,	/* it has nothing to do with our rules */
	PEP_CONFIGURE,	/* the node has others */
	PEP_FEWER_RULES /* the server cannot read all of them in a publish */
};

/* That of ANSWER. */
enum pep_remedy pep_remedy(const struct stanza *answer);

#endif
