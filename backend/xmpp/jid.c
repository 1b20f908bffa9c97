/*
 * Addresses by RFC 7622. Each part is prepared into a buffer of its own, then all five
 * strings of a struct jid are laid into one block that `full` owns. Pure ASCII, nearly
 * every address on the wire, never reaches the Unicode libraries. Stricter than many
 * servers nowhere but where an address could be taken for another one: compatibility
 * forms and invisible characters are refused, symbols in a localpart are let through.
 */
#include "backend/xmpp/jid.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <idn2.h>
#include <utf8proc.h>

#include "bridge/base/buf.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define DOMAIN_LABEL_MAX 63

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] >= 0x80)
			return false;
	}
	return true;
}

static char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool
is_domain_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Noncharacters and what has no business in an address of any kind. */
static bool
is_refused_everywhere(uint32_t point)
{
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)point);
	return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CS ||
	       category == UTF8PROC_CATEGORY_CO || category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP || (point & 0xfffe) == 0xfffe ||
	       (point >= 0xfdd0 && point <= 0xfdef);
}

/* POINT in Unicode's compatibility form where that is one other code point of ordinary
 * width (RFC 8264 §5.2.1, the width mapping); POINT itself if there is none. */
static uint32_t
map_width(uint32_t point)
{
	if (point < 0xff01 || point > 0xffee)
		return point;
	utf8proc_int32_t wide[8];
	int boundary = 0;
	utf8proc_ssize_t count =
		utf8proc_decompose_char((utf8proc_int32_t)point, wide, 8,
					UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &boundary);
	return count == 1 ? (uint32_t)wide[0] : point;
}

static bool
has_compatibility_form(uint32_t point)
{
	const utf8proc_property_t *property =
		utf8proc_get_property((utf8proc_int32_t)point);
	return property->decomp_type != 0;
}

/* Puts the LEN bytes at TEXT in NFC into OUT. False if they cannot be. */
static bool
add_composed(struct buf *out, const char *text, size_t len)
{
	utf8proc_uint8_t *composed = NULL;
	utf8proc_ssize_t size =
		utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)len,
			     &composed, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	if (size < 0)
		return false;
	buf_add(out, composed, (size_t)size);
	free(composed);
	return true;
}

static bool
add_local_point(struct buf *out, uint32_t point)
{
	if (point < 0x80) {
		if (point <= ' ' || point == 0x7f || strchr("\"&'/:<>@", (int)point))
			return false;
		buf_add_byte(out, (uint8_t)ascii_lower((char)point));
		return true;
	}
	utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)point);
	if (is_refused_everywhere(point) || category == UTF8PROC_CATEGORY_ZS ||
	    category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ME ||
	    has_compatibility_form(point))
		return false;
	char bytes[4];
	uint32_t lower = (uint32_t)utf8proc_tolower((utf8proc_int32_t)point);
	buf_add(out, bytes, utf8_encode(lower, bytes));
	return true;
}

/* UsernameCaseMapped of RFC 8265 §3.3, without its bidi rule. */
static const char *
prepare_local(const char *text, size_t len, struct buf *out)
{
	static const char unfit[] = "The part before the @ has a character that no "
				    "address may have.";
	struct buf lower = {0};
	for (size_t at = 0; at < len;) {
		uint32_t point;
		at += utf8_decode(text + at, len - at, &point);
		if (point == UTF8_BAD || !add_local_point(&lower, map_width(point))) {
			buf_done(&lower);
			return unfit;
		}
	}
	bool is_fit = true;
	if (is_ascii((const char *)lower.data, lower.len))
		buf_add(out, lower.data, lower.len);
	else
		is_fit = add_composed(out, (const char *)lower.data, lower.len);
	buf_done(&lower);
	return is_fit ? NULL : unfit;
}

