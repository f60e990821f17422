#include "connectors/polymarket/parse/listing.hpp"
#include "connectors/sandbox/public/gamma.hpp"
#include "tests/connectors/sandbox/public/public_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::sandbox;
using namespace polyquant::sandbox::testing;
using polymarket::Listing;

namespace {

struct Fixture : PublicWorld {
    net::server::Router router{gamma_router(stage)};

    std::vector<Listing> listings(std::string const& target) {
        auto const reply = get(router, target);
        INFO(target << " -> " << reply.body.substr(0, 300));
        REQUIRE(reply.status == 200);
        return polymarket::parse_listings(reply.body, world.markets().contracts().ctf_collateral)
            .value();
    }

    Window current() const { return window_at(clock.utc_now()); }
};

} // namespace

TEST_CASE("Gamma tells of a running window all the engine needs to trade it", "[sandbox][gamma]") {
    Fixture f;
    for (auto const asset : all_assets) {
        auto const slug = updown_slug(asset, f.current());

        auto const by_path = f.listings("/events/slug/" + slug);
        auto const by_query = f.listings("/events?slug=" + slug);
        auto const as_market = f.listings("/markets/slug/" + slug);

        REQUIRE(by_path.size() == 1);
        CHECK(by_path[0].refusal.empty());
        CHECK(by_path[0].accepts_orders);
        CHECK_FALSE(by_path[0].price_to_beat.has_value());
        auto const& m = by_path[0].market;
        auto const& expected = f.updown(asset, f.current()).market;
        CHECK(m.condition == expected.condition);
        CHECK(m.up == expected.up);
        CHECK(m.down == expected.down);
        CHECK(m.window == f.current());
        CHECK(m.rule == twap_rule(Seconds{60}));
        CHECK(m.fee == crypto_fee());
        CHECK(m.tick == expected.tick);
        CHECK(by_query.at(0).market == m);
        CHECK(as_market.at(0).market == m);
    }
}

TEST_CASE("Gamma answers a slug that does not exist as the venue does", "[sandbox][gamma]") {
    Fixture f;

    CHECK(f.get(f.router, "/events/slug/nothing").status == 404);
    CHECK(f.get(f.router, "/events?slug=nothing").body == "[]");
}

TEST_CASE(
    "Gamma holds the tokens of a fresh listing back until it is hydrated", "[sandbox][gamma]"
) {
    Fixture f;
    f.pass(Seconds{291}); // a new window was listed a second ago
    auto newest = f.current();
    while (f.world.markets().find_slug(updown_slug(Asset::btc, next_window(newest))))
        newest = next_window(newest);
    REQUIRE(f.updown(Asset::btc, newest).phase == Phase::listed);

    auto const fresh = f.listings("/events/slug/" + updown_slug(Asset::btc, newest)).at(0);
    f.pass(Seconds{30});
    auto const later = f.listings("/events/slug/" + updown_slug(Asset::btc, newest)).at(0);

    CHECK_FALSE(fresh.refusal.empty());
    CHECK_FALSE(fresh.accepts_orders);
    CHECK(later.refusal.empty());
    CHECK(later.accepts_orders);
}

TEST_CASE(
    "Gamma publishes the strike minutes after the end and the winner after that", "[sandbox][gamma]"
) {
    Fixture f;
    auto const window = f.current();
    auto const slug = updown_slug(Asset::eth, window);
    f.pass_until(window.end() + Seconds{10});
    auto const just_ended = f.listings("/events/slug/" + slug).at(0);
    f.pass_until(window.end() + Seconds{121});
    auto const later = f.listings("/events/slug/" + slug).at(0);
    f.pass(Seconds{10});
    auto const& market = f.updown(Asset::eth, window);

    CHECK_FALSE(just_ended.closed);
    CHECK(just_ended.accepts_orders); // flags lag: the clock decides
    CHECK_FALSE(just_ended.price_to_beat.has_value());
    CHECK(later.price_to_beat == market.strike);
    auto const resolved = f.listings("/events/slug/" + slug).at(0);
    CHECK(resolved.closed);
    CHECK(resolved.resolved);
    CHECK(resolved.winner == market.winner);
    CHECK(resolved.final_price == market.final_price);
    CHECK((*market.final_price >= *market.strike) == (market.winner == Outcome::up));
}

TEST_CASE("Gamma's pages hold everything once, whatever their size", "[sandbox][gamma]") {
    Fixture f;
    auto const limit = GENERATE(1, 7, 100);
    std::set<std::string> slugs;
    std::size_t rows = 0;
    std::string cursor;
    do {
        auto target = "/markets/keyset?closed=false&order=endDate&limit=" + std::to_string(limit);
        if (!cursor.empty()) target += "&after_cursor=" + cursor;
        auto const body = f.get(f.router, target).body;
        auto const page =
            polymarket::parse_listings(body, f.world.markets().contracts().ctf_collateral).value();
        REQUIRE(page.size() <= static_cast<std::size_t>(limit));
        rows += page.size();
        for (auto const& listing : page)
            slugs.insert(listing.market.slug);
        cursor = polymarket::parse_next_cursor(body);
    } while (!cursor.empty());

    CHECK(rows == slugs.size());
    CHECK(rows == f.world.markets().all().size());
}

TEST_CASE("Gamma selects by end date, condition and tag", "[sandbox][gamma]") {
    Fixture f;
    auto const window = f.current();
    auto const end = format_utc(window.end());
    auto const& btc = f.updown(Asset::btc, window).market;

    auto const ending = f.listings(
        "/events?tag_slug=up-or-down&closed=false&end_date_min=" + end + "&end_date_max=" + end
    );
    auto const one = f.listings("/markets?condition_ids=" + to_string(btc.condition));
    auto const other = f.listings("/events?tag_slug=politics&limit=100");

    CHECK(ending.size() == all_assets.size());
    REQUIRE(one.size() == 1);
    CHECK(one[0].market.condition == btc.condition);
    for (auto const& listing : other)
        CHECK_FALSE(listing.market.asset.has_value());
    CHECK(f.get(f.router, "/events?end_date_min=yesterday").status == 422);
}

TEST_CASE(
    "Gamma lists markets of other kinds that parse or are refused for a reason", "[sandbox][gamma]"
) {
    Fixture f;
    auto const all = f.listings("/markets?closed=false&limit=100");

    auto refused = 0;
    auto other = 0;
    for (auto const& listing : all) {
        if (listing.market.asset) continue;
        ++other;
        if (!listing.refusal.empty()) ++refused;
    }

    CHECK(other >= 10);
    CHECK(refused < other);
}
