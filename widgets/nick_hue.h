/*
 * The colour of a name by XEP-0392, so that one person has about the same colour in every
 * client: a hue from the name, and the hue of one of xterm's 256 colours to compare it
 * with. Pure.
 */
#ifndef TERN_WIDGETS_NICK_HUE_H
#define TERN_WIDGETS_NICK_HUE_H

/* The hue angle of NAME in degrees, 0 to under 360 (XEP-0392 section 5.1). */
double nick_hue(const char *name);

/* The hue angle of COLOUR, 0 to 255, in CIELUV, as HSLuv counts it; under 0 for a grey
 * and for the terminal's default, which have none. */
double nick_hue_of_colour(int colour);

#endif
