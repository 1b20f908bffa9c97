/*
 * Words for each state; a wait in seconds towards its end, in tens of seconds and in
 * minutes before.
 */
#include "tui/link_text.h"

#include <stdlib.h>

#include "bridge/base/mem.h"
#include "tui/model.h"

#define SECOND_MS 1000
#define COUNT_EACH 10 /* seconds from which on each is counted */
#define MINUTE 60

static const char *const words[link_state_COUNT] = {
	[link_state_OFFLINE] = "offline",     [link_state_WAITING] = "waiting",
	[link_state_RESOLVING] = "resolving", [link_state_CONNECTING] = "connecting",
	[link_state_SECURING] = "securing",   [link_state_AUTHENTICATING] = "logging in",
	[link_state_BINDING] = "logging in",  [link_state_CATCHING_UP] = "catching up",
	[link_state_REFUSED] = "refused",     [link_state_LOCKED] = "locked",
};

/* "12 s" for the time to the next try, rounded up to a step; NULL when it is over. */
static char *
wait_text(int64_t left_ms, uint64_t *ret_changes_in)
{
	int64_t left = (left_ms + SECOND_MS - 1) / SECOND_MS;
	int64_t step = left <= COUNT_EACH ? 1 : left <= MINUTE ? COUNT_EACH : MINUTE;

	if (left <= 0)
		return NULL;
	int64_t shown = (left + step - 1) / step * step;
	*ret_changes_in = (uint64_t)(left_ms - (shown - step) * SECOND_MS);
	if (shown > MINUTE)
		return mem_printf("%lld min", (long long)(shown / MINUTE));
	return mem_printf("%lld s", (long long)shown);
}

static char *
with_reason(const char *what, const char *more, const char *reason)
{
	return mem_printf("%s%s%s%s%s", what, more ? " " : "", more ? more : "",
			  reason ? ": " : "", reason ? reason : "");
}

char *
link_text(const struct model *model, int64_t now, uint64_t *ret_changes_in)
{
	const struct model_link *link = &model->link;
	char *more = NULL;

	*ret_changes_in = 0;
	if (link->state == link_state_ONLINE)
		return mem_strdup("");
	if (link->state == link_state_WAITING && link->retry_at)
		more = wait_text(link->retry_at - now, ret_changes_in);
	else if (link->state == link_state_CATCHING_UP && link->behind > 0)
		more = mem_printf("%lld of %lld", (long long)link->caught,
				  (long long)link->behind);
	else if (link->state == link_state_CATCHING_UP && link->caught > 0)
		more = mem_printf("%lld so far", (long long)link->caught);
	char *text = with_reason(words[link->state], more, link->reason);
	free(more);
	return text;
}
