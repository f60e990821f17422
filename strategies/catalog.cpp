#include "strategies/catalog.hpp"

#include "strategies/examples/leader.hpp"
#include "strategies/expiry/expiry_actor.hpp"
#include "strategies/expiry/params.hpp"
#include "strategies/scalp/scalp.hpp"
#include "strategies/signals/signals.hpp"

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
    std::unique_ptr<Strategy> (*make)(StrategyConfig const& config); // null: not one for windows
};

template <class S, class P>
constexpr Entry entry(std::string_view name, std::string_view summary) {
    return {{name, summary, &read<P>, &defaults<P>}, &make<S, P>};
}

// A kind that trades other markets than the windows of our coins, with an actor of its own.
template <class P>
constexpr Entry expiry_entry(std::string_view name, std::string_view summary) {
    return {{name, summary, &read<P>, &defaults<P>}, nullptr};
}

constexpr std::array catalog{
    entry<ScalpS1, ScalpS1Params>(
        "scalp_s1", "Late favourite on the model's edge, both sides, each once a window."
    ),
    entry<ScalpS2, ScalpS2Params>(
        "scalp_s2",
        "Late favourite on the model's edge, confirmed by the coin's move from the strike."
    ),
    entry<AskMomentum, AskMomentumParams>(
        "ask_momentum", "The model's edge on a side whose ask has just risen. Off unless added."
    ),
    entry<AskTableStrategy, AskTableParams>(
        "ask_table", "Asks that have paid, by a table of past windows. Off unless added."
    ),
    entry<AssetLag, AssetLagParams>(
        "asset_lag", "Coins whose asks have not followed the leader's move. Off unless added."
    ),
    entry<examples::Leader, examples::LeaderParams>(
        "example_leader", "The cookbook's example: the side on which the coin stands, late."
    ),
    expiry_entry<ExpiryParams>(
        "expiry", "Favourites of any market that ends soon, found by scanning the venue's list."
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
        if (known.kind.name == config.header.kind && known.make != nullptr)
            return known.make(config);
    ensure_failed("known kind of windows", config.header.kind.c_str(), __FILE__, __LINE__);
}

bool trades_windows(StrategyConfig const& config) {
    for (auto const& known : catalog)
        if (known.kind.name == config.header.kind) return known.make != nullptr;
    return false;
}

std::unique_ptr<expiry::ExpiryStrategy> make_expiry(StrategyConfig const& config) {
    auto const* params = dynamic_cast<TypedParams<ExpiryParams> const*>(config.params.get());
    ENSURE(params != nullptr, "make_expiry is given an expiry strategy");
    return std::make_unique<expiry::ExpiryStrategy>(config, params->get());
}

} // namespace polyquant::strategies
