/*
 * XEP-0352, client state indication. A new stream counts as active; what a resumed one
 * counts as differs between servers, so it is always told. The nonzas are not counted by
 * stream management (XEP-0352 section 5).
 */
#include "backend/xep/csi.h"

#include "backend/net/stream.h"
#include "backend/session/module.h"
#include "backend/session/profile.h"
#include "backend/xmpp/ns.h"

static void
say(struct profile *profile, bool has_to_arrive)
{
	const struct stream_features *features = profile_features(profile);
	if (!profile_is_online(profile) || !features || !features->has_csi)
		return;
	profile_send_nonza(profile,
			   profile_is_inactive(profile) ? "<inactive xmlns='" NS_CSI "'/>"
							: "<active xmlns='" NS_CSI "'/>",
			   has_to_arrive);
}

/* A question behind <inactive/> would make the server send what it holds back. */
void
csi_say(struct profile *profile)
{
	say(profile, !profile_is_inactive(profile));
}

/* The server has just been heard. */
static void
on_connect(struct profile *profile, bool is_resumed)
{
	if (is_resumed || profile_is_inactive(profile))
		say(profile, false);
}

const struct module module_csi = {
	.name = "xep-0352",
	.on_connect = on_connect,
};
