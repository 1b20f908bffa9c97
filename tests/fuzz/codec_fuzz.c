/* Codec: the first byte chooses a record, the rest is decoded as it; what is decoded is
 * encoded, printed and decoded again. */
#include <stdlib.h>

#include "bridge/codec.h"
#include "bridge/ctl/print.h"
#include "bridge/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
go_round(const struct bridge_record_row *row, const void *record, struct arena *arena)
{
	struct buf bytes = {0};
	struct buf text = {0};
	const char *problem = NULL;
	codec_encode(&bytes, row, record);
	void *again = arena_alloc(arena, row->size);
	if (scan_value(bytes.data, bytes.len) != (ssize_t)bytes.len &&
	    bytes.len <= SCAN_FRAME_MAX)
		abort();
	if (codec_decode(bytes.data, bytes.len, row, arena, again, &problem) < 0)
		abort();
	print_json(&text, row, record, "event", "x");
	print_flat(&text, row, record, " ");
	buf_done(&bytes);
	buf_done(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t count = 0;
	while (bridge_records[count])
		count++;
	if (size < 2)
		return 0;
	const struct bridge_record_row *row = bridge_records[data[0] % count];
	struct arena arena = {0};
	const char *problem = NULL;
	void *record = arena_alloc(&arena, row->size);
	ssize_t len = scan_value(data + 1, size - 1);
	/* Bytes that the scanner would refuse must not be read past either. */
	size_t given = len > 0 ? (size_t)len : size - 1;
	if (codec_decode(data + 1, given, row, &arena, record, &problem) == 0)
		go_round(row, record, &arena);
	else if (!problem)
		abort();
	arena_done(&arena);
	return 0;
}
