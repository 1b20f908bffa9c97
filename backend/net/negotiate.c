/*
 * What is said from the first header to "online", as a table: in which state which
 * element is expected and who takes it. Anything that is not in the table ends the
 * stream. Once online everything goes to the owner.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream_inner.h"
#include "backend/net/tls.h"
#include "backend/xmpp/jid.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/parser.h"
#include "backend/xmpp/stanza.h"
#include "backend/xmpp/xmltext.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"

struct step {
	enum stream_state state;
	const char *name;
	const char *ns;
	void (*take)(struct stream *stream, const struct stanza *element);
};

static void
add_attribute(struct buf *out, const char *name, const char *value)
{
	buf_printf(out, " %s='", name);
	xmltext_escape_attribute(out, value);
	buf_add_byte(out, '\'');
}

/* RFC 6120 §4.7.1: who we are is said only where nobody listens. */
static void
send_header(struct stream *stream, enum stream_state state)
{
	const char *language = stream->config.language;
	struct buf xml = {0};
	buf_add_text(&xml, "<?xml version='1.0'?><stream:stream");
	if (stream->is_secured)
		add_attribute(&xml, "from", stream->bare);
	add_attribute(&xml, "to", stream->domain);
	add_attribute(&xml, "xml:lang", language != NULL ? language : "en");
	buf_add_text(&xml, " version='1.0' xmlns='" NS_CLIENT "' xmlns:stream='" NS_STREAM
			   "'>");
	wire_send(stream, (const char *)xml.data, xml.len);
	buf_done(&xml);
	stream->has_sent_header = true;
	stream->state = state;
	stream_limit(stream, stream->config.times.step_ms);
}

void
negotiate_connected(struct stream *stream, bool is_direct_tls)
{
	if (!is_direct_tls) {
		send_header(stream, STATE_OPEN);
		return;
	}
	stream->state = STATE_HANDSHAKE;
	stream_limit(stream, stream->config.times.step_ms);
	stream_set_phase(stream, STREAM_SECURING);
	if (stream->state == STATE_HANDSHAKE)
		wire_secure(stream, true);
}

void
negotiate_secured(struct stream *stream)
{
	log_debug("net", "event=secured domain=%s version=%s", stream->domain,
		  tls_version(stream->tls));
	send_header(stream, STATE_SECURE);
}

void
negotiate_authenticated(struct stream *stream)
{
	parser_restart(stream->parser);
	send_header(stream, STATE_AUTHED);
	stream_set_phase(stream, STREAM_BINDING);
}

/* ----------------------------------------------------------------------- the steps */

static void
on_plain_features(struct stream *stream, const struct stanza *features)
{
	if (stanza_child(features, "starttls", NS_TLS) == NULL) {
		stream_end(stream, STREAM_TLS_MISSING, NULL, NULL);
		return;
	}
	wire_send_text(stream, "<starttls xmlns='" NS_TLS "'/>");
	stream->state = STATE_STARTTLS;
	stream_limit(stream, stream->config.times.step_ms);
	stream_set_phase(stream, STREAM_SECURING);
}

static void
on_proceed(struct stream *stream, const struct stanza *proceed)
{
	(void)proceed;
	/* Bytes behind <proceed/> belong to nobody: the parser ends the stream over them.
	 */
	parser_restart(stream->parser);
	stream->state = STATE_HANDSHAKE;
	stream->has_sent_header = false;
	stream_limit(stream, stream->config.times.step_ms);
}

static void
on_tls_failure(struct stream *stream, const struct stanza *failure)
{
	(void)failure;
	stream_end(stream, STREAM_TLS_FAILED, NULL, "the server cannot start it");
}

