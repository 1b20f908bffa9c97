/*
 * Entity time (XEP-0202): our clock and time zone, for those who see our presence.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "backend/session/profile.h"
#include "backend/xep/trust.h"
#include "backend/xmpp/datetime.h"
#include "backend/xmpp/ns.h"

/* The zone at MS as ±hh:mm. */
static void
format_zone(int64_t ms, char ret_text[16])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm = {0};
	(void)localtime_r(&seconds, &tm);
	long minutes = labs(tm.tm_gmtoff) / 60;
	(void)snprintf(ret_text, 16, "%c%02ld:%02ld", tm.tm_gmtoff < 0 ? '-' : '+',
		       minutes / 60 % 100, minutes % 60);
}

static void
on_get(struct profile *profile, const struct stanza *iq)
{
	if (!trust_sees_us(profile, iq)) {
		trust_refuse(profile, iq);
		return;
	}
	int64_t now = profile_now_ms();
	char zone[16];
	char utc[DATETIME_SIZE];
	format_zone(now, zone);
	datetime_format(now - now % 1000, utc);
	struct stanza *reply = stanza_reply(iq);
	struct stanza *time = stanza_add(reply, "time", NS_TIME);
	(void)stanza_add_with_text(time, "tzo", NULL, zone);
	(void)stanza_add_with_text(time, "utc", NULL, utc);
	profile_send(profile, reply);
}

static const char *const features[] = {NS_TIME, NULL};

static const struct module_iq iqs[] = {
	{"get", "time", NS_TIME, on_get},
	{0},
};

const struct module module_time = {
	.name = "xep-0202",
	.features = features,
	.iqs = iqs,
};
