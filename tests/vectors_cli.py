#!/usr/bin/env python3
"""keyclave verify, the program itself, on every case of the shared vectors: real evidence with the
collateral of its day. expect.json says what comes out.

Usage: tests/vectors_cli.py PROGRAM
"""
import json
import os
import subprocess
import sys
import tempfile

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
    print("\n".join(failures) or "%d cases as expected" % len(names))
    return 1 if failures else 0


sys.exit(main())
