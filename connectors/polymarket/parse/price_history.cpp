#include "connectors/polymarket/parse/price_history.hpp"

#include "connectors/json/dom.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

Result<std::vector<PastPrice>> parse_price_history(std::string_view body) {
    constexpr auto where = std::string_view{"clob.price_history"};
    auto const bad = [&](std::string_view what) {
        return Failure{
            Fault::parse, std::string{where}, fmt::format("{} in {}", what, json::excerpt(body))
        };
    };
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    simdjson::dom::array history;
    if ((*root)["history"].get_array().get(history) != simdjson::SUCCESS) return bad("no history");
    std::vector<PastPrice> prices;
    for (auto const entry : history) {
        auto const at = json::time(entry, "t");
        auto wrong = false;
        auto const micros = json::decimal(entry, "p", 6, wrong);
        if (!at || !micros || wrong || *micros < 0 || *micros > Price::scale)
            return bad(fmt::format("no price at place {}", prices.size()));
        prices.push_back({*at, Price::from_micros(*micros)});
    }
    return prices;
}

} // namespace polyquant::polymarket
