/*
 * Names that the libraries bring into the link but that nothing of ours reaches: files, sockets,
 * signals, shared objects, coroutines. One table; what each does when it is called all the same:
 *
 *   FAILS     returns -1 with errno ENOSYS: the operating system that could do it is not there
 *   NOTHING   returns NULL or 0 of something with errno ENOSYS: no file, no bytes, no text
 *   ENDS      ends the enclave: the caller cannot be told of a failure, or would not listen
 *   QUIET     returns: the function has no result and nothing to do without a file
 *
 * Declared without the types of their headers, which are not included here: under the x86-64 ABI
 * a callee that reads no argument can be called with any.
 */
#include <stddef.h>

#include "enclave/runtime.h"

#define ENOSYS 38

int *__errno_location(void);

static long fails(void)
{
    *__errno_location() = ENOSYS;
    return -1;
}

static void *nothing(void)
{
    *__errno_location() = ENOSYS;
    return NULL;
}

#define FAILS(name)                                                                                \
    long name(void);                                                                               \
    long name(void)                                                                                \
    {                                                                                              \
        return fails();                                                                            \
    }
#define NOTHING(name)                                                                              \
    void *name(void);                                                                              \
    void *name(void)                                                                               \
    {                                                                                              \
        return nothing();                                                                          \
    }
#define ENDS(name)                                                                                 \
    long name(void);                                                                               \
    long name(void)                                                                                \
    {                                                                                              \
        kc_runtime_abort();                                                                        \
    }
#define QUIET(name)                                                                                \
    void name(void);                                                                               \
    void name(void)                                                                                \
    {                                                                                              \
    }

/* Streams: libcrypto's file and log BIOs, jansson's load and dump to files. */
void *stdin = NULL;
void *stdout = NULL;
void *stderr = NULL;

NOTHING(fopen)
NOTHING(fopen64)
NOTHING(fdopen)
NOTHING(fgets)
NOTHING(fread)
NOTHING(fwrite)
FAILS(fclose)
FAILS(feof)
FAILS(ferror)
FAILS(fflush)
FAILS(fgetc)
FAILS(fileno)
FAILS(fputc)
FAILS(fputs)
FAILS(fseek)
FAILS(ftell)
FAILS(fprintf) /* of llhttp's debugging, which is off */
FAILS(__fprintf_chk)
FAILS(__vfprintf_chk)
FAILS(__isoc99_sscanf)
ENDS(__sprintf_chk)
QUIET(clearerr)
QUIET(setbuf)
QUIET(perror)
QUIET(openlog)
QUIET(closelog)
QUIET(__syslog_chk)

/* Files and devices. */
FAILS(open)
FAILS(close)
FAILS(read)
FAILS(write)
FAILS(lseek)
FAILS(stat)
FAILS(lstat)
FAILS(fstat)
FAILS(chmod)
FAILS(fcntl)
FAILS(ioctl)
FAILS(sendfile)
NOTHING(opendir)
NOTHING(readdir)
FAILS(closedir)
FAILS(tcgetattr)
FAILS(tcsetattr)

/* The network. */
FAILS(socket)
FAILS(accept)
FAILS(bind)
FAILS(connect)
FAILS(listen)
FAILS(shutdown)
FAILS(getsockname)
FAILS(getsockopt)
FAILS(setsockopt)
FAILS(recvfrom)
FAILS(recvmsg)
FAILS(sendmsg)
FAILS(sendto)
FAILS(select)
FAILS(getaddrinfo)
FAILS(getnameinfo)
QUIET(freeaddrinfo)
NOTHING(gethostbyname)
NOTHING(gai_strerror)

/* Memory that only an operating system can map or lock: secure heaps cannot be had. */
FAILS(madvise)
FAILS(mlock)
FAILS(mmap) /* MAP_FAILED is -1 */
FAILS(mprotect)
FAILS(munmap)
FAILS(shmat)
FAILS(shmdt)
FAILS(shmget)

/* The process. */
FAILS(sigaction)
FAILS(signal) /* SIG_ERR is -1 */
FAILS(sleep)
FAILS(usleep)
FAILS(uname)
FAILS(syscall)

/* Shared objects. */
NOTHING(dlopen)
NOTHING(dlsym)
NOTHING(dlerror)
FAILS(dlclose)
NOTHING(dladdr) /* 0: not found */

/* Coroutines of libcrypto's ASYNC: getcontext() says that there are none. */
FAILS(getcontext)
FAILS(setcontext)
ENDS(makecontext)
ENDS(_setjmp)
ENDS(_longjmp)

/* Keeps its place between calls in a way that threads would share. */
ENDS(strtok)
