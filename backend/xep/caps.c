/*
 * The caps module. What we are does not change while we run, so the hash is made once a
 * profile. SHA-1 is what the XEP names; nothing secret hangs on it.
 */
#include "backend/xep/caps.h"

#include <stdlib.h>
#include <string.h>

#include "backend/net/b64.h"
#include "backend/net/digest.h"
#include "backend/session/profile.h"
#include "backend/xep/disco.h"
#include "backend/xmpp/ns.h"
#include "bridge/base/buf.h"
#include "bridge/base/mem.h"

#define CAPS_NODE "urn:x-tern"

struct caps {
	char *ver;
	char *node;
};

char *
caps_hash(const char *identity, const char *const *features, size_t count)
{
	struct buf text = {0};
	buf_printf(&text, "%s<", identity);
	for (size_t i = 0; i < count; i++)
		buf_printf(&text, "%s<", features[i]);
	uint8_t digest[DIGEST_SHA1_LEN];
	digest_sha1(text.data, text.len, digest);
	buf_clear(&text);
	b64_encode(&text, digest, sizeof digest);
	return buf_take_text(&text);
}

static void
start(struct profile *profile)
{
	struct caps *caps = mem_alloc(sizeof *caps);
	size_t count;
	const char **features = disco_features(&count);
	caps->ver =
		caps_hash(DISCO_CATEGORY "/" DISCO_TYPE "//" DISCO_NAME, features, count);
	caps->node = mem_printf("%s#%s", CAPS_NODE, caps->ver);
	free(features);
	profile_state_set(profile, MODULE_caps, caps);
}

static void
stop(struct profile *profile)
{
	struct caps *caps = profile_state(profile, MODULE_caps);
	if (!caps)
		return;
	free(caps->ver);
	free(caps->node);
	free(caps);
	profile_state_set(profile, MODULE_caps, NULL);
}

const char *
caps_node(const struct profile *profile)
{
	const struct caps *caps = profile_state(profile, MODULE_caps);
	return caps->node;
}

static void
on_outgoing(struct profile *profile, struct stanza *stanza)
{
	const struct caps *caps = profile_state(profile, MODULE_caps);
	if (!stanza_is(stanza, "presence", NS_CLIENT) || stanza_type(stanza))
		return;
	struct stanza *c = stanza_add(stanza, "c", NS_CAPS);
	stanza_set(c, "hash", "sha-1");
	stanza_set(c, "node", CAPS_NODE);
	stanza_set(c, "ver", caps->ver);
}

static const char *const features[] = {NS_CAPS, NULL};

const struct module module_caps = {
	.name = "xep-0115",
	.features = features,
	.start = start,
	.stop = stop,
	.on_outgoing = on_outgoing,
};
