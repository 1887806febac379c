/*
 * The probe image's requests: one byte of operation, then its parameters, little endian. What it
 * answers is beside each.
 */
#ifndef KC_TESTS_PROBE_H
#define KC_TESTS_PROBE_H

enum probe_op {
    PROBE_ECHO = 1, /* bytes: the same bytes */
    PROBE_SUM,      /* bytes: sum of all, 8 bytes, and CPUID feature word of libcrypto, 8 bytes */
    PROBE_REFUSE,   /* the frame is refused */
    PROBE_OVERLONG, /* claims to have written more than there is room for */
    PROBE_SPILL,    /* bytes: fills the room with them and fails */

    /* What must end the enclave, or in trap mode the process. */
    PROBE_ABORT,
    PROBE_NULL,
    PROBE_STACK,      /* recursion without end */
    PROBE_WRITE_TEXT, /* to the entry point */
    PROBE_UD2,
    PROBE_BAD_LEAF,      /* ENCLU with a leaf that is none */
    PROBE_BAD_OPERAND,   /* EREPORT to an unaligned place */
    PROBE_GUARD_OPERAND, /* EREPORT to a guard page */
    PROBE_SMASH,         /* a buffer on the stack overflows */
    PROBE_DOUBLE_FREE,
    PROBE_WILD_FREE,
    PROBE_CPUID,
    PROBE_RDTSC,
    PROBE_SYSCALL,

    PROBE_HEAP_FILL,   /* takes all it can: blocks of 64 KiB, 8 bytes; keeps them */
    PROBE_HEAP_DROP,   /* frees what PROBE_HEAP_FILL of any thread took */
    PROBE_HEAP_MIX,    /* u32 rounds, u32 seed: random sizes, contents checked; 1 byte: 1 is good */
    PROBE_HEAP_WIPED,  /* u32 size: 1 byte: 1 when a freed block's bytes are all zero */
    PROBE_HEAP_USED,   /* bytes of chunks in use, u64 */
    PROBE_HEAP_MAKE,   /* u32 bytes, u32 place: blocks of all sizes kept there; 1 byte: 1 is good */
    PROBE_HEAP_UNMAKE, /* u32 0, u32 place: frees them; 1 byte */
    PROBE_HEAP_PASS,   /* allocates for another thread to free, frees what others left */
    PROBE_SPIN,        /* u32 rounds of nothing: to be busy */
    PROBE_REGISTERS,   /* fills all registers with a pattern before it leaves */

    PROBE_SIGN,    /* u32 rounds of ECDSA P-256 sign; 1 byte: 1 is good */
    PROBE_VERIFY,  /* one signature made, verified, refused when changed; 1 byte */
    PROBE_GCM,     /* encrypts, decrypts, refuses a changed tag; 1 byte */
    PROBE_SHA256,  /* bytes: their hash, 32 bytes */
    PROBE_RSA,     /* makes an RSA-2048 key, signs, verifies; 1 byte */
    PROBE_REPORT,  /* 512 bytes of TARGETINFO, 64 of data: a report, 432 bytes */
    PROBE_SELF,    /* a report to itself, its MAC checked with EGETKEY(REPORT): the report */
    PROBE_SEALKEY, /* u8 policy: a seal key, 16 bytes */
    PROBE_RANDOM,  /* 32 bytes of libcrypto's DRBG */
    PROBE_TEXT,    /* text: strtod and "%.17g", strtoll and "%lld" of it, a space between */
    PROBE_DATE,    /* i64: gmtime_r: year month day hour minute second weekday yearday, i32 each */
    PROBE_STATE,   /* as the runtime set it: RFLAGS u64, MXCSR u32, x87 control word u16 */
    PROBE_THREAD,  /* index of the TCS, u64; how often this thread was here before, u64 */
    PROBE_HTTP,    /* a request: the status that refuses it, or 0, u16; its path */
    PROBE_ROOT_MAKE, /* u8 enum kc_seal_policy: u32 enum kc_err, kms-id 32, the sealed root */
    PROBE_ROOT_OPEN, /* a sealed root: u32 enum kc_err, kms-id 32, u8: sealed at current values */

    PROBE_TLS_PAIR,   /* u32 suite, u32 group: a session of two ends inside; 1 byte: 1 is good */
    PROBE_TLS_WORK,   /* u32 rounds, u32 enum tls_work; 1 byte: 1 is good */
    PROBE_TLS_OPEN,   /* u32 session: a server's end; 1 byte. One thread a session at a time */
    PROBE_TLS_BYTES,  /* u32 session, the client's bytes: bytes for it. What it says is echoed */
    PROBE_TLS_EXPORT, /* u32 session: its exporter, 32 bytes */
    PROBE_TLS_CLOSE,  /* u32 session; 1 byte */
    PROBE_TLS_TIME,   /* i64: the core's time from now on; time() and a new session's, i64 each */

    PROBE_JUDGE, /* the verifier: probe_judge.h */
};

/* Sessions that PROBE_TLS_OPEN can hold. */
#define PROBE_TLS_SESSIONS 1024

/* What PROBE_REGISTERS leaves in the registers. */
#define PROBE_PATTERN 0x5ec4e7c0ffee1337u

#endif
