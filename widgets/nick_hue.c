/*
 * The hue of a name by XEP-0392, and that of a colour of the palette. SHA-1 serves here
 * to agree with others on a colour and keeps no secret: libmd has it, and nothing else.
 */
#include "widgets/nick_hue.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <sha1.h>

#define DEGREES (180 / 3.14159265358979323846)

double
nick_hue(const char *name)
{
	uint8_t digest[SHA1_DIGEST_LENGTH];
	SHA1_CTX sha1;
	SHA1Init(&sha1);
	SHA1Update(&sha1, (const uint8_t *)name, strlen(name));
	SHA1Final(digest, &sha1);
	/* The first two bytes, the least significant one first. */
	unsigned angle = digest[0] | (unsigned)digest[1] << 8;
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
