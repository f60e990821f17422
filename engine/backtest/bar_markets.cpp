#include "engine/backtest/bar_markets.hpp"

#include "engine/backtest/minute_path.hpp"
#include "models/fingerprint.hpp"
#include "models/trainer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::backtest {

namespace {

using namespace models::window;

constexpr int window_seconds = 300;
constexpr int bars_in_window = 5;
constexpr std::size_t bars_before_min = 60; // for a volatility
constexpr Millis quote_offset{250};
constexpr double tail_degrees = 5; // as the live window model
constexpr double log_odds_reach = 8;

enum Purpose : std::uint64_t { purpose_path, purpose_quotes, purpose_toy };

// The coin over one window, second by second, with the minute before its start.
class Path {
public:
    explicit Path(std::array<double, 61> const& minute_before) { add(minute_before, -60); }

    void add(std::array<double, 61> const& minute, int from) {
        for (int s = 0; s <= 60; ++s)
            seconds_[static_cast<std::size_t>(from + s + 60)] = minute[static_cast<std::size_t>(s)];
    }

    // Seconds since the window's start, from -60 to 300; straight lines between whole ones.
    double at(double t) const {
        auto const x = std::clamp(t + 60, 0.0, 360.0);
        auto const i = std::min(static_cast<std::size_t>(x), std::size_t{359});
        auto const part = x - static_cast<double>(i);
        return seconds_[i] + part * (seconds_[i + 1] - seconds_[i]);
    }

    double mean(double from, double to) const {
        if (to <= from) return at(from);
        double sum = 0;
        int count = 0;
        for (auto t = from; t < to; t += 1, ++count)
            sum += at(t);
        return sum / count;
    }

private:
    std::array<double, 361> seconds_{};
};

double average_seconds(SettlementRule rule) {
    return rule.kind == SettlementRule::Kind::spot ? 0
                                                   : static_cast<double>(rule.twap_length.count());
}

// Stand-ins: no such market exists at the venue.
template <class Id>
Id stand_in(std::string_view slug, std::uint64_t lane) {
    models::Fingerprint print;
    print.add(slug);
    auto seed = print.value() + lane;
    Id id;
    for (std::size_t word = 0; word < 4; ++word) {
        auto const bits = splitmix64(seed);
        for (std::size_t byte = 0; byte < 8; ++byte)
            id.bytes[8 * word + byte] = static_cast<std::uint8_t>(bits >> (8 * byte));
    }
    return id;
}

std::vector<Level> levels(int best_cents, int step, std::array<double, 4> const& sizes) {
    std::vector<Level> out;
    if (best_cents == 0) return out;
    for (std::size_t n = 0; n < sizes.size(); ++n) {
        auto const price = best_cents + step * static_cast<int>(n);
        if (price < 1 || price > 99) break;
        out.push_back({cents(price), shares(static_cast<std::int64_t>(sizes[n]))});
    }
    return out;
}

} // namespace

BarMarkets::BarMarkets(AssetBars const& bars, BarMarketOptions options)
    : options_{std::move(options)}, volatility_model_{VolatilityModel::unfitted()},
      shape_{TailShape::student_t(tail_degrees).value()},
      window_start_{window_at(options_.from).start} {
    if (window_start_ < options_.from) window_start_ += Seconds{window_seconds};
    for (auto const asset : options_.assets) {
        auto const& own = bars[index_of(asset)];
        if (own.empty()) continue;
        auto& coin =
            coins_[index_of(asset)].emplace(Coin{own, 0, VolatilityState{volatility_model_.profile}}
            );
        // What closed before the first window is history, which the engine is warmed up with.
        while (coin.next < own.size() && own[coin.next].close_time() < window_start_)
            coin.volatility.on_bar(own[coin.next++]);
    }
}

std::optional<UtcTime> BarMarkets::next_at() {
    while (served_ == events_.size()) {
        if (window_start_ >= options_.until) return std::nullopt;
        make_window();
    }
    return events_[served_].at;
}

Event* BarMarkets::next() {
    if (!next_at()) return nullptr;
    auto& event = events_[served_++].event;
    stamp_of(event).seq = ++seq_;
    return &event;
}

