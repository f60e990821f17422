#include "engine/app/outcome_desk.hpp"

#include "engine/execution/redemption_booking.hpp"

namespace polyquant::app {

OutcomeDesk::OutcomeDesk(
    net::NetContext context,
    polymarket::GammaClient& gamma,
    ChainView* chain,
    config::RunConfig const& config,
    Engine& engine
)
    : context_{std::move(context)}, engine_{engine},
      data_{
          context_,
          {net::parse_url(config.endpoints.data_api).value(),
           net::parse_url(config.endpoints.website).value()}
      },
      watch_{
          context_,
          gamma,
          data_,
          chain,
          {},
          {[this](
               ConditionId const& market, OutcomeSource source, Ruling ruling, std::string text
           ) { engine_.outcome_said(market, source, ruling, std::move(text)); },
           [this](ConditionId const& market) {
               return has_money(market);
           }}
      } {}

void OutcomeDesk::start(runtime::Bus& bus) {
    // Markets of an earlier process are listed again.
    bus.on<MarketListed>("outcomes", [this](MarketListed const& e) {
        if (has_money(e.market.condition)) watch_.follow(e.market);
    });
    engine_.listen_facts([this](Fact const& fact) {
        auto const* trade = std::get_if<TradeMatched>(&fact.body);
        if (trade == nullptr) return;
        if (auto const* market = engine_.board().find(trade->market)) watch_.follow(*market);
    });
    engine_.supervisor().start(runtime::Stage::feeds, std::string{watch_.name()}, watch_.run());
}

bool OutcomeDesk::has_money(ConditionId const& market) const {
    for (auto const& [name, account] : engine_.portfolio().strategies())
        for (auto const& [token, position] : account.positions)
            if (position.market == market) return true;
    return !execution::claimed_in(engine_.portfolio(), market).is_zero();
}

} // namespace polyquant::app
