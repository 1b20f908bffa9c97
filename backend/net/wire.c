/*
 * The way between socket and parser. Reads only collect; once a turn the collected bytes
 * go through TLS and then to the parser in one piece, since a parser fed by fragments
 * costs more and expat waits for more on half a tag. Writes collect too and go out as
 * one, in records that end where something that was written ends.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/net/stream_inner.h"
#include "backend/net/tls.h"
#include "backend/xmpp/parser.h"
#include "bridge/base/mem.h"

/* Encrypted at once; the rest waits in the queue, where it is counted. */
#define CHUNK (256 * 1024)
#define MUCH (64 * 1024)   /* bytes queued: drained is owed for it */
#define RECORD (16 * 1024) /* plain bytes of a TLS record (RFC 8446 section 5.1) */
#define KEEPALIVE_SECONDS 120

static void
on_alloc(uv_handle_t *handle, size_t wanted, uv_buf_t *room)
{
	struct stream *stream = handle->data;
	(void)wanted;
	*room = uv_buf_init(stream->net->read_room, NET_READ_SIZE);
}

/* The peer's kernel need not wait for our next packet: half a login's time otherwise. */
static void
acknowledge_quickly(struct stream *stream)
{
	int fd = -1, on = 1;
	if (uv_fileno((uv_handle_t *)stream->tcp, &fd) == 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

static void
on_read(uv_stream_t *handle, ssize_t len, const uv_buf_t *room)
{
	struct stream *stream = handle->data;
	if (len == 0)
		return;
	net_mark_pump(stream->net, stream);
	if (len < 0) {
		stream->end = (int)len;
		(void)uv_read_stop(handle);
		return;
	}
	stream->count.bytes_in += (uint64_t)len;
	stream->last_byte = uv_now(stream->net->loop);
	if (stream->state < STATE_ONLINE)
		acknowledge_quickly(stream);
	if (stream->tls != NULL)
		tls_feed(stream->tls, room->base, (size_t)len);
	else
		buf_add(&stream->in, room->base, (size_t)len);
}

static void
set_options(struct stream *stream)
{
	int fd = -1;
	unsigned limit_ms = KEEPALIVE_SECONDS * 1000;
	(void)uv_tcp_nodelay(stream->tcp, 1);
	(void)uv_tcp_keepalive(stream->tcp, 1, KEEPALIVE_SECONDS);
	if (uv_fileno((uv_handle_t *)stream->tcp, &fd) == 0)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit_ms,
				 sizeof(limit_ms));
}

void
wire_begin(struct stream *stream, uv_tcp_t *tcp)
{
	stream->tcp = tcp;
	tcp->data = stream;
	stream->open_handles++;
	set_options(stream);
	acknowledge_quickly(stream);
	wire_read(stream, true);
}

void
wire_read(struct stream *stream, bool is_on)
{
	if (stream->tcp == NULL || stream->is_reading == is_on || stream->end != 0)
		return;
	stream->is_reading = is_on;
	if (is_on)
		(void)uv_read_start((uv_stream_t *)stream->tcp, on_alloc, on_read);
	else
		(void)uv_read_stop((uv_stream_t *)stream->tcp);
}

/* ----------------------------------------------------------------------------- reading
 */

static void
wire_handshake(struct stream *stream)
{
	int rc = tls_handshake(stream->tls);
	net_mark_flush(stream->net, stream);
	if (rc == 1) {
		stream->is_secured = true;
		negotiate_secured(stream);
	} else if (rc == -EKEYREJECTED) {
		stream_end(stream, STREAM_CERT, tls_reason(stream->tls),
			   tls_detail(stream->tls));
	} else if (rc < 0) {
		stream_end(stream, STREAM_TLS_FAILED, NULL, tls_detail(stream->tls));
	}
}

void
wire_secure(struct stream *stream, bool with_alpn)
{
	struct tls *tls = NULL;
	int rc = tls_new(stream->net->tls, stream->ascii_domain, stream->config.ca_file,
			 with_alpn, &tls);
	if (rc == -ENOENT) {
		stream_end(stream, STREAM_CA_FILE, NULL, stream->config.ca_file);
		return;
	}
	if (rc < 0) {
		stream_end(stream, STREAM_TLS_FAILED, NULL, "the TLS library refused");
		return;
	}
	stream->tls = tls;
	/* Two accounts on one server are nobody's business to connect. */
	char *key = mem_printf("%s@%s %d %s", stream->local ? stream->local : "",
			       stream->ascii_domain, with_alpn,
			       stream->config.ca_file ? stream->config.ca_file : "");
	tls_resume(tls, key);
	free(key);
	wire_handshake(stream);
}

/* Hands the plain text of this turn to the parser, whose hooks may end the stream. */
static void
wire_parse(struct stream *stream)
{
	struct buf in = stream->in;
	if (in.len == 0)
		return;
	stream->in = (struct buf){0};
	stream->count.xml_bytes_in += in.len;
	int rc = parser_feed(stream->parser, in.data, in.len);
	buf_done(&in);
	if (rc == -EPROTO && stream->state != STATE_DEAD)
		stream_end(stream, STREAM_XML, parser_condition(stream->parser),
			   parser_reason(stream->parser));
}

/* The other side has stopped sending, or the network has. */
static void
wire_ended(struct stream *stream, int why)
{
	const char *detail = why == UV_EOF ? "" : uv_strerror(why);
	if (stream->state == STATE_CLOSING)
		stream_end(stream, STREAM_CLOSED, NULL, NULL);
	else if (stream->state == STATE_HANDSHAKE)
		stream_end(stream, STREAM_TLS_FAILED, NULL,
			   why == UV_EOF ? "the other side hung up" : detail);
	else
		stream_end(stream, STREAM_LOST, NULL, detail);
}

void
wire_pump(struct stream *stream)
{
	int rc = 0;
	if (stream->state == STATE_CLOSING && stream->features_stanza == NULL)
		return; /* closed before it was anything: its timer ends it in this turn
			 */
	if (stream->tls != NULL && !stream->is_secured)
		wire_handshake(stream);
	if (stream->state != STATE_DEAD && stream->is_secured) {
		rc = tls_read(stream->tls, &stream->in);
		net_mark_flush(stream->net, stream); /* a key update may want an answer */
	}
	if (stream->state != STATE_DEAD)
		wire_parse(stream);
	if (stream->state == STATE_HANDSHAKE && stream->tls == NULL)
		wire_secure(stream, false); /* <proceed/> was the last of this turn */
	if (stream->state == STATE_DEAD)
		return;
	if (rc == -EPROTO)
		stream_end(stream, STREAM_LOST, NULL, tls_detail(stream->tls));
	else if (rc == -ECONNRESET)
		wire_ended(stream, UV_EOF);
	else if (stream->end != 0)
		wire_ended(stream, stream->end);
}

/* ----------------------------------------------------------------------------- writing
 */

static void
wire_queue(struct stream *stream, const char *xml, size_t len)
{
	uint32_t piece = (uint32_t)len;
	buf_add(&stream->out, xml, len);
	buf_add(&stream->pieces, &piece, sizeof piece);
}

void
wire_send(struct stream *stream, const char *xml, size_t len)
{
	wire_queue(stream, xml, len);
	stream->count.xml_bytes_out += len;
	net_mark_flush(stream->net, stream);
}

void
wire_send_text(struct stream *stream, const char *xml)
{
	wire_send(stream, xml, strlen(xml));
}

/* Takes the pieces of the next record from the list: as many whole ones as fit, or one
 * that is larger. Their bytes; 0 when nothing waits. */
static size_t
next_record(struct buf *pieces)
{
	size_t used = 0, len = 0;
	uint32_t piece;
	for (; used < pieces->len; used += sizeof piece) {
		memcpy(&piece, pieces->data + used, sizeof piece);
		if (len > 0 && len + piece > RECORD)
			break;
		len += piece;
	}
	buf_consume(pieces, used);
	return len;
}

/* Moves what may go now from the queue to the bytes for the kernel. A record that breaks
 * off is not read: without half a stanza in the last one a server has none of it either.
 * Prosody 0.12 keeps such a half, takes what it hears after a resume as the rest of it,
 * and so hears nothing. */
static int
wire_encrypt(struct stream *stream)
{
	size_t done = 0, len;
	if (stream->tls != NULL && !stream->is_secured) {
		tls_take(stream->tls, &stream->sending);
		return 0;
	}
	while (done < CHUNK && (len = next_record(&stream->pieces)) > 0) {
		const uint8_t *data = stream->out.data + done;
		if (stream->tls == NULL)
			buf_add(&stream->sending, data, len);
		else if (tls_write(stream->tls, data, len) < 0)
			return -EPROTO;
		done += len;
	}
	buf_consume(&stream->out, done);
	if (stream->tls != NULL)
		tls_take(stream->tls, &stream->sending);
	return 0;
}

static void
on_write(uv_write_t *request, int status)
{
	struct stream *stream = request->data;
	stream->is_writing = false;
	buf_clear(&stream->sending);
	if (stream->state == STATE_DEAD)
		return;
	if (status < 0) {
		stream_end(stream, STREAM_LOST, NULL, uv_strerror(status));
		return;
	}
	net_mark_flush(stream->net, stream);
}

/* As much as the kernel takes at once; true if all of it. */
static bool
wire_try(struct stream *stream)
{
	uv_buf_t part =
		uv_buf_init((char *)stream->sending.data, (unsigned)stream->sending.len);
	int rc = uv_try_write((uv_stream_t *)stream->tcp, &part, 1);
	if (rc > 0) {
		stream->count.bytes_out += (uint64_t)rc;
		buf_consume(&stream->sending, (size_t)rc);
	}
	return stream->sending.len == 0;
}

void
wire_flush(struct stream *stream)
{
	if (stream->tcp == NULL || stream->state == STATE_DEAD)
		return;
	/* Whoever held back because of that much hears when it is gone, however soon. */
	if (stream_queued(stream) > MUCH)
		stream->was_blocked = true;
	while (!stream->is_writing) {
		if (wire_encrypt(stream) < 0) {
			stream_end(stream, STREAM_LOST, NULL, tls_detail(stream->tls));
			return;
		}
		if (stream->sending.len == 0)
			break;
		if (wire_try(stream))
			continue;
		uv_buf_t rest = uv_buf_init((char *)stream->sending.data,
					    (unsigned)stream->sending.len);
		stream->write.data = stream;
		int rc = uv_write(&stream->write, (uv_stream_t *)stream->tcp, &rest, 1,
				  on_write);
		if (rc < 0) {
			stream_end(stream, STREAM_LOST, NULL, uv_strerror(rc));
			return;
		}
		stream->count.bytes_out += stream->sending.len;
		stream->is_writing = true;
		stream->was_blocked = true;
	}
	if (stream->is_writing)
		return;
	buf_done(&stream->sending);
	buf_done(&stream->out);
	buf_done(&stream->pieces);
	if (stream->was_blocked && stream->state == STATE_ONLINE) {
		stream->was_blocked = false;
		if (stream->events->drained != NULL)
			stream->events->drained(stream->config.data);
	}
}

void
wire_last_words(struct stream *stream, const char *xml)
{
	if (stream->tcp == NULL || stream->is_writing || stream->end != 0)
		return;
	if (xml != NULL) {
		wire_queue(stream, xml, strlen(xml));
	} else if (!stream->is_secured) {
		buf_clear(&stream->out);
		buf_clear(&stream->pieces);
	}
	if (wire_encrypt(stream) < 0)
		return;
	if (stream->is_secured && xml != NULL) {
		tls_goodbye(stream->tls);
		tls_take(stream->tls, &stream->sending);
	}
	if (stream->sending.len > 0)
		(void)wire_try(stream);
}
