#include "engine/app/signal_command.hpp"
#include "engine/signal/signal_actor.hpp"
#include "engine/signal/signal_store.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace polyquant;
using namespace polyquant::signal;

namespace {

constexpr Window window{utc_from_seconds(1'776'081'600)};

std::string text_of(std::filesystem::path const& file) {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::size_t lines_in(std::string const& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

int recompute(std::filesystem::path const& csv) {
    auto const script = std::string{PQ_SOURCE_DIR} + "/tests/engine/signal/recompute_signals.py";
    auto const command = "python3 " + script + " " + csv.string();
    return std::system(command.c_str());
}

SignalRow row_at(Asset asset) {
    SignalRow row;
    row.slug = updown_slug(asset, window);
    row.asset = asset;
    row.window = window;
    row.at = window.start + Seconds{2};
    row.listed = true;
    row.ensemble = 0.6;
    row.fee = crypto_fee();
    row.up = {Level{cents(49), shares(100)}, Level{cents(50), shares(100)}};
    row.bankroll_before = usd(1'000);
    return row;
}

WindowSettled settled(Asset asset, std::optional<Outcome> winner) {
    WindowSettled fact;
    fact.slug = updown_slug(asset, window);
    fact.window = window;
    fact.winner = winner;
    fact.strike = UsdPrice::from_e8(100 * UsdPrice::scale);
    fact.final_price = UsdPrice::from_e8((winner == Outcome::up ? 101 : 99) * UsdPrice::scale);
    return fact;
}

} // namespace

TEST_CASE("A Kelly bet is a quarter of Kelly's, capped and in whole cents", "[signal]") {
    SignalParams const params;

    auto const bet = bet_at(params, usd(1'000), 0.55, cents(50), crypto_fee());
    CHECK(bet.kelly == Approx(0.025));
    CHECK(bet.bet == usd(25));
    CHECK(bet.shares == shares(50));
    CHECK(bet.cost == usd(25));
    CHECK(to_string(bet.fee) == "0.875");

    CHECK(bet_at(params, usd(1'000), 0.9, cents(50), no_fee()).bet == usd(50));
    CHECK(bet_at(params, usd(1'000), 0.52, cents(50), no_fee()).bet == Usdc{});
    CHECK(bet_at(params, usd(15), 0.56, cents(50), no_fee()).bet == Usdc{});
    CHECK(bet_at(params, usd(20), 0.56, cents(50), no_fee()).bet == usd_cents(60));
}

TEST_CASE("A settled row has its profit, and the bankroll follows", "[signal]") {
    auto row = row_at(Asset::btc);
    row.bet = bet_at({}, usd(1'000), 0.6, cents(50), crypto_fee());
    row.bets = true;
    auto lost = row;

    settle(row, settled(Asset::btc, Outcome::up), usd(1'000));
    settle(lost, settled(Asset::btc, Outcome::down), usd(1'000));

    CHECK(row.pnl == usd(100) - usd(50) - row.bet.fee);
    CHECK(row.bankroll_after == usd(1'000) + row.pnl);
    CHECK(lost.pnl == -usd(50) - lost.bet.fee);
}

TEST_CASE("A price that was not captured stays empty in a settled row", "[signal]") {
    auto row = row_at(Asset::btc);
    auto fact = settled(Asset::btc, Outcome::up);
    fact.final_price = {};

    settle(row, fact, usd(1'000));

    CHECK(row.outcome == Outcome::up);
    CHECK(row.strike == fact.strike);
    CHECK_FALSE(row.exit_price);
}

TEST_CASE("The store keeps one row an id and exports them in order", "[signal][store]") {
    runtime::testing::ScratchFolder folder;
    auto const file = folder / "s.sqlite";
    auto store = SignalStore::open(file).value();
    auto row = row_at(Asset::xrp);
    store.put(row).value();
    store.put(row_at(Asset::btc)).value();
    settle(row, settled(Asset::xrp, Outcome::up), usd(1'000));
    store.put(row).value();

    CHECK(store.rows().value() == 2);
    store.export_csv(folder / "s.csv").value();
    auto const text = text_of(folder / "s.csv");
    CHECK(lines_in(text) == 3);
    CHECK(text.find("btc-updown") < text.find("xrp-updown"));
    CHECK(SignalStore::open(file).value().rows().value() == 2);

    std::ofstream{folder / "other.sqlite"} << "no database";
    CHECK(SignalStore::open(folder / "other.sqlite").error().fault == Fault::storage);
}

TEST_CASE("A window without a market still gets its row and its outcome", "[signal][actor]") {
    runtime::testing::SimWorld sim;
    std::vector<SignalRow> rows;
    models::Signal signal;
    signal.usable = true;
    signal.up = 0.4;
    SignalActor actor{
        sim.clock,
        {Asset::eth},
        {},
        {.on_row = [&](SignalRow const& row) { rows.push_back(row); },
         .baseline =
             [&](Asset) {
                 signal.window = window_at(sim.clock.utc_now());
                 return &signal;
             }}
    };
    auto const tick = [&](std::int64_t usd_price) {
        auto const now = sim.clock.utc_now();
        actor.on(PriceTick{
            {now, now, 0},
            Asset::eth,
            PriceSource::chainlink_spot,
            {},
            UsdPrice::from_e8(usd_price * UsdPrice::scale)
        });
    };

    sim.spawn(actor.run());
    tick(2'000);
    sim.run_for(Seconds{300});
    tick(1'990);
    sim.run_for(Seconds{60});

    REQUIRE(rows.size() >= 2);
    CHECK(rows.front().direction == Outcome::down);
    CHECK(rows.front().why == Reason::no_market);
    CHECK_FALSE(rows.front().resolved);
    CHECK(actor.counts().resolved == 1);
    auto const done = std::ranges::find_if(rows, &SignalRow::resolved);
    REQUIRE(done != rows.end());
    CHECK(done->outcome == Outcome::down);
    CHECK(done->slug == updown_slug(Asset::eth, window));
}

TEST_CASE("A recorded run's rows are complete and recompute independently", "[signal][replay]") {
    runtime::testing::ScratchFolder folder;
    std::ostringstream out;
    std::ostringstream err;

    auto const code = app::run_signal(
        {"-c",
         std::string{PQ_SOURCE_DIR} + "/config/sample.toml",
         "--dir",
         (folder / "run").string()},
        out,
        err
    );

    INFO(out.str() << err.str());
    REQUIRE(code == 0);
    auto const csv = folder / "run" / "signals.csv";
    CHECK(lines_in(text_of(csv)) > 40);
    CHECK(recompute(csv) == 0);
}
