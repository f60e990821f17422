#include "connectors/polymarket/parse/market_channel.hpp"
#include "engine/core/book.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    auto const messages = polymarket::parse_market_frame(text, fuzz::received_at);
    if (!messages) return 0;
    Book book;
    for (auto const& message : *messages) {
        if (auto const* snapshot = std::get_if<polymarket::BookMessage>(&message)) {
            book.apply_snapshot(snapshot->book.bids, snapshot->book.asks, fuzz::received_at);
            (void)polymarket::book_hash(
                snapshot->market,
                snapshot->book.token,
                1,
                snapshot->book.bids,
                snapshot->book.asks,
                {}
            );
        } else if (auto const* level = std::get_if<polymarket::LevelChange>(&message)) {
            book.apply_change(
                level->change.side, level->change.price, level->change.size, fuzz::received_at
            );
            if (level->change.end_of_frame) book.end_of_frame();
        }
    }
    return 0;
}
