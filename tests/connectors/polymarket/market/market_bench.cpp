// Memory of tracked tokens and the speed of frames from text to books.
//   market_bench [TOKENS]
#include "connectors/polymarket/market/book_keeper.hpp"
#include "connectors/polymarket/parse/market_channel.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::polymarket;

namespace {

double resident_mb() {
    std::ifstream file{"/proc/self/statm"};
    long total = 0;
    long resident = 0;
    file >> total >> resident;
    return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / 1e6;
}

Market market_of(int number) {
    Market market;
    for (std::size_t i = 0; i < 4; ++i) {
        auto const byte = static_cast<std::uint8_t>(number >> (8 * i));
        market.condition.bytes[31 - i] = market.up.bytes[31 - i] = market.down.bytes[31 - i] = byte;
    }
    market.up.bytes[0] = 1;
    market.down.bytes[0] = 2;
    market.asset = Asset::btc;
    market.window = {utc_from_seconds(1'776'081'600), Seconds{300}};
    return market;
}

BookMessage book_of(TokenId const& token) {
    BookMessage message;
    message.book.token = token;
    for (auto cent = 1; cent <= 45; ++cent) {
        message.book.bids.push_back({cents(cent), shares(cent)});
        message.book.asks.push_back({cents(100 - cent), shares(cent)});
    }
    return message;
}

} // namespace

int main(int argc, char** argv) {
    auto const tokens = argc > 1 ? std::atoi(argv[1]) : 10'000;
    std::uint64_t published = 0;
    BookKeeper keeper{
        {},
        {[&](Event const&) { ++published; },
         [](TokenId const&) {},
         [](std::size_t, std::string const&) {
         }}
    };
    auto const before = resident_mb();
    for (auto n = 1; n <= tokens / 2; ++n) {
        auto const market = market_of(n);
        keeper.follow(market, static_cast<std::size_t>(n / 100), Instant{});
        for (auto const& token : {market.up, market.down})
            keeper.on(book_of(token), 0, Instant{});
    }
    auto const grown = resident_mb() - before;
    fmt::print(
        "{} tokens with 45 + 45 levels: {:.1f} MB, {:.1f} kB a token\n",
        keeper.tokens(),
        grown,
        grown * 1e3 / static_cast<double>(tokens)
    );

    auto const market = market_of(1);
    auto const frame = fmt::format(
        R"({{"market":"{0}","price_changes":[{{"asset_id":"{1}","price":"0.45","size":"150.5","side":"BUY","hash":"8627ee60d71055d4d6d3bee713c0cd3f860fd50a","best_bid":"0.45","best_ask":"0.55"}},{{"asset_id":"{2}","price":"0.55","size":"150.5","side":"SELL","hash":"8627ee60d71055d4d6d3bee713c0cd3f860fd50a","best_bid":"0.45","best_ask":"0.55"}}],"timestamp":"1790000000123","event_type":"price_change"}})",
        to_string(market.condition),
        to_string(market.up),
        to_string(market.down)
    );
    MarketChannelParser parser;
    std::vector<MarketMessage> messages;
    constexpr auto frames = 500'000;
    auto const start = std::chrono::steady_clock::now();
    for (auto i = 0; i < frames; ++i) {
        messages.clear();
        if (!parser.parse(frame, utc_from_millis(1'790'000'000'200), messages)) return 1;
        for (auto const& message : messages)
            keeper.on(message, 0, Instant{});
    }
    auto const took =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    fmt::print(
        "{:.0f} thousand frames a second ({} bytes, 2 changes, text to published events)\n",
        frames / took / 1e3,
        frame.size()
    );
    return published > 2 * static_cast<std::uint64_t>(frames) ? 0 : 1;
}