/* OpaqueString of RFC 8265 §4.2. Joiners are let through for the sake of emoji. */
static const char *
prepare_resource(const char *text, size_t len, struct buf *out)
{
	static const char unfit[] = "The part after the / has a character that no "
				    "address may have.";
	struct buf mapped = {0};
	bool is_fit = true;
	bool is_plain = true;
	for (size_t at = 0; at < len && is_fit;) {
		uint32_t point;
		size_t size = utf8_decode(text + at, len - at, &point);
		if (point == UTF8_BAD || point < ' ' || point == 0x7f) {
			is_fit = false;
		} else if (point < 0x80) {
			buf_add_byte(&mapped, (uint8_t)point);
		} else {
			utf8proc_category_t category =
				utf8proc_category((utf8proc_int32_t)point);
			is_plain = false;
			is_fit = !is_refused_everywhere(point) &&
				 (category != UTF8PROC_CATEGORY_CF || point == 0x200c ||
				  point == 0x200d);
			if (category == UTF8PROC_CATEGORY_ZS)
				buf_add_byte(&mapped, ' ');
			else
				buf_add(&mapped, text + at, size);
		}
		at += size;
	}
	if (is_fit && is_plain)
		buf_add(out, mapped.data, mapped.len);
	else if (is_fit)
		is_fit = add_composed(out, (const char *)mapped.data, mapped.len);
	buf_done(&mapped);
	return is_fit ? NULL : unfit;
}

/* Lower case ASCII labels with dots between; *RET_HAS_ALABEL tells of an xn--. */
static bool
check_ascii_domain(const char *text, size_t len, bool *ret_has_alabel)
{
	size_t label = 0;
	bool has_alabel = false;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.') {
			if (!is_domain_byte(text[i]))
				return false;
			label++;
			continue;
		}
		const char *start = text + i - label;
		if (label == 0 || label > DOMAIN_LABEL_MAX || start[0] == '-' ||
		    text[i - 1] == '-')
			return false;
		has_alabel = has_alabel || (label > 4 && !memcmp(start, "xn--", 4));
		label = 0;
	}
	*ret_has_alabel = has_alabel;
	return true;
}

/* An IPv6 address in brackets; whether it is a good one is the resolver's business. */
static bool
is_bracketed(const char *text, size_t len)
{
	if (len < 4 || len > 64 || text[0] != '[' || text[len - 1] != ']')
		return false;
	for (size_t i = 1; i + 1 < len; i++) {
		if (!strchr("0123456789abcdefABCDEF:.", text[i]))
			return false;
	}
	return memchr(text, ':', len) != NULL;
}

/* DOMAIN through IDNA2008 with the mapping of UTS 46 and back, which leaves one spelling
 * of each name: U-labels, composed, lower case. */
static bool
add_unicode_domain(const char *domain, struct buf *out)
{
	char *ascii = NULL;
	if (idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL))
		return false;
	size_t len = strlen(ascii);
	if (len && ascii[len - 1] == '.')
		ascii[--len] = '\0';
	bool has_alabel = false;
	char *unicode = NULL;
	/* The mapping turns a full-width solidus into '/': what came out is checked too.
	 */
	bool is_fit = check_ascii_domain(ascii, len, &has_alabel) &&
		      idn2_to_unicode_8z8z(ascii, &unicode, IDN2_NONTRANSITIONAL) == 0;
	if (is_fit)
		buf_add_text(out, unicode);
	idn2_free(unicode);
	idn2_free(ascii);
	return is_fit;
}

static const char *
prepare_domain(const char *text, size_t len, struct buf *out)
{
	static const char unfit[] = "The part after the @ is not a server's name.";
	if (len && text[len - 1] == '.')
		len--;
	struct buf lower = {0};
	for (size_t i = 0; i < len; i++)
		buf_add_byte(&lower, (uint8_t)ascii_lower(text[i]));
	bool has_alabel = false;
	bool is_fit = len > 0 && len <= JID_PART_MAX;
	if (is_fit && is_bracketed(text, len)) {
		buf_add(out, lower.data, lower.len);
	} else if (is_fit && is_ascii(text, len)) {
		is_fit = check_ascii_domain((char *)lower.data, len, &has_alabel);
		if (is_fit && has_alabel)
			is_fit = add_unicode_domain((char *)lower.data, out);
		else if (is_fit)
			buf_add(out, lower.data, lower.len);
	} else if (is_fit) {
		is_fit = utf8_is_valid(text, len) && strlen((char *)lower.data) == len &&
			 add_unicode_domain((char *)lower.data, out);
	}
	buf_done(&lower);
	return is_fit ? NULL : unfit;
}

/* Lays the three prepared parts into the one block of *RET. LOCAL and RESOURCE are empty
 * where there is none. */
