/*
 * The life of a stream: opening, its time limits, its one end, and the functions that the
 * owner calls. What is said on the wire stands in negotiate.c and login.c.
 */
#include "backend/net/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "backend/net/dns.h"
#include "backend/net/net_inner.h"
#include "backend/net/race.h"
#include "backend/net/stream_inner.h"
#include "backend/net/tls.h"
#include "backend/xmpp/jid.h"
#include "backend/xmpp/ns.h"
#include "backend/xmpp/parser.h"
#include "backend/xmpp/stanza.h"
#include "bridge/base/log.h"
#include "bridge/base/mem.h"
#include "bridge/base/utf8.h"

#define TEXT_MAX 200

static const struct stream_times default_times = {
	.resolve_ms = 15000,
	.connect_ms = 30000,
	.step_ms = 30000,
	.login_ms = 120000,
	.close_ms = 2000,
	.stagger_ms = 250,
};

static const char *const phase_names[] = {
	[STREAM_RESOLVING] = "resolving", [STREAM_CONNECTING] = "connecting",
	[STREAM_SECURING] = "securing",	  [STREAM_AUTHENTICATING] = "authenticating",
	[STREAM_BINDING] = "binding",	  [STREAM_ONLINE] = "online",
	[STREAM_CLOSING] = "closing",
};

/* ----------------------------------------------------------------------------- the end
 */

static void
on_handle_closed(uv_handle_t *handle)
{
	struct stream *stream = handle->data;
	if ((void *)handle == (void *)stream->tcp)
		free(stream->tcp);
	if (--stream->open_handles > 0)
		return;
	buf_done(&stream->out);
	buf_done(&stream->pieces);
	buf_done(&stream->sending);
	arena_done(&stream->arena);
	free(stream);
}

/* Lets go of everything; the memory goes with the last close callback. */
static void
tear_down(struct stream *stream)
{
	stream->state = STATE_DEAD;
	dns_cancel(stream->dns);
	race_free(stream->race);
	stream->dns = NULL;
	stream->race = NULL;
	login_done(stream);
	parser_free(stream->parser);
	stream->parser = NULL;
	tls_free(stream->tls);
	stream->tls = NULL;
	stanza_free(stream->features_stanza);
	stream->features_stanza = NULL;
	stream->features.all = NULL;
	if (stream->full != NULL)
		jid_done(stream->full);
	free(stream->full);
	stream->full = NULL;
	buf_done(&stream->in);
	net_unmark(stream->net, stream);
	uv_close((uv_handle_t *)&stream->step_timer, on_handle_closed);
	uv_close((uv_handle_t *)&stream->login_timer, on_handle_closed);
	if (stream->tcp != NULL)
		uv_close((uv_handle_t *)stream->tcp, on_handle_closed);
}

/* What is still said before hanging up; NULL for nothing (RFC 6120 §4.4, §4.9). */
static char *
last_words(const struct stream *stream, enum stream_fault fault, const char *condition)
{
	if (!stream->has_sent_header || stream->state == STATE_HANDSHAKE)
		return NULL;
	switch ((int)fault) {
	case STREAM_XML:
	case STREAM_PROTOCOL:
		if (condition == NULL || condition[0] == '\0')
			condition = "undefined-condition";
		return mem_printf("<stream:error><%s xmlns='" NS_STREAM_ERRORS
				  "'/></stream:error></stream:stream>",
				  condition);
	case STREAM_CLOSED: /* said already if it was to be said */
		return stream->state == STATE_CLOSING ? mem_strdup("") : NULL;
	case STREAM_LOST:
	case STREAM_TIMEOUT:
		return NULL;
	default:
		return mem_strdup("</stream:stream>");
	}
}

/* Before TLS anybody on the way can say anything: no such word ends a profile for good.
 */
static bool
may_retry(const struct stream *stream, enum stream_fault fault, const char *condition)
{
	bool is_foreign_word = fault == STREAM_REMOTE_ERROR || fault == STREAM_CONFLICT ||
			       fault == STREAM_NOT_AUTHORIZED;
	return (is_foreign_word && !stream->is_secured) ||
	       fault_may_retry(fault, condition);
}

