#!/usr/bin/env python3
"""Writes fuzz/corpus/service/: programs for fuzz_service.c, by the numbers of its operations."""

import pathlib
import struct

EARLIER, NEW_MICROCODE, NO_START, LONG_END = 1, 2, 4, 8
HONEST = 0
TO_OTHER, TWICE, NEVER, LATER = 16, 17, 18, 19
(HEALTH, HEALTH_HEAD, HEALTH_CODES, SEAL_STATUS, INIT_STATUS, INIT, INIT_SIGNER, EVIDENCE,
 EVIDENCE_FRESH, EVIDENCE_RAW, LIST, LIST_AFTER, KEY, KEY_MAKE, KEY_MAKE_TYPE, ENCRYPT, DECRYPT,
 AES, AES_BITS, RSA, RSA_3072, RSA_4096, NOTHING, DELETE) = range(24)
MORE, LAST, CHUNKED, WAITS, OLD = 0x08, 0x10, 0x20, 0x40, 0x80
NO_TOKEN, WRONG, OTHER_LIFE, BEARER, BOTH, TWO, ROOT = range(1, 8)


def u8(*numbers):
    return bytes(numbers)


def u16(n):
    return struct.pack("<H", n)


def open_(which, context=0, ratls=False):
    first = 0xc0 if ratls else 0
    while first % 6 != which or (first // 6 % 4 != context):
        first += 1
    return u8(0, first)


def close(which):
    return u8(1, which)


def resume(which):
    return u8(2, which)


def shutdown(which):
    return u8(3, which)


def key_update(which, asks=False):
    return u8(4, which + (132 if asks else 0))


def feed(which, how, number=0):
    return u8(5, which + 6 * how) + u16(number)


def long_body(which, times_5_kib):
    return u8(6, which, times_5_kib)


def restart(microcode=False, root=0, number=0):
    return u8(7, (1 if microcode else 0) | root << 2) + u16(number)


def start(how=0, number=0):
    return u8(8, how) + u16(number)


def tick(how):
    return u8(9, how)


def work():
    return u8(10, 0)


def gather(on):
    return u8(11, 1 if on else 0)


def switches(no_resume=False, no_work=False, broken=False):
    return u8(12, no_resume | no_work << 1 | broken << 2)


def memory_fails(n):
    return u8(13, n)


def random_fails(n):
    return u8(14, n)


def overtaken(n, what, which):
    return u8(15, what * 16 + n, which)


def room(n):
    return u8(16, n)


def report(id_, evidence_format=None):
    return u8(17, id_ << 4 | (0 if evidence_format is None else 1 | evidence_format << 1))


def raw(type_, payload, length=None):
    if length is None:
        return u8(18) + u16(type_) + u8(len(payload)) + payload
    return u8(19) + u16(type_) + u8(len(payload)) + struct.pack("<I", length) + payload


def plain(which, text):
    return u8(20, which) + u16(len(text)) + text


def wire(which, data):
    return u8(21, which) + u16(len(data)) + data


def answer(how, number=0, which=0):
    return u8(22, which, how) + u16(number)


def lie(how, number=0, after=0):
    return u8(23, after, how) + u16(number)


def settle():
    return u8(24)


def ask(row, flags=0, name=0, extra=0, which=0):
    return u8(25, which, row, flags, name, extra)


def ask_with(row, body=b"", suffix=b"", flags=0, name=0, which=0):
    return u8(30, which, row, flags, name, len(suffix)) + u16(len(body)) + suffix + body


def main():
    seeds = {}

    def seed(name, world, *operations):
        assert name not in seeds
        seeds[name] = u8(world | LONG_END) + b"".join(operations)

    everything = [ask(row, name=2, extra=2) for row in range(24)]
    seed("all-requests", EARLIER, *everything)
    seed("all-requests-no-token", EARLIER, *[ask(row, NO_TOKEN) for row in range(24)])
    seed("all-requests-new", 0, *everything, ask(INIT), *everything)
    seed("tokens", EARLIER, *[ask(LIST, way) for way in range(8)])
    seed("framing", EARLIER, ask(ENCRYPT, CHUNKED), ask(ENCRYPT, WAITS), ask(ENCRYPT, OLD),
         ask(ENCRYPT, LAST, which=1), ask(AES, OLD | LAST, which=2))
    seed("pipelined", EARLIER, ask(ENCRYPT, MORE), ask(DECRYPT, MORE), ask(KEY, MORE),
         ask(RSA, MORE), ask(LIST, MORE), settle())
    seed("names", EARLIER, *[ask(KEY_MAKE, name=n) for n in range(12)],
         *[ask(KEY, name=n) for n in range(12)], ask(LIST), ask(LIST_AFTER))
    seed("init", 0, ask(HEALTH), ask(INIT), ask(INIT), ask(INIT_SIGNER), ask(KEY_MAKE),
         restart(), ask(KEY), ask(HEALTH))
    seed("init-signer", 0, ask(INIT_SIGNER), restart(True), ask(HEALTH), tick(0), settle())
    seed("init-two-at-once", 0, lie(LATER), ask(INIT, MORE), ask(INIT, which=1), settle())
    for how in range(1, 9):
        seed(f"init-store-{how}", 0, lie(how, 3), ask(INIT), ask(INIT, which=1), ask(KEY_MAKE))
    seed("init-other-root", EARLIER | NO_START, start(1), settle(), ask(INIT), ask(HEALTH))
    seed("crypt", EARLIER, *[ask(ENCRYPT, name=n % 3, extra=n) for n in range(4)],
         *[ask(DECRYPT, name=n % 3, extra=n) for n in range(10)],
         ask(DECRYPT, extra=0x10), ask(DECRYPT, extra=0x20), ask(DECRYPT, extra=0x40),
         ask(DECRYPT, extra=0x50, name=1), ask(DECRYPT, name=5))
    for how in range(1, 8):
        seed(f"fetch-{how}", EARLIER, lie(how, 5, how % 2), ask(ENCRYPT, name=1), ask(KEY, name=1))
        seed(f"fetch-again-{how}", EARLIER, ask(KEY, name=1), lie(how, 1), ask(KEY_MAKE, name=5),
             lie(how, 4), ask(KEY, name=3))
    for how in (TO_OTHER, TWICE, NEVER):
        seed(f"fetch-{how}", EARLIER, lie(how, 1, 1), ask(ENCRYPT, name=1), tick(3), tick(5))
    for how in list(range(1, 9)) + [TO_OTHER, TWICE, NEVER]:
        seed(f"store-odd-{how}", EARLIER, lie(how, 3, 2), ask(KEY_MAKE, name=5))
        seed(f"store-{how}", EARLIER, lie(how, 2, 2), ask(KEY_MAKE, name=5), ask(KEY, name=5),
             restart(), ask(KEY, name=5), ask(KEY_MAKE, name=5))
    seed("store-conflicts", EARLIER, ask(KEY), *[lie(1, 0, 1 if n else 1) for n in range(8)],
         ask(KEY_MAKE, name=5), settle())
    seed("store-race", EARLIER, ask(KEY, MORE), settle(), ask(KEY, MORE, which=1), settle(),
         gather(True), ask(KEY_MAKE, MORE, 5), ask(KEY_MAKE, MORE, 5, which=1), gather(False),
         feed(0, 0), feed(1, 0), answer(HONEST), answer(HONEST), answer(HONEST), answer(HONEST),
         answer(HONEST), answer(HONEST), settle())
    seed("store-race-dropped", EARLIER, ask(KEY), ask(KEY, which=1), ask(KEY_MAKE, MORE, 3),
         ask(KEY_MAKE, MORE, 3, which=1), feed(0, 0), feed(1, 0), answer(HONEST), answer(HONEST),
         answer(HONEST), feed(0, 0), answer(2), answer(1), settle(), lie(1), ask(KEY_MAKE, name=3),
         lie(1), ask(KEY_MAKE, name=3, which=2))
    seed("init-again", EARLIER, lie(6), ask(INIT), ask(INIT, which=1))
    for how in range(1, 9):
        seed(f"init-again-{how}", 0, lie(how, 3), ask(INIT), close(0))
        seed(f"init-fails-{how}", 0, lie(how, 2), ask(INIT), close(0))
    for how in range(1, 10):
        seed(f"scan-{how}", EARLIER, ask(KEY), lie(how, 0), ask(LIST), lie(how, 1), ask(LIST),
             lie(how, 2), ask(LIST_AFTER))
    seed("scan-many", EARLIER, ask(KEY), lie(6, 3), ask(LIST), lie(6, 0x8003), ask(LIST),
         lie(6, 100), ask(LIST))
    seed("late-root", EARLIER | NO_START, start(2, 1), settle(), start(3, 9), settle(), start(),
         settle(), ask(KEY))
    for how in range(1, 8):
        seed(f"quote-{how}", EARLIER | NO_START, lie(how, 500, 1), start(), settle(), tick(2),
             settle(), ask(EVIDENCE_FRESH), lie(how, 60, 1), ask(EVIDENCE_FRESH, which=1), tick(4),
             settle(), ask(EVIDENCE, which=1))
        seed(f"target-{how}", EARLIER | NO_START, lie(how, 500), start(), settle(), tick(2),
             settle(), ask(KEY), lie(how, 1), ask(EVIDENCE_FRESH), tick(4), settle(),
             ask(EVIDENCE_RAW))
    seed("quote-never", EARLIER, lie(NEVER, 0, 1), ask(EVIDENCE_FRESH), tick(4), tick(6), settle())
    seed("quote-again-and-again", EARLIER, *[lie(1, n, 1) for n in range(4)], ask(EVIDENCE_FRESH))
    seed("quote-late", EARLIER | NO_START, start(0x40, 1 << 6), settle(), lie(NEVER, 0, 2),
         ask(EVIDENCE_FRESH), tick(5), settle())
    seed("quote-minute", EARLIER, ask(EVIDENCE_FRESH), ask(EVIDENCE_FRESH), tick(4),
         ask(EVIDENCE_FRESH, NO_TOKEN))
    seed("quote-busy", EARLIER | NO_START, start(0x40, 1 << 6), settle(), lie(NEVER, 0, 1),
         ask(EVIDENCE_FRESH), ask(EVIDENCE_FRESH, NO_TOKEN, which=1), ask(EVIDENCE_FRESH, which=2),
         close(0), ask(EVIDENCE_FRESH, which=2))
    seed("quote-closed", EARLIER, ask(EVIDENCE_FRESH, MORE), feed(0, 0), close(0), settle())
    seed("renewals", EARLIER, tick(8), settle(), tick(8), settle(), tick(9), lie(2), settle(),
         tick(2), settle(), open_(1, 0, True), settle(), ask(HEALTH, which=1))
    seed("renewal-late", EARLIER, tick(9), tick(6), tick(2), tick(2), settle(), tick(3), settle())
    seed("reseal", EARLIER | NEW_MICROCODE, settle(), ask(KEY), restart(), ask(KEY))
    for how in (1, 2, 3, 6, 7, 8, NEVER):
        seed(f"reseal-{how}", EARLIER | NEW_MICROCODE | NO_START, start(), answer(how), answer(how),
             answer(how), settle(), restart(), ask(KEY))
    seed("reports", EARLIER, report(1), report(2, 3), report(3, 4), report(1), settle(),
         report(4, 0), report(5, 1), report(6, 2), report(7, 5), lie(1), report(1), settle(),
         lie(3, 48 + 64), report(2), settle())
    seed("starts-refused", NO_START, start(0x80, 2), start(0x40, 3 << 6), start(0x20, 5),
         start(0x10, 3 << 3), start(0x04), start(0x08), start(0x0c), start(0x20, 4), start(0x30, 4),
         raw(1, bytes(32)), start(), start(), settle())
    seed("no-service", NO_START, raw(1, struct.pack("<IIQIIII", 1, 4, 5, 0, 0, 0, 0)), open_(0),
         work(), resume(0), close(0), raw(12, bytes(14)), raw(13, bytes(16)), raw(14, bytes(28)),
         tick(0), report(1), settle())
    seed("before-start", NO_START, tick(0), open_(0), report(1), work())
    seed("small-table", EARLIER | NO_START, start(0x20, 1), settle(), *[open_(n) for n in range(6)],
         settle(), ask(KEY, which=0), ask(KEY, which=1), open_(2), open_(3), open_(4), settle())
    seed("one-place", EARLIER | NO_START, start(0x20, 6), settle(), open_(0), settle(), open_(0),
         ask(KEY), open_(1), settle())
    seed("handshake-pieces", EARLIER, open_(0), *[feed(0, 1, n) for n in range(12)], settle(),
         ask(KEY))
    seed("handshake-flipped", EARLIER, open_(0), feed(0, 2, 30), settle(), open_(1), feed(1, 3),
         settle(), open_(2), open_(3), feed(2, 4, 3), settle(), open_(4), feed(4, 5), settle(),
         tick(2), tick(2))
    seed("handshake-others", EARLIER, *[open_(n, n) for n in range(4)], open_(4, 0, True), settle(),
         ask(HEALTH, which=1), ask(HEALTH, which=4))
    seed("handshake-garbage", EARLIER, open_(0), wire(0, b"GET / HTTP/1.1\r\n\r\n"), settle(),
         open_(1), wire(1, b"\x16\x03\x01\x40\x00" + bytes(2000)), settle(), tick(2))
    seed("handshake-long", EARLIER, open_(0), *[wire(0, b"\x16\x03\x01\x0f\x00\x01\x00\x40\x00" +
                                                     bytes(3831)) for _ in range(6)], settle())
    seed("records-flipped", EARLIER, ask(KEY), ask(KEY, MORE), feed(0, 2, 40), settle(),
         ask(KEY, which=1), ask(KEY, MORE, which=1), feed(1, 3), settle())
    seed("goodbyes", EARLIER, ask(KEY), shutdown(0), settle(), ask(KEY, MORE, which=1), shutdown(1),
         settle(), key_update(2), settle(), ask(KEY, which=2), key_update(2, True), settle(),
         ask(KEY, which=2))
    seed("time-limits", EARLIER, open_(0), tick(2), ask(KEY, which=1), tick(5), plain(2, b"GET /"),
         settle(), tick(2), plain(3, b"POST /v1/sys/init HTTP/1.1\r\nHost: h\r\nContent-Length: 5"
                                     b"\r\n\r\n{"), settle(), tick(3), settle())
    seed("clock-back", EARLIER, tick(1), tick(0xf8), raw(2, struct.pack("<Q", 1 << 60)),
         raw(2, struct.pack("<Q", 253402300799)), settle())
    seed("unread", EARLIER, switches(no_resume=True), ask(LIST), long_body(0, 20), settle(),
         switches(), resume(0), settle())
    seed("long", EARLIER, long_body(0, 8), settle(), long_body(1, 60), settle())
    seed("too-long", EARLIER, long_body(0, 250), settle())
    seed("kept", EARLIER, lie(NEVER), ask(KEY, MORE), long_body(0, 30), settle())
    seed("kept-too-much", EARLIER, lie(NEVER), ask(KEY), long_body(0, 255), settle())
    seed("slow", EARLIER, switches(no_work=True), *[ask(RSA, MORE, which=n % 6) for n in range(20)],
         settle(), close(1), work(), work(), work(), tick(4), work(), switches(), settle())
    seed("slow-closed", EARLIER, ask(KEY), overtaken(1, 0, 0), ask(RSA), ask(KEY, which=1),
         overtaken(2, 0, 1), ask(RSA, which=1), settle())
    seed("slow-overtaken", EARLIER, *[overtaken(n, n % 5, 0) + ask(RSA) for n in range(8)])
    seed("overtaken", EARLIER, *[overtaken(n % 4, n % 5, n % 3) + ask(KEY_MAKE, name=n % 6,
                                                                     which=n % 3)
                                 for n in range(20)])
    seed("overtaken-start", EARLIER | NO_START, overtaken(3, 4, 0), start(), settle(),
         overtaken(1, 4, 0), tick(9), settle())
    seed("memory", EARLIER, *[memory_fails(n) + ask(ENCRYPT, which=n % 6, extra=2)
                              for n in range(12)])
    seed("memory-evidence", EARLIER, *[memory_fails(n) + ask(EVIDENCE_FRESH, which=n % 6) + tick(4)
                                       for n in range(8)], memory_fails(0), ask(EVIDENCE))
    seed("memory-lists", EARLIER, *[memory_fails(n) + ask(LIST, which=n % 6) for n in range(8)])
    seed("memory-open", EARLIER, memory_fails(0), open_(0), memory_fails(0), ask(HEALTH),
         memory_fails(0), ask(HEALTH, which=1))
    seed("memory-start", EARLIER | NO_START, *[memory_fails(n) + start() for n in range(12)])
    seed("memory-restart", EARLIER, *[memory_fails(n) + restart(True) + settle()
                                      for n in range(8)])
    seed("memory-init", 0, *[memory_fails(n) + ask(INIT, which=n % 6) for n in range(12)])
    seed("random-init", 0, *[random_fails(n) + ask(INIT, which=n % 6) for n in range(12)])
    seed("random", EARLIER, *[random_fails(0) + ask(row, name=row, which=row % 6)
                              for row in range(10, 22)])
    seed("random-again", EARLIER, *[random_fails(1) + ask(row, name=5, which=row % 6)
                                    for row in range(10, 22)],
         random_fails(2), ask(KEY_MAKE, name=4), random_fails(3), ask(KEY_MAKE, name=3))
    seed("random-start", EARLIER | NO_START, *[random_fails(n) + start() + settle()
                                               for n in range(6)])
    seed("random-renewal", EARLIER, tick(9), random_fails(0), settle(), tick(2), random_fails(1),
         settle(), tick(3), settle())
    seed("random-reseal", EARLIER | NEW_MICROCODE | NO_START, random_fails(1), start(), settle(),
         random_fails(2), restart(True), settle(), random_fails(3), restart(True), settle())
    seed("broken", EARLIER, switches(broken=True), tick(9), settle(), tick(2), settle(),
         ask(EVIDENCE_FRESH), report(1), settle(), restart(), settle(), switches(), settle())
    seed("broken-init", 0, switches(broken=True), ask(INIT), switches(), ask(INIT))
    seed("no-room", EARLIER, room(1), tick(0), room(0), ask(KEY), room(10), ask(KEY, which=1))
    seed("batch", EARLIER, ask(KEY), ask(KEY, which=1), gather(True), ask(KEY, MORE),
         ask(ENCRYPT, MORE, which=1), feed(0, 0), feed(1, 0), tick(0), work(), resume(0), resume(1),
         open_(2), close(0), report(1), gather(False), settle())
    seed("raw", EARLIER, raw(99, b"abc"), raw(9, struct.pack("<Q", 1 << 16)),
         raw(7, struct.pack("<QI", 9 << 16 | 5, 0)), raw(7, struct.pack("<QI", 9 << 16 | 5, 7)),
         raw(10, struct.pack("<Q", 9 << 16 | 5)), raw(11, b""), raw(11, b"x"),
         raw(12, struct.pack("<QIBB", 9 << 16 | 5, 1, 3, 1) + b"k"),
         raw(13, struct.pack("<QIBBH", 9 << 16 | 5, 0, 3, 1, 0)), raw(14, bytes(28)),
         raw(8, struct.pack("<Q", 9 << 16 | 5) + b"bytes"), raw(3, bytes(7)),
         raw(4, bytes(24)), raw(5, bytes(12)), raw(6, bytes(12)), raw(2, b"12345678", 9),
         raw(2, b"12345678", 7), raw(0, b""))
    bodies = [
        (KEY_MAKE, [b'{"type":"rsa-2048"}', b'{"derived":true}', b'{"exportable":1}',
                    b'{"auto_rotate_period":"1h"}', b'{"key_size":32}', b'{"context":"AA=="}', b'[]',
                    b'{', b'{"derived":false,"exportable":false,"auto_rotate_period":0,"key_size":0,'
                    b'"context":"","other":[1,{"a":null}]}', b'{"type":null}', b'']),
        (ENCRYPT, [b'{"plaintext":"QUJD"}', b'{"plaintext":"!"}', b'{"plaintext":null}', b'{}',
                   b'{"plaintext":"QUJD","key_version":9}', b'{"plaintext":"QUJD","nonce":"AAAA"}',
                   b'{"plaintext":"QUJD","context":"AAAA"}', b'{"plaintext":"\\u0051UJD"}',
                   b'{"plaintext":"QUJD","associated_data":"?"}', b'{"batch_input":[]}',
                   b'{"batch_input":[{"plaintext":"QQ=="},{"plaintext":"?"},{}],'
                   b'"partial_failure_response_code":207}',
                   b'{"batch_input":null,"plaintext":"QQ=="}', b'{"batch_input":[{"reference":1}]}',
                   b'{"partial_failure_response_code":204}', b'{"plaintext":1}',
                   b'{"batch_input":[{"plaintext":"QQ==","reference":"a\\"b","associated_data":null'
                   b',"key_version":1,"ciphertext":"x","nonce":"","convergent_encryption":false}]}']),
        (DECRYPT, [b'{"ciphertext":"vault:v2:AAAA"}', b'{"ciphertext":"vault:v1:"}',
                   b'{"ciphertext":"v"}', b'{"ciphertext":"vault:vx:AAAA"}', b'{"ciphertext":null}',
                   b'{"ciphertext":"vault:v1:?"}', b'{"plaintext":"x"}',
                   b'{"ciphertext":"vault:v1:' + b'A' * 80 + b'"}',
                   b'{"batch_input":[{"ciphertext":"vault:v2:' + b'A' * 80 + b'"}]}']),
        (INIT, [b'{"seal_policy":"x"}', b'{}', b'{"pgp_keys":["a"]}', b'{"seal_policy":"mrenclave",'
                b'"pgp_keys":[],"recovery_pgp_keys":null,"root_token_pgp_key":""}']),
        (EVIDENCE_FRESH, [b'{"nonce":"AAAA"}', b'{"format":"x"}', b'{}', b'{"nonce":"?"}',
                          b'{"nonce":"' + b'A' * 86 + b'","format":"dice"}']),
        (AES_BITS, [b'{"bits":128}', b'{"bits":"256"}', b'{"bits":0}']),
        (RSA_3072, [b'{"bits":1024}', b'{"bits":null}', b'{"bits":2048}', b'{"bits":-1}']),
    ]
    for row, texts in bodies:
        seed(f"bodies-{row}", EARLIER, *[ask_with(row, text) for text in texts])
    seed("bodies-init-new", 0, *[ask_with(INIT, text) for text in bodies[3][1]])
    seed("queries", EARLIER, *[ask_with(LIST, b"", q) for q in (
        b"?limit=1", b"?limit=x", b"?limit=4294967296", b"?after=.", b"?after=%61", b"?after=%",
        b"?limit=0&after=", b"/", b"//", b"?after=" + b"a" * 140)],
         *[ask_with(HEALTH, b"", q) for q in (b"?activecode=100", b"?activecode=600",
                                              b"?activecode=299", b"?activecode=304", b"?a=b&c")],
         *[ask_with(KEY, b"", q) for q in (b"/..", b"%00", b"%zz", b"/../../sys/health", b"?x",
                                           b"a" * 250)])
    seed("http", EARLIER, *[plain(n % 6, text) + settle() + close(n % 6) for n, text in enumerate((
        b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\r\n\r\nGET / HTTP/1.1\r\nHost: a"
        b"\r\nX-Vault-Token: a\r\nX-Vault-Token: b\r\n\r\n", b"G\x00T / HTTP/1.1\r\n\r\n",
        b"POST /v1/sys/init HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/sys/init HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\n",
        b"GET /v1/sys/health HTTP/1.1\r\nHost: h\r\nAuthorization: Basic a\r\n\r\n",
        b"POST /v1/nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 20000\r\n\r\n" + b"a" * 3000,
        b"GET /" + b"a" * 600 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"PUT /v1/sys/init HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    ))])
    folder = pathlib.Path(__file__).parent.parent / "corpus" / "service"
    folder.mkdir(exist_ok=True)
    for name, program in seeds.items():
        (folder / name).write_bytes(program)
    print(len(seeds), "seeds")


main()
