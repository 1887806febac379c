#!/usr/bin/env python3
"""keyclave verify, the program itself, on every case of the shared vectors: real evidence with the
collateral of its day. expect.json says what comes out.

Usage: tests/vectors_cli.py PROGRAM
"""
import base64
import json
import os
import ssl
import struct
import subprocess
import sys
import tempfile
import uuid

PROGRAM = sys.argv[1]
VECTORS = os.path.join(os.path.dirname(__file__), "..", "..", "shared", "vectors")
STATUSES = ["UpToDate", "SWHardeningNeeded", "ConfigurationNeeded",
            "ConfigurationAndSWHardeningNeeded", "OutOfDate", "OutOfDateConfigurationNeeded",
            "TDRelaunchAdvised", "TDRelaunchAdvisedConfigurationNeeded"]
EXIT = {"accepted": 0, "refused": 1, "invalid": 2, "unjudged": 3}
failures = []


def verify(evidence, *options):
    done = subprocess.run([PROGRAM, "verify", "--json", *options, evidence],
                          capture_output=True, timeout=60)
    try:
        out = json.loads(done.stdout)
    except ValueError:
        return {"verdict": None, "failures": [], "error": done.stderr.decode()}
    if EXIT[out["verdict"]] != done.returncode:
        out["verdict"] = "exit status %d with %s" % (done.returncode, out["verdict"])
    return out


def expect(name, what, got, want):
    if got != want:
        failures.append("%s: %s is %s, not %s" % (name, what, got, want))


def checks(out):
    return [failure["check"] for failure in out["failures"]]


def expect_detail(name, tcb, want):
    detail = want["detail"]
    expect(name, "status", tcb["status"], want["verdict"])
    expect(name, "platform", tcb["platform"]["status"], detail["platform"])
    expect(name, "level", tcb["platform"]["level"], detail["level"])
    expect(name, "date", tcb["platform"]["date"], detail["tcbDate"])
    expect(name, "advisories", tcb["platform"]["advisories"], detail.get("adv", []))
    expect(name, "evaluation", [tcb["platform"]["evaluation_data_number"],
                                tcb["qe"]["evaluation_data_number"]], detail["eval"])
    expect(name, "lower evaluation", tcb["evaluation_data_number"], min(detail["eval"]))
    expect(name, "qe", tcb["qe"]["status"], detail["qe_status"])
    expect(name, "whole", tcb["whole"], want["full_collateral"])
    if "module" not in detail:
        expect(name, "module", tcb["module"], None)
        return
    expect(name, "SGX part", tcb["platform"]["sgx_status"], detail["sgx_platform"])
    expect(name, "module version", tcb["module"]["version"], detail["module"])
    expect(name, "module", tcb["module"]["status"], detail.get("module_status"))
    expect(name, "module's advisories", tcb["module"]["advisories"], detail.get("modadv", []))


def run_policy(*arguments):
    done = subprocess.run([PROGRAM, "policy", *arguments], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode()


MACHINE = {"ppid", "platform_instance_id", "chip_id", "fmspc", "cpu_svn", "signing_key"}
SIGNERS = {"mrsigner", "mrseam", "id_key_digest", "author_key_digest"}


def judge_token(name, out, evidence, work, *options):
    """What a token tells of it: what runs and who signed it, as --json does, and no machine."""
    key = os.path.join(work, "token-key.pem")
    if not os.path.exists(key):
        subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout",
                        "-out", key], check=True)
    done = subprocess.run([PROGRAM, "verify", "--ear", "--ear-key", key, *options, evidence],
                          capture_output=True, timeout=60)
    expect(name, "exit status with --ear", done.returncode, EXIT[out["verdict"]])
    payload = done.stdout.split(b".")[1]
    token = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    (appraisal,) = token["submods"].values()
    told = appraisal.get("ear_veraison_annotated_evidence")
    expect(name, "told", told is not None, out["claims"] is not None)
    if told is None:
        return
    rated = told.pop("tcb", None)
    expect(name, "machine", MACHINE & set(told), set())
    expect(name, "signers", SIGNERS & set(told), SIGNERS & set(out["claims"]))
    expect(name, "as --json", {k: out["claims"][k] for k in told}, told)
    whole = out["tcb"] is not None and out["tcb"]["whole"]
    expect(name, "rated", rated and rated["status"], out["tcb"]["status"] if whole else None)


CHECKS = {"allow_debug": "policy.debug", "allow_migration_agent": "policy.migration_agent",
          "allow_masked_chip_id": "policy.masked_chip_id"}