std::uint64_t BarMarkets::identity() const {
    models::Fingerprint print;
    for (auto const& coin : coins_)
        print.add(coin ? std::string_view{models::hash_of(coin->bars)} : std::string_view{"none"});
    print.add(unix_nanos(options_.from));
    print.add(unix_nanos(options_.until));
    print.add(static_cast<std::int64_t>(options_.seed));
    print.add(std::string_view{to_string(options_.rule)});
    print.add(options_.fee.rate_micros);
    print.add(std::int64_t{options_.fee.exponent});
    print.add(std::int64_t{options_.taker_delay.count()});
    if (options_.quotes) {
        print.add(static_cast<std::int64_t>(options_.quotes->hash()));
    } else {
        for (auto const x :
             {options_.toy.mean, options_.toy.sd, options_.toy.low, options_.toy.high})
            print.add(x);
    }
    return print.value();
}

void BarMarkets::make_window() {
    Window const window{window_start_, Seconds{window_seconds}};
    events_.clear();
    served_ = 0;
    for (auto const asset : options_.assets) {
        if (!coins_[index_of(asset)]) continue;
        make_market(asset, window);
        make_bars(asset, window);
    }

    // Equal instants keep the order of making: markets before bars would let a strategy see a new
    // window before the bar that closed at its start, so bars sort first.
    struct Rank {
        UtcTime at;
        int kind;
        std::size_t index;
    };

    std::vector<Rank> order;
    order.reserve(events_.size());
    for (std::size_t i = 0; i < events_.size(); ++i)
        order.push_back(
            {events_[i].at, std::holds_alternative<BarUpdate>(events_[i].event) ? 0 : 1, i}
        );
    std::sort(order.begin(), order.end(), [](Rank const& a, Rank const& b) {
        return std::tie(a.at, a.kind, a.index) < std::tie(b.at, b.kind, b.index);
    });
    std::vector<Timed> sorted;
    sorted.reserve(events_.size());
    for (auto const& rank : order)
        sorted.push_back(std::move(events_[rank.index]));
    events_ = std::move(sorted);
    window_start_ += Seconds{window_seconds};
}

void BarMarkets::make_bars(Asset asset, Window window) {
    auto& coin = *coins_[index_of(asset)];
    while (coin.next < coin.bars.size() && coin.bars[coin.next].close_time() < window.end()) {
        auto const& bar = coin.bars[coin.next++];
        coin.volatility.on_bar(bar);
        push(bar.close_time(), BarUpdate{{}, asset, bar, true});
    }
}

