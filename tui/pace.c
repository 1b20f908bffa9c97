/*
 * When the next frame may be drawn. News alone have to wait, and only behind other news:
 * a frame that a key or an answer brought makes nothing wait.
 */
#include "tui/pace.h"

void
pace_news(struct pace *pace, enum pace_news news)
{
	if (news > pace->news)
		pace->news = news;
}

void
pace_key(struct pace *pace)
{
	pace->has_key = true;
}

uint64_t
pace_wait(const struct pace *pace, uint64_t now)
{
	uint64_t due = pace->news == PACE_PAGE ? pace->page_due : pace->badge_due;

	if (pace->has_key || pace->news == PACE_NOTHING || due <= now)
		return 0;
	return due - now;
}

void
pace_drawn(struct pace *pace, uint64_t now, uint64_t bytes)
{
	uint64_t wait = bytes * 1000 / PACE_RATE;

	if (pace->news == PACE_PAGE)
		pace->page_due = now + (wait < PACE_MOST_MS ? wait : PACE_MOST_MS);
	if (pace->news != PACE_NOTHING && bytes > 0)
		pace->badge_due = now + PACE_BADGE_MS;
	pace->news = PACE_NOTHING;
	pace->has_key = false;
}
