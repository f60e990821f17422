#include "connectors/sandbox/world/coin_market.hpp"

#include "connectors/sandbox/world/fitted.hpp"
#include "connectors/sandbox/world/normal.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

constexpr std::size_t trades_kept = 5'000;
constexpr double trades_per_step_max = 30;

std::int64_t quote_value_e8(UsdPrice price, std::int64_t quantity_e8) {
    return static_cast<std::int64_t>(
        static_cast<__int128>(price.e8()) * quantity_e8 / UsdPrice::scale
    );
}

void merge(CoinBar& into, CoinBar const& bar) {
    into.high = std::max(into.high, bar.high);
    into.low = std::min(into.low, bar.low);
    into.close = bar.close;
    into.volume_e8 += bar.volume_e8;
    into.quote_volume_e8 += bar.quote_volume_e8;
    into.taker_buy_e8 += bar.taker_buy_e8;
    into.taker_buy_quote_e8 += bar.taker_buy_quote_e8;
    into.trades += bar.trades;
    if (bar.last_trade >= bar.first_trade) {
        if (into.last_trade < into.first_trade) into.first_trade = bar.first_trade;
        into.last_trade = bar.last_trade;
    }
}

UtcTime floor_to(UtcTime t, Seconds length) {
    return window_at(t, length).start;
}

} // namespace

