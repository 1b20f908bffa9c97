/*
 * The scanner: walks raw MessagePack and enforces every limit before anything else sees a
 * byte, because msgpack-c's unpacker believes the lengths that it reads. Pure. What it
 * passed is then read in place by the codec with scan_head.
 */
#ifndef TERN_BRIDGE_SCAN_H
#define TERN_BRIDGE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	SCAN_FRAME_MAX = 4 * 1024 * 1024, /* bytes of one message */
	SCAN_DEPTH_MAX = 16,
};

enum scan_kind {
	SCAN_NIL,
	SCAN_BOOL,
	SCAN_INT,
	SCAN_FLOAT,
	SCAN_STR,
	SCAN_BIN,
	SCAN_EXT,
	SCAN_ARRAY,
	SCAN_MAP,
};

/* The first bytes of a value: what it is and how much of it follows. */
struct scan_head {
	enum scan_kind kind;
	size_t size;	/* bytes of the head; of nil, bool, int and float all there is */
	uint32_t count; /* bytes of a string, bin or ext; elements of an array or map */
	uint64_t integer; /* of an int, as two's complement; of a bool 0 or 1 */
	bool is_huge;	  /* an int over INT64_MAX */
};

/* How far a value was walked; zero-initialise to begin one. So a message that comes in
 * many pieces is walked once, not once a piece. */
struct scan_state {
	size_t at;   /* bytes walked */
	size_t owed; /* values that still have to come, each of at least one byte */
	int depth;   /* open arrays and maps */
	uint32_t left[SCAN_DEPTH_MAX];
};

/* Reads the head at DATA. 1 when it is there whole, 0 when more bytes are needed,
 * -EBADMSG for the byte c1, which is no MessagePack. */
int scan_head(const uint8_t *data, size_t len, struct scan_head *ret_head);

/* Walks on: DATA and LEN are the value from its first byte, STATE is what the last call
 * left. Returns as scan_value does. */
ssize_t scan_more(struct scan_state *state, const uint8_t *data, size_t len);

/* The length in bytes of the one value at the beginning of the LEN bytes: > 0 when it is
 * there whole and within the limits; 0 when more bytes are needed; -EMSGSIZE when it is
 * or will be over SCAN_FRAME_MAX; -ELOOP when deeper than SCAN_DEPTH_MAX; -EBADMSG for
 * the byte c1. Never reads past LEN, linear in what is there. */
ssize_t scan_value(const uint8_t *data, size_t len);

/* Finds the value of string key KEY in the map at DATA (LEN bytes, already scanned
 * whole). Returns its length and stores where it begins; 0 when there is no such key or
 * no map. */
size_t scan_map_find(const uint8_t *data, size_t len, const char *key,
		     const uint8_t **ret_value);

/* Reads the string at DATA (already scanned whole). Returns it in *RET_TEXT (not
 * NUL-terminated) and *RET_LEN, or -EINVAL when it is no string. */
int scan_string(const uint8_t *data, size_t len, const char **ret_text, size_t *ret_len);

#endif
