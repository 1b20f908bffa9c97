/*
 * c-ares on the loop, and nothing of XMPP: SRV and address look-ups with callbacks. When
 * /etc/resolv.conf changes (another network), the next look-up uses the new servers. Only
 * dns.c calls it, with one resolver for the whole process.
 */
#ifndef TERN_NET_RESOLVER_H
#define TERN_NET_RESOLVER_H

#include <stddef.h>
#include <sys/socket.h>

#include <uv.h>

#include "backend/net/srv.h"

struct resolver;

#define RESOLVER_ADDRESSES_MAX 8

enum resolver_status {
	RESOLVER_FOUND,
	RESOLVER_NOTHING, /* the name or the record does not exist */
	RESOLVER_FAILED,  /* no or no usable answer */
	RESOLVER_GONE,	  /* the resolver is being freed */
};

/* SRV records in no order, a target "." as an empty host; gives COUNT 0 unless found. */
typedef void (*resolver_srv_cb)(void *data, enum resolver_status status,
				const struct srv_record *records, size_t count);

/* Addresses of one family, ports unset; COUNT is 0 unless found. */
typedef void (*resolver_addresses_cb)(void *data, enum resolver_status status,
				      const struct sockaddr_storage *addresses,
				      size_t count);

/* A resolver on LOOP; SERVERS as "127.0.0.1:5353,…", NULL for the system's. NULL if
 * c-ares cannot begin (logged). */
struct resolver *resolver_new(uv_loop_t *loop, const char *servers);

/* Ends all look-ups with RESOLVER_GONE and closes the handles; NULL is fine. */
void resolver_free(struct resolver *resolver);

/* Looks up SRV records of NAME (A-labels). CALL comes exactly once, perhaps before this
 * returns; there is no cancel: DATA must live until then. */
void resolver_srv(struct resolver *resolver, const char *name, resolver_srv_cb call,
		  void *data);

/* Looks up addresses of NAME in FAMILY, /etc/hosts first. CALL as above. */
void resolver_addresses(struct resolver *resolver, const char *name, int family,
			resolver_addresses_cb call, void *data);

#endif
