/*
 * From an account's domain to addresses to try: SRV of both services in RFC 2782 order,
 * else the domain itself. Answers come as they arrive; the race begins with the first.
 * Called by the stream, one job each.
 */
#ifndef TERN_NET_DNS_H
#define TERN_NET_DNS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "backend/net/fault.h"
#include "backend/net/resolver.h"

struct dns_job;

struct dns_question {
	const char *domain; /* A-labels or an address */
	const char *host;   /* instead of the domain and SRV; NULL */
	uint16_t port;	    /* not 0: no SRV either */
	bool is_direct_tls; /* only _xmpps-client, port 5223 */
};

/* One place to connect to. */
struct dns_place {
	struct sockaddr_storage address; /* with its port */
	unsigned rank;			 /* 0 is the best target */
	bool is_direct_tls;
};

struct dns_hooks {
	/* One more place; at most 64 in all. */
	void (*found)(void *data, const struct dns_place *place);
	/* No more will come. STREAM_CLOSED if there was at least one, else the reason: no
	 * host, no service or failed. The job is gone. */
	void (*done)(void *data, enum stream_fault fault);
};

/* Begins; HOOKS may be called before this returns, and then NULL is returned if done was
 * among them. QUESTION is copied. */
struct dns_job *dns_start(struct resolver *resolver, const struct dns_question *question,
			  const struct dns_hooks *hooks, void *data);

/* Forgets the job: no hook comes any more. NULL is fine. */
void dns_cancel(struct dns_job *job);

#endif
