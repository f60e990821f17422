// What the feeds cost: frames of the market channel from bytes to values, and on into the engine.
#include "connectors/polymarket/parse/market_channel.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

namespace {

using namespace polyquant;

constexpr std::string_view up_token =
    "104239898038807136052399800151408521467737075933964991162589336683346093173875";
constexpr std::string_view down_token =
    "71183960810705820955071415844881728181970340514894896943812046065452395013351";

std::string change_text(std::string_view token, char const* price, char const* side) {
    return fmt::format(
        R"({{"asset_id":"{}","price":"{}","size":"150.5","side":"{}",)"
        R"("hash":"8627ee60d71055d4d6d3bee713c0cd3f860fd50a","best_bid":"0.51","best_ask":"0.53"}})",
        token,
        price,
        side
    );
}

// Both tokens of a market, as the venue sends a level change.
std::string price_change_frame() {
    return fmt::format(
        R"({{"market":"0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b",)"
        R"("price_changes":[{},{}],"timestamp":"1790000000123","event_type":"price_change"}})",
        change_text(up_token, "0.52", "BUY"),
        change_text(down_token, "0.48", "SELL")
    );
}

std::string book_frame(int levels) {
    std::string bids;
    std::string asks;
    for (int i = 1; i <= levels; ++i) {
        bids +=
            fmt::format(R"({}{{"price":"0.{:02}","size":"{}.25"}})", i > 1 ? "," : "", i, 100 + i);
        asks += fmt::format(
            R"({}{{"price":"0.{:02}","size":"{}"}})", i > 1 ? "," : "", 100 - i, 200 + i
        );
    }
    return fmt::format(
        R"({{"market":"0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b",)"
        R"("asset_id":"{}","timestamp":"1790000000123",)"
        R"("hash":"8627ee60d71055d4d6d3bee713c0cd3f860fd50a","bids":[{}],"asks":[{}],)"
        R"("event_type":"book"}})",
        up_token,
        bids,
        asks
    );
}

void parse_frames(benchmark::State& state, std::string const& frame) {
    polymarket::MarketChannelParser parser;
    std::vector<polymarket::MarketMessage> messages;
    for (auto _ : state) {
        messages.clear();
        auto const parsed = parser.parse(frame, utc_from_seconds(1'790'000'000), messages);
        if (!parsed) state.SkipWithError("the frame does not parse");
        benchmark::DoNotOptimize(messages.data());
    }
    state.counters["bytes"] = static_cast<double>(frame.size());
}

void parse_price_change(benchmark::State& state) {
    parse_frames(state, price_change_frame());
}

BENCHMARK(parse_price_change);

// The same message with a blank in it: what a change of the venue's layout would cost.
void parse_price_change_other_layout(benchmark::State& state) {
    parse_frames(state, price_change_frame().insert(1, " "));
}

BENCHMARK(parse_price_change_other_layout);

void parse_book(benchmark::State& state) {
    parse_frames(state, book_frame(49));
}

BENCHMARK(parse_book);

} // namespace
