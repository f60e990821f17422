#include "models/evaluation/market_evaluation.hpp"
#include "tests/support/catch.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::models::evaluation;

namespace {

constexpr std::int64_t start_s = 1'776'081'600; // 2026-04-13T12:00:00Z

class TempFile {
public:
    TempFile(std::string const& name, std::string const& text)
        : path_{
              std::filesystem::temp_directory_path() /
              ("polyquant-market-" + name + "-" + std::to_string(::getpid()))
          } {
        std::ofstream{path_} << text;
    }

    ~TempFile() { std::filesystem::remove(path_); }

    std::filesystem::path const& path() const { return path_; }

private:
    std::filesystem::path path_;
};

std::string const tob_heading = "recv_ms,exch_ms,slot_start_sec,asset_id,token_side_inferred,"
                                "best_bid,bid_size,best_ask,ask_size\n";
std::string const coverage_heading =
    "slot_start_sec,slug,asset_id,token_won_inferred,token_side_inferred\n";

// One window with a single moment at 60 s: the market says `ask` for Up, the model `promised`.
CoinEvaluation one_prediction(double promised) {
    CoinEvaluation coin;
    coin.test.window_start = {utc_from_seconds(start_s)};
    coin.test.seconds_left = {60};
    coin.test.day = {start_s / 86'400};
    coin.test.outcome = {1};
    for (auto& member : coin.test.up)
        member = {promised};
    return coin;
}

QuotedWindow quoted(double bid, double ask, double later_ask, bool up_won) {
    QuotedWindow window{.start = utc_from_seconds(start_s), .quotes = {}, .up_won = up_won};
    auto const decided = utc_from_seconds(start_s + 240);
    window.quotes = {
        {decided - 1s, bid, ask, 100, 100}, {decided + 300ms, bid, later_ask, 100, 100}
    };
    return window;
}

BettingResult bet_of(QuotedWindow const& window, double promised) {
    auto const study = study_recorded_books(one_prediction(promised), {{window.start, window}}, {});
    return study.comparisons.front().bets.front();
}

} // namespace

TEST_CASE("Rows of the Down token are read as prices of Up", "[models][evaluation]") {
    TempFile const tob{
        "tob.csv",
        tob_heading + "1776081700000,1,1776081600,7,Down,0.30,11,0.32,22\n"
                      "1776081700500,1,1776081600,7,Down,0.31,11,,\n"
    };
    TempFile const coverage{"coverage.csv", coverage_heading + "1776081600,s,7,1,Down\n"};

    auto const books = read_recorded_books(tob.path(), coverage.path()).value();

    auto const& window = books.at(utc_from_seconds(start_s));
    CHECK(window.up_won == false);
    auto const* first = window.at(utc_from_millis(1'776'081'700'100), 10s);
    REQUIRE(first);
    CHECK(first->bid == Approx(0.68));
    CHECK(first->ask == Approx(0.70));
    CHECK(first->ask_size == 11);
    auto const* second = window.at(utc_from_millis(1'776'081'700'600), 10s);
    CHECK(std::isnan(second->bid));
    CHECK(window.at(utc_from_millis(1'776'081'699'999), 10s) == nullptr);
    CHECK(window.at(utc_from_millis(1'776'081'720'000), 10s) == nullptr); // stale
    CHECK(read_recorded_books(coverage.path(), coverage.path()).has_error());
}

TEST_CASE("A filled bet pays the outcome less price and fee", "[models][evaluation]") {
    auto const won = bet_of(quoted(0.78, 0.80, 0.80, true), 0.9);
    auto const lost = bet_of(quoted(0.78, 0.80, 0.80, false), 0.9);

    auto const fee = 0.07 * 0.8 * 0.2;
    CHECK(won.pnl.count == 1);
    CHECK(won.pnl.mean == Approx(1 - 0.80 - fee));
    CHECK(lost.pnl.mean == Approx(-0.80 - fee));
}

TEST_CASE("The model buys Down when Up is too dear", "[models][evaluation]") {
    auto const bet = bet_of(quoted(0.60, 0.62, 0.62, false), 0.4);

    CHECK(bet.mean_price == Approx(0.40));
    CHECK(bet.pnl.mean == Approx(1 - 0.40 - 0.07 * 0.4 * 0.6));
}

TEST_CASE("A book that moved away during the delay kills the order", "[models][evaluation]") {
    auto const moved = bet_of(quoted(0.78, 0.80, 0.85, true), 0.9);
    auto const better = bet_of(quoted(0.70, 0.80, 0.75, true), 0.9);

    CHECK(moved.wanted == 1);
    CHECK(moved.pnl.count == 0);
    CHECK(better.mean_price == Approx(0.75));
}

TEST_CASE("An edge that the fee eats is not bet", "[models][evaluation]") {
    // 0.83 - 0.80 is above 0.02, but the fee takes 1.1 cents of it.
    CHECK(bet_of(quoted(0.78, 0.80, 0.80, true), 0.83).wanted == 0);
    CHECK(bet_of(quoted(0.78, 0.80, 0.80, true), 0.84).wanted == 1);
}

TEST_CASE("Ladder windows are read with their empty sides", "[models][evaluation]") {
    TempFile const file{
        "ladder.jsonl",
        R"({"window_ts": 1785106200, "open_px": 65477.0, "samples": [{"offset": 20, "t": -19.8, )"
        R"("spot": 65426.01, "up": {"ask": 0.01, "bid": null, "vwap5": 0.01}, )"
        R"("down": {"ask": null, "bid": 0.99, "vwap5": null}}], "winner": "DOWN"})"
        "\n"
    };
    TempFile const broken{"broken.jsonl", "{\"window_ts\": 1}\n"};

    auto const ladders = read_ladders(file.path()).value();

    REQUIRE(ladders.size() == 1);
    CHECK_FALSE(ladders[0].up_won);
    REQUIRE(ladders[0].samples.size() == 1);
    CHECK(ladders[0].samples[0].seconds_left == Approx(19.8));
    CHECK(std::isnan(ladders[0].samples[0].quote.bid));
    CHECK(std::isnan(ladders[0].samples[0].down_ask_5));
    CHECK(read_ladders(broken.path()).error().where.ends_with(":1"));
}

TEST_CASE(
    "A late recorder's clock shows in samples taken after the close", "[models][evaluation]"
) {
    std::vector<LadderWindow> ladders;
    for (int i = 0; i < 10; ++i) {
        LadderWindow window{
            .start = utc_from_seconds(start_s + 300 * i),
            .open_price = 100,
            .samples = {},
            .up_won = true
        };
        window.samples.push_back({.seconds_left = 60.3, .spot = i < 8 ? 101.0 : 99.0, .quote = {}});
        window.samples.push_back({.seconds_left = 19.8, .spot = 101, .quote = {}});
        window.samples.push_back({.seconds_left = 9.7, .spot = i < 5 ? 101.0 : 99.0, .quote = {}});
        ladders.push_back(window);
    }

    auto const checks = check_ladder_clock(ladders);

    REQUIRE(checks.size() == 3);
    CHECK(checks[0].label_seconds == 60);
    CHECK(checks[0].agreement == Approx(0.8));
    CHECK(checks[1].agreement == Approx(1));
    CHECK(checks[2].agreement == Approx(0.5));
}

TEST_CASE("A model is judged against the mid and against both asks", "[models][evaluation]") {
    auto const window = quoted(0.84, 0.90, 0.90, true);

    auto const study = study_recorded_books(one_prediction(0.9), {{window.start, window}}, {});

    auto const& line = study.comparisons.front();
    // Up asks 0.90 and Down 1 - 0.84; Up won.
    CHECK(line.ask_brier == Approx(0.5 * (0.10 * 0.10 + 0.16 * 0.16)));
    CHECK(line.ask_advantage.mean == Approx(line.ask_brier - 0.10 * 0.10));
    CHECK(line.advantage.mean == Approx(0.13 * 0.13 - 0.10 * 0.10));
}

TEST_CASE("Favourites are told beside what the market said of them", "[models][evaluation]") {
    auto const window = quoted(0.04, 0.10, 0.10, false);

    auto const inside = study_recorded_books(one_prediction(0.1), {{window.start, window}}, {});
    auto const outside = study_recorded_books(one_prediction(0.2), {{window.start, window}}, {});

    auto const& told = inside.comparisons.front().favourites;
    CHECK(told.moments == 1);
    CHECK(told.promised == Approx(0.9)); // of Down
    CHECK(told.mid == Approx(0.93));
    CHECK(told.won == 1);
    CHECK(told.advantage.mean == Approx(0.07 * 0.07 - 0.1 * 0.1));
    CHECK(outside.comparisons.front().favourites.moments == 0);
}
