#include "connectors/polymarket/parse/own_orders.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    constexpr auto owner = std::string_view{"f4f247b7-4ac7-ff29-a152-04fda0a8755a"};
    (void)polymarket::parse_user_frame(text, owner, fuzz::received_at);
    (void)polymarket::parse_open_order(text, fuzz::received_at);
    (void)polymarket::parse_open_orders(text, fuzz::received_at);
    (void)polymarket::parse_trades(text, owner, fuzz::received_at);
    return 0;
}
