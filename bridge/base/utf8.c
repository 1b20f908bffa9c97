/*
 * Decoding, encoding and cleaning of UTF-8, pure. Overlong forms, surrogates and points
 * above U+10FFFF are ill-formed (RFC 3629 section 3).
 */
#include "bridge/base/utf8.h"

#include <string.h>

#include "bridge/base/buf.h"

static bool
is_tail(unsigned char byte)
{
	return (byte & 0xc0) == 0x80;
}

size_t
utf8_decode(const char *text, size_t len, uint32_t *ret_point)
{
	const unsigned char *s = (const unsigned char *)text;
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need = s[0] < 0x80	      ? 1
		      : (s[0] & 0xe0) == 0xc0 ? 2
		      : (s[0] & 0xf0) == 0xe0 ? 3
		      : (s[0] & 0xf8) == 0xf0 ? 4
					      : 0;
	*ret_point = UTF8_BAD;
	if (need == 0 || need > len)
		return 1;
	uint32_t point = need == 1 ? s[0] : s[0] & (0x7fu >> need);
	for (size_t i = 1; i < need; i++) {
		if (!is_tail(s[i]))
			return 1;
		point = point << 6 | (s[i] & 0x3fu);
	}
	if (point < least[need] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 1;
	*ret_point = point;
	return need;
}

size_t
utf8_encode(uint32_t point, char out[4])
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = len - 1; i > 0; i--) {
		out[i] = (char)(0x80 | (point & 0x3f));
		point >>= 6;
	}
	out[0] = (char)(lead[len] | point);
	return len;
}

bool
utf8_is_valid(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t point;
		at += utf8_decode(text + at, len - at, &point);
		if (point == UTF8_BAD)
			return false;
	}
	return true;
}

size_t
utf8_cut(const char *text, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max > 0 && is_tail((unsigned char)text[max]))
		max--;
	return max;
}

bool
utf8_is_unsafe(uint32_t point)
{
	return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0x061c ||
	       point == 0x200e || point == 0x200f ||
	       (point >= 0x2028 && point <= 0x202e) ||
	       (point >= 0x2066 && point <= 0x2069) || (point & 0xfffe) == 0xfffe ||
	       (point >= 0xfdd0 && point <= 0xfdef) ||
	       (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff;
}

static void
add_point(struct buf *out, uint32_t point, enum clean_mode mode)
{
	char bytes[4];
	if (point == '\n' && mode == CLEAN_TEXT)
		buf_add_byte(out, '\n');
	else if (point == '\n' || point == '\t')
		buf_add_byte(out, ' ');
	else
		buf_add(out, bytes,
			utf8_encode(utf8_is_unsafe(point) ? 0xfffd : point, bytes));
}

char *
clean_text(const char *text, enum clean_mode mode, size_t max)
{
	struct buf out = {0};
	size_t len = text ? strlen(text) : 0;
	for (size_t at = 0; at < len;) {
		uint32_t point;
		at += utf8_decode(text + at, len - at, &point);
		if (point == '\r' && at < len && text[at] == '\n')
			continue;
		size_t before = out.len;
		add_point(&out, point == '\r' ? '\n' : point, mode);
		if (out.len > max) {
			out.len = before;
			buf_add_text(&out, "…");
			break;
		}
	}
	return buf_take_text(&out);
}
