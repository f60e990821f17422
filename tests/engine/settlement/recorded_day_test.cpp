// One recorded day of the oracle's ticks and the official outcomes of its markets. The recording
// has no licence to ship, so this runs only where it lies beside the repository.
#include "engine/settlement/window_settler.hpp"
#include "tests/support/catch.hpp"

#include <charconv>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>

using namespace polyquant;
using namespace polyquant::settlement;

namespace {

struct ClosePipe {
    void operator()(std::FILE* pipe) const { ::pclose(pipe); }
};

std::vector<std::string> lines_of(std::filesystem::path const& gz) {
    std::unique_ptr<std::FILE, ClosePipe> pipe{
        ::popen(("gzip -dc '" + gz.string() + "'").c_str(), "r")
    };
    std::vector<std::string> lines{""};
    char buffer[65536];
    while (std::fgets(buffer, sizeof buffer, pipe.get())) {
        lines.back() += buffer;
        if (lines.back().ends_with('\n')) lines.emplace_back();
    }
    lines.pop_back();
    return lines;
}

// The text after `"key":`, up to the next of `stops`.
std::string_view value_of(std::string_view json, std::string_view key, std::string_view stops) {
    auto const mark = "\"" + std::string{key} + "\":";
    auto const at = json.find(mark);
    if (at == std::string_view::npos) return {};
    auto const rest = json.substr(at + mark.size());
    return rest.substr(0, rest.find_first_of(stops));
}

std::string_view unquoted(std::string_view text) {
    while (!text.empty() && (text.front() == '"' || text.front() == '['))
        text.remove_prefix(1);
    return text.substr(0, text.find('"'));
}

template <class T>
T number(std::string_view text) {
    T value{};
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// An 18-decimal integer as the oracle prints it.
UsdPrice from_e18(std::string_view digits) {
    if (digits.size() <= 10) return {};
    return UsdPrice::from_e8(number<std::int64_t>(digits.substr(0, digits.size() - 10)));
}

struct Recorded {
    Market market;
    UsdPrice strike;
    std::optional<Outcome> winner;
};

std::optional<Recorded> read_market(std::string const& line) {
    Recorded r;
    auto const start = number<std::int64_t>(value_of(line, "start_sec", ",}"));
    auto const slug = parse_updown_slug(unquoted(value_of(line, "slug", ",")));
    auto const id = parse_condition_id(unquoted(value_of(line, "condition_id", ",")));
    if (!slug || !id || unix_seconds(slug->window.start) != start) return std::nullopt;
    r.market.slug = updown_slug(slug->asset, slug->window);
    r.market.condition = *id;
    r.market.asset = slug->asset;
    r.market.window = slug->window;
    auto const tokens = value_of(line, "token_ids", "]");
    auto const comma = tokens.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    auto const up = parse_token_id(unquoted(tokens.substr(0, comma)));
    auto const down = parse_token_id(unquoted(tokens.substr(comma + 1)));
    if (!up || !down) return std::nullopt;
    r.market.up = *up;
    r.market.down = *down;
    r.strike = from_e18(unquoted(value_of(line, "strike_value", ",}")));
    auto const prices = value_of(line, "outcome_prices", "]");
    if (prices == "[\"1\",\"0\"") r.winner = Outcome::up;
    if (prices == "[\"0\",\"1\"") r.winner = Outcome::down;
    return r;
}

} // namespace

TEST_CASE("Settler reproduces the official outcomes of a recorded day", "[settlement][recorded]") {
    std::filesystem::path const folder =
        PQ_SOURCE_DIR "/../shared/data/polymarket-btc5m-chainlink-markets";
    if (!std::filesystem::exists(folder)) {
        std::cout << "skipped: no recorded oracle ticks at " << folder << "\n";
        return;
    }
    std::vector<Recorded> markets;
    for (auto const& line : lines_of(folder / "BTC-5m-markets-2026-06-08.jsonl.gz"))
        if (auto r = read_market(line)) markets.push_back(*r);
    REQUIRE(markets.size() > 280);

    market::MarketBoard board;
    WindowSettler settler{{}, board, [](ConditionId const&) {
                              return std::vector<Holding>{};
                          }};
    std::map<ConditionId, WindowSettled> ours;
    for (auto const& r : markets) {
        Event const event = MarketListed{Stamp{}, r.market};
        settler.on(event);
    }
    auto ticks = lines_of(folder / "BTCUSD-prices-2026-06-08.csv.gz");
    for (std::size_t n = 1; n < ticks.size(); ++n) {
        std::string_view const row = ticks[n];
        auto const first = row.find(',');
        auto const second = row.find(',', first + 1);
        auto const third = row.find(',', second + 1);
        auto const venue = utc_from_millis(number<std::int64_t>(row.substr(0, first)));
        auto const received = utc_from_millis(number<std::int64_t>(row.substr(row.rfind(',') + 1)));
        board.on(PriceTick{
            Stamp{venue, received, n},
            Asset::btc,
            PriceSource::chainlink_spot,
            Seconds{0},
            from_e18(row.substr(second + 1, third - second - 1))
        });
        for (auto const& fact : settler.due(received))
            if (auto const* settled = std::get_if<WindowSettled>(&fact))
                ours[settled->market] = *settled;
    }

    int strikes = 0, equal_strikes = 0, outcomes = 0, equal_outcomes = 0, resolved = 0;
    for (auto const& r : markets) {
        if (r.winner) ++resolved;
        auto const found = ours.find(r.market.condition);
        if (found == ours.end()) continue;
        if (r.strike.e8() > 0) {
            ++strikes;
            equal_strikes += found->second.strike == r.strike;
        }
        if (r.winner) {
            ++outcomes;
            equal_outcomes += found->second.winner == r.winner;
        }
    }
    std::cout << "recorded day: " << markets.size() << " markets, " << resolved
              << " resolved; settled " << ours.size() << "; strikes equal " << equal_strikes
              << " of " << strikes << ", outcomes equal " << equal_outcomes << " of " << outcomes
              << "\n";
    CHECK(strikes >= 270);
    CHECK(equal_strikes == strikes);
    CHECK(outcomes >= 270);
    CHECK(equal_outcomes == outcomes);
}
