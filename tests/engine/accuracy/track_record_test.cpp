#include "engine/accuracy/track_record.hpp"
#include "engine/execution/portfolio.hpp"
#include "engine/ledger/ledger.hpp"
#include "models/validation/random.hpp"
#include "tests/engine/accuracy/fact_maker.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::accuracy;
using namespace polyquant::accuracy::testing;

namespace {

constexpr int windows_a_day = 288;

config::LearningParams learning() {
    config::LearningParams params;
    params.verdict_bets_min = 20;
    return params;
}

TrackRecord fresh_record() {
    return {{Asset::btc}, {}, learning()};
}

// A day of UP at 0.60 that wins this often, promised 0.75.
void play_day(FactMaker& maker, TrackRecord& record, double true_share) {
    models::validation::SeededRandom random{9};
    for (int n = 0; n < windows_a_day; ++n) {
        maker.forecast(n, 0.75, cents(60));
        maker.settle(n, Asset::btc, random.uniform() < true_share ? Outcome::up : Outcome::down);
        maker.judge(record);
    }
    maker.at = utc_from_seconds(first_start + 86'400 + 900);
}

} // namespace

TEST_CASE("TrackRecord gives one verdict a coin once the day is settled", "[accuracy][verdict]") {
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
    };
    play_day(maker, record, 0.75);

    auto const due = maker.judge(record);

    REQUIRE(due.size() == 1);
    auto const& verdict = std::get<DailyVerdict>(due[0]);
    CHECK(verdict.trade);
    CHECK_FALSE(verdict.by_trades);
    CHECK(verdict.bets == windows_a_day);
    CHECK(verdict.to == utc_from_seconds(first_start + 86'400));
    CHECK(verdict.promised == Approx(0.75 - 0.60 - 0.07 * 0.6 * 0.4));
    CHECK(verdict.edge == Approx(0.13).margin(0.06));
    CHECK(*verdict.low > 0);
    CHECK(maker.judge(record).empty());
    CHECK(record.newest_verdict(Asset::btc)->text == verdict.text);
}

TEST_CASE("TrackRecord does not trade on an edge that is not there", "[accuracy][verdict]") {
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
    };
    play_day(maker, record, 0.60);

    auto const due = maker.judge(record);

    REQUIRE(due.size() == 1);
    CHECK_FALSE(std::get<DailyVerdict>(due[0]).trade);
    CHECK(std::get<DailyVerdict>(due[0]).text.find("not shown") != std::string::npos);
}

TEST_CASE("TrackRecord wants enough bets before it says trade", "[accuracy][verdict]") {
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
    };
    for (int n = 0; n < 19; ++n) {
        maker.forecast(n, 0.75, cents(60));
        maker.settle(n, Asset::btc, Outcome::up);
    }

    auto const verdict = record.verdict(Asset::btc, maker.at);

    CHECK(verdict.would_be.bets == 19);
    CHECK(verdict.would_be.edge > 0.3);
    CHECK_FALSE(verdict.trade);
}

TEST_CASE("TrackRecord lets own fills decide where there are enough", "[accuracy][verdict]") {
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
    };
    maker.epoch(1);
    for (int n = 0; n < 40; ++n) {
        maker.forecast(n, 0.75, cents(60));
        maker.bet(n + 1, n, 0.95, n % 2 == 0);
        maker.judge(record);
    }

    auto const verdict = record.verdict(Asset::btc, maker.at);

    CHECK(verdict.by_trades);
    CHECK(verdict.own.bets == 40);
    // 5 shares for 4.50 and 0.03 of fee, half of them won.
    CHECK(verdict.own.edge == Approx(0.5 - 0.906));
    CHECK_FALSE(verdict.trade);
}

TEST_CASE("QuoteRecord learns what asks were worth and unlearns corrections", "[accuracy]") {
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
    };
    maker.forecast(0, 0.5, cents(60));
    maker.settle(0, Asset::btc, Outcome::up);
    auto const& table = record.quotes().table();
    auto const after_win = table.win_probability(0.60, 60);

    maker.settle(0, Asset::btc, Outcome::down);
    auto const after_loss = table.win_probability(0.60, 60);
    maker.settle(0, Asset::btc, std::nullopt);
    auto const after_split = table.win_probability(0.60, 60);

    CHECK(after_win > 0.60);
    CHECK(after_loss < 0.60);
    CHECK(after_split == Approx(0.60));
    CHECK(record.quotes().learned() == 0);
}

TEST_CASE("QuoteRecord joins an outcome that came before its forecast", "[accuracy]") {
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
    };
    WindowSettled settled;
    settled.market = market_id(Asset::btc, 0);
    settled.window = window_number(0);
    settled.winner = Outcome::up;
    maker.at = window_number(0).end();
    maker.add(settled);

    maker.forecast(0, 0.5, cents(60));

    CHECK(record.quotes().windows().size() == 1);
}

TEST_CASE("TrackRecord read from a ledger is the one that was running", "[accuracy][ledger]") {
    runtime::testing::ScratchFolder folder;
    auto ledger = ledger::Ledger::open(folder / "ledger.sqlite").value();
    auto record = fresh_record();
    FactMaker maker;
    maker.hear = [&](Fact const& fact) {
        record.on(fact);
        REQUIRE(ledger.apply(fact));
    };
    maker.epoch(7);
    maker.add(CapitalMoved{strategy, usd(500), ""});
    for (int n = 0; n < 40; ++n) {
        maker.forecast(n, 0.75, cents(60));
        maker.bet(n + 1, n, 0.95, n % 2 == 0);
        maker.judge(record);
    }
    maker.at = utc_from_seconds(first_start + 86'400 + 900);
    maker.judge(record);

    auto again = fresh_record();
    execution::Portfolio portfolio;
    REQUIRE(ledger.for_each_fact(1, [&](Fact const& fact) -> Result<void> {
        again.on(fact);
        portfolio.apply(fact);
        return {};
    }));

    CHECK(again.calibration().view(strategy).state == CalibrationState::stopped);
    CHECK(
        again.calibration().view(strategy).evidence == record.calibration().view(strategy).evidence
    );
    CHECK(portfolio.find(strategy)->calibration.all == CalibrationState::stopped);
    CHECK(again.newest_verdict(Asset::btc)->text == record.newest_verdict(Asset::btc)->text);
    CHECK(again.quotes().table().print() == record.quotes().table().print());
    CHECK(again.due(maker.at).empty());
}
