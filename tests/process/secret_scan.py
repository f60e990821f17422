#!/usr/bin/env python3
"""Looks for secrets in everything a run leaves behind, in every spelling they could have leaked in.

    secret_scan.py DIR... --key-file DIR/sandbox/trader.key [--sandbox-seed 1] [--secret name=text]...

Logs, journals, metrics, summaries, core files and anything else are read as bytes; ledgers also cell
by cell; tapes and other files with zstd or gzip inside also decompressed. Each secret is looked for
as it is, reversed, in hex of either case, as a decimal number, and in base64 of both alphabets at
every alignment. Wallet addresses are looked for as well, outside of the files that must name them:
the intents (signed orders as sent), the keystore, and the venue's own statements. Exit code 1 when something was
found. It proves its eyes first: every spelling is planted in a copy of each kind of file.
"""

import argparse
import base64
import ctypes
import ctypes.util
import fnmatch
import gzip
import os
import pathlib
import sqlite3
import sys
import tempfile

ADDRESS_MAY_STAND_IN = ["intents.log", "accounts.json", "statement-*.csv"]
KEPT_SECRETS = ["trader.key"]  # the sandbox's own store of its play-money key

# --- Keccak-256 and secp256k1, enough to know what must not be found


def keccak256(data):
    def rotate(x, n):
        n %= 64
        return ((x << n) | (x >> (64 - n))) & (2**64 - 1)

    state = [[0] * 5 for _ in range(5)]
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % 136)
    padded[-1] |= 0x80
    for block in range(0, len(padded), 136):
        for i in range(17):
            state[i % 5][i // 5] ^= int.from_bytes(padded[block + 8 * i : block + 8 * i + 8], "little")
        lfsr = 1
        for _ in range(24):
            c = [state[x][0] ^ state[x][1] ^ state[x][2] ^ state[x][3] ^ state[x][4] for x in range(5)]
            d = [c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1) for x in range(5)]
            state = [[state[x][y] ^ d[x] for y in range(5)] for x in range(5)]
            x, y, current = 1, 0, state[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, state[x][y] = state[x][y], rotate(current, (t + 1) * (t + 2) // 2)
            for y in range(5):
                row = [state[x][y] for x in range(5)]
                for x in range(5):
                    state[x][y] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5])
            for j in range(7):
                lfsr = ((lfsr << 1) ^ ((lfsr >> 7) * 0x71)) % 256
                if lfsr & 2:
                    state[0][0] ^= 1 << ((1 << j) - 1)
    return b"".join(state[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


def address_of(key):
    p = 2**256 - 2**32 - 977
    generator = (
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    )

    def add(a, b):
        if a is None or b is None:
            return a or b
        if a[0] == b[0] and (a[1] + b[1]) % p == 0:
            return None
        if a == b:
            slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, p) % p
        else:
            slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, p) % p
        x = (slope * slope - a[0] - b[0]) % p
        return x, (slope * (a[0] - x) - a[1]) % p

    point, base, n = None, generator, int.from_bytes(key, "big")
    while n:
        if n & 1:
            point = add(point, base)
        base, n = add(base, base), n >> 1
    return keccak256(point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big"))[12:]


def checksummed(address):
    digits = address.hex()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(c.upper() if int(digest[i], 16) >= 8 else c for i, c in enumerate(digits))


def sandbox_credentials(address, seed):
    """What the sandbox gives this wallet: (API key, secret text, passphrase text)."""
    def part(name):
        return keccak256(f"{name} {seed} {checksummed(address)} 0".encode())

    key = bytearray(part("key")[:16])
    key[6], key[8] = key[6] & 0x0F | 0x40, key[8] & 0x3F | 0x80
    digits = bytes(key).hex()
    uuid = "-".join([digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])
    return uuid, base64.urlsafe_b64encode(part("secret")).decode(), part("passphrase").hex()


# --- spellings


def spellings(raw):
    """{name: bytes} of one secret; those in hex are lower case and compared without case."""
    found = {"bytes": raw, "reversed": raw[::-1], "hex": raw.hex().encode(), "reversed hex": raw[::-1].hex().encode()}
    if len(raw) >= 12:
        found["decimal"] = str(int.from_bytes(raw, "big")).encode()
        found["reversed decimal"] = str(int.from_bytes(raw, "little")).encode()
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + raw)
        # The first and last characters also hold bits of the neighbours.
        first = (shift * 8 + 5) // 6
        last = (shift + len(raw)) * 8 // 6
        for alphabet, needle in (("", text[first:last]), ("url ", text[first:last].replace(b"+", b"-").replace(b"/", b"_"))):
            if len(needle) >= 8:
                found[f"base64 {alphabet}at {shift}"] = needle
    return found