void
stream_end(struct stream *stream, enum stream_fault fault, const char *condition,
	   const char *detail)
{
	if (stream->state == STATE_DEAD)
		return;
	char *cond = clean_text(condition, CLEAN_LINE, TEXT_MAX);
	char *text = clean_text(detail, CLEAN_LINE, TEXT_MAX);
	char *domain = mem_strdup(stream->domain);
	struct stream_error error = {
		.fault = fault,
		.may_retry = may_retry(stream, fault, cond),
		.step = stream->phase,
		.condition = cond,
		.text = text,
	};
	char *words = last_words(stream, fault, cond);
	wire_last_words(stream, words);
	free(words);
	char *sentence = fault_sentence(&error, domain);
	error.sentence = sentence;
	log_debug("net", "event=closed domain=%s fault=%s condition=%s phase=%s", domain,
		  fault_name(fault), cond, phase_names[stream->phase]);
	const struct stream_events *events = stream->events;
	void *data = stream->config.data;
	tear_down(stream);
	events->closed(data, &error);
	free(sentence);
	free(domain);
	free(text);
	free(cond);
}

/* ------------------------------------------------------------------------- time limits
 */

static void
on_step_limit(uv_timer_t *timer)
{
	struct stream *stream = timer->data;
	if (stream->state == STATE_CLOSING)
		stream_end(stream, STREAM_CLOSED, NULL, NULL);
	else if (stream->phase == STREAM_RESOLVING)
		stream_end(stream, STREAM_DNS_FAILED, NULL, NULL);
	else
		stream_end(stream, STREAM_TIMEOUT, phase_names[stream->phase], NULL);
}

void
stream_limit(struct stream *stream, unsigned ms)
{
	if (ms == 0)
		(void)uv_timer_stop(&stream->step_timer);
	else
		(void)uv_timer_start(&stream->step_timer, on_step_limit, ms, 0);
}

void
stream_set_phase(struct stream *stream, enum stream_phase phase)
{
	if (stream->phase == phase || stream->state == STATE_DEAD)
		return;
	stream->phase = phase;
	log_debug("net", "event=phase domain=%s phase=%s", stream->domain,
		  phase_names[phase]);
	if (stream->events->phase != NULL)
		stream->events->phase(stream->config.data, phase);
}

/* --------------------------------------------------------------------- the way to TCP */

static void
on_won(void *data, uv_tcp_t *tcp, const struct dns_place *place)
{
	struct stream *stream = data;
	char address[64] = "";
	const struct sockaddr *raw = (const struct sockaddr *)&place->address;
	stream->race = NULL;
	dns_cancel(stream->dns);
	stream->dns = NULL;
	(void)uv_ip_name(raw, address, sizeof(address));
	bool is_v6 = raw->sa_family == AF_INET6;
	unsigned port = ntohs(((const struct sockaddr_in *)&place->address)->sin_port);
	stream->place =
		arena_printf(&stream->arena, is_v6 ? "[%s]:%u" : "%s:%u", address, port);
	wire_begin(stream, tcp);
	negotiate_connected(stream, place->is_direct_tls);
}

static void
on_lost(void *data, enum stream_fault fault, const char *detail)
{
	struct stream *stream = data;
	stream->race = NULL;
	stream_end(stream, fault, fault == STREAM_TIMEOUT ? "connecting" : NULL, detail);
}

static void
on_place(void *data, const struct dns_place *place)
{
	struct stream *stream = data;
	if (stream->state == STATE_RESOLVE) {
		stream->state = STATE_CONNECT;
		stream_limit(stream, stream->config.times.connect_ms);
		stream_set_phase(stream, STREAM_CONNECTING);
	}
	if (stream->race != NULL)
		race_add(stream->race, place);
}

static void
on_dns_done(void *data, enum stream_fault fault)
{
	struct stream *stream = data;
	stream->dns = NULL;
	if (fault != STREAM_CLOSED)
		stream_end(stream, fault, NULL, NULL);
	else if (stream->race != NULL)
		race_no_more(stream->race);
}

