"""Playing the same level changes through polyquant, hftbacktest and NautilusTrader.

    python bench_book_replay.py POLYQUANT [hftbacktest] [nautilus]

Takes the level changes of data/sample/btc5m-book-20260415.tape (1.25 million), of the market with the
token number N as instrument N for Nautilus and as one instrument for hftbacktest, which has one book
an asset. polyquant replays the tape itself with five strategies, fills, journal and ledger. The
others only apply the changes to their books and wake an empty strategy: nobody trades there. Times
are processor seconds, so that a busy machine does not decide; the others' of the replay alone, data
already in memory in their own format, polyquant's of the whole process, reading the tapes twice
included. Prints a table with versions.
"""

import importlib.metadata
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
TAPE = ROOT / "data/sample/btc5m-book-20260415.tape"
LINE = re.compile(r"\d+ (\S+) book_change (\S+) (bid|ask) (\S+) -> (\S+)")


def changes(binary):
    out = subprocess.run([binary, "tape", "cat", TAPE], check=True, capture_output=True, text=True).stdout
    rows = [m.groups() for m in map(LINE.match, out.splitlines()) if m]
    at = np.array([r[0].rstrip("Z") for r in rows], dtype="datetime64[ns]").astype(np.int64)
    token = np.unique([r[1] for r in rows], return_inverse=True)[1]
    return at, token, np.array([r[2] == "bid" for r in rows]), np.array([float(r[3]) for r in rows]), np.array([float(r[4]) for r in rows])


def polyquant(binary):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        out = subprocess.run([binary, "replay", "-c", ROOT / "config/sample.toml", "--speed", "max", "--json", "--dir", folder + "/run"],
                             check=True, capture_output=True, text=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return json.loads(out)["events"], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def hftbacktest(data):
    from hftbacktest import BUY_EVENT, DEPTH_EVENT, EXCH_EVENT, LOCAL_EVENT, SELL_EVENT, BacktestAsset, HashMapMarketDepthBacktest
    from hftbacktest.types import event_dtype
    from numba import njit

    at, _, bid, price, size = data
    events = np.zeros(len(at), dtype=event_dtype)
    events["ev"] = np.where(bid, BUY_EVENT, SELL_EVENT) | DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT
    events["exch_ts"] = np.maximum.accumulate(at)
    events["local_ts"] = events["exch_ts"] + 1_000_000
    events["px"], events["qty"] = price, size

    @njit
    def run(hbt):
        count = 0
        while hbt.wait_next_feed(False, 10**15) == 2:
            count += 1
        return count

    def make():
        asset = (BacktestAsset().data(events).linear_asset(1.0).constant_order_latency(60_000_000, 40_000_000).risk_adverse_queue_model()
                 .no_partial_fill_exchange().trading_value_fee_model(0.0, 0.0).tick_size(0.001).lot_size(0.01))
        return HashMapMarketDepthBacktest([asset])

    run(make())  # compiles
    backtest = make()
    started = time.process_time()
    run(backtest)
    return len(events), time.process_time() - started


def nautilus(data):
    from decimal import Decimal

    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig, StrategyConfig
    from nautilus_trader.model.currencies import USDC
    from nautilus_trader.model.data import BookOrder, OrderBookDelta
    from nautilus_trader.model.enums import AccountType, AssetClass, BookAction, BookType, OmsType, OrderSide, RecordFlag
    from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
    from nautilus_trader.model.instruments import BinaryOption
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.trading.strategy import Strategy

    at, token, bid, price, size = data
    venue = Venue("POLYMARKET")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(venue, OmsType.NETTING, AccountType.CASH, [Money(1000, USDC)], base_currency=USDC, book_type=BookType.L2_MBP)
    ids = []
    for n in range(token.max() + 1):
        instrument_id = InstrumentId(Symbol(f"T{n}"), venue)
        ids.append(instrument_id)
        engine.add_instrument(BinaryOption(
            instrument_id=instrument_id, raw_symbol=Symbol(f"T{n}"), asset_class=AssetClass.ALTERNATIVE, currency=USDC, price_precision=3,
            size_precision=2, price_increment=Price.from_str("0.001"), size_increment=Quantity.from_str("0.01"), activation_ns=0,
            expiration_ns=2**62, ts_event=0, ts_init=0, maker_fee=Decimal(0), taker_fee=Decimal(0)))

    class Idle(Strategy):
        def on_start(self):
            for instrument_id in ids:
                self.subscribe_order_book_deltas(instrument_id, BookType.L2_MBP)

        def on_order_book_deltas(self, deltas):
            pass

    deltas = [
        OrderBookDelta(ids[t], BookAction.UPDATE if q > 0 else BookAction.DELETE,
                       BookOrder(OrderSide.BUY if b else OrderSide.SELL, Price(p, 3), Quantity(q, 2), int(round(p * 1000))), RecordFlag.F_LAST, 0, int(ts), int(ts))
        for ts, t, b, p, q in zip(at, token, bid, price, size)
    ]
    engine.add_data(deltas)
    engine.add_strategy(Idle(StrategyConfig()))
    started = time.process_time()
    engine.run()
    seconds = time.process_time() - started
    engine.dispose()
    return len(deltas), seconds


def main():
    binary, others = sys.argv[1], sys.argv[2:] or ["hftbacktest", "nautilus"]
    results = {"polyquant (fills, five strategies, journal, ledger)": polyquant(binary)}
    data = changes(binary)
    for name, package, run in (("hftbacktest", "hftbacktest", hftbacktest), ("nautilus", "nautilus_trader", nautilus)):
        if name in others:
            results[f"{package} {importlib.metadata.version(package)} (idle)"] = run(data)
    base = None
    for name, (events, seconds) in results.items():
        rate = events / seconds
        base = base or rate
        print(f"{name:52} {events:>9} events {seconds:8.2f} s {rate / 1e6:7.3f} M/s  {base / rate:6.2f} times slower")


if __name__ == "__main__":
    main()
