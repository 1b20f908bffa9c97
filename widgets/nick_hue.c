/*
 * SHA-1 serves here to agree with others on a colour and keeps no secret; so there is one
 * of our own, and no library of cryptography in what is drawn.
 */
#include "widgets/nick_hue.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base/mem.h"

#define BLOCK 64
#define DEGREES (180 / 3.14159265358979323846)

/* ---- SHA-1 (RFC 3174) ------------------------------------------------------ */

static uint32_t
turn(uint32_t word, int bits)
{
	return word << bits | word >> (32 - bits);
}

static void
mix(uint32_t state[5], const uint8_t block[BLOCK])
{
	uint32_t words[80], a = state[0], b = state[1], c = state[2], d = state[3],
			    e = state[4];
	for (int i = 0; i < 16; i++)
		words[i] = (uint32_t)block[4 * i] << 24 |
			   (uint32_t)block[4 * i + 1] << 16 |
			   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (int i = 16; i < 80; i++)
		words[i] = turn(
			words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
	for (int i = 0; i < 80; i++) {
		uint32_t f = i < 20   ? (b & c) | (~b & d)
			     : i < 40 ? b ^ c ^ d
			     : i < 60 ? (b & c) | (b & d) | (c & d)
				      : b ^ c ^ d;
		static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc,
						     0xca62c1d6};
		uint32_t next = turn(a, 5) + f + e + constants[i / 20] + words[i];
		e = d;
		d = c;
		c = turn(b, 30);
		b = a;
		a = next;
	}
	state[0] += a;
	state[1] += b;
	state[2] += c;
	state[3] += d;
	state[4] += e;
}

/* The first word of the digest of LEN bytes at TEXT. */
static uint32_t
digest(const char *text, size_t len)
{
	uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
	size_t padded = (len + 8) / BLOCK * BLOCK + BLOCK;
	uint8_t *bytes = mem_alloc(padded);
	memcpy(bytes, text, len);
	bytes[len] = 0x80;
	for (size_t i = 0; i < 8; i++)
		bytes[padded - 1 - i] = (uint8_t)((uint64_t)len * 8 >> 8 * i);
	for (size_t at = 0; at < padded; at += BLOCK)
		mix(state, bytes + at);
	free(bytes);
	return state[0];
}

double
nick_hue(const char *name)
{
	uint32_t word = digest(name, strlen(name));
	/* The first two bytes, the least significant one first. */
	unsigned angle = (word >> 24 & 0xff) | (word >> 16 & 0xff) << 8;
	return angle / 65536.0 * 360.0;
}

/* ---- hues of the palette --------------------------------------------------- */

/* Red, green and blue of COLOUR as xterm shows it; false if its parts are equal. */
static int
parts_of(int colour, int parts[3])
{
	static const int steps[] = {0, 95, 135, 175, 215, 255};
	if (colour < 0 || colour > 231)
		return 0;
	for (int i = 0; i < 3; i++) {
		static const int divisors[] = {36, 6, 1};
		parts[i] = colour < 16 ? (colour >> i & 1) * 255
				       : steps[(colour - 16) / divisors[i] % 6];
	}
	return parts[0] != parts[1] || parts[1] != parts[2];
}

static double
linear(int part)
{
	double value = part / 255.0;
	return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

double
nick_hue_of_colour(int colour)
{
	int parts[3];
	if (!parts_of(colour, parts))
		return -1;
	double r = linear(parts[0]), g = linear(parts[1]), b = linear(parts[2]);
	double x = 0.41239 * r + 0.35758 * g + 0.18048 * b;
	double y = 0.21264 * r + 0.71517 * g + 0.07219 * b;
	double z = 0.01933 * r + 0.11919 * g + 0.95053 * b;
	/* u' and v' against the white of D65. */
	double sum = x + 15 * y + 3 * z;
	double hue = atan2(9 * y / sum - 0.46832, 4 * x / sum - 0.19783) * DEGREES;
	return hue < 0 ? hue + 360 : hue;
}
