#include "engine/settlement/window_settler.hpp"
#include "tests/engine/market/board_events.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::settlement;
using namespace polyquant::testing;

namespace {

// Board, settler and a plain table of holdings that payouts empty, as the portfolio does.
struct World {
    market::MarketBoard board;
    std::map<ConditionId, std::vector<Holding>> holdings;
    WindowSettler settler;

    explicit World(SettlerLimits limits = {})
        : settler{limits, board, [this](ConditionId const& id) {
                      return holdings[id];
                  }} {}

    void feed(Event const& event) {
        board.on(event);
        settler.on(event);
    }

    void feed_all(std::initializer_list<Event> events) {
        for (auto const& event : events)
            feed(event);
    }

    void hold(Market const& market, char const* strategy, Outcome outcome, Shares size, Usdc cost) {
        holdings[market.condition].push_back(
            {StrategyName{strategy}, market.token(outcome), outcome, size, cost}
        );
    }

    std::vector<FactBody> due(double when) {
        auto facts = settler.due(at(when));
        for (auto const& fact : facts)
            if (auto const* paid = std::get_if<PositionSettled>(&fact))
                std::erase_if(holdings[paid->market], [&](Holding const& h) {
                    return h.strategy == paid->strategy && h.token == paid->token;
                });
        return facts;
    }
};

WindowSettled const& settled(std::vector<FactBody> const& facts) {
    REQUIRE_FALSE(facts.empty());
    REQUIRE(std::holds_alternative<WindowSettled>(facts[0]));
    return std::get<WindowSettled>(facts[0]);
}

PositionSettled const& paid(std::vector<FactBody> const& facts, std::size_t n = 1) {
    REQUIRE(facts.size() > n);
    REQUIRE(std::holds_alternative<PositionSettled>(facts[n]));
    return std::get<PositionSettled>(facts[n]);
}

Event resolved(Market const& market, double when, std::optional<Outcome> winner) {
    return MarketResolved{stamp(at(when)), market.condition, winner};
}

} // namespace

