#include "connectors/polymarket/parse/clob_outcome.hpp"
#include "connectors/polymarket/parse/geoblock.hpp"
#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/polymarket/parse/positions.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    (void)polymarket::parse_listings(text, crypto::Address{});
    (void)polymarket::parse_scan_page(text, crypto::Address{}, cents(85));
    (void)polymarket::parse_next_cursor(text);
    (void)polymarket::parse_clob_market(text);
    (void)polymarket::parse_clob_outcome(text);
    (void)polymarket::parse_geoblock(text);
    (void)polymarket::parse_positions(text);
    return 0;
}
