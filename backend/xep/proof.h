/*
 * Proof that the server has our lines, where it does not count them (XEP-0198): it offers
 * no stream management, refused it, or never answered.
 */
#ifndef TERN_XEP_PROOF_H
#define TERN_XEP_PROOF_H

struct profile;

/* The server turned out not to count: what was said to it is asked after. */
void proof_ask(struct profile *profile);

#endif
