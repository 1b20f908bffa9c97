/*
 * What all streams of a process share: the loop, the TLS context with its hashed CA
 * folder, the resolver. Made once in main and handed to every stream; nothing of it is
 * global.
 */
#ifndef TERN_NET_NET_H
#define TERN_NET_NET_H

#include <uv.h>

struct net;
struct stanza_ctx;

struct net_options {
	/* Name servers "127.0.0.1:5353,…" instead of the system's; NULL in normal use. */
	const char *dns_servers;
	/* Folder of hashed CA certificates; NULL for the system's. */
	const char *ca_folder;
};

/* The shared context on LOOP, which must outlive it; OPTIONS may be NULL and are copied.
 * Also ignores SIGPIPE for the process. 0, or -EIO where TLS cannot be set up (logged).
 */
int net_new(uv_loop_t *loop, const struct net_options *options, struct net **ret_net);

/* Gives everything back; call it when no stream is left (each was closed or dropped).
 * Memory goes when the loop has run the close callbacks. NULL is fine. */
void net_free(struct net *net);

/* The loop given to net_new. */
uv_loop_t *net_loop(const struct net *net);

/* The context of every stanza that streams hand out; use it for those you send too. */
struct stanza_ctx *net_stanzas(const struct net *net);

#endif
