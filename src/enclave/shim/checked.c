/*
 * What -D_FORTIFY_SOURCE and the stack protector call. An overflow that they find ends the
 * enclave.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "enclave/runtime.h"

void __stack_chk_fail(void);
void __assert_fail(const char *text, const char *file, unsigned line, const char *function);
void *__memcpy_chk(void *to, const void *from, size_t n, size_t room);
void *__memmove_chk(void *to, const void *from, size_t n, size_t room);
void *__memset_chk(void *to, int value, size_t n, size_t room);
char *__strcpy_chk(char *to, const char *from, size_t room);
char *__strcat_chk(char *to, const char *from, size_t room);
char *__strncpy_chk(char *to, const char *from, size_t n, size_t room);
long __fdelt_chk(long descriptor);
int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list ap);
int __snprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, ...);

static void within(size_t n, size_t room)
{
    if (n > room)
        kc_runtime_abort();
}

void abort(void)
{
    kc_runtime_abort();
}

void __stack_chk_fail(void)
{
    kc_runtime_abort();
}

void __assert_fail(const char *text, const char *file, unsigned line, const char *function)
{
    (void)text, (void)file, (void)line, (void)function;
    kc_runtime_abort();
}

/* Of file descriptor sets, which the image has none of. */
long __fdelt_chk(long descriptor)
{
    (void)descriptor;
    kc_runtime_abort();
}

void *__memcpy_chk(void *to, const void *from, size_t n, size_t room)
{
    within(n, room);
    return memcpy(to, from, n);
}

void *__memmove_chk(void *to, const void *from, size_t n, size_t room)
{
    within(n, room);
    return memmove(to, from, n);
}

void *__memset_chk(void *to, int value, size_t n, size_t room)
{
    within(n, room);
    return memset(to, value, n);
}

char *__strcpy_chk(char *to, const char *from, size_t room)
{
    within(strlen(from) + 1, room);
    return strcpy(to, from);
}

char *__strcat_chk(char *to, const char *from, size_t room)
{
    within(strlen(to) + strlen(from) + 1, room);
    return strcat(to, from);
}

char *__strncpy_chk(char *to, const char *from, size_t n, size_t room)
{
    within(n, room);
    return strncpy(to, from, n);
}

int __vsnprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, va_list ap)
{
    (void)flag;
    within(n, room);
    return vsnprintf(to, n, format, ap);
}

int __snprintf_chk(char *to, size_t n, int flag, size_t room, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int len = __vsnprintf_chk(to, n, flag, room, format, ap);
    va_end(ap);
    return len;
}
