#include "connectors/polymarket/parse/order_answer.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    for (int status : {200, 400, 401, 425, 429, 503}) {
        (void)polymarket::parse_order_answer(status, text);
        (void)polymarket::parse_batch_answer(status, text, 2);
        (void)polymarket::parse_cancel_answer(status, text);
        (void)polymarket::parse_balance_allowance(status, text);
        (void)polymarket::parse_heartbeat(status, text);
    }
    (void)polymarket::parse_server_time(text);
    (void)polymarket::parse_order_version(text);
    return 0;
}
