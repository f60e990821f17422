#include "tests/connectors/sandbox/trader.hpp"
#include "tests/support/catch.hpp"

namespace polyquant::sandbox {

using namespace testing;

namespace {

template <class T>
std::vector<T> news_of(Exchange& exchange) {
    std::vector<T> found;
    for (auto& news : exchange.take_news())
        if (auto* one = std::get_if<T>(&news)) found.push_back(std::move(*one));
    return found;
}

std::vector<TradeState> states_of(Exchange& exchange) {
    std::vector<TradeState> states;
    for (auto const& news : news_of<OwnTradeNews>(exchange))
        states.push_back(news.trade.state);
    return states;
}

bool balances(Exchange const& exchange) {
    auto const audit = exchange.audit();
    CHECK(audit.defects == std::vector<std::string>{});
    return audit.balances();
}

ExchangeOptions prompt_options() {
    ExchangeOptions options;
    options.retry_chance = 0;
    return options;
}

// Names one fault, and how often it strikes.
class OneFault final : public FaultSource {
public:
    OneFault(FaultKind kind, int times) : kind_{kind}, times_{times} {}

    std::optional<FaultDetail> strike(FaultKind kind, FaultSubject const&, UtcTime) override {
        if (kind != kind_ || times_ == 0) return std::nullopt;
        --times_;
        return FaultDetail{};
    }