FOREIGN = {"sgx": {"mrtd": "00" * 48}, "tdx": {"measurement": "00" * 48},
           "snp": {"tcb": ["UpToDate"]}}


def spoil(key, value):
    """The clause so that the evidence, which reaches `value`, does not hold it any more."""
    if key == "tee":
        return "snp" if value != "snp" else "sgx"
    if key == "tcb":
        return ["OutOfDate" if value == ["UpToDate"] else "UpToDate"]
    if key == "min_tcb_date":
        return value[:17] + "01Z"
    if key == "advisories":
        return value[1:] if value else None
    if key == "custom_claims":
        return dict(value, **{"absent": ""})
    if key == "min_snp_tcb":
        return dict(value, snp=value["snp"] + 1)
    if key.startswith("min_"):
        return value + 1
    if key.startswith("max_"):
        return value - 1 if value > 0 else None
    if key == "isv_prod_id":
        return value ^ 1
    if key.startswith("allow_"):
        return False
    if isinstance(value, str):
        return ("1" if value[0] == "0" else "0") + value[1:]
    return None


def judge_policy(name, evidence, work, options):
    """policy from, explain and diff: the policy that is written accepts; any clause spoilt does
    not, by its name and no other."""
    path = os.path.join(work, "strictest")
    other = os.path.join(work, "spoilt")
    status, text = run_policy("from", *options, evidence)
    expect(name, "policy from", status, 0)
    with open(path, "w") as file:
        file.write(text)
    strictest = json.loads(text)
    out = verify(evidence, "--policy", path, *options)
    expect(name, "under its own policy", (out["verdict"], checks(out)), ("accepted", []))
    status, text = run_policy("explain", "--json", "--policy", path, *options, evidence)
    explained = {clause["key"]: clause["state"] for clause in json.loads(text)["clauses"]}
    expect(name, "explain", status, 0)
    expect(name, "states", {explained[key] for key in strictest}, {"holds"})
    expect(name, "diff with itself", run_policy("diff", path, path)[0], 0)
    wrong = [(key, spoil(key, value)) for key, value in strictest.items()]
    wrong += list(FOREIGN[strictest["tee"]].items())
    for key, value in wrong:
        if value is None:
            continue
        spoilt = dict(strictest, **{key: value})
        with open(other, "w") as file:
            json.dump(spoilt, file)
        out = verify(evidence, "--policy", other, *options)
        expect(name, key, (out["verdict"], checks(out)),
               ("refused", [CHECKS.get(key, "policy." + key)]))
        status, text = run_policy("explain", "--json", "--policy", other, *options, evidence)
        bad = [c["key"] for c in json.loads(text)["clauses"] if c["state"] == "fails"]
        expect(name, "explain " + key, (status, bad), (1, [key]))
        status, text = run_policy("diff", "--json", other, path)
        found = [d["key"] for d in json.loads(text)["differences"]]
        wanted = ["tee"] if key == "tee" or key not in strictest else [key]
        expect(name, "diff " + key, (status, found), (1, wanted))


# Why a case is rejected, in our words.
REASONS = {
    "REJECT: TCB not supported (no level)": {"tcb.level"},
    "REJECT: qe signer/prodid": {"qe.mrsigner", "qe.isv_prod_id"},
}


def judge_dcap(name, folder, any_policy, closed_policy):
    with open(os.path.join(folder, "expect.json")) as file:
        want = json.load(file)
    options = ["--collateral", folder, "--trust", os.path.join(folder, "root_ca.pem"),
               "--at", want["at"]]
    quote = os.path.join(folder, "quote.bin")
    out = verify(quote, "--policy", any_policy, *options)
    judge_token(name, out, quote, os.path.dirname(any_policy), "--policy", any_policy, *options)
    if want["verdict"] in REASONS:
        expect(name, "verdict", out["verdict"], "invalid")
        expect(name, "reason", REASONS[want["verdict"]] <= set(checks(out)), True)
        expect(name, "claims", out["claims"], None)
        return
    if want["verdict"] == "(no collateral)" or not want["full_collateral"]:
        expect(name, "verdict", out["verdict"], "unjudged")
        for check in checks(out):
            missing = check.endswith((".absent", ".expired", ".not_yet", ".present"))
            expect(name, check, missing or check == "policy.tcb", True)
    else:
        expect(name, "verdict", out["verdict"], "accepted")
    if "chain.present" in checks(out):
        return
    if want["detail"]:
        expect_detail(name, out["tcb"], want)
        expect(name, "debug", out["claims"]["debug"], want["detail"]["debug"])
    else:
        expect(name, "tcb", out["tcb"], None)
    expect(name, "trailing", out["claims"]["trailing_bytes"], want["trailing_bytes"])
    expect(name, "FMSPC", out["claims"]["fmspc"].upper(), want["fmspc"])
    expect(name, "format", out["evidence"]["format"].split("-")[::2],
           [want["kind"][:3].lower(), want["kind"].split()[-1]])
    # By default a policy wants UpToDate and no debug.
    if want["full_collateral"]:
        out = verify(quote, "--policy", closed_policy, *options)
        good = want["verdict"] == "UpToDate" and not want["detail"]["debug"]
        expect(name, "by default", out["verdict"], "accepted" if good else "refused")
        judge_policy(name, quote, os.path.dirname(any_policy), options)