static uint32_t
number_of(const char *text)
{
	unsigned long value = text != NULL ? strtoul(text, NULL, 10) : 0;
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void
read_features(struct stream *stream, const struct stanza *features)
{
	const struct stanza *limits = stanza_child(features, "limits", NS_LIMITS);
	const struct stanza *session = stanza_child(features, "session", NS_SESSION);
	stanza_free(stream->features_stanza);
	stream->features_stanza = stanza_copy(features);
	stream->features = (struct stream_features){
		.has_roster_versions =
			stanza_child(features, "ver", NS_ROSTER_VER) != NULL,
		.has_preapproval =
			stanza_child(features, "sub", NS_SUB_PREAPPROVAL) != NULL,
		.has_sm = stanza_child(features, "sm", NS_SM) != NULL,
		.has_csi = stanza_child(features, "csi", NS_CSI) != NULL,
		.needs_session = session != NULL &&
				 stanza_child(session, "optional", NS_SESSION) == NULL,
		.max_bytes = number_of(stanza_child_text(limits, "max-bytes", NS_LIMITS)),
		.idle_seconds =
			number_of(stanza_child_text(limits, "idle-seconds", NS_LIMITS)),
		.all = stream->features_stanza,
	};
}

static void
on_bind_features(struct stream *stream, const struct stanza *features)
{
	const struct stream_events *events = stream->events;
	enum stream_next next = STREAM_DO_BIND;
	read_features(stream, features);
	stream->state = STATE_WAIT;
	stream_limit(stream, stream->config.times.step_ms);
	if (events->before_bind != NULL)
		next = events->before_bind(stream->config.data, &stream->features);
	if (stream->state == STATE_WAIT && next == STREAM_DO_BIND)
		negotiate_bind(stream);
}

static void
on_sasl_features(struct stream *stream, const struct stanza *features)
{
	login_begin(stream, features);
}

void
negotiate_bind(struct stream *stream)
{
	stanza_random_id(stream->bind_id);
	struct stanza *iq = stanza_iq(stream->net->stanzas, "set", NULL, stream->bind_id);
	struct stanza *bind = stanza_add(iq, "bind", NS_BIND);
	if (stream->config.resource != NULL)
		(void)stanza_add_with_text(bind, "resource", NS_BIND,
					   stream->config.resource);
	struct buf xml = {0};
	(void)stanza_write(iq, &xml, SIZE_MAX);
	stanza_free(iq);
	wire_send(stream, (const char *)xml.data, xml.len);
	buf_done(&xml);
	stream->state = STATE_BIND;
	stream_limit(stream, stream->config.times.step_ms);
}

void
negotiate_online(struct stream *stream)
{
	stream->state = STATE_ONLINE;
	stream_limit(stream, 0);
	(void)uv_timer_stop(&stream->login_timer);
}

/* Online, with the JID that the server gave. */
static void
go_online(struct stream *stream)
{
	struct jid *full = stream->full;
	stream->full = NULL;
	negotiate_online(stream);
	stream_set_phase(stream, STREAM_ONLINE);
	if (stream->state == STATE_ONLINE && stream->events->online != NULL)
		stream->events->online(stream->config.data, full, &stream->features);
	jid_done(full);
	free(full);
}

/* Whether IQ answers our request; ends the stream if it says no. */
static bool
is_good_answer(struct stream *stream, const struct stanza *iq)
{
	struct stanza_error error;
	const char *id = stanza_id(iq);
	if (id == NULL || strcmp(id, stream->bind_id) != 0) {
		stream_end(stream, STREAM_PROTOCOL, "not-authorized",
			   "an answer to nothing that was asked");
		return false;
	}
	if (stanza_read_error(iq, &error) == 0) {
		stream_end(stream, STREAM_BIND_FAILED, error.condition, error.text);
		return false;
	}
	if (stanza_has_type(iq, "result"))
		return true;
	stream_end(stream, STREAM_PROTOCOL, "bad-format", "an answer without a result");
	return false;
}

static void
ask_session(struct stream *stream)
{
	stanza_random_id(stream->bind_id);
	char *xml = mem_printf("<iq type='set' id='%s'><session xmlns='" NS_SESSION
			       "'/></iq>",
			       stream->bind_id);
	wire_send_text(stream, xml);
	free(xml);
	stream->state = STATE_SESSION;
	stream_limit(stream, stream->config.times.step_ms);
}

static void
on_bind_answer(struct stream *stream, const struct stanza *iq)
{
	if (!is_good_answer(stream, iq))
		return;
	const struct stanza *bind = stanza_child(iq, "bind", NS_BIND);
	const char *text = stanza_child_text(bind, "jid", NS_BIND);
	struct jid *full = mem_alloc(sizeof(*full));
	if (jid_parse(text, full, NULL) < 0 || full->resource == NULL ||
	    strcmp(full->bare, stream->bare) != 0) {
		jid_done(full);
		free(full);
		stream_end(stream, STREAM_PROTOCOL, "invalid-from",
			   "it gave an address that is not ours");
		return;
	}
	stream->full = full;
	if (stream->features.needs_session)
		ask_session(stream);
	else
		go_online(stream);
}

static void
on_session_answer(struct stream *stream, const struct stanza *iq)
{
	if (is_good_answer(stream, iq))
		go_online(stream);
}

static const struct step steps[] = {
	{STATE_OPEN, "features", NS_STREAM, on_plain_features},
	{STATE_STARTTLS, "proceed", NS_TLS, on_proceed},
	{STATE_STARTTLS, "failure", NS_TLS, on_tls_failure},
	{STATE_SECURE, "features", NS_STREAM, on_sasl_features},
	{STATE_AUTH, "challenge", NS_SASL, login_challenge},
	{STATE_AUTH, "success", NS_SASL, login_success},
	{STATE_AUTH, "failure", NS_SASL, login_failure},
	{STATE_HASHING, "failure", NS_SASL, login_failure},
	{STATE_AUTHED, "features", NS_STREAM, on_bind_features},
	{STATE_BIND, "iq", NS_CLIENT, on_bind_answer},
	{STATE_SESSION, "iq", NS_CLIENT, on_session_answer},
};

/* ----------------------------------------------------------------------- stream errors
 */

struct error_row {
	const char *condition;
	enum stream_fault fault;
};

static const struct error_row error_rows[] = {
	{"conflict", STREAM_CONFLICT},
	{"not-authorized", STREAM_NOT_AUTHORIZED},
	{"see-other-host", STREAM_SEE_OTHER_HOST},
	{"system-shutdown", STREAM_SHUTDOWN},
	{"reset", STREAM_SHUTDOWN},
};

static void
on_stream_error(struct stream *stream, const struct stanza *error)
{
	const struct stanza *child = stanza_child(error, NULL, NS_STREAM_ERRORS);
	while (child != NULL && stanza_is(child, "text", NS_STREAM_ERRORS))
		child = stanza_next(child, NULL, NS_STREAM_ERRORS);
	const char *condition =
		child != NULL ? stanza_name(child) : "undefined-condition";
	const char *text = stanza_child_text(error, "text", NS_STREAM_ERRORS);
	enum stream_fault fault = STREAM_REMOTE_ERROR;
	if (stream->state == STATE_CLOSING) {
		stream_end(stream, STREAM_CLOSED, NULL, NULL);
		return;
	}
	for (size_t i = 0; i < sizeof(error_rows) / sizeof(error_rows[0]); i++) {
		if (strcmp(error_rows[i].condition, condition) == 0)
			fault = error_rows[i].fault;
	}
	if (fault == STREAM_SEE_OTHER_HOST)
		text = stanza_text(child);
	stream_end(stream, fault, condition, text);
}

/* ----------------------------------------------------------------------- parser hooks */

static bool
is_owners(const struct stream *stream)
{
	return stream->state == STATE_ONLINE || stream->state == STATE_WAIT ||
	       (stream->state == STATE_CLOSING && stream->features_stanza != NULL);
}

static void
on_open(void *data, const struct parser_open *open)
{
	struct stream *stream = data;
	if (open->version == NULL || strncmp(open->version, "1.", 2) != 0)
		stream_end(stream, STREAM_PROTOCOL, "unsupported-version",
			   "it does not speak XMPP 1.0");
	else if (strcmp(open->default_ns, NS_CLIENT) != 0)
		stream_end(stream, STREAM_PROTOCOL, "invalid-namespace",
			   "this is not a port for clients");
}

static void
take_step(struct stream *stream, const struct stanza *element)
{
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const struct step *step = &steps[i];
		if (step->state == stream->state &&
		    stanza_is(element, step->name, step->ns)) {
			step->take(stream, element);
			return;
		}
	}
	if (stream->state == STATE_CLOSING)
		return; /* closed before it was online: nobody is there to take it */
	stream_end(stream, STREAM_PROTOCOL, "unsupported-stanza-type",
		   stanza_name(element));
}

