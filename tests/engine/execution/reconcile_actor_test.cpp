#include "engine/execution/reconcile_actor.hpp"
#include "tests/engine/execution/sim_world.hpp"

using namespace polyquant;
using namespace polyquant::execution;

namespace {

struct ScriptedAccount final : VenueAccount {
    Result<VenueAccountView> answer{VenueAccountView{}};
    int asked = 0;

    Task<Result<VenueAccountView>> view(AccountQuery, Instant) override {
        ++asked;
        co_return answer;
    }
};

struct Reconciled {
    SimWorld w;
    ScriptedAccount account;
    std::vector<Event> repairs;
    std::vector<std::string> said;
    std::vector<std::string> alarms;
    std::optional<Usdc> kept;
    ReconcileActor actor{
        w.io.get_executor(),
        w.clock,
        account,
        w.actor,
        w.portfolio,
        std::nullopt,
        {},
        {[this](Event e) {
             w.actor.on(e);
             repairs.push_back(std::move(e));
         },
         [this](std::string s) { said.push_back(std::move(s)); },
         [this](std::string s) { alarms.push_back(std::move(s)); },
         [this](Usdc u) {
             kept = u;
         }}
    };

    Reconciled() {
        account.answer->collateral = usd(150);
        w.supervisor.start(runtime::Stage::close, "reconcile", actor.run());
    }

    ~Reconciled() { w.stop(); }
};

} // namespace

TEST_CASE("ReconcileActor keeps the gate closed until the books agree", "[reconcile]") {
    Reconciled r;
    r.account.answer = Failure{Fault::transport, "account", "no answer"};

    r.w.advance(10s);
    CHECK(r.actor.refusal().has_value());
    CHECK_THAT(r.actor.refusal()->text, Catch::Contains("no answer"));
    VenueAccountView view;
    view.collateral = usd(150);
    r.account.answer = view;
    r.w.advance(40s);

    CHECK(r.actor.is_open());
    CHECK(r.kept == usd(150)); // what was put into the wallet: nothing was won or lost yet
    CHECK(r.said.size() == 1);
}

TEST_CASE("ReconcileActor closes at a doubt and compares at once", "[reconcile]") {
    Reconciled r;
    r.w.advance(1s);
    REQUIRE(r.actor.is_open());
    auto const asked = r.account.asked;

    r.actor.doubt("the user channel came up");
    CHECK_FALSE(r.actor.is_open());
    r.w.advance(100ms);

    CHECK(r.actor.is_open());
    CHECK(r.account.asked == asked + 1);
}

TEST_CASE("ReconcileActor brings a fill that the user channel never told", "[reconcile]") {
    Reconciled r;
    r.w.advance(1s);
    r.w.deaf = true;
    r.w.book({}, {{cents(50), shares(100)}});
    auto const sent = r.w.buy(50, 10);
    r.w.advance(2s);
    CHECK(r.w.account().orders.at(sent.order).filled.is_zero());

    VenueAccountView view;
    OwnTradeReport fill;
    fill.report.trade = TradeId{"t-1"};
    fill.report.order = sent.order;
    fill.report.token = r.w.market.up;
    fill.report.side = Side::buy;
    fill.report.price = cents(50);
    fill.report.size = shares(10);
    fill.report.state = TradeState::confirmed;
    view.trades = {fill};
    view.collateral = usd(145);
    view.tokens[r.w.market.up] = shares(10);
    r.account.answer = view;
    r.actor.doubt("test");
    r.w.advance(5s);

    CHECK(r.w.account().orders.at(sent.order).filled == shares(10));
    CHECK(r.w.state(sent.order) == OrderState::confirmed);
    CHECK(r.actor.is_open());
}

TEST_CASE("ReconcileActor calls a human when the books keep disagreeing", "[reconcile]") {
    Reconciled r;
    r.w.advance(1s);
    r.account.answer->collateral = usd(140);

    r.actor.doubt("test");
    r.w.advance(120s);

    CHECK_FALSE(r.actor.is_open());
    REQUIRE(r.alarms.size() == 1);
    CHECK_THAT(r.alarms[0], Catch::Contains("10.000000 less") || Catch::Contains("10 USDC less"));
}
