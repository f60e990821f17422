#include "engine/app/quote_recordings.hpp"

#include "connectors/tape/feed.hpp"
#include "engine/market/market_board.hpp"
#include "models/window/bar_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

namespace polyquant::app {

namespace {

using namespace models::window;
using backtest::QuoteObservation;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Seconds book_age_max{10};
constexpr Millis tick_age_max{3'000};
constexpr double tail_degrees = 5;

// Bars of one coin with what was known at each minute's end.
class Fairness {
public:
    explicit Fairness(AssetBars const& bars)
        : bars_{bars}, model_{VolatilityModel::unfitted()},
          shape_{TailShape::student_t(tail_degrees).value()} {
        for (auto const asset : all_assets)
            states_.emplace_back(model_.profile), next_[index_of(asset)] = 0;
    }

    // The close at `t` of a bar that ended there.
    std::optional<double> price_at(Asset asset, UtcTime t) const {
        auto const& own = bars_[index_of(asset)];
        auto const it = std::partition_point(own.begin(), own.end(), [&](Bar const& bar) {
            return bar.close_time() < t;
        });
        if (it == own.end() || it->close_time() != t) return std::nullopt;
        return it->close;
    }

    std::optional<double> log_odds(Asset asset, Window window, UtcTime now, double spot) {
        auto const strike = price_at(asset, window.start);
        if (!strike) return std::nullopt;
        auto& state = states_[index_of(asset)];
        auto& next = next_[index_of(asset)];
        auto const& own = bars_[index_of(asset)];
        while (next < own.size() && own[next].close_time() <= now)
            state.on_bar(own[next++]);
        if (state.bars_seen() < 60) return std::nullopt;
        auto const left = std::chrono::duration<double>(window.end() - now).count();
        auto const sigma = model_.sigma(state, now, left);
        auto const up = up_probability(
            {.strike = *strike, .spot = spot, .seconds_left = left}, {.sigma = sigma}, shape_
        );
        auto const odds = std::log(up) - std::log1p(-up);
        if (!std::isfinite(odds)) return std::nullopt;
        return odds;
    }

private:
    AssetBars const& bars_;
    VolatilityModel model_;
    TailShape shape_;
    std::vector<VolatilityState> states_;
    std::array<std::size_t, asset_count> next_{};
};

QuoteObservation look(BookView const& book, Window window, UtcTime now) {
    QuoteObservation o;
    o.window_start = window.start;
    o.seconds_left = std::chrono::duration<double>(window.end() - now).count();
    auto const quote = book.quote();
    o.bid = quote.bid ? to_double(quote.bid->price) : nan;
    o.ask = quote.ask ? to_double(quote.ask->price) : nan;
    if (quote.bid) {
        auto const low = std::max(quote.bid->price.micros() - 30'000, std::int64_t{0});
        o.bid_size = to_double(quote.bid->size);
        o.bid_depth = to_double(book.size_within(BookSide::bid, Price::from_micros(low)));
    }
    if (quote.ask) {
        auto const high = std::min(quote.ask->price.micros() + 30'000, std::int64_t{1'000'000});
        o.ask_size = to_double(quote.ask->size);
        o.ask_depth = to_double(book.size_within(BookSide::ask, Price::from_micros(high)));
    }
    return o;
}

} // namespace

Result<std::vector<QuoteObservation>>
observe_quotes(std::vector<std::filesystem::path> const& tapes, AssetBars const& bars) {
    std::vector<tape::TapeSource> sources;
    for (auto const& path : tapes)
        sources.push_back({path, {}, {}});
    auto feed = tape::TapeFeed::open(sources);
    if (!feed) return feed.error();
    market::MarketBoard board;
    Fairness fairness{bars};
    std::vector<QuoteObservation> found;
    std::map<ConditionId, std::optional<Outcome>> resolved;
    std::map<std::pair<UtcTime, Asset>, ConditionId> listed;
    std::vector<std::pair<std::size_t, Asset>> origin; // of each observation
    std::int64_t second = std::numeric_limits<std::int64_t>::min();
    while (auto const* event = feed->next()) {
        auto const now = stamp_of(*event).received_at;
        if (unix_seconds(now) > second) {
            if (second != std::numeric_limits<std::int64_t>::min()) {
                // What stood at the whole second just passed.
                auto const at = utc_from_seconds(unix_seconds(now));
                for (auto const asset : all_assets) {
                    auto const window = window_at(at - Nanos{1});
                    auto const view = board.view(asset, window, at);
                    if (view.market == nullptr || !view.up || !view.up->is_live()) continue;
                    if (at - view.up->updated_at() > book_age_max) continue;
                    auto o = look(*view.up, window, at);
                    auto spot = fairness.price_at(asset, at);
                    if (view.spot && view.spot->source != PriceSource::binance_bar &&
                        at - view.spot->at <= tick_age_max)
                        spot = to_double(view.spot->price);
                    if (spot && at < window.end())
                        o.fair_log_odds = fairness.log_odds(asset, window, at, *spot);
                    origin.emplace_back(found.size(), asset);
                    found.push_back(o);
                }
            }
            second = unix_seconds(now);
        }
        if (auto const* listing = std::get_if<MarketListed>(event);
            listing && listing->market.asset)
            listed[{listing->market.window.start, *listing->market.asset}] =
                listing->market.condition;
        if (auto const* result = std::get_if<MarketResolved>(event))
            resolved[result->market] = result->winner;
        board.on(*event);
    }
    for (auto const& [index, asset] : origin) {
        auto& o = found[index];
        auto const market = listed.find({o.window_start, asset});
        auto const official =
            market == listed.end() ? resolved.end() : resolved.find(market->second);
        if (official != resolved.end() && official->second) {
            o.up_won = *official->second == Outcome::up;
            continue;
        }
        auto const strike = fairness.price_at(asset, o.window_start);
        auto const last = fairness.price_at(asset, o.window_start + Seconds{300});
        if (strike && last) o.up_won = *last >= *strike;
    }
    return found;
}

Result<backtest::QuoteTrace> read_quote_trace(std::filesystem::path const& file) {
    auto const text = read_text_file(file);
    if (!text) return text.error();
    backtest::QuoteTrace trace;
    auto const number = [](std::string_view s) {
        s.remove_prefix(std::min(s.find_first_not_of(" \t"), s.size()));
        double value = nan;
        std::from_chars(s.data(), s.data() + s.size(), value);
        return value;
    };
    std::string_view rest = *text;
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto const line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        auto const after = [&](std::string_view key) -> std::optional<double> {
            auto const at = line.find(key);
            if (at == std::string_view::npos) return std::nullopt;
            return number(line.substr(at + key.size()));
        };
        if (auto const start = after("market_start_ts:"))
            trace.window_start = utc_from_seconds(static_cast<std::int64_t>(*start));
        if (auto const strike = after("price_to_beat:")) trace.strike = *strike;
        auto const spot = after("btc=");
        if (!spot || line.find("c/") != std::string_view::npos) continue;
        auto const up = line.find(" UP ");
        auto const down = line.find(" DOWN ");
        if (up == std::string_view::npos && down == std::string_view::npos) continue;
        auto const quote = up != std::string_view::npos ? number(line.substr(up + 4))
                                                        : number(line.substr(down + 6));
        // Half a cent below what it costs: the usual spread is one cent.
        auto const mid = quote / 100 - 0.005;
        trace.seconds.push_back({number(line), up != std::string_view::npos ? mid : 1 - mid, *spot}
        );
    }
    if (trace.seconds.empty() || !(trace.strike > 0))
        return Failure{
            Fault::parse, file.string(), "holds no price_to_beat or no second with btc="
        };
    return trace;
}

} // namespace polyquant::app
