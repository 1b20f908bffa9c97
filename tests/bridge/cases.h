/*
 * What the tests of this folder share: cmocka with the headers that it wants first, and
 * MessagePack written by hand.
 */
#ifndef TERN_TESTS_BRIDGE_CASES_H
#define TERN_TESTS_BRIDGE_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* The elements of an array. */
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

/* Bytes of a string literal that may hold NULs. */
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

#endif
