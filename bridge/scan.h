/*
 * The scanner: walks raw MessagePack and enforces every limit before msgpack-c sees a byte,
 * because its unpacker believes the lengths that it reads. Pure.
 */
#ifndef TERN_BRIDGE_SCAN_H
#define TERN_BRIDGE_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum {
	SCAN_FRAME_MAX = 4 * 1024 * 1024, /* bytes of one message */
	SCAN_DEPTH_MAX = 16,
};

/* The length in bytes of the one value at the beginning of the LEN bytes: > 0 when it is
 * there whole and within the limits; 0 when more bytes are needed; -EMSGSIZE when it is or
 * will be over SCAN_FRAME_MAX; -ELOOP when deeper than SCAN_DEPTH_MAX; -EBADMSG for the
 * byte c1, which is no MessagePack. Never reads past LEN, linear in what is there. */
ssize_t scan_value(const uint8_t *data, size_t len);

/* Finds the value of string key KEY in the map at DATA (LEN bytes, already scanned whole).
 * Returns its length and stores where it begins; 0 when there is no such key or no map. */
size_t scan_map_find(const uint8_t *data, size_t len, const char *key,
		     const uint8_t **ret_value);

/* Reads the string at DATA (already scanned whole). Returns it in *RET_TEXT (not
 * NUL-terminated) and *RET_LEN, or -EINVAL when it is no string. */
int scan_string(const uint8_t *data, size_t len, const char **ret_text, size_t *ret_len);

#endif
