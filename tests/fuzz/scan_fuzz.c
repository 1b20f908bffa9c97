/* Scanner and frames: any bytes, walked whole, in pieces and by their heads. What passes
 * is within its bounds; both ways of walking agree. */
#include <stdlib.h>

#include "bridge/frame.h"
#include "bridge/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scan_state state = {0};
	ssize_t whole = scan_value(data, size);
	ssize_t walked = 0;
	size_t step = size / 16 + 1;
	for (size_t len = 0; walked == 0 && len < size; len += step)
		walked = scan_more(&state, data, len);
	if (walked == 0)
		walked = scan_more(&state, data, size);
	if (walked != whole || whole > (ssize_t)size || whole > SCAN_FRAME_MAX)
		abort();
	if (whole <= 0)
		return 0;
	struct frame frame;
	const uint8_t *value;
	const char *text;
	size_t len;
	uint32_t id;
	(void)scan_map_find(data, (size_t)whole, "profile", &value);
	(void)scan_string(data, (size_t)whole, &text, &len);
	(void)frame_guess_id(data, (size_t)whole, &id);
	if (frame_parse(data, (size_t)whole, &frame) == 0 && frame.params.len &&
	    (frame.params.data < data ||
	     frame.params.data + frame.params.len > data + whole))
		abort();
	return 0;
}