static void
take_stanza(void *data, struct stanza *stanza)
{
	struct stream *stream = data;
	if (stanza_is(stanza, "error", NS_STREAM)) {
		on_stream_error(stream, stanza);
	} else if (is_owners(stream)) {
		stream->count.stanzas_in++;
		if (stream->events->stanza != NULL)
			stream->events->stanza(stream->config.data, stanza);
	} else {
		take_step(stream, stanza);
	}
	stanza_free(stanza);
}

static void
on_skipped(void *data, const struct parser_skipped *skipped)
{
	struct stream *stream = data;
	if (!is_owners(stream)) {
		stream_end(stream, STREAM_PROTOCOL, "policy-violation",
			   "too much before the login was complete");
		return;
	}
	stream->count.stanzas_in++;
	stream->count.too_large++;
	log_info("net", "event=too-large domain=%s kind=%s bytes=%llu", stream->domain,
		 skipped->name, (unsigned long long)skipped->size);
	if (stream->events->too_large != NULL)
		stream->events->too_large(stream->config.data, skipped);
}

static void
on_close(void *data)
{
	struct stream *stream = data;
	if (stream->state == STATE_CLOSING)
		stream_end(stream, STREAM_CLOSED, NULL, NULL);
	else
		stream_end(stream, STREAM_REMOTE_CLOSED, NULL, NULL);
}

static int
batch_level(void *data, const char *id, const char *from)
{
	struct stream *stream = data;
	if (!is_owners(stream) || stream->events->batch_level == NULL)
		return 0;
	return stream->events->batch_level(stream->config.data, id, from);
}

static void
take_batch(void *data, const struct parser_batch *batch)
{
	struct stream *stream = data;
	if (batch->is_last)
		stream->count.stanzas_in++;
	if (stream->events->batch != NULL)
		stream->events->batch(stream->config.data, batch);
	stanza_free(batch->stanza);
}

struct parser *
negotiate_parser(struct stream *stream)
{
	static const struct parser_hooks hooks = {
		.on_open = on_open,
		.take_stanza = take_stanza,
		.on_skipped = on_skipped,
		.on_close = on_close,
		.batch_level = batch_level,
		.take_batch = take_batch,
	};
	struct parser_limits limits = {
		.stanza = stream->config.limits.stanza_bytes,
		.batch = stream->config.limits.batch_bytes,
	};
	return parser_new(stream->net->stanzas, &hooks, &limits, stream);
}
