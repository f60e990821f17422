// How fast the sandbox's world runs: whatever share of one core it takes at factor 12, the engine
// has the other one.
#include "connectors/sandbox/clob/channels.hpp"
#include "tests/connectors/sandbox/trader.hpp"

#include <benchmark/benchmark.h>

namespace polyquant::sandbox {

namespace {

using namespace testing;

// A socket that counts and throws away.
struct Sink final : net::server::WsPeer {
    net::server::HttpCall call{};
    std::uint64_t frames = 0;
    std::uint64_t bytes = 0;

    std::uint64_t id() const override { return 1; }

    net::server::HttpCall const& upgrade() const override { return call; }

    bool is_open() const override { return true; }

    bool send(std::string text, std::string_view) override {
        ++frames;
        bytes += text.size();
        return true;
    }

    void close(int, std::string) override {}

    void reset() override {}
};

// Real windows of four assets; one iteration is one second of the venue.
void run_world(benchmark::State& state, bool with_subscriber) {
    NoFaults faults;
    WorldOptions options;
    options.start = test_start;
    options.past = Seconds{1800};
    World world{options, make_generated_path(1), faults};
    std::uint64_t changes = 0;
    world.subscribe([&](WorldEvent const& event) {
        if (auto const* news = std::get_if<ExchangeNews>(&event))
            if (auto const* levels = std::get_if<LevelsChanged>(news))
                changes += levels->levels.size();
    });
    MarketChannel channel{world};
    auto const sink = std::make_shared<Sink>();
    if (with_subscriber) channel.on_open(sink);
    auto at = test_start;
    auto subscribed = UtcTime{};
    for (auto _ : state) {
        at += Seconds{1};
        if (with_subscriber && window_at(at).start != subscribed) {
            subscribed = window_at(at).start;
            std::string tokens;
            for (auto const* market : world.markets().all()) {
                auto const starts = market->market.window.start;
                if (market->kind != MarketKind::updown || starts < subscribed ||
                    starts > subscribed + Seconds{300})
                    continue;
                tokens += (tokens.empty() ? "\"" : ",\"") + to_string(market->market.up) + "\",\"" +
                          to_string(market->market.down) + "\"";
            }
            channel.on_text(*sink, R"({"type":"market","assets_ids":[)" + tokens + "]}");
        }
        world.advance_to(at);
    }
    state.counters["level_changes/s"] =
        benchmark::Counter(static_cast<double>(changes), benchmark::Counter::kIsRate);
    state.counters["factor"] =
        benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
    state.counters["MB/s"] =
        benchmark::Counter(static_cast<double>(sink->bytes) / 1e6, benchmark::Counter::kIsRate);
}

void world_second(benchmark::State& state) {
    run_world(state, false);
}

void world_second_streamed(benchmark::State& state) {
    run_world(state, true);
}

// Checked, matched against the book and booked, without the wire; signing is done beforehand.
void exchange_order(benchmark::State& state) {
    Venue venue;
    auto const trader = venue.trader(0, usd(1'000'000));
    venue.level(BookSide::ask, cents(50), shares(100'000'000));
    std::vector<PostedOrder> orders;
    for (int n = 0; n < 4'096; ++n)
        orders.push_back(venue.signed_order(
            trader, venue.order(Side::buy, cents(51), shares(5), TimeInForce::fak)
        ));
    std::size_t next = 0;
    for (auto _ : state) {
        if (next == orders.size()) {
            state.PauseTiming();
            for (auto& order : orders)
                order = venue.signed_order(
                    trader, venue.order(Side::buy, cents(51), shares(5), TimeInForce::fak)
                );
            venue.exchange.accounts().of(trader.signer->address()).cash = usd(1'000'000);
            next = 0;
            state.ResumeTiming();
        }
        venue.advance(Millis{20});
        auto const answer =
            venue.exchange.post(orders[next++], trader.signer->address(), venue.now);
        if (!answer.accepted()) state.SkipWithError(answer.error.c_str());
        benchmark::DoNotOptimize(venue.exchange.take_news());
    }
    state.SetItemsProcessed(state.iterations());
}

BENCHMARK(world_second)->Unit(benchmark::kMillisecond);
BENCHMARK(world_second_streamed)->Unit(benchmark::kMillisecond);
BENCHMARK(exchange_order)->Unit(benchmark::kMicrosecond);

} // namespace

} // namespace polyquant::sandbox