static void
on_begin(uv_timer_t *timer)
{
	static const struct dns_hooks dns_hooks = {.found = on_place,
						   .done = on_dns_done};
	static const struct race_hooks race_hooks = {.won = on_won, .lost = on_lost};
	struct stream *stream = timer->data;
	const struct stream_config *config = &stream->config;
	if (stream->ascii_domain == NULL) {
		stream_end(stream, STREAM_NO_HOST, NULL, NULL);
		return;
	}
	stream->state = STATE_RESOLVE;
	stream_limit(stream, config->times.resolve_ms);
	if (stream->events->phase != NULL)
		stream->events->phase(config->data, STREAM_RESOLVING);
	if (stream->state == STATE_DEAD)
		return;
	stream->race = race_new(stream->net->loop, config->times.stagger_ms, &race_hooks,
				stream);
	struct dns_job *job = dns_start(stream->net->resolver,
					&(struct dns_question){
						.domain = stream->ascii_domain,
						.host = config->host,
						.port = config->port,
						.is_direct_tls = config->is_direct_tls,
					},
					&dns_hooks, stream);
	if (stream->state == STATE_RESOLVE || stream->state == STATE_CONNECT)
		stream->dns = job;
	else
		dns_cancel(job);
}

static void
on_login_limit(uv_timer_t *timer)
{
	struct stream *stream = timer->data;
	stream_end(stream, STREAM_TIMEOUT, phase_names[stream->phase], NULL);
}

static unsigned
or_default(unsigned value, unsigned fallback)
{
	return value != 0 ? value : fallback;
}

static void
set_defaults(struct stream_config *config)
{
	struct stream_times *times = &config->times;
	times->resolve_ms = or_default(times->resolve_ms, default_times.resolve_ms);
	times->connect_ms = or_default(times->connect_ms, default_times.connect_ms);
	times->step_ms = or_default(times->step_ms, default_times.step_ms);
	times->login_ms = or_default(times->login_ms, default_times.login_ms);
	times->close_ms = or_default(times->close_ms, default_times.close_ms);
	times->stagger_ms = or_default(times->stagger_ms, default_times.stagger_ms);
	if (config->limits.queue_bytes == 0)
		config->limits.queue_bytes = (size_t)16 * 1024 * 1024;
}

/* The configuration with all its strings in the stream's arena; empty ones as NULL. */
static void
copy_config(struct stream *stream, const struct stream_config *config)
{
	struct arena *arena = &stream->arena;
	struct stream_config *own = &stream->config;
	*own = *config;
	const char **const texts[] = {&own->resource, &own->host, &own->ca_file,
				      &own->language};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const char *text = *texts[i];
		*texts[i] = text != NULL && text[0] != '\0' ? arena_strdup(arena, text)
							    : NULL;
	}
	own->account = NULL;
	stream->events = config->events;
	stream->local = arena_strdup(arena, config->account->local);
	stream->bare = arena_strdup(arena, config->account->bare);
	stream->domain = arena_strdup(arena, config->account->domain);
	char *ascii = jid_domain_ascii(config->account->domain);
	stream->ascii_domain = arena_strdup(arena, ascii);
	free(ascii);
	if (own->host != NULL) {
		char *host = jid_domain_ascii(own->host);
		if (host != NULL)
			own->host = arena_strdup(arena, host);
		free(host);
	}
	set_defaults(own);
}

/* --------------------------------------------------------------------- for the owner */

struct stream *
stream_open(struct net *net, const struct stream_config *config)
{
	struct stream *stream = mem_alloc(sizeof(*stream));
	stream->net = net;
	copy_config(stream, config);
	stream->parser = negotiate_parser(stream);
	stream->last_byte = uv_now(net->loop);
	stream->open_handles = 2;
	stream->step_timer.data = stream;
	stream->login_timer.data = stream;
	(void)uv_timer_init(net->loop, &stream->step_timer);
	(void)uv_timer_init(net->loop, &stream->login_timer);
	(void)uv_timer_start(&stream->step_timer, on_begin, 0, 0);
	(void)uv_timer_start(&stream->login_timer, on_login_limit,
			     stream->config.times.login_ms, 0);
	return stream;
}

static size_t
send_limit(const struct stream *stream)
{
	size_t limit = stream->config.limits.send_bytes;
	if (limit == 0)
		limit = STANZA_SEND_MAX;
	if (stream->features.max_bytes != 0 && stream->features.max_bytes < limit)
		limit = stream->features.max_bytes;
	return limit;
}

