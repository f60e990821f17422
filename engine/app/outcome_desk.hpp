// Follows the end of every market in which the engine has money, at all sources.
#pragma once

#include "config/run_config.hpp"
#include "connectors/polymarket/outcomes/resolution_watch.hpp"
#include "engine/app/engine.hpp"

namespace polyquant::app {

class OutcomeDesk {
public:
    // `gamma` is the feeds'; `chain` may be null.
    OutcomeDesk(
        net::NetContext context,
        polymarket::GammaClient& gamma,
        ChainView* chain,
        config::RunConfig const& config,
        Engine& engine
    );

    // Before the engine starts.
    void start(runtime::Bus& bus);

private:
    bool has_money(ConditionId const& market) const;

    net::NetContext context_;
    Engine& engine_;
    polymarket::DataClient data_;
    polymarket::ResolutionWatch watch_;
};

} // namespace polyquant::app
