#!/usr/bin/env python3
"""The table "What others got wrong" of docs/verification.md names tests that are there.

Its second column: `program`, or `program: item, item`, joined by "; ". An item in quotes is a row
of that program's table, another one a name in it. What stands in brackets is a remark.

Usage: tests/verification_table.py
"""

import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TITLE = "## What others got wrong"
NICKNAMES = {
    "negative": "test_verify_negative.c",
    "domain": "test_verify_negative_tdx.c",
    "collateral": "test_verify_collateral.c",
    "guest": "test_snp_negative.c",
}


def source_of(program):
    """The program's text, or None."""
    names = [NICKNAMES.get(program, f"test_{program}.c"), f"{program}.sh", f"{program}.py",
             f"../fuzz/{program}.c"]
    for name in names:
        path = os.path.join(HERE, name)
        if os.path.exists(path):
            with open(path) as file:
                return file.read()
    return None


def parts_of(text, separator):
    """Split where no quotes are open."""
    return [part.strip() for part in re.split(separator + r'(?=(?:[^"]*"[^"]*")*[^"]*$)', text)]


def faults_of(cell):
    for claim in parts_of(cell, "; "):
        claim = re.sub(r" \([^)]*\)$", "", claim)
        program, _, items = claim.partition(": ")
        source = source_of(program)
        if source is None:
            yield f"no test {program}"
            continue
        for item in parts_of(items, ", ") if items else []:
            is_there = item in source if item.startswith('"') else re.search(rf"\b{item}\b", source)
            if not is_there:
                yield f"{program} has no {item}"


def main():
    with open(os.path.join(HERE, "..", "docs", "verification.md")) as file:
        section = file.read().split(TITLE, 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    faults = []
    for row in rows:
        cell = row.rstrip(" |").rsplit(" | ", 1)[1]
        faults += [f"{fault}: {row[2:60]}" for fault in faults_of(cell)]
    print("\n".join(faults) if faults else f"{len(rows)} rows")
    return 1 if faults or len(rows) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
