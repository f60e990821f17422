#include "connectors/binance/parse/klines.hpp"
#include "connectors/binance/parse/stream.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    binance::StreamParser parser;
    std::vector<binance::StreamMessage> messages;
    (void)parser.parse(text, fuzz::received_at, messages);
    (void)binance::parse_klines(text, Seconds{60});
    (void)binance::interval_length(text);
    return 0;
}
