#include "connectors/sandbox/world/book_maker.hpp"

#include "connectors/sandbox/world/normal.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

constexpr int reach = 60; // levels kept behind the best, in ticks
constexpr double opinion_sd = 0.006;
constexpr double opinion_seconds = 4;
constexpr double spread_change_per_second = 0.8;
constexpr double refill_per_second = 3; // of an emptied best level
// The favourite is one only from here on; nearer to even, makers keep quoting to the end.
constexpr double favourite_from = 0.90;
constexpr double taker_log_mean = 2.6; // of shares
constexpr double taker_log_sd = 1.3;

template <std::size_t N>
int draw_index(std::array<double, N> const& shares, double uniform) {
    for (std::size_t i = 0; i + 1 < N; ++i) {
        if (uniform < shares[i]) return static_cast<int>(i);
        uniform -= shares[i];
    }
    return static_cast<int>(N) - 1;
}

// To the venue's hundredth of a share.
std::int64_t hundredths(double shares) {
    return static_cast<std::int64_t>(shares * 100) * 10'000;
}

Price price_at(int index) {
    return Price::from_micros(index * 1'000);
}

int index_at(Price price) {
    return static_cast<int>(price.micros() / 1'000);
}

} // namespace

BookMaker::BookMaker(BookOptions const& options, Price tick, std::uint64_t seed)
    : options_{options}, random_{seed}, tick_{tick}, step_{index_at(tick)},
      patience_{random_.uniform()} {}

void BookMaker::set_tick(Price tick) {
    tick_ = tick;
    step_ = index_at(tick);
}

void BookMaker::step(Conditions const& now, Nanos length, Step& out) {
    auto const seconds = std::chrono::duration<double>(length).count();
    auto const keep = std::exp(-seconds / opinion_seconds);
    opinion_ = opinion_ * keep + opinion_sd * std::sqrt(1 - keep * keep) * gauss(random_);
    if (random_.chance(spread_change_per_second * seconds))
        spread_ = 1 + draw_index(fitted::spread_share, random_.uniform());
    move_to(wanted(now), out.levels);
    if (random_.chance(refill_per_second * seconds)) {
        if (touch_.bid > 0 && bids_[static_cast<std::size_t>(touch_.bid)] == 0)
            put(BookSide::bid, touch_.bid, fresh_size(0), out.levels);
        if (touch_.ask < one && asks_[static_cast<std::size_t>(touch_.ask)] == 0)
            put(BookSide::ask, touch_.ask, fresh_size(0), out.levels);
    }
    owed_changes_ += options_.changes_per_second * now.rate_factor * seconds;
    for (; owed_changes_ >= 1; owed_changes_ -= 1)
        change_one(out.levels);

    auto const trades = poisson(random_, options_.trades_per_second * now.rate_factor * seconds);
    for (int n = 0; n < trades; ++n) {
        auto const buys = random_.chance(0.5);
        auto const reach_ticks = 1 + static_cast<int>(random_.below(3));
        auto const at = buys ? std::min(touch_.ask + reach_ticks * step_, one - step_)
                             : std::max(touch_.bid - reach_ticks * step_, step_);
        auto const size = hundredths(std::exp(taker_log_mean + taker_log_sd * gauss(random_)));
        if (size > 0)
            out.takers.push_back(
                {buys ? Side::buy : Side::sell, price_at(at), Shares::from_micros(size)}
            );
    }
}

void BookMaker::taken(BookSide side, Price price, Shares size) {
    auto& level = ladder(side)[static_cast<std::size_t>(index_at(price))];
    level = std::max<std::int64_t>(0, level - size.micros());
}

BookMaker::Touch BookMaker::wanted(Conditions const& now) {
    auto const centre =
        std::clamp(
            now.fair + opinion_ * std::min(1.0, 4 * now.fair * (1 - now.fair)), 0.0005, 0.9995
        ) *
        one;
    auto const half = 0.5 * spread_ * step_;
    auto bid = static_cast<int>(std::floor((centre - half) / step_ + 0.5)) * step_;
    bid = std::clamp(bid, 0, one - step_);
    auto ask = std::min(bid + spread_ * step_, one);
    if (is_dry(now)) {
        if (now.fair > 0.5) {
            ask = one;
            bid = std::max(bid, one - step_);
        } else {
            bid = 0;
            ask = std::min(ask, step_);
        }
    }
    return {bid, ask};
}

bool BookMaker::is_dry(Conditions const& now) const {
    if (!now.may_run_dry || std::max(now.fair, 1 - now.fair) < favourite_from) return false;
    auto const left = std::chrono::duration<double>(now.to_end).count();
    auto const& points = fitted::dry_share;
    if (left >= points.front().seconds) return false;
    for (std::size_t i = 1; i < points.size(); ++i) {
        if (left < points[i].seconds) continue;
        auto const part =
            (points[i - 1].seconds - left) / (points[i - 1].seconds - points[i].seconds);
        return patience_ < points[i - 1].share + part * (points[i].share - points[i - 1].share);
    }
    return true;
}

// Takes away what stands beyond the new best prices first, so that no step of it crosses.
void BookMaker::move_to(Touch touch, std::vector<LevelUpdate>& out) {
    auto const old = touch_;
    for (int at = old.bid; at > touch.bid; --at)
        put(BookSide::bid, at, 0, out);
    for (int at = old.ask; at < touch.ask; ++at)
        put(BookSide::ask, at, 0, out);
    touch_ = touch;
    if (touch.bid > 0 && touch.bid != old.bid)
        grow(BookSide::bid, touch.bid, old.bid == 0 || touch.bid < old.bid ? 0 : old.bid, out);
    if (touch.ask < one && touch.ask != old.ask)
        grow(BookSide::ask, touch.ask, old.ask == one || touch.ask > old.ask ? one : old.ask, out);
}

// Fresh levels where none stand, from the best price on towards `to` (exclusive).
void BookMaker::grow(BookSide side, int from, int to, std::vector<LevelUpdate>& out) {
    auto const direction = side == BookSide::bid ? -1 : 1;
    for (int n = 0; n < reach; ++n) {
        auto const at = from + direction * n * step_;
        if (at <= 0 || at >= one || (direction < 0 ? at <= to : at >= to)) break;
        if (ladder(side)[static_cast<std::size_t>(at)] != 0) continue;
        if (n > 0 && random_.chance(n < 15 ? 0.01 : 0.06)) continue; // gaps
        put(side, at, fresh_size(n), out);
    }
}

void BookMaker::change_one(std::vector<LevelUpdate>& out) {
    auto const side = random_.chance(0.5) ? BookSide::bid : BookSide::ask;
    auto distance = draw_index(fitted::change_share, random_.uniform());
    if (distance == static_cast<int>(fitted::change_share.size()) - 1)
        distance += static_cast<int>(random_.below(reach - fitted::change_share.size()));
    auto const at =
        side == BookSide::bid ? touch_.bid - distance * step_ : touch_.ask + distance * step_;
    if (at <= 0 || at >= one) return;
    auto const gap = distance > 0 && random_.chance(distance < 15 ? 0.01 : 0.06);
    put(side, at, gap ? 0 : fresh_size(distance), out);
}

void BookMaker::put(BookSide side, int at, std::int64_t size, std::vector<LevelUpdate>& out) {
    auto& level = ladder(side)[static_cast<std::size_t>(at)];
    if (level == size) return;
    level = size;
    out.push_back({side, price_at(at), Shares::from_micros(size)});
}

std::int64_t BookMaker::fresh_size(int distance) {
    auto const d = std::min(static_cast<std::size_t>(distance), fitted::level_log_mean.size() - 1);
    auto const log_size = fitted::level_log_mean[d] + fitted::level_log_sd[d] * gauss(random_);
    // The fine grid spreads the same money over ten times as many levels.
    auto const share = step_ == 1 ? 0.2 : 1.0;
    return std::max<std::int64_t>(
        10'000, hundredths(std::exp(log_size) * options_.depth_factor * share)
    );
}

} // namespace polyquant::sandbox
