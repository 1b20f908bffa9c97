/*
 * XML text: one scan to see that it is fit (nearly all of it is, and is never copied),
 * one table of what is escaped where. Called by the stanza file and for the stream
 * header.
 */
#include "backend/xmpp/xmltext.h"

#include <stdint.h>
#include <string.h>

#include "bridge/base/buf.h"
#include "bridge/base/utf8.h"

static const char replacement[] = "\xef\xbf\xbd";

static bool
is_xml_point(uint32_t point)
{
	if (point < ' ')
		return point == '\t' || point == '\n' || point == '\r';
	return point != UTF8_BAD && point != 0xfffe && point != 0xffff;
}

bool
xmltext_is_fit(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		uint32_t point = (unsigned char)text[at];
		size_t size = 1;
		if (point >= 0x80)
			size = utf8_decode(text + at, len - at, &point);
		if (!is_xml_point(point))
			return false;
		at += size;
	}
	return true;
}

char *
xmltext_clean(const char *text, size_t len)
{
	struct buf clean = {0};
	for (size_t at = 0; at < len;) {
		uint32_t point;
		size_t size = utf8_decode(text + at, len - at, &point);
		if (is_xml_point(point))
			buf_add(&clean, text + at, size);
		else
			buf_add_text(&clean, replacement);
		at += size;
	}
	return buf_take_text(&clean);
}

/* Appends TEXT with every byte of SPECIAL turned into its reference. */
static void
escape(struct buf *out, const char *text, const char *special)
{
	for (;;) {
		size_t plain = strcspn(text, special);
		buf_add(out, text, plain);
		text += plain;
		if (!*text)
			return;
		switch (*text) {
		case '&':
			buf_add_text(out, "&amp;");
			break;
		case '<':
			buf_add_text(out, "&lt;");
			break;
		case '>':
			buf_add_text(out, "&gt;");
			break;
		default:
			buf_printf(out, "&#%d;", *text);
			break;
		}
		text++;
	}
}

void
xmltext_escape(struct buf *out, const char *text)
{
	escape(out, text, "&<>\r");
}

void
xmltext_escape_attribute(struct buf *out, const char *text)
{
	escape(out, text, "&<>\"'\t\n\r");
}
