/*
 * The order in which the servers of a domain are tried (RFC 2782, XEP-0368): records of
 * both services in one list, by priority, drawn by weight within one. Pure.
 */
#ifndef TERN_NET_SRV_H
#define TERN_NET_SRV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SRV_MAX 16
#define SRV_NAME_MAX 256

struct srv_record {
	char host[SRV_NAME_MAX]; /* A-labels, no final dot */
	uint16_t port;
	uint16_t priority;
	uint16_t weight;
	bool is_direct_tls; /* from _xmpps-client */
};

/* Puts COUNT records into the order of RFC 2782; DRAW(data, n) gives a number from 0 to
 * n. */
void srv_order(struct srv_record *records, size_t count,
	       uint32_t (*draw)(void *data, uint32_t most), void *data);

#endif
