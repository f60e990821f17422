#include "config/strategy_kind.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::config {

StrategyKind const* find_kind(StrategyKinds kinds, std::string_view name) {
    auto const found = std::find_if(kinds.begin(), kinds.end(), [&](StrategyKind const& kind) {
        return kind.name == name;
    });
    return found == kinds.end() ? nullptr : &*found;
}

std::vector<ParamFault> StrategyHeader::faults() const {
    constexpr std::size_t name_max = 32;
    std::vector<ParamFault> found;
    auto const bad = name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-");
    if (name.empty() || name.size() > name_max || bad != std::string::npos)
        found.push_back(
            {"name",
             fmt::format(
                 "\"{}\" is no name: write 1 to {} of a-z, 0-9, \"_\" and \"-\"",
                 name.substr(0, name_max),
                 name_max
             )}
        );
    return found;
}

std::uint64_t StrategyConfig::epoch() const {
    return hash_text(fmt::format("kind = {}\n{}", header.kind, print_params(params->texts())));
}

} // namespace polyquant::config
