/*
 * What codec.c and frame.c, the two files that know msgpack-c, share: writing into a
 * buffer. For those two only.
 */
#ifndef TERN_BRIDGE_PACK_H
#define TERN_BRIDGE_PACK_H

#include <msgpack/pack.h>

/* The packer's writer; DATA is a struct buf. */
int pack_into(void *data, const char *bytes, size_t len);

/* Packs LEN bytes of TEXT, well-formed UTF-8, as a string. */
void pack_text(msgpack_packer *packer, const char *text, size_t len);

#endif
