#include "strategies/catalog.hpp"

#include "strategies/scalp/scalp.hpp"

namespace polyquant::strategies {

namespace {

using config::StrategyConfig;
using config::StrategyParams;
using config::TypedParams;

template <class P>
std::shared_ptr<StrategyParams const> read(config::TableReader& reader) {
    return std::make_shared<TypedParams<P>>(config::read_params<P>(reader));
}

template <class P>
std::shared_ptr<StrategyParams const> defaults() {
    return std::make_shared<TypedParams<P>>(P{});
}

template <class S, class P>
std::unique_ptr<Strategy> make(StrategyConfig const& config) {
    return std::make_unique<S>(config, dynamic_cast<TypedParams<P> const&>(*config.params).get());
}

struct Entry {
    config::StrategyKind kind;
    std::unique_ptr<Strategy> (*make)(StrategyConfig const& config);
};

template <class S, class P>
constexpr Entry entry(std::string_view name, std::string_view summary) {
    return {{name, summary, &read<P>, &defaults<P>}, &make<S, P>};
}

constexpr std::array catalog{
    entry<ScalpS1, ScalpS1Params>(
        "scalp_s1", "Late favourite on the model's edge, both sides, each once a window."
    ),
    entry<ScalpS2, ScalpS2Params>(
        "scalp_s2",
        "Late favourite on the model's edge, confirmed by the coin's move from the strike."
    ),
};

constexpr auto kinds = [] {
    std::array<config::StrategyKind, catalog.size()> list{};
    for (std::size_t i = 0; i < catalog.size(); ++i)
        list[i] = catalog[i].kind;
    return list;
}();

} // namespace

config::StrategyKinds strategy_kinds() {
    return kinds;
}

std::unique_ptr<Strategy> make_strategy(StrategyConfig const& config) {
    for (auto const& known : catalog)
        if (known.kind.name == config.header.kind) return known.make(config);
    ensure_failed("known kind", config.header.kind.c_str(), __FILE__, __LINE__);
}

} // namespace polyquant::strategies
