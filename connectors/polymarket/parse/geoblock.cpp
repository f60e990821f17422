#include "connectors/polymarket/parse/geoblock.hpp"

#include "connectors/json/dom.hpp"

namespace polyquant::polymarket {

Result<Geoblock> parse_geoblock(std::string_view body) {
    constexpr auto where = std::string_view{"website.geoblock"};
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    auto const blocked = json::flag(*root, "blocked");
    if (!blocked) return Failure{Fault::parse, std::string{where}, "it does not say \"blocked\""};
    return Geoblock{
        *blocked,
        std::string{json::text(*root, "country").substr(0, 8)},
        std::string{json::text(*root, "region").substr(0, 32)}
    };
}

} // namespace polyquant::polymarket
