#!/usr/bin/env python3
"""usage: check_sigstruct.py IMAGE SIGSTRUCT

A second implementation of the measurement and of SIGSTRUCT's arithmetic, written from the tables
of Intel's SDM (38.1.2, 38.8, 38.13) and of src/image/image_record.h alone, in another language.
Prints nothing when all agrees; otherwise each difference, with exit status 1.
"""
import hashlib
import struct
import sys

PAGE = 4096
faults = []


def check(name, found, expected):
    if found != expected:
        faults.append(f"{name}: found {found!r}, expected {expected!r}")


def program_headers(elf):
    offset, = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for i in range(count):
        yield struct.unpack_from("<IIQQQQQQ", elf, offset + i * size)


def section(elf, name):
    offset, = struct.unpack_from("<Q", elf, 40)
    size, count, names = struct.unpack_from("<HHH", elf, 58)
    headers = [struct.unpack_from("<IIQQQQ", elf, offset + i * size) for i in range(count)]
    table = headers[names][4]
    for header in headers:
        start = table + header[0]
        if elf[start:elf.index(b"\0", start)].decode() == name:
            return header
    raise SystemExit(f"no section {name}")


def pages_of(elf):
    """{offset: (SECINFO flags, 4096 bytes)} of the whole ELRANGE, and its size."""
    pages = {}
    end = 0
    for kind, flags, offset, address, _, file_size, memory_size, _ in program_headers(elf):
        if kind != 1:
            continue
        data = elf[offset:offset + file_size]
        span = -(-memory_size // PAGE) * PAGE
        data = data.ljust(span, b"\0")
        rwx = (flags >> 2 & 1) | (flags & 2) | (flags & 1) << 2
        for i in range(0, span, PAGE):
            pages[address + i] = (2 << 8 | rwx, data[i:i + PAGE])
        end = address + span
    record = section(elf, ".kc_image_record")[4]
    (magic, heap, stack, threads, reserved, heap_at, threads_at, stride, size,
     entry) = struct.unpack_from("<8sIIIIQQQQQ", elf, record)
    check("record magic", magic, b"KCIMAGE1")
    check("record reserved", reserved, 0)
    check("record heap offset", heap_at, end)
    check("record entry", entry, struct.unpack_from("<Q", elf, 24)[0])
    zero = bytes(PAGE)
    for i in range(heap):
        pages[heap_at + i * PAGE] = (0x203, zero)
    check("record threads offset", threads_at, heap_at + heap * PAGE)
    check("record stride", stride, (1 + stack + 1 + 1 + 1 + 1) * PAGE)
    for i in range(threads):
        area = threads_at + i * stride
        for j in range(stack):
            pages[area + (1 + j) * PAGE] = (0x203, zero)
        tcs = area + (1 + stack + 1) * PAGE
        body = struct.pack("<QQQIIQQQQII", 0, 0, tcs + PAGE, 0, 1, entry, 0, tcs + 2 * PAGE,
                           tcs + 2 * PAGE, 0xffffffff, 0xffffffff)
        pages[tcs] = (0x100, body.ljust(PAGE, b"\0"))
        pages[tcs + PAGE] = (0x203, zero)
        pages[tcs + 2 * PAGE] = (0x203, zero)
        end = tcs + 3 * PAGE
    power = PAGE
    while power < end:
        power *= 2
    check("record size", size, power)
    return pages, size


def measure(pages, size):
    sha = hashlib.sha256(struct.pack("<8sIQ44x", b"ECREATE", 1, size))
    for offset in sorted(pages):
        flags, data = pages[offset]
        sha.update(struct.pack("<8sQQ40x", b"EADD", offset, flags))
        for i in range(0, PAGE, 256):
            sha.update(struct.pack("<8sQ48x", b"EEXTEND", offset + i) + data[i:i + 256])
    return sha.digest()


def check_sigstruct(sig, mrenclave):
    check("length", len(sig), 1808)
    check("header", sig[0:16].hex(), "06000000e10000000000010000000000")
    check("header 2", sig[24:40].hex(), "01010000600000006000000001000000")
    check("reserved", sum(sig[40:128]) + sum(sig[908:928]) + sum(sig[992:1024]) +
          sum(sig[1028:1040]), 0)
    number = lambda at, n=384: int.from_bytes(sig[at:at + n], "little")
    n, e, s, q1, q2 = number(128), number(512, 4), number(516), number(1040), number(1424)
    check("exponent", e, 3)
    check("modulus bits", n.bit_length(), 3072)
    digest = hashlib.sha256(sig[0:128] + sig[900:1028]).hexdigest()
    info = "3031300d060960864801650304020105000420" + digest
    padded = "0001" + "ff" * (384 - 3 - len(info) // 2) + "00" + info
    check("signature", pow(s, 3, n), int(padded, 16))
    check("q1", q1, s * s // n)
    check("q2", q2, s * (s * s % n) // n)
    check("MISCSELECT, mask", struct.unpack_from("<II", sig, 900), (0, 0xffffffff))
    flags, xfrm, flag_mask, xfrm_mask = struct.unpack_from("<QQQQ", sig, 928)
    check("attributes", (flags, xfrm), (4, 7))
    check("attribute mask without DEBUG", (flag_mask | 2, xfrm_mask), (2**64 - 1, 2**64 - 1))
    check("MRENCLAVE", sig[960:992].hex(), mrenclave.hex())


def main():
    elf = open(sys.argv[1], "rb").read()
    sig = open(sys.argv[2], "rb").read()
    pages, size = pages_of(elf)
    check_sigstruct(sig, measure(pages, size))
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


main()
