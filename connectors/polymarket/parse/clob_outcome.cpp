#include "connectors/polymarket/parse/clob_outcome.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

Result<ClobOutcome> parse_clob_outcome(std::string_view body) {
    constexpr auto where = std::string_view{"clob.outcome"};
    auto const bad = [&](std::string_view what) {
        return Failure{
            Fault::parse, std::string{where}, fmt::format("{} in {}", what, json::excerpt(body))
        };
    };
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, where);
    if (!root) return root.error();
    auto const condition = parse_condition_id(json::text(*root, "condition_id"));
    if (!condition) return bad("no condition_id");
    ClobOutcome outcome;
    outcome.condition = *condition;
    outcome.closed = json::flag(*root, "closed").value_or(false);
    outcome.half = json::flag(*root, "is_50_50_outcome").value_or(false);
    simdjson::dom::array tokens;
    if ((*root)["tokens"].get_array().get(tokens) != simdjson::SUCCESS) return bad("no tokens");
    for (auto const entry : tokens) {
        if (json::flag(entry, "winner") != true) continue;
        TokenId token;
        if (!json::parse_token(json::text(entry, "token_id"), token)) return bad("no token_id");
        if (outcome.winner) return bad("two winners");
        outcome.winner = token;
    }
    return outcome;
}

} // namespace polyquant::polymarket