static void
lay_out(const struct buf *local, const struct buf *domain, const struct buf *resource,
	struct jid *ret)
{
	size_t bare = domain->len + (local->len ? local->len + 1 : 0);
	size_t full = bare + (resource->len ? resource->len + 1 : 0);
	char *at = mem_alloc(full + bare + local->len + domain->len + resource->len + 5);
	*ret = (struct jid){.full = at};
	if (local->len) {
		at = mempcpy(at, local->data, local->len);
		*at++ = '@';
	}
	at = mempcpy(at, domain->data, domain->len);
	if (resource->len) {
		*at++ = '/';
		at = mempcpy(at, resource->data, resource->len);
	}
	ret->bare = ++at;
	at = (char *)mempcpy(at, ret->full, bare) + 1;
	ret->domain = at;
	at = (char *)mempcpy(at, domain->data, domain->len) + 1;
	if (local->len) {
		ret->local = at;
		at = (char *)mempcpy(at, local->data, local->len) + 1;
	}
	if (resource->len) {
		ret->resource = at;
		memcpy(at, resource->data, resource->len);
	}
}

/* Splits TEXT and prepares the parts; NULL or why it is unfit. */
static const char *
prepare(const char *text, struct buf *local, struct buf *domain, struct buf *resource)
{
	/* Preparing may shorten a part, yet never by so much as to make this fit. */
	if (strlen(text) > 4 * (size_t)JID_MAX)
		return "The address is too long.";
	const char *slash = strchr(text, '/');
	size_t left = slash ? (size_t)(slash - text) : strlen(text);
	const char *at = memchr(text, '@', left);
	const char *host = at ? at + 1 : text;
	if (at == text)
		return "There is nothing before the @.";
	const char *reason = prepare_domain(host, left - (size_t)(host - text), domain);
	if (!reason && at)
		reason = prepare_local(text, (size_t)(at - text), local);
	if (!reason && slash)
		reason = prepare_resource(slash + 1, strlen(slash + 1), resource);
	if (reason)
		return reason;
	if (at && !local->len)
		return "There is nothing before the @.";
	if (slash && !resource->len)
		return "There is nothing after the /.";
	if (local->len > JID_PART_MAX || domain->len > JID_PART_MAX ||
	    resource->len > JID_PART_MAX)
		return "The address is too long.";
	return NULL;
}

int
jid_parse(const char *text, struct jid *ret, const char **ret_reason)
{
	struct buf local = {0};
	struct buf domain = {0};
	struct buf resource = {0};
	const char *reason = text && *text ? prepare(text, &local, &domain, &resource)
					   : "There is no address.";
	if (!reason)
		lay_out(&local, &domain, &resource, ret);
	else if (ret_reason)
		*ret_reason = reason;
	buf_done(&local);
	buf_done(&domain);
	buf_done(&resource);
	return reason ? -EINVAL : 0;
}

void
jid_done(struct jid *jid)
{
	free(jid->full);
	*jid = (struct jid){0};
}

int
jid_with_resource(const struct jid *jid, const char *resource, struct jid *ret)
{
	if (!resource)
		return jid_parse(jid->bare, ret, NULL);
	char *text = mem_printf("%s/%s", jid->bare, resource);
	int status = jid_parse(text, ret, NULL);
	free(text);
	return status;
}

char *
jid_bare(const char *text)
{
	struct jid jid;
	if (jid_parse(text, &jid, NULL) < 0)
		return NULL;
	char *bare = mem_strdup(jid.bare);
	jid_done(&jid);
	return bare;
}

char *
jid_full(const char *text)
{
	struct jid jid;
	if (jid_parse(text, &jid, NULL) < 0)
		return NULL;
	return jid.full;
}

bool
jid_is_same(const char *a, const char *b)
{
	char *left = jid_full(a);
	/* What A is once it is prepared needs no preparation. */
	bool is_same = left && b && !strcmp(left, b);
	char *right = left && !is_same ? jid_full(b) : NULL;
	is_same = is_same || (right && !strcmp(left, right));
	free(left);
	free(right);
	return is_same;
}

bool
jid_is_same_bare(const char *a, const char *b)
{
	char *left = jid_bare(a);
	char *right = jid_bare(b);
	bool is_same = left && right && !strcmp(left, right);
	free(left);
	free(right);
	return is_same;
}

char *
jid_domain_ascii(const char *domain)
{
	size_t len = strlen(domain);
	if (is_bracketed(domain, len) || is_ascii(domain, len))
		return mem_strdup(domain);
	char *ascii = NULL;
	if (idn2_to_ascii_8z(domain, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL))
		return NULL;
	char *copy = mem_strdup(ascii);
	idn2_free(ascii);
	return copy;
}
