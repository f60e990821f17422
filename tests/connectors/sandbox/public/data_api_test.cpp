#include "connectors/polymarket/parse/positions.hpp"
#include "connectors/sandbox/public/data_api.hpp"
#include "tests/connectors/sandbox/public/public_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::sandbox;
using namespace polyquant::sandbox::testing;

namespace {

constexpr auto wallet_text = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";

struct Fixture : PublicWorld {
    net::server::Router router{data_api_router(stage)};
    crypto::Address wallet = crypto::parse_address(wallet_text).value();

    // A purchase as the exchange books it.
    void bought(TokenId const& token, Shares size, Usdc paid) {
        auto& accounts = world.exchange().accounts();
        auto& account = accounts.of(wallet);
        account.tokens[token] += size;
        StatementEntry entry;
        entry.at = clock.utc_now();
        entry.kind = EntryKind::buy;
        entry.cash = -paid;
        entry.shares = size;
        entry.token = token;
        entry.price = Price::from_micros(paid.micros() * Price::scale / size.micros());
        entry.trade = {"trade"};
        accounts.record(account.id, entry);
    }

    polymarket::PositionsPage positions(std::string const& more = {}) {
        auto const reply = get(router, std::string{"/v2/positions?user="} + wallet_text + more);
        INFO(reply.body);
        REQUIRE(reply.status == 200);
        return polymarket::parse_positions(reply.body).value();
    }
};

} // namespace

TEST_CASE("The Data API tells what a wallet holds and what it cost", "[sandbox][data_api]") {
    Fixture f;
    auto const& market = f.updown(Asset::btc, window_at(f.clock.utc_now())).market;
    f.bought(market.up, shares(10), usd_cents(520));
    f.bought(market.up, shares(10), usd_cents(480));

    auto const page = f.positions();

    REQUIRE(page.rows.size() == 1);
    CHECK(page.rows[0].market == market.condition);
    CHECK(page.rows[0].token == market.up);
    CHECK(page.rows[0].size == shares(20));
    CHECK(page.rows[0].average_price == cents(50));
    CHECK(page.rows[0].outcome == "Up");
    CHECK(page.rows[0].status == "OPEN");
    CHECK(page.next_cursor.empty());
}

TEST_CASE(
    "The Data API marks the winning and the lost side of a resolved market", "[sandbox][data_api]"
) {
    Fixture f; // asked before the venue pays the winners by itself
    auto const window = window_at(f.clock.utc_now());
    auto const market = f.updown(Asset::btc, window).market;
    f.bought(market.up, shares(10), usd(5));
    f.bought(market.down, shares(7), usd(3));
    f.pass_until(window.end() + Seconds{91});
    auto const winner = f.updown(Asset::btc, window).winner.value();

    auto const rows = f.positions().rows;

    REQUIRE(rows.size() == 2);
    for (auto const& row : rows) {
        auto const won = row.token == market.token(winner);
        CHECK(row.status == (won ? "REDEEMABLE" : "REDEEMABLE_LOST"));
        CHECK(row.redeemable);
    }
    CHECK(f.positions("&status=REDEEMABLE").rows.size() == 1);
}

TEST_CASE("The Data API pages by cursor and refuses offsets", "[sandbox][data_api]") {
    Fixture f;
    auto const& market = f.updown(Asset::btc, window_at(f.clock.utc_now())).market;
    f.bought(market.up, shares(10), usd(5));
    f.bought(market.down, shares(10), usd(5));

    auto const first = f.positions("&limit=1");
    auto const second = f.positions("&limit=1&cursor=" + first.next_cursor);

    REQUIRE(first.rows.size() == 1);
    REQUIRE(second.rows.size() == 1);
    CHECK(first.rows[0].token != second.rows[0].token);
    CHECK(second.next_cursor.empty());
    CHECK(f.get(f.router, std::string{"/v2/positions?offset=1&user="} + wallet_text).status == 400);
    CHECK(f.get(f.router, "/v2/positions?user=me").status == 400);
}

TEST_CASE("The Data API knows nothing of a wallet that never came", "[sandbox][data_api]") {
    Fixture f;

    CHECK(f.positions().rows.empty());
    CHECK(
        f.get(f.router, std::string{"/v2/trades?user="} + wallet_text).body ==
        R"({"data":[],"pagination":{"next_cursor":null,"has_more":false}})"
    );
}
