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

/* Whether QUERY (disco#info) announces FEATURE. */
bool pep_has_feature(const struct stanza *query, const char *feature);

/* Adds the form of FORM_TYPE to PARENT: for our own eyes only, as many items as there are
 * things, and nothing sent that nobody asked for. IS_SHORT: of these what every server
 * knows. */
void pep_add_rules(struct stanza *parent, const char *form_type, bool is_short);

#endif
