// The expiry strategy's scan: 5,000 rows read and judged, and a decision on each of 5,000
// candidates.
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "strategies/expiry/entry.hpp"
#include "tests/support/golden.hpp"

#include <benchmark/benchmark.h>

#include <malloc.h>

namespace {

using namespace polyquant;
using namespace polyquant::strategies;
using namespace polyquant::strategies::expiry;

constexpr int market_count = 5'000;
UtcTime const scanned_at = parse_utc("2026-11-23T12:00:00Z").value();

MarketListing row(int n) {
    MarketListing listing;
    auto& m = listing.market;
    for (auto* id : {&m.condition.bytes, &m.up.bytes, &m.down.bytes}) {
        (*id)[30] = static_cast<std::uint8_t>(n >> 8);
        (*id)[31] = static_cast<std::uint8_t>(n);
    }
    m.up.bytes[0] = 1;
    m.down.bytes[0] = 2;
    m.slug = "market-" + std::to_string(n);
    m.question =
        "Will the price of Bitcoin be above $" + std::to_string(60'000 + n) + " on November 23?";
    m.window = {scanned_at - Seconds{86'400}, Seconds{86'400 + 600 + n}};
    listing.up_price = cents(96);
    listing.down_price = cents(4);
    listing.liquidity = usd(5'000);
    listing.active = listing.accepts_orders = listing.tokens_checked = true;
    listing.tags = "crypto,bitcoin";
    return listing;
}

ExpiryParams params() {
    ExpiryParams p;
    p.confirmation = Confirmation::floors;
    p.time_ladder = true;
    p.main_max = market_count;
    p.block_words = {"elon musk", "tweets"};
    return p;
}

void expiry_judge_5000_rows(benchmark::State& state) {
    std::vector<MarketListing> rows;
    for (int n = 0; n < market_count; ++n)
        rows.push_back(row(n));
    ListingGate const gate{params()};
    std::size_t bytes = 0;
    for (auto _ : state) {
        auto const before = mallinfo2().uordblks;
        CandidateTable table{market_count, 30};
        for (auto const& listing : rows)
            if (auto verdict = gate.judge(listing, scanned_at); verdict.candidate)
                table.put(std::move(*verdict.candidate));
        benchmark::DoNotOptimize(table.size());
        bytes = mallinfo2().uordblks - before;
    }
    state.counters["heap_bytes"] = static_cast<double>(bytes);
}

void expiry_decide_5000_candidates(benchmark::State& state) {
    ListingGate const gate{params()};
    std::vector<Candidate> candidates;
    for (int n = 0; n < market_count; ++n)
        candidates.push_back(*gate.judge(row(n), scanned_at).candidate);
    Book book;
    std::vector<Level> const bids{{cents(93), shares(200)}};
    std::vector<Level> const asks{{cents(94), shares(200)}};
    book.apply_snapshot(bids, asks, scanned_at);
    BookView const view{book, false};
    auto const p = params();
    StrategyName const name{"e"};
    for (auto _ : state) {
        int orders = 0;
        for (auto const& candidate : candidates) {
            EntryInput input{candidate};
            input.now = scanned_at;
            input.book = &view;
            input.bankroll = usd(1'000);
            input.spot = PricePoint{UsdPrice::from_e8(64'000 * UsdPrice::scale), scanned_at};
            orders += decide_entry(p, name, input).order.has_value() ? 1 : 0;
        }
        benchmark::DoNotOptimize(orders);
    }
}

// The same page when its favourites' tokens were proven by an earlier scan.
void expiry_parse_page_again(benchmark::State& state) {
    auto const page = golden_text("expiry/scan.json");
    auto const collateral =
        polymarket::contracts_of(polymarket::polygon_chain_id).value().ctf_collateral;
    polymarket::TokenProofs proofs;
    auto const before = mallinfo2().uordblks;
    (void)polymarket::parse_scan_page(page, collateral, cents(85), &proofs);
    state.counters["heap_bytes_a_proof"] =
        static_cast<double>(mallinfo2().uordblks - before) / static_cast<double>(proofs.size());
    for (auto _ : state)
        benchmark::DoNotOptimize(
            polymarket::parse_scan_page(page, collateral, cents(85), &proofs).value()
        );
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(page.size()));
}

// A page of 102 rows as the venue sends them, token ids of favourites recomputed.
void expiry_parse_page(benchmark::State& state) {
    auto const page = golden_text("expiry/scan.json");
    auto const collateral =
        polymarket::contracts_of(polymarket::polygon_chain_id).value().ctf_collateral;
    for (auto _ : state)
        benchmark::DoNotOptimize(polymarket::parse_scan_page(page, collateral, cents(85)).value());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(page.size()));
}

void expiry_parse_page_without_tokens(benchmark::State& state) {
    auto const page = golden_text("expiry/scan.json");
    for (auto _ : state)
        benchmark::DoNotOptimize(polymarket::parse_scan_page(page, {}, cents(101)).value());
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(page.size()));
}

void expiry_parse_question(benchmark::State& state) {
    for (auto _ : state)
        benchmark::DoNotOptimize(
            parse_question("Will the price of Bitcoin be above $64,000 on March 11?")
        );
}

BENCHMARK(expiry_judge_5000_rows)->Unit(benchmark::kMillisecond);
BENCHMARK(expiry_decide_5000_candidates)->Unit(benchmark::kMillisecond);
BENCHMARK(expiry_parse_page)->Unit(benchmark::kMillisecond);
BENCHMARK(expiry_parse_page_again)->Unit(benchmark::kMillisecond);
BENCHMARK(expiry_parse_page_without_tokens)->Unit(benchmark::kMillisecond);
BENCHMARK(expiry_parse_question);

} // namespace