int
stream_send(struct stream *stream, const char *xml, size_t len)
{
	if (stream->state != STATE_ONLINE && stream->state != STATE_WAIT)
		return -ENOTCONN;
	if (len > send_limit(stream))
		return -EMSGSIZE;
	if (stream_queued(stream) + len > stream->config.limits.queue_bytes)
		return -ENOBUFS;
	wire_send(stream, xml, len);
	return 0;
}

int
stream_send_stanza(struct stream *stream, const struct stanza *stanza)
{
	struct buf xml = {0};
	int rc = stanza_write(stanza, &xml, send_limit(stream));
	if (rc == 0)
		rc = stream_send(stream, (const char *)xml.data, xml.len);
	buf_done(&xml);
	return rc;
}

size_t
stream_queued(const struct stream *stream)
{
	return stream->out.len + stream->sending.len;
}

void
stream_close(struct stream *stream)
{
	if (stream->state == STATE_DEAD || stream->state == STATE_CLOSING)
		return;
	bool was_online = stream->state == STATE_ONLINE;
	(void)uv_timer_stop(&stream->login_timer);
	if (was_online) {
		wire_send_text(stream, "</stream:stream>");
		wire_read(stream, true);
	}
	dns_cancel(stream->dns);
	stream->dns = NULL;
	race_free(stream->race);
	stream->race = NULL;
	stream->state = STATE_CLOSING;
	/* Not inside this call: the owner may be in the middle of something. */
	(void)uv_timer_start(&stream->step_timer, on_step_limit,
			     was_online ? stream->config.times.close_ms : 0, 0);
	stream_set_phase(stream, STREAM_CLOSING);
}

void
stream_flush(struct stream *stream)
{
	wire_flush(stream);
}

void
stream_drop(struct stream *stream)
{
	if (stream != NULL && stream->state != STATE_DEAD)
		tear_down(stream);
}

void
stream_fail(struct stream *stream, const char *condition, const char *extra)
{
	if (stream->state == STATE_DEAD)
		return;
	if (extra != NULL && stream->has_sent_header && stream->is_secured) {
		char *words = mem_printf("<stream:error><%s xmlns='" NS_STREAM_ERRORS
					 "'/>%s</stream:error></stream:stream>",
					 condition, extra);
		wire_last_words(stream, words);
		free(words);
		stream->has_sent_header = false; /* nothing may follow */
	}
	stream_end(stream, STREAM_PROTOCOL, condition, NULL);
}

void
stream_pause_reading(struct stream *stream)
{
	if (stream->state == STATE_ONLINE)
		wire_read(stream, false);
}

void
stream_resume_reading(struct stream *stream)
{
	if (stream->state == STATE_ONLINE)
		wire_read(stream, true);
}

void
stream_bind(struct stream *stream)
{
	if (stream->state == STATE_WAIT)
		negotiate_bind(stream);
}

void
stream_resumed(struct stream *stream)
{
	if (stream->state != STATE_WAIT)
		return;
	negotiate_online(stream);
	stream_set_phase(stream, STREAM_ONLINE);
}

enum stream_phase
stream_phase(const struct stream *stream)
{
	return stream->phase;
}

const char *
stream_phase_name(enum stream_phase phase)
{
	return phase_names[phase];
}

uint64_t
stream_idle_ms(const struct stream *stream)
{
	uint64_t now = uv_now(stream->net->loop);
	return now > stream->last_byte ? now - stream->last_byte : 0;
}

bool
stream_is_homeless(const struct stream *stream)
{
	struct sockaddr_storage own;
	int len = sizeof own;
	if (!stream->tcp ||
	    uv_tcp_getsockname(stream->tcp, (struct sockaddr *)&own, &len))
		return false;
	/* The port is the connection's; the kernel chooses another here. */
	if (own.ss_family == AF_INET)
		((struct sockaddr_in *)&own)->sin_port = 0;
	else if (own.ss_family == AF_INET6)
		((struct sockaddr_in6 *)&own)->sin6_port = 0;
	else
		return false;
	int fd = socket(own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	bool is_gone = bind(fd, (const struct sockaddr *)&own, (socklen_t)len) &&
		       errno == EADDRNOTAVAIL;
	(void)close(fd);
	return is_gone;
}

struct stream_counters
stream_count(const struct stream *stream)
{
	return stream->count;
}

const char *
stream_summary(const struct stream *stream)
{
	return stream->summary != NULL ? stream->summary : "";
}
