/*
 * The token scan of scan.h: a small machine over bytes. UTF-8 needs no decoding here, as
 * no byte of a longer sequence is below 0x80. It need not be exact about XML: what it
 * lets through expat judges, what it refuses expat would refuse as well, or XMPP forbids.
 */
#include "backend/xmpp/scan.h"

#include <stdbool.h>

/* Only five names and numbers can be meant; with zeros before them. */
#define REFERENCE_MAX 64

static const char cdata_start[] = "[CDATA[";

void
scan_init(struct scan *scan, size_t max_token)
{
	*scan = (struct scan){.state = SCAN_TEXT, .max_token = max_token};
}

/* Never a byte of UTF-8 that XML may carry. They are also what expat takes UTF-16 by,
 * whatever encoding it was told, and UTF-16 would pass this scan unread. */
static bool
is_refused(uint8_t byte)
{
	return byte == 0 || byte >= 0xfe;
}

/* The length of plain text at the start of BYTES. */
static size_t
text_length(const uint8_t *bytes, size_t len)
{
	size_t i = 0;
	while (i < len && bytes[i] != '<' && bytes[i] != '&' && !is_refused(bytes[i]))
		i++;
	return i;
}

static enum scan_fault
step_tag(struct scan *scan, uint8_t byte)
{
	if (byte == '<')
		return SCAN_ILL_FORMED;
	if (byte == '>')
		scan->state = SCAN_TEXT;
	else if (byte == '"')
		scan->state = SCAN_DOUBLE;
	else if (byte == '\'')
		scan->state = SCAN_SINGLE;
	else
		scan->state = SCAN_TAG;
	return SCAN_FINE;
}

static enum scan_fault
step_quoted(struct scan *scan, uint8_t byte, uint8_t quote)
{
	if (byte == '<')
		return SCAN_ILL_FORMED;
	if (byte == quote)
		scan->state = SCAN_TAG;
	return SCAN_FINE;
}

/* The byte behind '<'. */
static enum scan_fault
step_less(struct scan *scan, uint8_t byte)
{
	if (byte == '!') {
		scan->state = SCAN_CDATA_START;
		scan->run = 0;
		return SCAN_FINE;
	}
	if (byte == '?') {
		scan->state = SCAN_DECLARATION;
		return scan->offset == 1 ? SCAN_FINE : SCAN_RESTRICTED;
	}
	return step_tag(scan, byte);
}

static enum scan_fault
step_cdata_start(struct scan *scan, uint8_t byte)
{
	if (byte != (uint8_t)cdata_start[scan->run])
		return SCAN_RESTRICTED;
	if (!cdata_start[++scan->run]) {
		scan->state = SCAN_CDATA;
		scan->run = 0;
	}
	return SCAN_FINE;
}

static enum scan_fault
step_cdata(struct scan *scan, uint8_t byte)
{
	if (byte == ']')
		scan->run++;
	else if (byte == '>' && scan->run >= 2)
		scan->state = SCAN_TEXT;
	else
		scan->run = 0;
	return SCAN_FINE;
}

static enum scan_fault
step_reference(struct scan *scan, uint8_t byte)
{
	if (byte == ';')
		scan->state = SCAN_TEXT;
	else if (byte <= ' ' || byte == '<' || byte == '&' || scan->token > REFERENCE_MAX)
		return SCAN_ILL_FORMED;
	return SCAN_FINE;
}

static enum scan_fault
step(struct scan *scan, uint8_t byte)
{
	if (is_refused(byte))
		return SCAN_ILL_FORMED;
	switch (scan->state) {
	case SCAN_TEXT:
		scan->token = 0;
		scan->state = byte == '<' ? SCAN_LESS : SCAN_REFERENCE;
		return SCAN_FINE;
	case SCAN_LESS:
		return step_less(scan, byte);
	case SCAN_TAG:
		return step_tag(scan, byte);
	case SCAN_DOUBLE:
		return step_quoted(scan, byte, '"');
	case SCAN_SINGLE:
		return step_quoted(scan, byte, '\'');
	case SCAN_DECLARATION:
		if (byte == '>')
			scan->state = SCAN_TEXT;
		return SCAN_FINE;
	case SCAN_CDATA_START:
		return step_cdata_start(scan, byte);
	case SCAN_CDATA:
		return step_cdata(scan, byte);
	case SCAN_REFERENCE:
		return step_reference(scan, byte);
	}
	return SCAN_ILL_FORMED;
}

enum scan_fault
scan_feed(struct scan *scan, const uint8_t *bytes, size_t len, size_t *ret_safe)
{
	size_t safe = 0;
	enum scan_fault fault = SCAN_FINE;
	for (size_t i = 0; i < len && fault == SCAN_FINE;) {
		if (scan->state == SCAN_TEXT) {
			size_t plain = text_length(bytes + i, len - i);
			i += plain;
			scan->offset += plain;
			safe = i;
			if (i == len)
				break;
		}
		fault = step(scan, bytes[i++]);
		scan->offset++;
		scan->token++;
		if (fault != SCAN_FINE)
			break;
		if (scan->state == SCAN_TEXT || scan->state == SCAN_CDATA)
			safe = i;
		else if (scan->token > scan->max_token)
			fault = SCAN_TOO_LONG;
	}
	*ret_safe = safe;
	return fault;
}
