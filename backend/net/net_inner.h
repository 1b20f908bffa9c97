/*
 * The inside of struct net, for the files of this folder: the shared handles and the two
 * lists of streams with work at the end of the loop turn.
 */
#ifndef TERN_NET_NET_INNER_H
#define TERN_NET_NET_INNER_H

#include <uv.h>

#include "backend/net/net.h"

#define NET_READ_SIZE 8192

struct resolver;
struct stream;
struct tls_shared;

struct net {
	uv_loop_t *loop;
	uv_prepare_t prepare; /* before the loop sleeps: one write a stream */
	uv_check_t check;     /* after it read: one pass through parser a stream */
	unsigned open_handles;
	struct tls_shared *tls;
	struct resolver *resolver;
	struct stanza_ctx *stanzas;
	struct stream *to_pump;
	struct stream *to_flush;
	char read_room[NET_READ_SIZE]; /* every read is taken out of it at once */
};

/* Puts STREAM on the list of those whose input is looked at after this poll. */
void net_mark_pump(struct net *net, struct stream *stream);

/* Puts STREAM on the list of those that write before the next poll. */
void net_mark_flush(struct net *net, struct stream *stream);

/* Takes STREAM off both lists. */
void net_unmark(struct net *net, struct stream *stream);

#endif
