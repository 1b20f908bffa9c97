/*
 * Base64, both ways, without tables of state: SASL messages are short.
 */
#include "backend/net/b64.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bridge/base/mem.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			     "0123456789+/";

static int
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

void
b64_encode(struct buf *out, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;
		if (i + 1 < len)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < len)
			group |= bytes[i + 2];
		buf_add_byte(out, (uint8_t)digits[group >> 18]);
		buf_add_byte(out, (uint8_t)digits[group >> 12 & 63]);
		buf_add_byte(out, i + 1 < len ? (uint8_t)digits[group >> 6 & 63] : '=');
		buf_add_byte(out, i + 2 < len ? (uint8_t)digits[group & 63] : '=');
	}
}

/* Four characters at TEXT, the last PAD of them padding; -1 for anything else. */
static int32_t
read_group(const char *text, size_t pad)
{
	int32_t group = 0;
	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - pad ? digit_value(text[i]) : 0;
		if (value < 0)
			return -1;
		group = group << 6 | value;
	}
	int32_t unused = pad == 2 ? 0xffff : pad == 1 ? 0xff : 0;
	return (group & unused) != 0 ? -1 : group;
}

int
b64_decode(struct buf *out, const char *text, size_t len)
{
	if (len % 4 != 0)
		return -EINVAL;
	size_t pad = 0;
	while (pad < 2 && pad < len && text[len - 1 - pad] == '=')
		pad++;
	struct buf bytes = {.is_secret = out->is_secret};
	for (size_t i = 0; i < len; i += 4) {
		size_t here = i + 4 == len ? pad : 0;
		int32_t group = read_group(text + i, here);
		if (group < 0) {
			buf_done(&bytes);
			return -EINVAL;
		}
		uint8_t three[3] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8),
				    (uint8_t)group};
		buf_add(&bytes, three, 3 - here);
		mem_wipe(three, sizeof(three));
	}
	if (bytes.len > 0)
		buf_add(out, bytes.data, bytes.len);
	buf_done(&bytes);
	return 0;
}
