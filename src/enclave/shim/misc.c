/*
 * The rest that is real: character classes, a process that never ends.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "enclave/shim/shim.h"

#define CTYPE_ROOM 384 /* characters -128 to 255 */

static uint16_t class_table[CTYPE_ROOM];
static int32_t lower_table[CTYPE_ROOM];
static const uint16_t *class_of_char = class_table + 128;
static const int32_t *lower_of_char = lower_table + 128;

const unsigned short **__ctype_b_loc(void)
{
    return &class_of_char;
}

const int32_t **__ctype_tolower_loc(void)
{
    return &lower_of_char;
}

static uint16_t ascii_class(int c)
{
    int upper = c >= 'A' && c <= 'Z';
    int lower = c >= 'a' && c <= 'z';
    int digit = c >= '0' && c <= '9';
    int hex = digit || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
    int print = c >= ' ' && c <= '~';
    int letter = upper || lower;
    unsigned class = 0;
    class |= upper ? _ISupper : 0;
    class |= lower ? _ISlower : 0;
    class |= letter ? _ISalpha : 0;
    class |= digit ? _ISdigit : 0;
    class |= hex ? _ISxdigit : 0;
    class |= c == ' ' || (c >= '\t' && c <= '\r') ? _ISspace : 0;
    class |= print ? _ISprint : 0;
    class |= print && c != ' ' ? _ISgraph : 0;
    class |= c == ' ' || c == '\t' ? _ISblank : 0;
    class |= !print ? _IScntrl : 0;
    class |= print && c != ' ' && !letter && !digit ? _ISpunct : 0;
    class |= letter || digit ? _ISalnum : 0;
    return (uint16_t) class;
}

/* The C locale: nothing is said of characters beyond ASCII. */
void kc_ctype_start(void)
{
    for (int c = 0; c < 128; c++)
        class_table[128 + c] = ascii_class(c);
    for (int c = -128; c < 256; c++)
        lower_table[128 + c] = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

void kc_shim_start(void)
{
    kc_heap_start();
    kc_ctype_start();
}

/* The enclave does not exit: it is destroyed, memory and all, and no function runs then. */
int atexit(void (*function)(void))
{
    (void)function;
    return 0;
}

/* One process: libcrypto compares it with itself to notice a fork. */
pid_t getpid(void)
{
    return 1;
}

/* The host's environment and auxiliary vector do not reach the image. AT_SECURE: say so. */
char *getenv(const char *name)
{
    (void)name;
    return NULL;
}

char *secure_getenv(const char *name)
{
    (void)name;
    return NULL;
}

unsigned long getauxval(unsigned long type)
{
    return type == AT_SECURE ? 1 : 0;
}

long sysconf(int name)
{
    return name == _SC_PAGESIZE ? 4096 : -1;
}

char *strerror(int error)
{
    (void)error;
    static char text[] = "error";
    return text;
}

int __xpg_strerror_r(int error, char *text, size_t room);
int __xpg_strerror_r(int error, char *text, size_t room)
{
    (void)error;
    if (room > 0)
        *text = 0;
    return 0;
}
