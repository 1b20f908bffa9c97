/*
 * Frames of frame.h: the array around params and results, and nothing about what they
 * hold. Params pass through as the raw bytes that they are.
 */
#include "bridge/frame.h"

#include <errno.h>
#include <string.h>

#include <msgpack/pack.h>

#include "bridge/codec.h"
#include "bridge/pack.h"
#include "bridge/scan.h"

enum { TYPE_REQUEST, TYPE_RESPONSE, TYPE_NOTIFICATION };

/* ---- taking apart ---------------------------------------------------------------- */

/* The next element of the message: its bytes and its head. */
struct element {
	struct bridge_bin raw;
	struct scan_head head;
};

static int
next_element(const uint8_t **at, const uint8_t *end, struct element *ret_element)
{
	ssize_t size = scan_value(*at, (size_t)(end - *at));
	if (size <= 0 || scan_head(*at, (size_t)size, &ret_element->head) <= 0)
		return -EBADMSG;
	ret_element->raw = (struct bridge_bin){*at, (size_t)size};
	*at += size;
	return 0;
}

static int
take_name(const struct element *element, struct frame *frame)
{
	return scan_string(element->raw.data, element->raw.len, &frame->name,
			   &frame->name_len) < 0
		       ? -EBADMSG
		       : 0;
}

/* Params are a map; or an array that holds one, or nothing; or nil. */
static int
take_params(const struct element *element, struct bridge_bin *ret_params)
{
	struct element inner = *element;
	if (inner.head.kind == SCAN_ARRAY && inner.head.count == 1) {
		const uint8_t *at = element->raw.data + element->head.size;
		const uint8_t *end = element->raw.data + element->raw.len;
		if (next_element(&at, end, &inner) < 0)
			return -EBADMSG;
	}
	bool is_empty = inner.head.kind == SCAN_NIL ||
			(inner.head.kind == SCAN_ARRAY && inner.head.count == 0);
	if (!is_empty && inner.head.kind != SCAN_MAP)
		return -EBADMSG;
	*ret_params = is_empty ? (struct bridge_bin){NULL, 0} : inner.raw;
	return 0;
}

static struct bridge_bin
raw_or_nothing(const struct element *element)
{
	return element->head.kind == SCAN_NIL ? (struct bridge_bin){NULL, 0}
					      : element->raw;
}

static int
take_id(const struct element *element, struct frame *frame)
{
	if (element->head.kind != SCAN_INT || element->head.integer > UINT32_MAX)
		return -EBADMSG;
	frame->id = (uint32_t)element->head.integer;
	return 0;
}

int
frame_parse(const uint8_t *data, size_t len, struct frame *ret_frame)
{
	struct scan_head head;
	struct element elements[4];
	struct frame frame = {0};
	if (scan_head(data, len, &head) <= 0 || head.kind != SCAN_ARRAY ||
	    head.count < 3 || head.count > 4)
		return -EBADMSG;
	const uint8_t *at = data + head.size;
	for (uint32_t i = 0; i < head.count; i++) {
		if (next_element(&at, data + len, &elements[i]) < 0)
			return -EBADMSG;
	}
	if (elements[0].head.kind != SCAN_INT)
		return -EBADMSG;
	uint64_t type = elements[0].head.integer;
	int status = -EBADMSG;
	if (type == TYPE_REQUEST && head.count == 4) {
		frame.kind = FRAME_REQUEST;
		status = take_id(&elements[1], &frame) < 0 ? -EBADMSG
			 : take_name(&elements[2], &frame) < 0
				 ? -EBADMSG
				 : take_params(&elements[3], &frame.params);
	} else if (type == TYPE_RESPONSE && head.count == 4) {
		frame.kind = FRAME_RESPONSE;
		status = take_id(&elements[1], &frame);
		frame.error = raw_or_nothing(&elements[2]);
		frame.result = raw_or_nothing(&elements[3]);
	} else if (type == TYPE_NOTIFICATION && head.count == 3) {
		frame.kind = FRAME_NOTIFICATION;
		status = take_name(&elements[1], &frame) < 0
				 ? -EBADMSG
				 : take_params(&elements[2], &frame.params);
	}
	if (status == 0)
		*ret_frame = frame;
	return status;
}

