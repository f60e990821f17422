"""A sandbox account's statement beside an engine's ledger, to the micro. Reads the ledger's tables by itself."""

import collections
import dataclasses
import decimal
import json
import sqlite3


def micros(text):
    """"978.128798" as 978128798."""
    return int(decimal.Decimal(text) * 1_000_000)


def read_only(ledger):
    return sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)


@dataclasses.dataclass
class Books:
    """Cash in micro-USDC and the shares held of each token, by the venue and by the ledger; what is wrong beside, in words."""

    there: tuple
    ours: tuple
    trades: int
    wrong: list

    @property
    def equal(self):
        return self.there == self.ours and not self.wrong


def _shares_and_payouts(account):
    owned, paid = collections.Counter(), collections.defaultdict(lambda: (0, 0))
    for line in account["statement"]:
        if "token" not in line:
            continue
        owned[line["token"]] += micros(line["shares"])
        if line["kind"] == "payout":
            shares, cash = paid[line["token"]]
            paid[line["token"]] = shares - micros(line["shares"]), cash + micros(line["cash"])
    return {token: shares for token, shares in owned.items() if shares}, paid


def compare(ledger, accounts):
    """`ledger` and `accounts` are paths of an ended engine's ledger and an ended sandbox's accounts.json.

    The two end at different moments, and each difference that explains is undone: tokens of a market that is settled and not
    yet paid out are the ledger's claims, and what the sandbox paid out after the engine's end the ledger still holds. Trades
    that are matched and not yet mined are in both, because the statement is compared and not the wallet's tokens."""
    with read_only(ledger) as rows:
        money = dict(rows.execute("SELECT kind, SUM(balance) FROM accounts GROUP BY kind").fetchall())
        held = {t: s for t, s in rows.execute("SELECT token, SUM(shares) FROM positions GROUP BY token") if s}
        settled = {t: paid for t, paid in rows.execute("SELECT token, SUM(payout) FROM settlements GROUP BY token")}
    kept = json.loads(accounts.read_text())
    (account,) = kept["accounts"]
    wrong = [] if kept["audit"]["balances"] else [f"the sandbox's own books: {kept['audit']}"]
    owned, paid = _shares_and_payouts(account)
    # What no strategy was given is in the wallet and in no account of the ledger.
    cash = micros(account["deposited"]) + sum(money.get(kind, 0) for kind in ("capital", "cash", "reserved", "redeemable"))
    for token in owned.keys() - held.keys():
        if token not in settled:
            wrong.append(f"{owned[token]} micro-shares of {token} are not in the ledger")
            continue
        held[token] = owned[token]
        cash -= settled[token]
    for token in held.keys() - owned.keys():
        shares, payout = paid[token]
        if shares != held.pop(token):
            wrong.append(f"{shares} micro-shares of {token} were paid out, the ledger held others")
        cash += payout
    trades = sum(line["kind"] in ("buy", "sell") for line in account["statement"])
    return Books((micros(account["cash"]), owned), (cash, held), trades, wrong)
