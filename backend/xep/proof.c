/*
 * Proof of arrival on a server without stream management (XEP-0198), whether it offers
 * none or did not take up what it offered: a ping (XEP-0199) behind the lines that were
 * sent. Servers work on a stream in order (RFC 6120 section 10.1), so whatever answers it
 * has had them. Without it every line would stay open, and be sent again after each
 * break.
 */
#include "backend/xep/proof.h"

#include <stdint.h>
#include <stdlib.h>

#include "backend/session/alarm.h"
#include "backend/session/lines.h"
#include "backend/session/outbox.h"
#include "backend/session/profile.h"
#include "backend/store/messages.h"
#include "backend/store/store.h"
#include "backend/xep/ping.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/mem.h"

enum {
	PROOF_DELAY_MS = 300, /* one ping for lines sent together */
	PROOF_LINES = 500,
};

struct proof {
	struct alarm *alarm;
	bool is_asking;
	bool is_more; /* lines were sent after the question */
	int64_t last; /* id of the newest line before it */
};

static struct proof *
proof_of(const struct profile *profile)
{
	return profile_state(profile, MODULE_proof);
}

static void look(struct profile *profile, void *data);

static void
look_soon(struct profile *profile)
{
	struct proof *proof = proof_of(profile);
	proof->is_more = proof->is_asking;
	if (!proof->is_asking && !proof->alarm)
		proof->alarm = alarm_set(profile, PROOF_DELAY_MS, look, NULL);
}

/* The server has every line up to LAST. */
static void
prove(struct profile *profile, int64_t last)
{
	struct store *store = profile_store(profile);
	struct arena arena = {0};
	struct message_list list = {0};
	int64_t after = 0;
	do {
		if (profile_check(profile, messages_waiting(store, MESSAGE_SENT, after,
							    PROOF_LINES, &arena, &list)) <
		    0)
			break;
		for (size_t i = 0; i < list.count; i++) {
			after = list.items[i].id;
			if (after <= last &&
			    profile_check(profile, messages_raise_state(store, after,
									MESSAGE_ACKED)) >
				    0)
				lines_emit(profile, after, false, NULL);
		}
	} while (list.count == PROOF_LINES && after < last);
	arena_done(&arena);
}

static void
on_answer(struct profile *profile, const struct stanza *answer, bool is_last, void *data)
{
	struct proof *proof = proof_of(profile);
	(void)is_last, (void)data;
	proof->is_asking = false;
	if (answer)
		prove(profile, proof->last);
	if (answer && proof->is_more)
		look_soon(profile);
}

static void
look(struct profile *profile, void *data)
{
	struct proof *proof = proof_of(profile);
	struct arena arena = {0};
	struct message_list list = {0};
	(void)data;
	proof->alarm = NULL;
	/* What another session left open would be taken for lines of this one. */
	if (!profile_is_online(profile) || outbox_is_held(profile))
		return;
	proof->last = 0;
	do {
		if (profile_check(profile, messages_waiting(profile_store(profile),
							    MESSAGE_SENT, proof->last,
							    PROOF_LINES, &arena, &list)) <
		    0)
			break;
		if (list.count)
			proof->last = list.items[list.count - 1].id;
	} while (list.count == PROOF_LINES);
	arena_done(&arena);
	if (!proof->last)
		return;
	proof->is_asking = true;
	proof->is_more = false;
	ping_send(profile, profile_account(profile)->domain, on_answer, NULL);
}

static void
on_outgoing(struct profile *profile, struct stanza *stanza)
{
	if (!profile_is_counted(profile) && stanza_child(stanza, "body", NS_CLIENT))
		look_soon(profile);
}

void
proof_ask(struct profile *profile)
{
	look_soon(profile);
}

static void
on_disconnect(struct profile *profile)
{
	struct proof *proof = proof_of(profile);
	alarm_stop(proof->alarm);
	*proof = (struct proof){0};
}

static void
start(struct profile *profile)
{
	profile_state_set(profile, MODULE_proof, mem_alloc(sizeof(struct proof)));
}

static void
stop(struct profile *profile)
{
	on_disconnect(profile);
	free(proof_of(profile));
}

const struct module module_proof = {
	.name = "proof",
	.start = start,
	.stop = stop,
	.on_disconnect = on_disconnect,
	.on_outgoing = on_outgoing,
};