class Needles:
    def __init__(self):
        self.exact = {}
        self.hex = {}

    def add(self, name, raw):
        for spelling, needle in spellings(raw).items():
            target = self.hex if "hex" in spelling else self.exact
            target.setdefault(needle, f"{name} as {spelling}")

    def add_text(self, name, text):
        """A secret that is text, and what the text stands for if it is an encoding."""
        self.add(name, text.encode())
        for decode in (bytes.fromhex, lambda t: base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))):
            try:
                raw = decode(text)
            except ValueError:
                continue
            if len(raw) >= 12:
                self.add(name + " decoded", raw)

    def find(self, data):
        found = [name for needle, name in self.exact.items() if needle in data]
        lower = data.lower()
        return found + [name for needle, name in self.hex.items() if needle in lower]


# --- what files hold


class Zstd:
    MAGIC = b"\x28\xb5\x2f\xfd"

    def __init__(self):
        self.library = ctypes.CDLL(ctypes.util.find_library("zstd") or "libzstd.so.1")
        for name in ("ZSTD_findFrameCompressedSize", "ZSTD_decompress"):
            getattr(self.library, name).restype = ctypes.c_size_t
        self.library.ZSTD_getFrameContentSize.restype = ctypes.c_ulonglong

    def frames(self, data):
        """Everything that was compressed, in pieces of some megabytes."""
        buffer = ctypes.create_string_buffer(data, len(data))
        start, pieces, waiting = ctypes.addressof(buffer), [], 0
        at = data.find(self.MAGIC)
        while at >= 0:
            frame, rest = ctypes.c_void_p(start + at), ctypes.c_size_t(len(data) - at)
            size = self.library.ZSTD_findFrameCompressedSize(frame, rest)
            content = self.library.ZSTD_getFrameContentSize(frame, rest)
            room = content if content < 2**30 else 64 * 2**20
            step = len(self.MAGIC)
            if not self.library.ZSTD_isError(ctypes.c_size_t(size)):
                into = ctypes.create_string_buffer(max(room, 1))
                got = self.library.ZSTD_decompress(into, ctypes.c_size_t(room), frame, ctypes.c_size_t(size))
                if not self.library.ZSTD_isError(ctypes.c_size_t(got)):
                    pieces.append(into.raw[:got])
                    waiting += got
                    step = size
            if waiting > 4 * 2**20:
                yield b"\n".join(pieces)
                pieces, waiting = [], 0
            at = data.find(self.MAGIC, at + step)
        if pieces:
            yield b"\n".join(pieces)


def cells(path):
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / path.name  # with its log, so that a live ledger is whole
        for suffix in ("", "-wal"):
            source = pathlib.Path(str(path) + suffix)
            if source.exists():
                pathlib.Path(str(copy) + suffix).write_bytes(source.read_bytes())
        with sqlite3.connect(copy) as database:
            database.text_factory = bytes
            tables = database.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall()
            for (table,) in tables:
                for row in database.execute(f'SELECT * FROM "{table.decode()}"'):
                    yield b"\n".join(
                        value if isinstance(value, bytes) else str(value).encode() for value in row if value is not None
                    )


