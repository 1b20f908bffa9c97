/*
 * Memory that never fails: every allocation of tern goes through here, and running out
 * of memory aborts (there is nothing sensible left to do). Everyone may use this file.
 */
#ifndef TERN_BASE_MEM_H
#define TERN_BASE_MEM_H

#include <stdarg.h>
#include <stddef.h>

/* First thing in the main of what runs for weeks, before any thread: large blocks go back
 * to the kernel when they are freed, and all threads share one arena. */
void mem_begin(void);

/* SIZE bytes set to zero; the caller frees with free(). Aborts when out of memory. */
void *mem_alloc(size_t size);

/* COUNT elements of SIZE bytes set to zero; aborts on overflow or out of memory. */
void *mem_array(size_t count, size_t size);

/* Grows or shrinks POINTER (or NULL) to COUNT elements of SIZE bytes; new bytes are not
 * set. Aborts on overflow or out of memory. */
void *mem_resize(void *pointer, size_t count, size_t size);

/* A copy of TEXT that the caller frees; NULL for NULL. */
char *mem_strdup(const char *text);

/* A copy of the first LEN bytes of TEXT with a NUL behind them; the caller frees. */
char *mem_strndup(const char *text, size_t len);

/* printf into a new string that the caller frees. */
char *mem_printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same with a va_list. */
char *mem_vprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Overwrites LEN bytes in a way that the compiler may not drop; NULL is fine. */
void mem_wipe(void *pointer, size_t len);

/* Replaces *SLOT (freed) by a copy of TEXT; NULL empties it. */
void mem_replace(char **slot, const char *text);

#endif
