#include "connectors/polymarket/parse/price_feed.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    (void)polymarket::parse_polybolt(text, fuzz::received_at);
    (void)polymarket::parse_rtds(text, fuzz::received_at);
    (void)polymarket::parse_website_price(text);
    return 0;
}