UsdPrice exchange_tick(Asset asset) {
    switch (asset) {
    case Asset::btc:
    case Asset::eth:
    case Asset::sol: return UsdPrice::from_e8(1'000'000);
    case Asset::xrp: return UsdPrice::from_e8(10'000);
    }
    std::abort();
}

CoinMarket::CoinMarket(Asset asset, std::uint64_t seed)
    : asset_{asset}, random_{seed}, seconds_{Seconds{1}, 2 * 3600 + 1, {}},
      minutes_{Seconds{60}, 3 * 1440 + 1, {}} {}

double CoinMarket::gauss() {
    return sandbox::gauss(random_);
}

void CoinMarket::step(UtcTime at, Nanos length, double middle, double activity, News& news) {
    auto const& coin = fitted::coins[index_of(asset_)];
    auto const tick = exchange_tick(asset_).e8();
    auto const seconds = std::chrono::duration<double>(length).count();
    auto const before = quote_;
    auto const bid =
        static_cast<std::int64_t>(middle * static_cast<double>(UsdPrice::scale)) / tick * tick;
    quote_.bid = UsdPrice::from_e8(bid);
    quote_.ask = UsdPrice::from_e8(bid + tick);
    quote_.at = at;
    auto const mean_quantity = coin.volume_per_minute / 60 / coin.trades_per_second;
    auto const depth = [&] {
        return static_cast<std::int64_t>(mean_quantity * 20 * (0.2 + random_.uniform()) * 1e8);
    };
    quote_.bid_quantity_e8 = depth();
    quote_.ask_quantity_e8 = depth();
    news.quote_changed = quote_.bid != before.bid || quote_.ask != before.ask;
    if (news.quote_changed) ++quote_.update_id;

    auto const start = at - length;
    roll(seconds_, start, news);
    roll(minutes_, start, news);
    auto const expected = coin.trades_per_second * activity * seconds;
    auto const shown = std::min(expected, trades_per_step_max);
    auto const count = poisson(random_, shown);
    // Long steps and busy ones make fewer trades than they should, of a larger size.
    auto const scale = mean_quantity * expected / std::max(shown, 1e-9);
    auto const from = before.bid.e8() == 0 ? quote_ : before;
    auto const move = static_cast<double>(quote_.bid.e8() - from.bid.e8());
    auto const buys = 0.5 + (move > 0 ? 0.2 : move < 0 ? -0.2 : 0);
    for (int n = 0; n < count; ++n) {
        auto const share = (n + 0.5) / count;
        CoinTrade trade;
        trade.id = next_trade_++;
        trade.at =
            start +
            Nanos{static_cast<std::int64_t>(share * static_cast<double>(length.count() - 1))};
        trade.buyer_is_maker = !random_.chance(buys);
        auto const& side_from = trade.buyer_is_maker ? from.bid : from.ask;
        auto const along = static_cast<std::int64_t>(share * move) / tick * tick;
        trade.price = UsdPrice::from_e8(side_from.e8() + along);
        // Lognormal with the mean of one.
        auto const size = std::exp(1.3 * gauss() - 0.845) * scale;
        trade.quantity_e8 = std::max<std::int64_t>(1'000, static_cast<std::int64_t>(size * 1e8));
        add(seconds_, trade, news);
        add(minutes_, trade, news);
        trades_.push_back(trade);
        if (trades_.size() > trades_kept) trades_.pop_front();
        news.trades.push_back(trade);
    }
    roll(seconds_, at, news);
    roll(minutes_, at, news);
}

void CoinMarket::add(Series& series, CoinTrade const& trade, News& news) {
    roll(series, trade.at, news);
    auto& bar = series.bars.back();
    auto const value = quote_value_e8(trade.price, trade.quantity_e8);
    if (bar.trades == 0) {
        bar.open = bar.high = bar.low = trade.price;
        bar.first_trade = trade.id;
    }
    bar.high = std::max(bar.high, trade.price);
    bar.low = std::min(bar.low, trade.price);
    bar.close = trade.price;
    bar.volume_e8 += trade.quantity_e8;
    bar.quote_volume_e8 += value;
    if (!trade.buyer_is_maker) {
        bar.taker_buy_e8 += trade.quantity_e8;
        bar.taker_buy_quote_e8 += value;
    }
    ++bar.trades;
    bar.last_trade = trade.id;
}

// A bar without trades repeats the last price, as the exchange's own does.
void CoinMarket::roll(Series& series, UtcTime now, News& news) {
    auto const begin = [&](UtcTime open_time, UsdPrice price) {
        CoinBar bar;
        bar.open_time = open_time;
        bar.length = series.length;
        bar.open = bar.high = bar.low = bar.close = price;
        bar.first_trade = next_trade_;
        bar.last_trade = next_trade_ - 1;
        series.bars.push_back(bar);
        if (series.bars.size() > series.kept) series.bars.pop_front();
    };
    if (series.bars.empty()) begin(floor_to(now, series.length), quote_.bid);
    while (series.bars.back().close_time() <= now) {
        auto const ended = series.bars.back();
        news.closed.push_back(ended);
        begin(ended.close_time(), ended.close);
    }
}

CoinBar const& CoinMarket::open_bar(Seconds length) const {
    auto const& series = length == Seconds{1} ? seconds_ : minutes_;
    ENSURE(!series.bars.empty(), "a coin market has bars once it has been stepped");
    return series.bars.back();
}

std::vector<CoinBar>
CoinMarket::bars(Seconds length, UtcTime from, UtcTime to, std::size_t limit) const {
    auto const& series = length == Seconds{1} ? seconds_ : minutes_;
    std::vector<CoinBar> found;
    for (auto const& bar : series.bars) {
        auto const open_time = floor_to(bar.open_time, length);
        if (open_time < from) continue;
        if (open_time > to) break;
        if (!found.empty() && found.back().open_time == open_time) {
            merge(found.back(), bar);
            continue;
        }
        // A longer bar whose first minutes are forgotten would be wrong.
        if (open_time != bar.open_time) continue;
        if (found.size() == limit) break;
        found.push_back(bar);
        found.back().length = length;
    }
    return found;
}

std::vector<CoinBar> CoinMarket::last_bars(Seconds length, std::size_t limit) const {
    auto const& series = length == Seconds{1} ? seconds_ : minutes_;
    if (series.bars.empty()) return {};
    auto const last = floor_to(series.bars.back().open_time, length);
    auto const from = last - length * static_cast<std::int64_t>(limit > 0 ? limit - 1 : 0);
    return bars(length, from, last, limit);
}

} // namespace polyquant::sandbox
