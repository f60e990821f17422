#include "strategies/catalog.hpp"
#include "strategies/expiry/expiry_actor.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>

using namespace polyquant;
using namespace polyquant::strategies;

TEST_CASE("Every kind in the catalog makes a strategy from its defaults", "[strategies][catalog]") {
    for (auto const& kind : strategy_kinds()) {
        INFO(kind.name);
        config::StrategyConfig config;
        config.header.kind = kind.name;
        config.header.name = "x";
        config.params = kind.defaults();
        CHECK_FALSE(kind.summary.empty());
        CHECK(config.params->unsound({}).empty());
        if (!trades_windows(config)) {
            CHECK(make_expiry(config)->epoch() == config.epoch());
            continue;
        }

        auto const strategy = make_strategy(config);

        CHECK(strategy->kind() == kind.name);
        CHECK(strategy->name().text == "x");
        CHECK(strategy->epoch() == config.epoch());
        CHECK(std::ranges::any_of(all_assets, [&](Asset asset) { return strategy->trades(asset); })
        );
    }
}

TEST_CASE("Kinds have different names and epochs", "[strategies][catalog]") {
    auto const kinds = strategy_kinds();

    for (std::size_t a = 0; a < kinds.size(); ++a)
        for (std::size_t b = 0; b < a; ++b) {
            CHECK(kinds[a].name != kinds[b].name);
            CHECK(config::find_kind(kinds, kinds[a].name) == &kinds[a]);
        }
    CHECK(config::find_kind(kinds, "none") == nullptr);
}
