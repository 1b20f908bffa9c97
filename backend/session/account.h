/*
 * The account of a profile and how to reach it. The database has the facts; the vault
 * keeps a copy of them, so that a database that had to be made anew still belongs to an
 * account. Used by opening.c and the handlers of unlocking and changing.
 */
#ifndef TERN_SESSION_ACCOUNT_H
#define TERN_SESSION_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/vault/secret.h"
#include "bridge/base/arena.h"

struct profile;
struct serve_request;
struct store;

struct account_facts {
	const char *jid;  /* bare */
	const char *host; /* may be NULL or empty, as the next */
	const char *ca_file;
	int64_t port; /* 0: none */
	bool is_direct_tls;
};

/* The vault's copy of FACTS. */
void account_write(const struct account_facts *facts, struct secret *ret_copy);

/* Reads the copy from the unlocked vault of PROFILE into ARENA and takes its address as
 * the profile's. -ENOKEY while locked, -ENOENT without a copy, -EBADMSG. */
int account_recall(struct profile *profile, struct arena *arena,
		   struct account_facts *ret_facts);

/* Keeps FACTS and the profile's NAME in the database. Inside a job. */
int account_store(struct store *store, const char *name,
		  const struct account_facts *facts);

/* Renews the vault's copy by what the database says now, on the pool, and then connects
 * anew if that is wished: not before, since the login reads the same vault. */
void account_keep(struct profile *profile);

/* Recalls the account of a profile that was just unlocked, keeps it in the database, then
 * answers REQUEST and lets the profile be READY; or fails it and locks the vault. */
void account_recall_unlocked(struct profile *profile, struct serve_request *request);

/* What a user is told when there is nothing to recall. Constant. */
const char *account_sentence(void);

#endif
