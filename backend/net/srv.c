/*
 * RFC 2782 in its own words: sort by priority; within one, records of weight 0 first,
 * then draw from the running sum of the weights until none is left.
 */
#include "backend/net/srv.h"

static bool
goes_before(const struct srv_record *a, const struct srv_record *b)
{
	if (a->priority != b->priority)
		return a->priority < b->priority;
	return a->weight == 0 && b->weight != 0;
}

static void
move_to_front(struct srv_record *records, size_t from)
{
	struct srv_record chosen = records[from];
	for (size_t i = from; i > 0; i--)
		records[i] = records[i - 1];
	records[0] = chosen;
}

/* Draws one of the COUNT records of one priority and moves it to the front. */
static void
draw_one(struct srv_record *records, size_t count,
	 uint32_t (*draw)(void *data, uint32_t most), void *data)
{
	uint32_t sum = 0;
	for (size_t i = 0; i < count; i++)
		sum += records[i].weight;
	uint32_t mark = sum == 0 ? 0 : draw(data, sum);
	uint32_t running = 0;
	for (size_t i = 0; i < count; i++) {
		running += records[i].weight;
		if (running >= mark) {
			move_to_front(records, i);
			return;
		}
	}
}

void
srv_order(struct srv_record *records, size_t count,
	  uint32_t (*draw)(void *data, uint32_t most), void *data)
{
	for (size_t i = 1; i < count; i++) {
		for (size_t j = i; j > 0 && goes_before(&records[j], &records[j - 1]);
		     j--) {
			struct srv_record swap = records[j];
			records[j] = records[j - 1];
			records[j - 1] = swap;
		}
	}
	for (size_t first = 0; first < count; first++) {
		size_t same = 1;
		while (first + same < count &&
		       records[first + same].priority == records[first].priority)
			same++;
		draw_one(records + first, same, draw, data);
	}
}
