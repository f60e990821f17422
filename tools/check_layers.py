#!/usr/bin/env python3
"""Who may include whom, and where the sharp tools may be used. Fails with file:line for each breach.

A line may be exempted by a trailing comment `// layer-ok: <why>`.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Folder -> folders of ours it may include. The longest matching prefix decides; a folder may always
# include itself and its subfolders. Files named *_actor.* may also use engine/runtime.
ALLOWED = {
    "engine/core": [],
    "engine/ports": ["engine/core", "engine/runtime"],
    "engine/runtime": ["engine/core", "engine/ports"],
    "config": ["engine/core"],
    "models": ["engine/core"],
    "strategies": ["engine/core", "models", "config"],
    "engine/market": ["engine/core"],
    "engine/execution": ["engine/core", "engine/ports", "engine/runtime", "config"],
    "engine/settlement": ["engine/core", "engine/ports", "engine/runtime", "engine/market", "config"],
    "engine/ledger": ["engine/core"],
    "engine/accounting": ["engine/core", "engine/ledger"],
    "engine/accuracy": ["engine/core", "config", "models"],
    "engine/signal": ["engine/core", "engine/runtime", "engine/market", "engine/settlement", "models"],
    "engine/backtest": ["engine/core", "config", "models"],
    "engine/report": ["engine/core", "engine/ledger", "engine/backtest", "models"],
    "engine/observe": ["engine/core", "engine/execution", "config", "strategies", "models", "engine/market"],
    "engine/metrics": ["engine/core", "engine/observe", "connectors/json"],
    "engine/dashboard": ["engine/core", "engine/observe", "engine/metrics", "engine/runtime", "connectors/net", "connectors/json"],
    "connectors": ["engine/core", "engine/ports", "engine/runtime", "config"],
}
EVERYTHING = ("engine/app", "tools", "tests")

# Things that stay in their one home: pattern -> (why, folders or files where it may stand).
KEPT_HOME = [
    (r"\b(system_clock|steady_clock)::now\b", "time comes from Clock", ["engine/runtime", "connectors/net", "tests/bench", "tools"]),
    (r"\bsteady_timer\b", "waits go through Clock or Mailbox", ["engine/runtime", "connectors/net"]),
    (r"make_parallel_group|awaitable_operators", "deadlines go through within()", ["engine/runtime"]),
    (r"\bdetached\b", "coroutines are started by the Supervisor", ["engine/runtime"]),
    (r"\brandom_device\b", "randomness is seeded and injected", ["connectors/crypto", "connectors/net"]),
    (r"\bstd::j?thread\b", "one thread decides; blocking work goes to the SidePool", ["engine/runtime", "tests"]),
    (r"<boost/beast|<openssl/", "Beast and OpenSSL stay behind connectors/net and connectors/crypto", ["connectors/net", "connectors/crypto", "engine/ledger/ledger_digest.cpp"]),
    (r"<secp256k1", "secp256k1 stays in the signer", ["connectors/crypto"]),
    (r"\bstd::(cout|cerr)\b", "output goes through the console or the log", ["tools", "engine/app/main.cpp"]),
    (r"\[=\]", "captures are named", []),
    (r"\bdouble\b", "money is integer", None),
]
# `double` is refused in these places only. The ledger stores probabilities for the audit, no money.
NO_DOUBLE = ("engine/execution",)


def layer_of(path: str) -> str | None:
    hits = [name for name in ALLOWED if path == name or path.startswith(name + "/")]
    return max(hits, key=len) if hits else None


def check_includes(path: str, number: int, line: str) -> str | None:
    match = re.match(r'\s*#include "([^"]+)"', line)
    if not match or path.startswith(EVERYTHING):
        return None
    target, layer = match.group(1), layer_of(path)
    if layer is None:
        return f"{path}:{number}: folder has no layer in tools/check_layers.py"
    if not (ROOT / target).exists():
        return f'{path}:{number}: "{target}" is not a path from the repository root'
    if target.startswith(layer + "/"):
        return None
    allowed = list(ALLOWED[layer])
    if re.search(r"_actor\.[hc]pp$", path):
        allowed += ["engine/runtime", "engine/ports"]
    if any(target.startswith(a + "/") for a in allowed):
        return None
    return f"{path}:{number}: {layer} may not include {target}"


def check_homes(path: str, number: int, line: str) -> list[str]:
    if path.startswith("tests/"):
        return []
    found = []
    code = line.split("//")[0]
    for pattern, why, homes in KEPT_HOME:
        if not re.search(pattern, code):
            continue
        if homes is None:
            if path.startswith(NO_DOUBLE):
                found.append(f"{path}:{number}: {why}: {line.strip()}")
        elif not any(path.startswith(home) for home in homes):
            found.append(f"{path}:{number}: {why}: {line.strip()}")
    return found


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.hpp", "*.cpp"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    problems = []
    for path in listed:
        if not (ROOT / path).exists():
            continue
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            if "layer-ok:" in line:
                continue
            if breach := check_includes(path, number, line):
                problems.append(breach)
            problems += check_homes(path, number, line)
    print("\n".join(problems) if problems else f"layers: {len(listed)} files clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