def judge_snp(name, folder, work):
    with open(os.path.join(folder, "expect.json")) as file:
        want = json.load(file)
    report = os.path.join(folder, "report.bin")
    if not os.path.exists(report):
        return  # a chain alone
    policy = os.path.join(work, "snp")
    with open(policy, "w") as file:
        json.dump({"allow_debug": True, "max_vmpl": 1}, file)
    at = want["vek_valid"][:10] + "T23:59:59Z"
    options = ["--policy", policy, "--at", at]
    out = verify(report, "--collateral", folder, *options)
    judge_token(name, out, report, work, "--collateral", folder, *options)
    if want["expect"] == "must be rejected":
        expect(name, "verdict", out["verdict"], "invalid")
        expect(name, "claims", out["claims"], None)
        return
    expect(name, "verdict", out["verdict"], "accepted")
    expect(name, "format", out["evidence"]["format"], "snp-report-v%d" % want["check"]["ver"])
    claims = out["claims"]
    expect(name, "product", claims["product"], want["product"])
    expect(name, "key", claims["signing_key"].upper(), want["key"])
    expect(name, "chip", claims["chip_id"][:16], want["check"]["chip_id"])
    expect(name, "VMPL", claims["vmpl"], want["check"]["vmpl"])
    expect(name, "policy", bytes.fromhex(claims["guest_policy"])[::-1].hex(),
           want["check"]["policy"])
    tcb = want["check"]["vek_tcb"]
    expect(name, "TCB", claims["reported_tcb"],
           {"boot_loader": tcb["bl"], "tee": tcb["tee"], "snp": tcb["snp"],
            "microcode": tcb["ucode"]})
    # By default: no debug, and asked for at VMPL 0.
    good = not claims["debug"] and claims["vmpl"] == 0
    out = verify(report, "--collateral", folder, "--at", at)
    expect(name, "by default", out["verdict"], "accepted" if good else "refused")
    judge_snp_forms(name, folder, work, options)
    judge_policy(name, report, work, ["--collateral", folder, "--at", at])


def table_of(folder):
    """The certificates as a host hands them out beside a report."""
    with open(os.path.join(folder, "ask_ark.pem")) as file:
        pem = file.read()
    ders = [ssl.PEM_cert_to_DER_cert(block.strip() + "\n-----END CERTIFICATE-----")
            for block in pem.split("-----END CERTIFICATE-----") if "BEGIN" in block]
    with open(os.path.join(folder, "vek.der"), "rb") as file:
        vek = file.read()
    kind = "a8074bc2-a25a-483e-aae6-39c045a0b8a1" if b"SEV-VLEK" in vek[:1024] else \
        "63da758d-e664-4564-adc5-f4b93be8accd"
    guids = [kind, "4ab7b379-bbac-4fe4-a02f-05aef327c782", "c0b406a4-a803-4952-9743-3fb6014cd0ae"]
    head, data = b"", b""
    for guid, der in zip(guids, [vek] + ders):
        head += uuid.UUID(guid).bytes_le + struct.pack("<II", 24 * 4 + len(data), len(der))
        data += der
    return head + bytes(24) + data


