#!/usr/bin/env python3
"""Reads an EAR token as draft-ietf-rats-ear-03, -04 or veraison's readers do, and says what is wrong.

Usage: ear_check.py draft|draft-04|veraison TOKEN PUBLIC_KEY TIER 'NAME=VALUE ...' [FACT=VALUE ...]
The fact jwks names a file that must have the key as a JWK Set and nothing else. The signature is OpenSSL's to judge. An empty mrenclave means that the token may not have one.
"""
import base64
import hashlib
import json
import subprocess
import sys
import tempfile
import time

NAMES = {
    "draft": {
        "typ": "eat+jwt",
        "profile": "tag:ietf.org,2026:rats/ear#03",
        "verifier": "ear_verifier_id",
        "status": "ear_status",
        "vector": "ear_trustworthiness_vector",
        "policy": "ear_appraisal_policy_ids",
        "claims": "ear_veraison_policy_claims",
        "evidence": "ear_veraison_annotated_evidence",
    },
    "veraison": {
        "typ": "JWT",
        "profile": "tag:github.com,2023:veraison/ear",
        "verifier": "ear.verifier-id",
        "status": "ear.status",
        "vector": "ear.trustworthiness-vector",
        "policy": "ear.appraisal-policy-id",
        "claims": "ear.veraison.policy-claims",
        "evidence": "ear.veraison.annotated-evidence",
    },
}
NAMES["draft-04"] = {
    **NAMES["draft"],
    "profile": "tag:ietf.org,2026:rats/ear#04",
    "claims": "ear_verifier_claims",
    "evidence": "ear_attester_claims",
}
# Of draft-ietf-rats-ear's CDDL.
VECTOR = {
    "instance-identity", "configuration", "executables", "file-system",
    "hardware", "runtime-opaque", "storage-opaque", "sourced-data",
}
TIERS = {"none": 0, "affirming": 2, "warning": 32, "contraindicated": 96}
MACHINE = ("ppid", "platform_instance_id", "chip_id", "fmspc", "cpu_svn")


def decode(text):
    assert "=" not in text, "padding"
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def number(raw):
    """An ASN.1 INTEGER."""
    raw = raw.lstrip(b"\0") or b"\0"
    if raw[0] & 0x80:
        raw = b"\0" + raw
    return b"\x02" + bytes([len(raw)]) + raw


def is_signed(message, signature, public):
    assert len(signature) == 64, "r || s"
    body = number(signature[:32]) + number(signature[32:])
    with tempfile.NamedTemporaryFile() as der:
        der.write(b"\x30" + bytes([len(body)]) + body)
        der.flush()
        command = ["openssl", "dgst", "-sha256", "-verify", public, "-signature", der.name]
        return subprocess.run(command, input=message, stdout=subprocess.DEVNULL).returncode == 0


def encode(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jwk_of(public):
    """That of a PEM file, with its thumbprint (RFC 7638), which is taken from the sorted names."""
    command = ["openssl", "pkey", "-pubin", "-in", public, "-pubout", "-outform", "DER"]
    point = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout[-64:]
    jwk = {"crv": "P-256", "kty": "EC", "x": encode(point[:32]), "y": encode(point[32:])}
    text = json.dumps(jwk, separators=(",", ":"), sort_keys=True)
    kid = encode(hashlib.sha256(text.encode()).digest())
    return {**jwk, "alg": "ES256", "use": "sig", "kid": kid}


def check(profile, path, public, tier, vector, facts):
    names = NAMES[profile]
    with open(path) as file:
        token = file.read()
    assert token.endswith("\n") and token.count("\n") == 1, "one line"
    header, payload, signature = token[:-1].split(".")
    message = (header + "." + payload).encode()
    assert is_signed(message, decode(signature), public), "signature"
    assert not is_signed(message + b"x", decode(signature), public), "any signature would do"
    jwk = jwk_of(public)
    wanted = {"alg": "ES256", "typ": names["typ"], "kid": jwk["kid"]}
    assert json.loads(decode(header)) == wanted, decode(header)
    claims = json.loads(decode(payload))
    allowed = {"eat_profile", "iat", "exp", names["verifier"], "submods", "eat_nonce"}
    assert set(claims) <= allowed, set(claims) - allowed
    assert claims["eat_profile"] == names["profile"]
    # Veraison's readers want its padding, the drafts have none.
    nonce = claims.get("eat_nonce", "")
    if profile == "veraison":
        assert len(nonce) % 4 == 0, nonce
        nonce = nonce.rstrip("=")
    assert "=" not in nonce, nonce
    # Of the clock, whatever time was judged at.
    assert type(claims["iat"]) is int and -60 < time.time() - claims["iat"] < 600, claims["iat"]
    assert set(claims[names["verifier"]]) == {"developer", "build"}
    assert claims[names["verifier"]]["build"].startswith("keyclave ")
    assert len(claims["submods"]) == 1
    (label, appraisal), = claims["submods"].items()
    allowed = {names[k] for k in ("status", "vector", "policy", "claims", "evidence")}
    assert set(appraisal) <= allowed, set(appraisal) - allowed

    assert appraisal[names["status"]] == tier, appraisal[names["status"]]
    got = appraisal[names["vector"]]
    assert set(got) == VECTOR, got
    assert all(type(v) is int and -1 <= v <= 127 for v in got.values()), got
    worst = max([v for v in got.values() if v >= 32], default=0)
    assert TIERS[tier] >= (96 if worst >= 96 else 32 if worst >= 32 else 0), got
    assert tier != "contraindicated" or worst >= 96, got
    for pair in vector.split():
        name, value = pair.split("=")
        assert got[name] == int(value), (name, got[name])

    evidence = appraisal.get(names["evidence"], {})
    rating = evidence.get("tcb", {})
    if profile == "draft-04":
        assert "tcb" not in evidence, "the rating is the verifier's word"
        rating = appraisal[names["claims"]].get("tcb", {})
    policy = appraisal[names["policy"]]
    if profile != "veraison":
        assert type(policy) is list and len(policy) == 1
        policy = policy[0]
    assert type(appraisal[names["claims"]]["judged_at"]) is int
    assert not [k for k in MACHINE if k in evidence], evidence
    found = {
        "label": label,
        "valid": str(claims["exp"] - claims["iat"]),
        "judged_at": str(appraisal[names["claims"]]["judged_at"]),
        "nonce": nonce,
        "policy": policy,
        "verdict": appraisal[names["claims"]]["verdict"],
        "mrenclave": evidence.get("mrenclave", ""),
        "tcb": rating.get("status", ""),
    }
    for fact in facts:
        name, value = fact.split("=", 1)
        if name == "failure":
            assert value in appraisal[names["claims"]]["failures"], appraisal[names["claims"]]
        elif name == "jwks":
            with open(value) as file:
                assert json.load(file) == {"keys": [jwk]}, value
        else:
            assert found[name] == value, (name, found[name])


check(*sys.argv[1:6], sys.argv[6:])