bool
frame_guess_id(const uint8_t *data, size_t len, uint32_t *ret_id)
{
	struct scan_head head;
	struct element type;
	struct element id;
	struct frame frame;
	if (scan_head(data, len, &head) <= 0 || head.kind != SCAN_ARRAY || head.count < 2)
		return false;
	const uint8_t *at = data + head.size;
	if (next_element(&at, data + len, &type) < 0 || type.head.kind != SCAN_INT ||
	    type.head.integer != TYPE_REQUEST || next_element(&at, data + len, &id) < 0 ||
	    take_id(&id, &frame) < 0)
		return false;
	*ret_id = frame.id;
	return true;
}

/* ---- putting together ------------------------------------------------------------ */

static void
begin(msgpack_packer *packer, struct buf *out, size_t count, uint8_t type)
{
	msgpack_packer_init(packer, out, pack_into);
	(void)msgpack_pack_array(packer, count);
	(void)msgpack_pack_uint8(packer, type);
}

static void
add_raw(msgpack_packer *packer, struct buf *out, struct bridge_bin raw)
{
	if (raw.len)
		buf_add(out, raw.data, raw.len);
	else
		(void)msgpack_pack_nil(packer);
}

static void
add_record(struct buf *out, const struct bridge_record_row *row, const void *record)
{
	if (record)
		codec_encode(out, row, record);
	else
		buf_add_byte(out, 0x80);
}

void
frame_request(struct buf *out, uint32_t id, enum bridge_method method, const void *params)
{
	const struct bridge_method_row *row = &bridge_methods[method];
	msgpack_packer packer;
	begin(&packer, out, 4, TYPE_REQUEST);
	(void)msgpack_pack_uint32(&packer, id);
	pack_text(&packer, row->wire, strlen(row->wire));
	add_record(out, row->params, params);
}

void
frame_result(struct buf *out, uint32_t id, enum bridge_method method, const void *result)
{
	msgpack_packer packer;
	begin(&packer, out, 4, TYPE_RESPONSE);
	(void)msgpack_pack_uint32(&packer, id);
	(void)msgpack_pack_nil(&packer);
	add_record(out, bridge_methods[method].result, result);
}

void
frame_failure(struct buf *out, uint32_t id, enum bridge_error error, const char *message)
{
	struct bridge_failure failure = {
		.code = bridge_errors[error].name,
		.message = message,
	};
	msgpack_packer packer;
	begin(&packer, out, 4, TYPE_RESPONSE);
	(void)msgpack_pack_uint32(&packer, id);
	codec_encode(out, &record_failure, &failure);
	(void)msgpack_pack_nil(&packer);
}

void
frame_event(struct buf *out, enum bridge_event event, const void *record)
{
	const struct bridge_event_row *row = &bridge_events[event];
	msgpack_packer packer;
	begin(&packer, out, 3, TYPE_NOTIFICATION);
	pack_text(&packer, row->wire, strlen(row->wire));
	add_record(out, row->record, record);
}

void
frame_request_raw(struct buf *out, uint32_t id, const char *name, size_t name_len,
		  struct bridge_bin params)
{
	msgpack_packer packer;
	begin(&packer, out, 4, TYPE_REQUEST);
	(void)msgpack_pack_uint32(&packer, id);
	pack_text(&packer, name, name_len);
	if (params.len)
		buf_add(out, params.data, params.len);
	else
		buf_add_byte(out, 0x80);
}

void
frame_response_raw(struct buf *out, uint32_t id, struct bridge_bin error,
		   struct bridge_bin result)
{
	msgpack_packer packer;
	begin(&packer, out, 4, TYPE_RESPONSE);
	(void)msgpack_pack_uint32(&packer, id);
	add_raw(&packer, out, error);
	add_raw(&packer, out, result);
}

void
frame_event_raw(struct buf *out, const char *name, size_t name_len,
		struct bridge_bin params)
{
	msgpack_packer packer;
	begin(&packer, out, 3, TYPE_NOTIFICATION);
	pack_text(&packer, name, name_len);
	if (params.len)
		buf_add(out, params.data, params.len);
	else
		buf_add_byte(out, 0x80);
}