TEST_CASE("Settler decides a spot window by the first ticks at its ends", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all(
        {listed(market), tick(0, 90'000), tick(150, 91'000), tick(299, 91'000), tick(300, 89'999.99)
        }
    );
    world.hold(market, "b", Outcome::down, shares(7), usd(6));
    world.hold(market, "a", Outcome::up, shares(5), usd_cents(455));

    CHECK(world.due(304.9).empty());
    auto const facts = world.due(305);

    CHECK(settled(facts).winner == Outcome::down);
    CHECK(settled(facts).strike == usd_price(90'000));
    CHECK(settled(facts).final_price == usd_price(89'999.99));
    CHECK(settled(facts).source == PriceSource::chainlink_spot);
    CHECK(paid(facts, 1).strategy.text == "a");
    CHECK(paid(facts, 1).payout == Usdc{});
    CHECK_FALSE(paid(facts, 1).won);
    CHECK(paid(facts, 2).payout == usd(7));
    CHECK(paid(facts, 2).cost == usd(6));
    CHECK(paid(facts, 2).won);
    CHECK(world.due(400).empty());
}

TEST_CASE("Settler gives a tie to Up", "[settlement]") {
    World world;
    world.feed_all({listed(btc_market()), tick(0, 90'000), tick(300, 90'000)});

    CHECK(settled(world.due(305)).winner == Outcome::up);
}

TEST_CASE("Settler decides a TWAP window by its averages, not by the spot", "[settlement]") {
    World world;
    world.feed_all(
        {listed(btc_market(0, twap_rule(60s))),
         twap_tick(0, 90'000),
         tick(0, 89'000),
         tick(300, 95'000),
         twap_tick(300, 89'990),
         twap_tick(300, 99'000, 30)}
    );

    auto const facts = world.due(305);

    CHECK(settled(facts).winner == Outcome::down);
    CHECK(settled(facts).source == PriceSource::chainlink_twap);
    CHECK(settled(facts).rule == twap_rule(60s));
}

TEST_CASE("Settler waits for a late final price", "[settlement]") {
    World world;
    world.feed_all({listed(btc_market()), tick(0, 90'000)});
    CHECK(world.due(310).empty());

    world.feed(PriceTick{
        stamp(at(301), at(312)), Asset::btc, PriceSource::chainlink_spot, {}, usd_price(90'001)
    });

    CHECK(settled(world.due(315)).winner == Outcome::up);
}

TEST_CASE("Settler uses a strike captured one tick late", "[settlement]") {
    World world;
    world.feed_all({listed(btc_market()), tick(-1, 89'000), tick(1, 90'000), tick(300, 90'001)});

    auto const facts = world.due(305);

    CHECK(settled(facts).strike == usd_price(90'000));
}

TEST_CASE("Settler gives proxies more time and names them", "[settlement]") {
    World world;
    world.feed_all(
        {listed(btc_market()),
         minute_bar(0, 90'000, 90'000, 90'000, 90'000),
         minute_bar(300, 90'010, 90'010, 90'010, 90'010)}
    );

    CHECK(world.due(305).empty());
    auto const facts = world.due(330);

    CHECK(settled(facts).winner == Outcome::up);
    CHECK(settled(facts).source == PriceSource::binance_bar);
}

TEST_CASE("Settler never compares the oracle's price with Binance's", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all(
        {listed(market), tick(0, 90'000), minute_bar(300, 90'010, 90'010, 90'010, 90'010)}
    );
    world.hold(market, "a", Outcome::up, shares(5), usd(4));

    CHECK(world.due(3'000).empty());
    CHECK(world.settler.pending(at(3'000)) == 1);

    world.feed(minute_bar(0, 90'005, 90'005, 90'005, 90'005));
    CHECK(settled(world.due(3'010)).strike == usd_price(90'005));
}

TEST_CASE("Settler averages spot ticks with seconds missing", "[settlement]") {
    World world;
    world.feed(listed(btc_market(0, twap_rule(30s))));
    for (int s = -30; s <= 0; ++s)
        if (s % 13 != 0 || s == 0) world.feed(tick(s, 90'000));
    for (int s = 270; s <= 300; ++s)
        if (s % 13 != 0) world.feed(tick(s, 90'003));

    auto const facts = world.due(330);

    CHECK(settled(facts).winner == Outcome::up);
    CHECK(settled(facts).final_price == usd_price(90'003));
    CHECK(settled(facts).source == PriceSource::chainlink_spot);
}

TEST_CASE(
    "Settler waits for the venue where official prices contradict each other", "[settlement]"
) {
    World world;
    auto const market = btc_market();
    world.feed_all(
        {listed(market), tick(0, 90'000), tick(0, 90'100, PriceSource::website), tick(300, 90'050)}
    );
    CHECK(world.board.view(Asset::btc, market.window, at(10)).strike_disputed);

    CHECK(world.due(400).empty());
    auto const notes = world.settler.take_notes();
    world.feed(resolved(market, 420, Outcome::down));
    auto const facts = world.due(421);

    REQUIRE(notes.size() == 1);
    CHECK(notes[0].kind == SettlementNote::Kind::disputed);
    CHECK(settled(facts).winner == Outcome::down);
    CHECK(settled(facts).source == PriceSource::venue);
}

TEST_CASE("Settler follows the venue against its own estimate and says so", "[settlement]") {
    World world{{.official_wait = 120s}};
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(5), usd(4));
    CHECK(world.due(360).empty());

    world.feed(resolved(market, 370, Outcome::down));
    auto const facts = world.due(370);

    CHECK(settled(facts).winner == Outcome::down);
    CHECK(paid(facts).payout == Usdc{});
    CHECK(world.settler.counts().contradicted == 1);
    auto const notes = world.settler.take_notes();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].text == "we made it UP, the venue DOWN");
}

TEST_CASE("Settler settles by itself when the venue's word does not come", "[settlement]") {
    World world{{.official_wait = 120s}};
    world.feed_all({listed(btc_market()), tick(0, 90'000), tick(300, 90'001)});

    CHECK(world.due(419).empty());
    CHECK(settled(world.due(425)).winner == Outcome::up);
    CHECK(world.settler.counts().settled_by_us == 1);
}

TEST_CASE("Settler corrects what it paid when the venue overrules it", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(5), usd(4));
    world.hold(market, "b", Outcome::down, shares(3), usd(2));
    REQUIRE(world.due(305).size() == 3);

    world.feed(resolved(market, 380, Outcome::down));
    auto const facts = world.due(380);

    CHECK(settled(facts).winner == Outcome::down);
    CHECK(paid(facts, 1).payout == usd(-5));
    CHECK(paid(facts, 1).size == Shares{});
    CHECK_FALSE(paid(facts, 1).won);
    CHECK(paid(facts, 2).payout == usd(3));
    CHECK(paid(facts, 2).won);
    CHECK(world.settler.counts().corrected == 1);
    world.feed(resolved(market, 390, Outcome::down));
    CHECK(world.due(391).empty());
}

TEST_CASE("Settler confirms silently when the venue agrees after payment", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    REQUIRE(world.due(305).size() == 1);

    world.feed(resolved(market, 380, Outcome::up));

    CHECK(world.due(380).empty());
    CHECK(world.settler.counts().confirmed == 1);
    CHECK(world.settler.take_notes().empty());
}

TEST_CASE("Settler pays a split market half a dollar a share, rounded down", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed(listed(market));
    world.hold(market, "a", Outcome::up, Shares::from_micros(5'000'001), usd(2));
    world.hold(market, "a", Outcome::down, shares(4), usd(3));

    world.feed(resolved(market, 310, std::nullopt));
    auto const facts = world.due(310);

    CHECK_FALSE(settled(facts).winner.has_value());
    CHECK(paid(facts, 1).payout.micros() == 2'500'000);
    CHECK(paid(facts, 1).won);
    CHECK(paid(facts, 2).payout == usd(2));
    CHECK_FALSE(paid(facts, 2).won);
}

TEST_CASE("Settler reports a window nobody can decide and keeps it", "[settlement]") {
    World world{{.unresolved_alarm = 600s}};
    auto const market = btc_market();
    world.feed(listed(market));
    world.hold(market, "a", Outcome::up, shares(5), usd(4));

    for (double t = 300; t < 2'400; t += 7)
        CHECK(world.due(t).empty());

    auto const notes = world.settler.take_notes();
    REQUIRE(notes.size() == 3);
    CHECK(notes[0].kind == SettlementNote::Kind::unresolved);
    world.feed(resolved(market, 90'000, Outcome::up));
    CHECK(paid(world.due(90'001)).payout == usd(5));
}

TEST_CASE("Settler lets a window without prices go when nobody holds it", "[settlement]") {
    World world{{.unresolved_alarm = 600s}};
    world.feed(listed(btc_market()));

    CHECK(world.due(900).empty());

    CHECK(world.settler.counts().given_up == 1);
    CHECK_FALSE(world.settler.next_due().has_value());
    CHECK(world.settler.take_notes().empty());
}

TEST_CASE("Settler pays later where a payout delay is set", "[settlement]") {
    World world{{.payout_delay = 60s}};
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(5), usd(4));

    CHECK(world.due(305).size() == 1);
    CHECK(world.settler.next_due() == at(365));
    CHECK(world.due(364).empty());
    auto const facts = world.due(365);

    REQUIRE(facts.size() == 1);
    CHECK(paid(facts, 0).payout == usd(5));
}

TEST_CASE("Settler pays a fill that was reported after the settlement", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    REQUIRE(world.due(305).size() == 1);

    world.hold(market, "a", Outcome::up, shares(5), usd(4));
    TradeReport report;
    report.token = market.up;
    world.feed(OwnTradeReport{stamp(at(320)), report});

    CHECK(paid(world.due(320), 0).payout == usd(5));
}

TEST_CASE("Settler does not settle again what an earlier run settled", "[settlement]") {
    World first;
    auto const market = btc_market();
    first.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    first.hold(market, "a", Outcome::up, shares(5), usd(4));
    auto const facts = first.due(305);
    World second;
    for (auto const& fact : facts)
        second.settler.restore(fact);

    second.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});

    CHECK(second.due(310).empty());
    second.feed(resolved(market, 320, Outcome::down));
    CHECK(paid(second.due(320)).payout == usd(-5));
}

TEST_CASE("Settler pays after a restart what was settled and not yet paid", "[settlement]") {
    World first;
    auto const market = btc_market();
    first.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    auto const facts = first.due(305);
    World second;
    second.settler.restore(facts[0]);
    second.hold(market, "a", Outcome::up, shares(5), usd(4));

    second.feed(listed(market));

    CHECK(paid(second.due(310), 0).payout == usd(5));
}

TEST_CASE("Settler keeps a result that comes before the market is listed", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed(resolved(market, 310, Outcome::up));
    CHECK(world.due(311).empty());

    world.feed(listed(market, at(312)));

    CHECK(settled(world.due(312)).winner == Outcome::up);
}

TEST_CASE("Settler does not believe a result before a coin's window is over", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), resolved(market, 100, Outcome::up)});

    CHECK(world.due(299).empty());
    CHECK(settled(world.due(300)).winner == Outcome::up);
}

TEST_CASE("Settler settles a market without a coin by the venue's word at once", "[settlement]") {
    World world;
    auto market = btc_market();
    market.asset.reset();
    market.slug = "will-it-rain";
    world.feed(listed(market));
    world.hold(market, "expiry", Outcome::down, shares(5), usd(4));

    world.feed(resolved(market, 100, Outcome::down));

    CHECK(paid(world.due(100)).payout == usd(5));
}

TEST_CASE("Settler reports a negative holding instead of paying it", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(-1), usd(0));

    CHECK(world.due(305).size() == 1);

    auto const notes = world.settler.take_notes();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].kind == SettlementNote::Kind::bad_holding);
}

TEST_CASE("Settler books a fill back that failed after it was paid", "[settlement]") {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(10), usd_cents(550));
    CHECK(paid(world.due(305)).payout == usd(10));

    world.hold(market, "a", Outcome::up, shares(-4), usd_cents(-220));
    TradeReport failed;
    failed.token = market.up;
    failed.state = TradeState::failed;
    world.feed(OwnTradeReport{stamp(at(330)), failed});
    auto const facts = world.due(330);

    REQUIRE(facts.size() == 1);
    auto const& back = std::get<PositionSettled>(facts[0]);
    CHECK(back.size == shares(-4));
    CHECK(back.payout == usd(-4));
    CHECK(back.cost == usd_cents(-220));
    CHECK(back.won);
    auto const notes = world.settler.take_notes();
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].kind == SettlementNote::Kind::taken_back);
}

TEST_CASE(
    "Settler takes back exactly what the failed shares were paid when halved", "[settlement]"
) {
    World world;
    auto const market = btc_market();
    world.feed_all({listed(market), resolved(market, 310, std::nullopt)});
    world.hold(market, "a", Outcome::up, Shares::from_micros(10'000'001), usd(5));
    CHECK(paid(world.due(311)).payout == usd(5));

    world.hold(market, "a", Outcome::up, Shares::from_micros(-5'000'000), usd_cents(-250));
    TradeReport failed;
    failed.token = market.up;
    world.feed(OwnTradeReport{stamp(at(330)), failed});
    auto const facts = world.due(330);

    CHECK(std::get<PositionSettled>(facts.at(0)).payout == Usdc::from_micros(-2'500'000));
}

TEST_CASE("Settler claims each payout where money is real", "[settlement]") {
    SettlerLimits limits;
    limits.claims = true;
    World world{limits};
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(10), usd(6));
    world.hold(market, "b", Outcome::down, shares(3), usd(1));

    auto const facts = world.due(305);

    REQUIRE(facts.size() == 4);
    auto const& claim = std::get<PayoutClaimed>(facts[3]);
    CHECK(claim.strategy.text == "a");
    CHECK(claim.size == shares(10));
    CHECK(claim.amount == usd(10));
    CHECK(world.due(306).empty());
}

TEST_CASE("Settler moves the claims when the venue overrules it", "[settlement]") {
    SettlerLimits limits;
    limits.claims = true;
    World world{limits};
    auto const market = btc_market();
    world.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    world.hold(market, "a", Outcome::up, shares(10), usd(6));
    world.hold(market, "b", Outcome::down, shares(3), usd(1));
    world.due(305);

    world.feed(resolved(market, 400, Outcome::down));
    auto const facts = world.due(400);

    REQUIRE(facts.size() == 5);
    auto const& lost = std::get<PayoutClaimed>(facts[3]);
    CHECK(lost.size == shares(-10));
    CHECK(lost.amount == usd(-10));
    auto const& gained = std::get<PayoutClaimed>(facts[4]);
    CHECK(gained.size == shares(3));
    CHECK(gained.amount == usd(3));
}

TEST_CASE("Settler restored between payout and claim claims the rest", "[settlement]") {
    SettlerLimits limits;
    limits.claims = true;
    World before{limits};
    auto const market = btc_market();
    before.feed_all({listed(market), tick(0, 90'000), tick(300, 90'001)});
    before.hold(market, "a", Outcome::up, shares(10), usd(6));
    auto const facts = before.due(305);
    REQUIRE(facts.size() == 3);

    World after{limits};
    after.settler.restore(facts[0]);
    after.settler.restore(facts[1]);
    after.feed(listed(market));
    World whole{limits};
    for (auto const& fact : facts)
        whole.settler.restore(fact);
    whole.feed(listed(market));

    auto const rest = after.due(400);
    REQUIRE(rest.size() == 1);
    CHECK(std::get<PayoutClaimed>(rest[0]).amount == usd(10));
    CHECK(whole.due(400).empty());
}

TEST_CASE("Settler calls a market stale that is undecided for three days", "[settlement][stale]") {
    World world{{.unresolved_alarm = 6h, .stale_after = 72h}};
    auto market = btc_market();
    market.asset.reset();
    world.feed(listed(market));
    world.hold(market, "expiry", Outcome::up, shares(5), usd(4));

    for (double hours = 1; hours < 80; hours += 1)
        CHECK(world.due(hours * 3'600).empty());

    auto const notes = world.settler.take_notes();
    REQUIRE(notes.size() >= 12);
    CHECK(notes[10].kind == SettlementNote::Kind::unresolved);
    CHECK(notes.back().kind == SettlementNote::Kind::stale);
    world.feed(resolved(market, 300'000, Outcome::up));
    CHECK(paid(world.due(300'000)).payout == usd(5));
}

TEST_CASE("Settler books a stale market as lost only by the rule", "[settlement][stale]") {
    World world{{.unresolved_alarm = 6h, .stale_after = 72h, .stale_is_loss = true}};
    auto market = btc_market();
    market.asset.reset();
    world.feed(listed(market));
    world.hold(market, "expiry", Outcome::up, shares(5), usd(4));
    CHECK(world.due(71 * 3'600).empty());

    auto const facts = world.due(79 * 3'600);

    REQUIRE(facts.size() == 1);
    CHECK(paid(facts, 0).payout == Usdc{});
    CHECK(paid(facts, 0).size == shares(5));
    CHECK_FALSE(paid(facts, 0).won);
    CHECK(world.settler.counts().booked_lost == 1);
    CHECK(world.due(200 * 3'600).empty());

    world.feed(resolved(market, 201 * 3'600, Outcome::up));
    auto const late = world.due(201 * 3'600);
    CHECK(settled(late).winner == Outcome::up);
    CHECK(paid(late).payout == usd(5));
    CHECK(paid(late).size.is_zero());
    CHECK(paid(late).won);
}

TEST_CASE(
    "Settler remembers after a restart what it booked as lost, and pays the difference",
    "[settlement][stale]"
) {
    SettlerLimits const limits{.unresolved_alarm = 6h, .stale_after = 72h, .stale_is_loss = true};
    World first{limits};
    auto market = btc_market();
    market.asset.reset();
    first.feed(listed(market));
    first.hold(market, "expiry", Outcome::down, shares(5), usd(4));
    first.due(71 * 3'600);
    auto const facts = first.due(79 * 3'600);
    World second{limits};
    for (auto const& fact : facts)
        second.settler.restore(fact);

    second.feed(listed(market));
    CHECK(second.due(80 * 3'600).empty());
    second.feed(resolved(market, 81 * 3'600, Outcome::down));

    CHECK(paid(second.due(81 * 3'600)).payout == usd(5));
}

TEST_CASE("Settler books nothing as lost while both outcomes are held", "[settlement][stale]") {
    World world{{.unresolved_alarm = 6h, .stale_after = 72h, .stale_is_loss = true}};
    auto market = btc_market();
    market.asset.reset();
    world.feed(listed(market));
    world.hold(market, "a", Outcome::up, shares(5), usd(4));
    world.hold(market, "b", Outcome::down, shares(5), usd(1));

    CHECK(world.due(71 * 3'600).empty());
    CHECK(world.due(79 * 3'600).empty());

    CHECK(world.settler.counts().booked_lost == 0);
    CHECK(world.settler.take_notes().back().text.starts_with("both outcomes are held"));
}
