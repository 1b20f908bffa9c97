/*
 * Happy Eyeballs (RFC 8305): connects to the best place first and to the next one every
 * 250 ms or as soon as one failed; the first TCP connection wins. Places may be added
 * while it runs. Called by the stream, which sets the time limit for the whole.
 */
#ifndef TERN_NET_RACE_H
#define TERN_NET_RACE_H

#include <uv.h>

#include "backend/net/dns.h"
#include "backend/net/fault.h"

struct race;

struct race_hooks {
	/* TCP is connected to PLACE; the handler owns it: uv_close, then free. The race
	 * is gone. */
	void (*won)(void *data, uv_tcp_t *tcp, const struct dns_place *place);
	/* Every place failed and no more will come; DETAIL names the last or best known
	 * reason. The race is gone. */
	void (*lost)(void *data, enum stream_fault fault, const char *detail);
};

/* A race without places on LOOP; no hook is called from within the functions here. */
struct race *race_new(uv_loop_t *loop, unsigned stagger_ms,
		      const struct race_hooks *hooks, void *data);

/* One more place. */
void race_add(struct race *race, const struct dns_place *place);

/* No more places will come. */
void race_no_more(struct race *race);

/* Closes everything without a hook; NULL is fine. */
void race_free(struct race *race);

#endif