void BarMarkets::make_market(Asset asset, Window window) {
    auto& coin = *coins_[index_of(asset)];
    // The bar that closes at the window's start, then the five of the window.
    auto const first = coin.next;
    auto const complete = [&] {
        if (coin.bars.size() < first + 1 + bars_in_window) return false;
        for (std::size_t i = 0; i <= bars_in_window; ++i)
            if (coin.bars[first + i].open_time !=
                window.start + Seconds{60} * (static_cast<std::int64_t>(i) - 1))
                return false;
        return true;
    };
    if (!complete() || coin.volatility.bars_seen() < bars_before_min) {
        ++counts_.left_out;
        return;
    }
    ++counts_.windows;
    auto const path_of = [&](std::size_t i) {
        return minute_path(coin.bars[i], seed_of(asset, coin.bars[i].open_time, purpose_path));
    };
    Path path{path_of(first)};
    for (int i = 0; i < bars_in_window; ++i)
        path.add(path_of(first + 1 + static_cast<std::size_t>(i)), 60 * i);

    auto const length = average_seconds(options_.rule);
    auto const strike = length > 0 ? path.mean(-length, 0) : path.at(0);
    auto const final_price =
        length > 0 ? path.mean(window_seconds - length, window_seconds) : path.at(window_seconds);

    Market market;
    market.slug = updown_slug(asset, window);
    market.condition = stand_in<ConditionId>(market.slug, 0);
    market.up = stand_in<TokenId>(market.slug, 1);
    market.down = stand_in<TokenId>(market.slug, 2);
    market.question = market.slug;
    market.asset = asset;
    market.window = window;
    market.rule = options_.rule;
    market.fee = options_.fee;
    market.taker_delay = options_.taker_delay;
    auto const up_token = market.up;
    push(window.start, MarketListed{{}, std::move(market)});

    // Forecasts as of the window's start and after each closed minute.
    auto volatility = coin.volatility;
    std::size_t known = first;
    QuoteModel const none{};
    auto const& model = options_.quotes ? *options_.quotes : none;
    QuoteProcess quotes{model, seed_of(asset, window.start, purpose_quotes), final_price >= strike};
    auto const quote_at = [&](double t) {
        while (known < first + 1 + bars_in_window &&
               coin.bars[known].close_time() <= window.start + Seconds{static_cast<int>(t)})
            volatility.on_bar(coin.bars[known++]);
        auto const seen = t - model.lag_seconds;
        auto const left = window_seconds - seen;
        auto const inside = length > 0 && left < length;
        WindowState const state{
            .strike = strike,
            .spot = path.at(seen),
            .average_so_far = inside ? path.mean(window_seconds - length, seen) : 0,
            .seconds_left = left,
            .average_seconds = length
        };
        auto const now = window.start + Millis{static_cast<std::int64_t>(1000 * t)};
        auto const sigma =
            volatility_model_.sigma(volatility, now, effective_seconds(left, length));
        auto const up = up_probability(state, {.sigma = sigma}, shape_);
        auto const log_odds =
            std::clamp(std::log(up) - std::log1p(-up), -log_odds_reach, log_odds_reach);
        return quotes.at(window_seconds - t, std::isnan(log_odds) ? 0 : log_odds);
    };
    auto const tell = [&](UtcTime at, ModelQuote const& quote) {
        ++counts_.quotes;
        push(
            at,
            BookSnapshot{
                {},
                up_token,
                levels(quote.bid_cents, -1, quote.bid_sizes),
                levels(quote.ask_cents, 1, quote.ask_sizes)
            }
        );
    };

    ModelQuote toy;
    if (!options_.quotes) {
        Xoshiro256 random{seed_of(asset, window.start, purpose_toy)};
        auto const u = 1.0 - random.uniform();
        auto const normal =
            std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * random.uniform());
        auto const& p = options_.toy;
        auto const price = std::clamp(p.mean + p.sd * normal, p.low, p.high);
        toy.mid = price;
        toy.bid_cents = toy.ask_cents = static_cast<int>(std::lround(100 * price));
        // Up is offered at p and Down at 1 - p, as the baseline assumed: one cent apart, because a
        // book whose bid meets its ask is crossed.
        toy.bid_cents -= 1;
        toy.bid_sizes.fill(1'000'000);
        toy.ask_sizes.fill(1'000'000);
    }

    // The price at the close comes twice, here and as the next window's first: that one may be
    // missing.
    for (int s = 0; s <= window_seconds; ++s) {
        auto const left = window_seconds - s;
        if (left > 90 && s % 5 != 0) continue;
        auto const at = window.start + Seconds{s};
        auto const price = UsdPrice::from_e8(std::llround(path.at(s) * 1e8));
        push(at, PriceTick{{}, asset, PriceSource::binance_trade, Seconds{0}, price});
        if (left == 0) break;
        auto const steps = left <= 60 ? 2 : 1;
        for (int step = 0; step < steps; ++step) {
            auto const when = Millis{1000 * s} + quote_offset + Millis{500 * step};
            if (!options_.quotes) {
                tell(window.start + when, toy);
                continue;
            }
            tell(window.start + when, quote_at(static_cast<double>(when.count()) / 1000));
        }
    }
}

void BarMarkets::push(UtcTime at, Event event) {
    auto& stamp = stamp_of(event);
    stamp.venue_time = at;
    stamp.received_at = at;
    events_.push_back({at, std::move(event)});
}

std::uint64_t BarMarkets::seed_of(Asset asset, UtcTime at, std::uint64_t purpose) const {
    auto state = options_.seed;
    auto mixed = splitmix64(state) ^ static_cast<std::uint64_t>(unix_seconds(at));
    mixed = splitmix64(mixed) + 4 * purpose + index_of(asset);
    return splitmix64(mixed);
}

} // namespace polyquant::backtest
