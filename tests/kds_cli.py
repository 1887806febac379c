#!/usr/bin/env python3
"""keyclave collateral fetch for SEV-SNP, from a server with the paths of AMD's KDS (57230, section 4)
that gives out what the shared vectors have. Usage: tests/kds_cli.py PROGRAM"""
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

PROGRAM = os.path.abspath(sys.argv[1])
VECTORS = os.path.join(os.path.dirname(__file__), "..", "..", "shared", "vectors", "snp")
failures = []


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        self.files = {}
        self.asked = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        body = self.server.files.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *arguments):
        pass


def expect(case, what, got, want):
    if got != want:
        failures.append(f"{case}: {what} is {got!r}, not {want!r}")


def run(*arguments):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def paths(report, product, kind):
    """The URL paths of a report's own certificate and of AMD's."""
    tcb = report[0x180:0x188]
    chip = report[0x1A0:0x1E0]
    if product == "Turin":
        query = "fmcSPL=%02d&blSPL=%02d&teeSPL=%02d&snpSPL=%02d&ucodeSPL=%02d" % (
            tcb[0], tcb[1], tcb[2], tcb[3], tcb[7])
        chip = chip[:8]
    else:
        query = "blSPL=%02d&teeSPL=%02d&snpSPL=%02d&ucodeSPL=%02d" % (
            tcb[0], tcb[1], tcb[6], tcb[7])
    return (f"/vcek/v1/{product}/{chip.hex()}?{query}", f"/{kind}/v1/{product}/cert_chain",
            f"/{kind}/v1/{product}/crl")


def checks(text):
    return [failure["check"] for failure in json.loads(text)["failures"]]


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def try_case(name, server, work):
    folder = os.path.join(VECTORS, name)
    if not os.path.exists(os.path.join(folder, "report.bin")):
        return False
    with open(os.path.join(folder, "expect.json")) as file:
        want = json.load(file)
    report = os.path.join(folder, "report.bin")
    url = f"http://127.0.0.1:{server.server_address[1]}"
    bundle = os.path.join(work, name)
    fetch = ("collateral", "fetch", report, "--kds", url, "--out", bundle)
    is_vlek = want["key"] == "VLEK"
    vcek, chain, crl = paths(read(folder, "report.bin"), want["product"], "vlek" if is_vlek else "vcek")
    known = json.loads(run("verify", "--json", "--collateral", folder, report)[1])
    dates = [f["check"] for f in known["failures"] if f["check"] == "snp.chain.dates"]

    server.files = {vcek: read(folder, "vek.der"), chain: read(folder, "ask_ark.pem")}
    server.asked = []
    code, _, err = run(*fetch)
    genuine = known["claims"] is not None
    # A server without AMD's list is no failure, and is told.
    without = "AMD's revocation list was not fetched"
    if is_vlek:
        expect(name, "fetch", (code, without in err), (0, True))
        expect(name, "asked for", server.asked, [chain, crl])
        return True
    if not genuine or dates:
        expect(name, "fetch of what is not good", code, 3)
        return True
    expect(name, "fetch", (code, without in err), (0, True))
    expect(name, "asked for last", server.asked[-3:], [chain, vcek, crl])
    got = run("verify", "--json", "--collateral", bundle, report)
    expect(name, "verdict", json.loads(got[1]), known)
    expect(name, "check", run("collateral", "check", bundle)[0], 0)
    got = run("verify", "--json", "--kds", url, "--cache", os.path.join(work, "cache"), report)
    expect(name, "verdict with --kds", json.loads(got[1]), known)
    server.asked = []
    got = run("verify", "--json", "--kds", url, "--cache", os.path.join(work, "cache"), report)
    expect(name, "verdict from the cache", (json.loads(got[1]), server.asked), (known, []))

    os.remove(bundle)
    spoilt = bytearray(read(folder, "vek.der"))
    spoilt[-1] ^= 1
    other = read(os.path.join(VECTORS, "snp-genoa-veraison" if name != "snp-genoa-veraison"
                              else "snp-azure-genoa"), "vek.der")
    for what, files, says in (
            ("a bad list", {**server.files, crl: b"\x30\x03\x02\x01\x00"}, None),
            ("no VCEK", {chain: server.files[chain]}, "it answers 404"),
            ("no chain", {vcek: server.files[vcek]}, "it answers 404"),
            ("spoilt VCEK", {**server.files, vcek: bytes(spoilt)}, "snp.chain: "),
            ("another chip's", {**server.files, vcek: other}, "snp.ch"),
            ("no certificate", {**server.files, chain: b"<html>"}, "snp.chain.shape")):
        server.files, whole = files, server.files
        code, _, err = run(*fetch)
        if says is None:
            expect(name, what, (code, "snp.crl: " in err), (0, True))
            os.remove(bundle)
            server.files = whole
            continue
        expect(name, what, (code, says in err, os.path.exists(bundle)), (3, True, False))
        code, out, _ = run("verify", "--json", "--kds", url, "--cache", os.path.join(work, "n"),
                           report)
        expect(name, what + ", verdict", (code, checks(out)), (3, ["snp.certificates"]))
        server.files = whole
    return True


def main():
    if not os.path.isdir(VECTORS):
        print("no shared vectors: skipped")
        return 77
    server = Server()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    with tempfile.TemporaryDirectory() as work:
        os.environ["KEYCLAVE_STATE"] = os.path.join(work, "state")
        for name in ("KEYCLAVE_PCS", "KEYCLAVE_KDS", "KEYCLAVE_CACHE"):
            os.environ.pop(name, None)
        count = sum(try_case(name, server, work) for name in sorted(os.listdir(VECTORS)))
    server.shutdown()
    if count < 8:
        failures.append(f"{count} cases only")
    for line in failures:
        print(line)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
