#include <stdarg.h>
#include <stdio.h>

#include "library/parts.h"

enum keyclave_status kc_library_fail(struct keyclave_error *error, enum keyclave_status status,
                                     const char *format, ...)
{
    va_list values;
    if (error == NULL)
        return status;
    va_start(values, format);
    (void)vsnprintf(error->text, sizeof error->text, format, values);
    va_end(values);
    return status;
}