    std::optional<FaultDetail> active(FaultKind kind, FaultSubject const&, UtcTime) const override {
        return kind == kind_ && times_ > 0 ? std::optional{FaultDetail{}} : std::nullopt;
    }

private:
    FaultKind kind_;
    int times_;
};

} // namespace

TEST_CASE("Exchange lets a GTC order rest, shows it in both books and cancels it", "[sandbox]") {
    Venue venue;
    auto const alice = venue.trader(0);

    auto const answer =
        venue.post(alice, venue.order(Side::buy, cents(40), shares(10), TimeInForce::gtc));

    REQUIRE(answer.error.empty());
    CHECK(answer.status == "live");
    CHECK(venue.exchange.top(venue.market->market.up).bid == Level{cents(40), shares(10)});
    CHECK(venue.exchange.top(venue.market->market.down).ask == Level{cents(60), shares(10)});
    auto const cancelled =
        venue.exchange.cancel(std::array{answer.order}, alice.key.key, venue.now);
    CHECK(cancelled.cancelled == std::vector{answer.order});
    CHECK_FALSE(venue.exchange.top(venue.market->market.up).bid);
    auto const again = venue.exchange.cancel(std::array{answer.order}, alice.key.key, venue.now);
    CHECK(again.refused.at(0).second == "already canceled or matched");
    auto const news = news_of<OwnOrderNews>(venue.exchange);
    REQUIRE(news.size() == 2);
    CHECK(news[0].type == OwnOrderNews::Type::placement);
    CHECK(news[0].order.status == "LIVE");
    CHECK(news[1].type == OwnOrderNews::Type::cancellation);
    CHECK(news[1].order.status == "CANCELED");
}

TEST_CASE("Exchange fills a FOK buy by money, takes the fee and settles it", "[sandbox]") {
    Venue venue{prompt_options()};
    venue.level(BookSide::ask, cents(50), shares(100));
    auto const alice = venue.trader(0);

    auto const answer =
        venue.post(alice, venue.order(Side::buy, cents(60), shares(10), TimeInForce::fok));

    REQUIRE(answer.error.empty());
    CHECK(answer.status == "matched");
    CHECK(answer.making_micros == 6'000'000);
    CHECK(answer.taking_micros == 12'000'000); // six dollars at 0.50
    CHECK(venue.holds(alice, Outcome::up) == Shares{});
    CHECK(venue.exchange.chain_balance(alice.account) == usd(1'000));
    CHECK(balances(venue.exchange));
    venue.advance(Seconds{20});
    CHECK(venue.holds(alice, Outcome::up) == shares(12));
    // 12 * 0.07 * 0.25 = 0.21
    CHECK(venue.cash(alice) == usd(994) - usd_cents(21));
    CHECK(
        states_of(venue.exchange) ==
        std::vector{TradeState::matched, TradeState::mined, TradeState::confirmed}
    );
    CHECK(venue.exchange.top(venue.market->market.up).ask == Level{cents(50), shares(88)});
    CHECK(balances(venue.exchange));
}

TEST_CASE("Exchange fills a FOK buy by shares where the option says so", "[sandbox]") {
    auto options = prompt_options();
    options.market_buys_spend_money = false;
    Venue venue{options};
    venue.level(BookSide::ask, cents(50), shares(100));
    auto const alice = venue.trader(0);

    auto const answer =
        venue.post(alice, venue.order(Side::buy, cents(60), shares(10), TimeInForce::fok));

    CHECK(answer.taking_micros == 10'000'000);
    CHECK(answer.making_micros == 5'000'000);
}

TEST_CASE("Exchange holds a marketable order for the taker delay", "[sandbox]") {
    auto market = plain_market();
    market.market.taker_delay = Millis{150};
    Venue venue{prompt_options(), market};
    venue.level(BookSide::ask, cents(50), shares(100));
    auto const alice = venue.trader(0);

    auto const answer =
        venue.post(alice, venue.order(Side::buy, cents(50), shares(10), TimeInForce::fak));

    CHECK(answer.status == "delayed");
    auto const cancelled =
        venue.exchange.cancel(std::array{answer.order}, alice.key.key, venue.now);
    CHECK(cancelled.refused.size() == 1);
    venue.advance(Millis{149});
    CHECK(venue.exchange.find_order(answer.order)->matched.is_zero());
    venue.advance(Millis{1});
    CHECK(venue.exchange.find_order(answer.order)->matched == shares(10));
}

TEST_CASE("Exchange kills a FOK order whose liquidity left during the delay", "[sandbox]") {
    auto market = plain_market();
    market.market.taker_delay = Millis{150};
    Venue venue{prompt_options(), market};
    venue.level(BookSide::ask, cents(50), shares(100));
    auto const alice = venue.trader(0);
    auto const answer =
        venue.post(alice, venue.order(Side::buy, cents(50), shares(10), TimeInForce::fok));

    venue.level(BookSide::ask, cents(50), shares(4));
    venue.advance(Millis{150});

    auto const& order = *venue.exchange.find_order(answer.order);
    CHECK(
        order.status ==
        "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."
    );
    CHECK(venue.cash(alice) == usd(1'000));
    CHECK(news_of<OwnOrderNews>(venue.exchange).back().type == OwnOrderNews::Type::cancellation);
}

TEST_CASE("Exchange refuses in the venue's words", "[sandbox]") {
    Venue venue{prompt_options()};
    venue.level(BookSide::ask, cents(50), shares(100));
    venue.level(BookSide::bid, cents(48), shares(100));
    auto const alice = venue.trader(0, usd(100));
    auto const bob = venue.trader(1);
    auto const gtc = venue.order(Side::buy, cents(40), shares(10), TimeInForce::gtc);
    auto const refused = [&](PostedOrder const& order) {
        return venue.exchange.post(order, alice.signer->address(), venue.now).error;
    };

    SECTION("too dear") {
        CHECK(
            venue.post(alice, venue.order(Side::buy, cents(48), shares(400), TimeInForce::gtc))
                .error == "not enough balance / allowance"
        );
    }
    SECTION("open orders reserve their cost") {
        CHECK(venue.post(alice, venue.order(Side::buy, cents(40), shares(200), TimeInForce::gtc))
                  .error.empty());
        CHECK(
            venue.post(alice, venue.order(Side::buy, cents(41), shares(100), TimeInForce::gtc))
                .error == "not enough balance / allowance"
        );
    }
    SECTION("shares that are not there") {
        CHECK(
            venue.post(alice, venue.order(Side::sell, cents(60), shares(5), TimeInForce::gtc))
                .error == "not enough balance / allowance"
        );
    }
    SECTION("an allowance that is too small") {
        venue.exchange.accounts().at(alice.account).pusd_allowance[0] = usd(3);
        CHECK(venue.post(alice, gtc).error == "not enough balance / allowance");
    }
    SECTION("the same order twice") {
        auto const order = venue.signed_order(alice, gtc);
        CHECK(refused(order).empty());
        CHECK(refused(order).find("is invalid. Duplicated.") != std::string::npos);
    }
    SECTION("a changed order") {
        auto order = venue.signed_order(alice, gtc);
        order.fields.taker_amount += 1'000'000;
        CHECK(refused(order) == "invalid signature");
    }
    SECTION("an order for another exchange version") {
        auto market = venue.market->market;
        market.version = ProtocolVersion::v2;
        polymarket::OrderFields fields;
        fields.salt = 77;
        fields.maker = fields.signer = alice.signer->address();
        fields.token = market.up;
        fields.maker_amount = 4'000'000;
        fields.taker_amount = 10'000'000;
        fields.timestamp_ms = unix_millis(venue.now);
        auto const made = alice.orders.sign_fields(fields, {}, ProtocolVersion::v2, false);
        CHECK(refused(parse_posted_order(made.body).value()) == "order_version_mismatch");
    }
    SECTION("somebody else's order") {
        auto const order = venue.signed_order(bob, gtc);
        CHECK(refused(order) == "the order owner has to be the owner of the API KEY");
    }
    SECTION("a price off the grid") {
        polymarket::OrderFields fields;
        fields.salt = 78;
        fields.maker = fields.signer = alice.signer->address();
        fields.token = venue.market->market.up;
        fields.maker_amount = 4'050'000;
        fields.taker_amount = 10'000'000;
        fields.timestamp_ms = unix_millis(venue.now);
        auto const made = alice.orders.sign_fields(fields, {}, ProtocolVersion::v1, false);
        CHECK(
            refused(parse_posted_order(made.body).value())
                .find("Price (0.405) breaks minimum tick size rule: 0.01") != std::string::npos
        );
    }
    SECTION("a market order with the digits of a limit order") {
        polymarket::OrderFields fields;
        fields.salt = 79;
        fields.maker = fields.signer = alice.signer->address();
        fields.token = venue.market->market.up;
        fields.maker_amount = 5'555'000;
        fields.taker_amount = 11'110'000;
        fields.timestamp_ms = unix_millis(venue.now);
        auto const made =
            alice.orders.sign_fields(fields, {TimeInForce::fok}, ProtocolVersion::v1, false);
        CHECK(
            refused(parse_posted_order(made.body).value()).find("max accuracy of 2 decimals") !=
            std::string::npos
        );
    }
    SECTION("a post-only order that would cross") {
        auto wanted = venue.order(Side::buy, cents(50), shares(10), TimeInForce::gtc);
        wanted.post_only = true;
        CHECK(venue.post(alice, wanted).error == "invalid post-only order: order crosses book");
    }
    SECTION("a banned address") {
        venue.exchange.accounts().at(alice.account).banned = true;
        CHECK(venue.post(alice, gtc).error.find("address banned") != std::string::npos);
    }
    SECTION("a market that is not hydrated") {
        venue.market->phase = Phase::listed;
        CHECK(venue.post(alice, gtc).error == "the market is not yet ready to process new orders");
    }
    CHECK(balances(venue.exchange));
}

TEST_CASE("Exchange serves its accounts by price, then by time", "[sandbox]") {
    Venue venue{prompt_options()};
    auto const alice = venue.trader(0);
    auto const bob = venue.trader(1);
    auto const carol = venue.trader(2);
    auto const first =
        venue.post(alice, venue.order(Side::buy, cents(45), shares(10), TimeInForce::gtc));
    auto const second =
        venue.post(bob, venue.order(Side::buy, cents(45), shares(10), TimeInForce::gtc));
    auto const better =
        venue.post(bob, venue.order(Side::buy, cents(46), shares(5), TimeInForce::gtc));

    // Buying Down at 0.55 is selling Up at 0.45: three pairs are minted.
    auto const answer = venue.post(
        carol, venue.order(Side::buy, cents(55), shares(18), TimeInForce::gtc, Outcome::down)
    );

    REQUIRE(answer.error.empty());
    CHECK(venue.exchange.find_order(better.order)->status == "MATCHED");
    CHECK(venue.exchange.find_order(first.order)->status == "MATCHED");
    CHECK(venue.exchange.find_order(second.order)->matched == shares(3));
    venue.advance(Seconds{20});
    CHECK(venue.holds(alice, Outcome::up) == shares(10));
    CHECK(venue.holds(bob, Outcome::up) == shares(8));
    CHECK(venue.holds(carol, Outcome::down) == shares(18));
    // Makers pay no fee, the taker 0.07 * p * (1 - p) a share at each maker's price.
    CHECK(venue.cash(alice) == usd(1'000) - usd_cents(450));
    CHECK(
        venue.cash(carol) == usd(1'000) - usd_cents(54 * 5 + 55 * 13) -
                                 taker_fee(crypto_fee(), shares(5), cents(54), Rounding::down) -
                                 taker_fee(crypto_fee(), shares(10), cents(55), Rounding::down) -
                                 taker_fee(crypto_fee(), shares(3), cents(55), Rounding::down)
    );
    CHECK(balances(venue.exchange));
}

TEST_CASE("Exchange lets others trade with a resting order before they rest", "[sandbox]") {
    Venue venue{prompt_options()};
    auto const alice = venue.trader(0);
    auto const bid =
        venue.post(alice, venue.order(Side::buy, cents(45), shares(10), TimeInForce::gtc));

    venue.level(BookSide::ask, cents(44), shares(25));

    CHECK(venue.exchange.find_order(bid.order)->status == "MATCHED");
    CHECK(venue.exchange.top(venue.market->market.up).ask == Level{cents(44), shares(15)});
    auto const consumed = venue.exchange.take_consumed();
    REQUIRE(consumed.size() == 1);
    CHECK(consumed[0].size == shares(10));
    venue.advance(Seconds{20});
    CHECK(venue.cash(alice) == usd(1'000) - usd_cents(450)); // at its own price, without a fee
    CHECK(balances(venue.exchange));
}

TEST_CASE("Exchange reverses a match that fails on the chain", "[sandbox]") {
    OneFault fault{FaultKind::match_then_fail, 1};
    Venue venue{prompt_options(), plain_market(), &fault};
    venue.level(BookSide::ask, cents(50), shares(100));
    auto const alice = venue.trader(0);
    venue.post(alice, venue.order(Side::buy, cents(50), shares(10), TimeInForce::fok));

    venue.advance(Seconds{20});

    CHECK(states_of(venue.exchange) == std::vector{TradeState::matched, TradeState::failed});
    CHECK(venue.cash(alice) == usd(1'000));
    CHECK(venue.holds(alice, Outcome::up) == Shares{});
    auto const& statement = venue.exchange.accounts().statement(alice.account);
    CHECK(statement.back().kind == EntryKind::reversed);
    CHECK(statement.back().cash_after == usd(1'000));
    CHECK(balances(venue.exchange));
}

TEST_CASE("Exchange pays winners and cancels what rests when a market resolves", "[sandbox]") {
    Venue venue{prompt_options()};
    venue.level(BookSide::ask, cents(50), shares(100));
    auto const alice = venue.trader(0);
    venue.post(alice, venue.order(Side::buy, cents(50), shares(10), TimeInForce::fok));
    auto const resting =
        venue.post(alice, venue.order(Side::buy, cents(10), shares(10), TimeInForce::gtc));
    venue.advance(Seconds{20});
    auto const before = venue.cash(alice);

    venue.market->phase = Phase::resolved;
    venue.market->winner = Outcome::up;
    venue.exchange.resolve(venue.market->market.condition, Outcome::up, venue.now);
    venue.advance(Seconds{31});

    CHECK(venue.exchange.find_order(resting.order)->status == "CANCELED_MARKET_RESOLVED");
    CHECK(venue.cash(alice) == before + usd(10));
    CHECK(venue.holds(alice, Outcome::up) == Shares{});
    CHECK(venue.exchange.audit().collateral == Usdc{});
    CHECK(balances(venue.exchange));
}

TEST_CASE("Exchange cancels the orders of a key whose heartbeat stops", "[sandbox]") {
    Venue venue;
    auto const alice = venue.trader(0);
    auto const bob = venue.trader(1);
    auto const hers =
        venue.post(alice, venue.order(Side::buy, cents(40), shares(10), TimeInForce::gtc));
    auto const his =
        venue.post(bob, venue.order(Side::buy, cents(40), shares(10), TimeInForce::gtc));
    auto const first = venue.exchange.heartbeat(alice.key.key, "", venue.now);
    venue.advance(Seconds{9});
    auto const second = venue.exchange.heartbeat(alice.key.key, first.id, venue.now);
    auto const stale = venue.exchange.heartbeat(alice.key.key, first.id, venue.now);

    venue.advance(Seconds{9});
    auto const alive = venue.exchange.find_order(hers.order)->open;
    venue.advance(Seconds{1});

    CHECK(second.accepted);
    CHECK_FALSE(stale.accepted);
    CHECK(stale.id == second.id);
    CHECK(alive);
    CHECK(venue.exchange.find_order(hers.order)->status == "CANCELED");
    CHECK(venue.exchange.find_order(his.order)->open);
}

TEST_CASE("Exchange takes only post-only orders for two minutes after a restart", "[sandbox]") {
    Venue venue;
    auto const alice = venue.trader(0);
    auto wanted = venue.order(Side::buy, cents(40), shares(10), TimeInForce::gtc);
    venue.exchange.restart(venue.now, Seconds{90});

    auto const down = venue.post(alice, wanted);
    venue.advance(Seconds{91});
    auto const plain = venue.post(alice, wanted);
    wanted.post_only = true;
    auto const maker = venue.post(alice, wanted);
    venue.advance(Seconds{120});
    wanted.post_only = false;
    auto const later = venue.post(alice, wanted);

    CHECK(down.http_status == 425);
    CHECK(plain.http_status == 503);
    CHECK(plain.error == "post-only mode: only post-only orders and cancels are allowed");
    CHECK(maker.error.empty());
    CHECK(later.error.empty());
}

TEST_CASE("Exchange keeps exact books through random trading, failures and payouts", "[sandbox]") {
    auto options = prompt_options();
    options.failure_chance = 0.05;
    options.retry_chance = 0.2;
    auto market = plain_market();
    market.market.taker_delay = Millis{150};
    Venue venue{options, market};
    std::array const traders{venue.trader(0), venue.trader(1), venue.trader(2)};
    simulated::Random random{99};

    for (int round = 0; round < 400; ++round) {
        auto const middle = 30 + static_cast<std::int64_t>(random.below(40));
        venue.level(BookSide::bid, cents(middle - 1), Shares{});
        venue.level(
            BookSide::ask,
            cents(middle + 1),
            Shares::from_micros(10'000) * static_cast<std::int64_t>(random.below(5'000))
        );
        auto const& who = traders[random.below(3)];
        auto const tif = std::array{
            TimeInForce::fok, TimeInForce::fak, TimeInForce::gtc, TimeInForce::gtc
        }[random.below(4)];
        auto const outcome = random.chance(0.5) ? Outcome::up : Outcome::down;
        auto const side = random.chance(0.7) ? Side::buy : Side::sell;
        auto const size =
            Shares::from_micros(10'000) * (500 + static_cast<std::int64_t>(random.below(2'000)));
        venue.post(
            who,
            venue.order(
                side,
                cents(middle - 3 + static_cast<std::int64_t>(random.below(7))),
                size,
                tif,
                outcome
            )
        );
        venue.exchange.noise_order(
            venue.market->market.condition,
            random.chance(0.5) ? Side::buy : Side::sell,
            cents(middle),
            size,
            venue.now
        );
        venue.advance(Millis{300});
        auto const audit = venue.exchange.audit();
        INFO("round " << round);
        REQUIRE(audit.defects == std::vector<std::string>{});
    }
    venue.market->phase = Phase::resolved;
    venue.market->winner = Outcome::down;
    venue.exchange.resolve(venue.market->market.condition, Outcome::down, venue.now);
    venue.advance(Seconds{60});

    auto trades = std::size_t{0};
    for (auto const& who : traders) {
        auto const& statement = venue.exchange.accounts().statement(who.account);
        CHECK(statement.back().cash_after == venue.cash(who));
        trades += venue.exchange.trades(who.key.key).size();
    }
    CHECK(trades > 100);
    CHECK(venue.exchange.audit().collateral == Usdc{});
    CHECK(balances(venue.exchange));
}

} // namespace polyquant::sandbox