def judge_snp_forms(name, folder, work, options):
    """The same report and certificates in the other ways in which they come."""
    report = os.path.join(folder, "report.bin")
    with open(report, "rb") as file:
        raw = file.read()
    paths = {form: os.path.join(work, form) for form in ("table", "joined", "hcl", "pem", "hex")}
    table = table_of(folder)
    with open(paths["table"], "wb") as file:
        file.write(table)
    with open(paths["joined"], "wb") as file:
        file.write(raw + table)
    with open(paths["hex"], "w") as file:
        file.write(raw.hex())
    with open(os.path.join(folder, "vek.der"), "rb") as file:
        vek = ssl.DER_cert_to_PEM_cert(file.read())
    with open(os.path.join(folder, "ask_ark.pem")) as file:
        chain = file.read()
    with open(paths["pem"], "w") as file:
        file.write(chain + vek)
    hcl = b"HCLA" + struct.pack("<III", 2, 2600, 2) + bytes(16) + raw + \
        struct.pack("<IIIII", 22, 1, 2, 1, 2) + b"{}"
    with open(paths["hcl"], "wb") as file:
        file.write(hcl.ljust(2600, bytes(1)))
    inspect(name, paths["joined"], "certificate_table")
    inspect(name, paths["hcl"], "hcl")
    expect(name, "without certificates", checks(verify(report, *options)), ["snp.certificates"])
    for form in [(report, "--auxblob", paths["table"]), (paths["joined"],),
                 (report, "--certificates", paths["pem"]),
                 (paths["hex"], "--collateral", folder),
                 (report, "--collateral", folder, "--trust", "amd"),
                 (report, "--collateral", folder, "--trust", os.path.join(folder, "ask_ark.pem"))]:
        expect(name, form, verify(*form, *options)["verdict"], "accepted")
    with open(os.path.join(work, "junk"), "wb") as file:
        file.write(raw + b"junk!")
    for path, n in ((paths["joined"], 0), (os.path.join(work, "junk"), 5)):
        out = verify(path, "--collateral", folder, *options)
        expect(name, "behind it", out["claims"]["trailing_bytes"], n)
    # The paravisor's JSON is not the one that report data was made for.
    out = verify(paths["hcl"], "--collateral", folder, *options)
    expect(name, "HCL", checks(out), ["binding.hcl_json"])
    out = verify(report, "--collateral", folder, "--trust", "intel", *options)
    expect(name, "under Intel's root", checks(out), ["snp.chain.root"])


def inspect(name, path, section):
    """Shown whole, as text and as JSON."""
    done = subprocess.run([PROGRAM, "inspect", "--json", path], capture_output=True, timeout=60)
    tree = json.loads(done.stdout) if done.returncode == 0 else {}
    expect(name, "inspect " + section, (done.returncode, section in tree), (0, True))
    done = subprocess.run([PROGRAM, "inspect", path], capture_output=True, timeout=60)
    expect(name, "inspect as text", (done.returncode, done.stderr), (0, b""))
    return tree.get(section, {})


def judge_endorsements():
    """Open Enclave's evidence and endorsements, as they were made together."""
    folder = os.path.join(VECTORS, "open-enclave")
    name = "endorsements.bin"
    path = os.path.join(folder, name)
    out = verify(os.path.join(folder, "evidence.bin"), "--collateral", path,
                 "--at", "2022-05-01T00:00:00Z")
    expect(name, "status", out["tcb"] and out["tcb"]["status"], "SWHardeningNeeded")
    expect(name, "checks", checks(out), ["policy.debug", "policy.tcb"])
    expect(name, "tee", inspect(name, path, "endorsements")["tee"]["value"], "SGX")
    path = os.path.join(folder, "tdx_endorsement.bin")
    expect(name, "tee", inspect(name, path, "endorsements")["tee"]["value"], "TDX")
    quote = os.path.join(VECTORS, "dcap", "tdx5-oe-relaunch-2025-03", "quote.bin")
    out = verify(quote, "--collateral", path, "--at", "2025-03-01T00:00:00Z")
    expect(name, "relaunch", out["tcb"] and out["tcb"]["status"], "TDRelaunchAdvised")


def main():
    folder = os.path.join(VECTORS, "dcap")
    if not os.path.isdir(folder):
        print(VECTORS, "is not there")
        return 77
    with tempfile.TemporaryDirectory() as work:
        any_policy = os.path.join(work, "any")
        closed_policy = os.path.join(work, "closed")
        with open(any_policy, "w") as file:
            json.dump({"allow_debug": True, "tcb": STATUSES}, file)
        with open(closed_policy, "w") as file:
            json.dump({"tcb": ["UpToDate"]}, file)
        names = sorted(os.listdir(folder))
        for name in names:
            judge_dcap(name, os.path.join(folder, name), any_policy, closed_policy)
            inspect(name, os.path.join(folder, name, "quote.bin"), "quote")
        cases = os.path.join(VECTORS, "snp")
        for name in sorted(os.listdir(cases)):
            judge_snp(name, os.path.join(cases, name), work)
            names.append(name)
    judge_endorsements()
    print("\n".join(failures) or "%d cases as expected" % len(names))
    return 1 if failures else 0


sys.exit(main())