class Scanner:
    def __init__(self, secrets, addresses):
        self.secrets, self.addresses = secrets, addresses
        self.zstd = Zstd()
        self.files = self.bytes = self.unpacked = self.cells = 0
        self.skipped, self.named = [], []
        self.findings = []

    def look(self, path, data, where=""):
        for name in self.secrets.find(data):
            self.findings.append(f"{path}{where}: {name}")
        found = self.addresses.find(data)
        may = path.parent.name == "keys" or any(fnmatch.fnmatch(path.name, p) for p in ADDRESS_MAY_STAND_IN)
        if found and may:
            self.named.append(str(path))
        elif found:
            self.findings += [f"{path}{where}: {name}" for name in found]

    def file(self, path):
        if path.name in KEPT_SECRETS:
            self.skipped.append(str(path))
            return
        data = path.read_bytes()
        self.files += 1
        self.bytes += len(data)
        self.look(path, data)
        for frame in self.zstd.frames(data):
            self.unpacked += len(frame)
            self.look(path, frame, " (zstd)")
        if data[:2] == b"\x1f\x8b":
            plain = gzip.decompress(data)
            self.unpacked += len(plain)
            self.look(path, plain, " (gzip)")
        if data.startswith(b"SQLite format 3\0"):
            batch, size = [], 0
            for cell in cells(path):
                self.cells += 1
                batch.append(cell)
                size += len(cell)
                if size > 4 * 2**20:
                    self.look(path, b"\n".join(batch), " (cells)")
                    batch, size = [], 0
            self.look(path, b"\n".join(batch), " (cells)")

    def folder(self, folder):
        if folder.is_file():
            return self.file(folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                self.file(path)


def prove(secrets, addresses):
    """Plants every spelling in every kind of file; how many were found. Dies at one that was not."""
    planted = 0
    everything = [*((n, w, False) for n, w in secrets.exact.items()), *((n, w, True) for n, w in secrets.hex.items())]
    everything += [*((n, w, False) for n, w in addresses.exact.items()), *((n, w, True) for n, w in addresses.hex.items())]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "planted"
        for needle, name, is_hex in everything:
            for spelling in {needle, needle.upper(), b"0x" + needle} if is_hex else {needle}:
                path.write_bytes(b"before" + spelling + b"after")
                expect_found(path, name, secrets, addresses)
                planted += 1
            database = sqlite3.connect(pathlib.Path(folder) / "ledger.sqlite")
            database.execute("CREATE TABLE IF NOT EXISTS t (a, b)")
            database.execute("DELETE FROM t")
            database.execute("INSERT INTO t VALUES (1, ?)", (needle,))
            database.commit()
            database.close()
            expect_found(pathlib.Path(folder) / "ledger.sqlite", name, secrets, addresses)
            path.write_bytes(gzip.compress(needle * 3))
            expect_found(path, name, secrets, addresses)
            planted += 2
        level = ctypes.c_int(3)
        for needle, name, _ in everything:
            zstd = Zstd()
            zstd.library.ZSTD_compress.restype = ctypes.c_size_t
            into, text = ctypes.create_string_buffer(4096), b"x" * 50 + needle + b"y" * 50
            size = zstd.library.ZSTD_compress(into, ctypes.c_size_t(4096), text, ctypes.c_size_t(len(text)), level)
            path.write_bytes(b"head" + into.raw[:size] + b"tail")
            expect_found(path, name, secrets, addresses)
            planted += 1
    return planted


def expect_found(path, name, secrets, addresses):
    scanner = Scanner(secrets, addresses)
    scanner.file(path)
    if not any(name in finding for finding in scanner.findings):
        raise SystemExit(f"the scanner is blind: planted {name} in {path}, and did not find it")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--key-file", action="append", default=[], type=pathlib.Path, help="a private key in hex")
    parser.add_argument("--key-hex", action="append", default=[], help="the same, here (published test keys only)")
    parser.add_argument("--sandbox-seed", type=int, help="also the API credentials that sandbox gives to these keys")
    parser.add_argument("--secret", action="append", default=[], metavar="NAME=TEXT")
    parser.add_argument("--no-proof", action="store_true", help="do not plant anything first")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    secrets, addresses = Needles(), Needles()
    keys = [bytes.fromhex(f.read_text().strip().removeprefix("0x")) for f in arguments.key_file]
    keys += [bytes.fromhex(text.removeprefix("0x")) for text in arguments.key_hex]
    for number, key in enumerate(keys):
        secrets.add(f"private key {number}", key)
        address = address_of(key)
        addresses.add(f"wallet address {number}", address)
        if arguments.sandbox_seed is not None:
            uuid, secret, passphrase = sandbox_credentials(address, arguments.sandbox_seed)
            secrets.add_text(f"API secret {number}", secret)
            secrets.add_text(f"API passphrase {number}", passphrase)
            print(f"API key {number} is {uuid}")
    for text in arguments.secret:
        name, _, value = text.partition("=")
        secrets.add_text(name, value)
    if not arguments.no_proof:
        print(f"proof: {prove(secrets, addresses)} planted secrets and addresses, every one found")
    scanner = Scanner(secrets, addresses)
    for folder in arguments.folders:
        scanner.folder(folder)
    spelled = sum(len(n.exact) + len(n.hex) for n in (secrets, addresses))
    print(
        f"{scanner.files} files, {scanner.bytes} bytes, {scanner.unpacked} bytes unpacked from them, "
        f"{scanner.cells} ledger rows; {spelled} spellings"
    )
    for path in scanner.skipped:
        print("not looked into, it is where the key is kept:", path)
    for path in sorted(set(scanner.named)):
        print("names the wallet, as it must:", path)
    for finding in scanner.findings:
        print("FOUND", finding)
    print(f"{len(scanner.findings)} findings")
    return 1 if scanner.findings else 0


if __name__ == "__main__":
    sys.exit(main())
