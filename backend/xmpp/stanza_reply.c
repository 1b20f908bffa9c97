/*
 * Replies, errors and delays of stanza.h, made of its other functions: what they mean is
 * known here, what an element is only in stanza.c.
 */
#include "backend/xmpp/stanza.h"

#include <errno.h>

#include "backend/xmpp/datetime.h"
#include "backend/xmpp/jid.h"
#include "backend/xmpp/ns.h"

int
stanza_read_error(const struct stanza *stanza, struct stanza_error *ret_error)
{
	if (!stanza_has_type(stanza, "error"))
		return -ENOENT;
	const struct stanza *error = stanza_child(stanza, "error", NS_CLIENT);
	const char *type = stanza_type(error);
	struct stanza_error found = {
		.type = type ? type : "cancel",
		.condition = "undefined-condition",
		.text = stanza_child_text(error, "text", NS_STANZA_ERRORS),
		.by = stanza_get(error, "by"),
	};
	const struct stanza *child = stanza_child(error, NULL, NS_STANZA_ERRORS);
	while (stanza_is(child, "text", NULL))
		child = stanza_next(child, NULL, NS_STANZA_ERRORS);
	if (child)
		found.condition = stanza_name(child);
	*ret_error = found;
	return 0;
}

void
stanza_add_error(struct stanza *stanza, const char *type, const char *condition,
		 const char *text)
{
	struct stanza *error = stanza_add(stanza, "error", NS_CLIENT);
	stanza_set(error, "type", type);
	(void)stanza_add(error, condition, NS_STANZA_ERRORS);
	if (text)
		(void)stanza_add_with_text(error, "text", NS_STANZA_ERRORS, text);
}

static struct stanza *
reply_of_type(const struct stanza *stanza, const char *type)
{
	struct stanza *reply =
		stanza_new(stanza_context(stanza), stanza_name(stanza), NS_CLIENT);
	stanza_set(reply, "type", type);
	stanza_set(reply, "to", stanza_from(stanza));
	stanza_set(reply, "id", stanza_id(stanza));
	return reply;
}

struct stanza *
stanza_reply(const struct stanza *iq)
{
	return reply_of_type(iq, "result");
}

struct stanza *
stanza_reply_error(const struct stanza *stanza, const char *type, const char *condition,
		   const char *text)
{
	if (stanza_has_type(stanza, "error") || stanza_has_type(stanza, "result"))
		return NULL;
	struct stanza *reply = reply_of_type(stanza, "error");
	stanza_add_error(reply, type, condition, text);
	return reply;
}

int
stanza_delay(const struct stanza *stanza, const char *by, int64_t *ret_ms)
{
	const struct stanza *delay = stanza_child(stanza, "delay", NS_DELAY);
	for (; delay; delay = stanza_next(delay, "delay", NS_DELAY)) {
		if (by && !jid_is_same(stanza_from(delay), by))
			continue;
		if (datetime_parse(stanza_get(delay, "stamp"), ret_ms) == 0)
			return 0;
	}
	return -ENOENT;
}

void
stanza_add_delay(struct stanza *stanza, const char *from, int64_t stamp_ms)
{
	char stamp[DATETIME_SIZE];
	datetime_format(stamp_ms, stamp);
	struct stanza *delay = stanza_add(stanza, "delay", NS_DELAY);
	stanza_set(delay, "from", from);
	stanza_set(delay, "stamp", stamp);
}
