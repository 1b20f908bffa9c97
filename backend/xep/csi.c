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

void
csi_say(struct profile *profile)
{
	const struct stream_features *features = profile_features(profile);
	if (!profile_is_online(profile) || !features || !features->has_csi)
		return;
	profile_send_nonza(profile, profile_is_inactive(profile)
					    ? "<inactive xmlns='" NS_CSI "'/>"
					    : "<active xmlns='" NS_CSI "'/>");
}

static void
on_connect(struct profile *profile, bool is_resumed)
{
	if (is_resumed || profile_is_inactive(profile))
		csi_say(profile);
}

const struct module module_csi = {
	.name = "xep-0352",
	.on_connect = on_connect,
};
