#include "connectors/sandbox/public/binance_rest.hpp"

#include "connectors/json/writer.hpp"
#include "connectors/sandbox/server_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace polyquant::sandbox {

namespace {

using net::server::HttpCall;
using net::server::HttpReply;
using net::server::json_reply;

constexpr std::int64_t limit_default = 500;
constexpr std::int64_t limit_max = 1000;

HttpReply refusal(int code, std::string_view words, int status = 400) {
    return json_reply(fmt::format(R"({{"code":{},"msg":"{}"}})", code, words), status);
}

HttpReply missing(std::string_view name) {
    return refusal(
        -1102,
        fmt::format("Mandatory parameter '{}' was not sent, was empty/null, or malformed.", name)
    );
}

// Weight used by this address in the current minute; the sandbox has one client.
class WeightBudget {
public:
    explicit WeightBudget(BinanceLimits limits) : limits_{limits} {}

    // An answer when the call must not be served.
    std::optional<HttpReply> charge(int weight, UtcTime now) {
        auto const minute = std::chrono::floor<std::chrono::minutes>(now);
        if (minute != minute_) {
            minute_ = minute;
            used_ = 0;
            over_ = 0;
        }
        if (now < banned_until_) return refused(418, banned_until_ - now);
        used_ += weight;
        if (used_ <= limits_.weight_per_minute) return std::nullopt;
        if (++over_ > limits_.calls_until_ban) {
            banned_until_ = now + limits_.ban;
            return refused(418, limits_.ban);
        }
        return refused(429, minute + std::chrono::minutes{1} - now);
    }

    int used() const { return used_; }

private:
    static HttpReply refused(int status, Nanos wait) {
        auto reply =
            refusal(-1003, "Too much request weight used; please use the streams.", status);
        auto const seconds = std::chrono::ceil<Seconds>(wait).count();
        reply.headers.push_back({"Retry-After", std::to_string(seconds)});
        return reply;
    }

    BinanceLimits limits_;
    std::chrono::sys_time<std::chrono::minutes> minute_{};
    int used_ = 0;
    int over_ = 0;
    UtcTime banned_until_{};
};

// Milliseconds, or microseconds for clients that ask for them.
std::int64_t stamp(HttpCall const& call, UtcTime t) {
    auto const in_micros = call.header("X-MBX-TIME-UNIT") == "MICROSECOND";
    return in_micros ? unix_nanos(t) / 1000 : unix_millis(t);
}

struct Range {
    std::optional<UtcTime> from{};
    std::optional<UtcTime> to{};
    std::int64_t limit = limit_default;
};

std::optional<std::int64_t> whole_field(HttpCall const& call, std::string_view name, bool& bad) {
    auto const text = call.field(name);
    if (!text) return std::nullopt;
    std::int64_t value = 0;
    auto const [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc{} || end != text->data() + text->size() || value < 0) bad = true;
    return value;
}

std::optional<Range> read_range(HttpCall const& call) {
    Range range;
    auto bad = false;
    // Later than any date of ours, and still far from overflow as nanoseconds.
    constexpr std::int64_t last_ms = 9'000'000'000'000;
    if (auto const from = whole_field(call, "startTime", bad))
        range.from = utc_from_millis(std::min(*from, last_ms));
    if (auto const to = whole_field(call, "endTime", bad))
        range.to = utc_from_millis(std::min(*to, last_ms));
    if (auto const limit = whole_field(call, "limit", bad)) {
        range.limit = std::clamp<std::int64_t>(*limit, 1, limit_max);
    }
    if (bad) return std::nullopt;
    return range;
}

std::string kline_row(HttpCall const& call, CoinBar const& bar) {
    return fmt::format(
        R"([{},"{}","{}","{}","{}","{}",{},"{}",{},"{}","{}","0"])",
        stamp(call, bar.open_time),
        eight_decimals(bar.open.e8()),
        eight_decimals(bar.high.e8()),
        eight_decimals(bar.low.e8()),
        eight_decimals(bar.close.e8()),
        eight_decimals(bar.volume_e8),
        stamp(call, bar.close_time()) - 1,
        eight_decimals(bar.quote_volume_e8),
        bar.trades,
        eight_decimals(bar.taker_buy_e8),
        eight_decimals(bar.taker_buy_quote_e8)
    );
}

class BinanceRest {
public:
    BinanceRest(Stage stage, BinanceLimits limits) : stage_{stage}, budget_{limits} {}

    HttpReply klines(HttpCall const& call) {
        auto const asset = asset_of(call.field("symbol").value_or(""));
        if (call.field("symbol").value_or("").empty()) return missing("symbol");
        if (!asset) return refusal(-1121, "Invalid symbol.");
        if (call.field("interval").value_or("").empty()) return missing("interval");
        auto const length = bar_length(call.field("interval").value_or(""));
        if (!length) return refusal(-1120, "Invalid interval.");
        auto const range = read_range(call);
        if (!range) return refusal(-1100, "Illegal characters found in a parameter.");
        std::string body = "[";
        for (auto const& bar : bars(*asset, *length, *range))
            body += (body.size() == 1 ? "" : ",") + kline_row(call, bar);
        return json_reply(body + "]");
    }

    HttpReply agg_trades(HttpCall const& call) {
        auto const asset = asset_of(call.field("symbol").value_or(""));
        if (!asset) return refusal(-1121, "Invalid symbol.");
        auto const range = read_range(call);
        auto bad = false;
        auto const from_id = whole_field(call, "fromId", bad);
        if (!range || bad) return refusal(-1100, "Illegal characters found in a parameter.");
        auto const& trades = stage_.world.coin(*asset).trades();
        std::vector<CoinTrade const*> rows;
        for (auto const& trade : trades) {
            if (from_id && trade.id < *from_id) continue;
            if (range->from && trade.at < *range->from) continue;
            if (range->to && trade.at > *range->to) continue;
            rows.push_back(&trade);
        }
        auto const most = static_cast<std::size_t>(range->limit);
        auto const newest = !from_id && !range->from;
        auto const begin = newest && rows.size() > most ? rows.size() - most : 0;
        std::string body = "[";
        for (auto i = begin; i < rows.size() && i - begin < most; ++i)
            body += (i == begin ? "" : ",") + trade_row(call, *rows[i]);
        return json_reply(body + "]");
    }

    HttpReply exchange_info(HttpCall const& call) const;
    HttpReply price(HttpCall const& call) const;
    HttpReply book_ticker(HttpCall const& call) const;

    HttpReply time(HttpCall const& call) const {
        return json_reply(fmt::format(R"({{"serverTime":{}}})", stamp(call, told_now())));
    }

    UtcTime told_now() const {
        return told_time(Service::binance_rest, stage_.faults, stage_.clock.utc_now());
    }

    WeightBudget& budget() { return budget_; }

private:
    std::optional<Asset> asset_of(std::string_view symbol) const {
        for (auto const asset : stage_.world.options().assets)
            if (symbol == binance_symbol(asset)) return asset;
        return std::nullopt;
    }

    // Without a beginning the newest ones up to the end.
    std::vector<CoinBar> bars(Asset asset, Seconds length, Range const& range) const {
        auto const& coin = stage_.world.coin(asset);
        auto const most = static_cast<std::size_t>(range.limit);
        if (!range.from && !range.to) return coin.last_bars(length, most);
        auto const to = range.to.value_or(stage_.world.now());
        return coin.bars(length, range.from.value_or(to - length * (range.limit - 1)), to, most);
    }

    static std::string trade_row(HttpCall const& call, CoinTrade const& trade) {
        return fmt::format(
            R"({{"a":{0},"p":"{1}","q":"{2}","f":{0},"l":{0},"T":{3},"m":{4},"M":true}})",
            trade.id,
            eight_decimals(trade.price.e8()),
            eight_decimals(trade.quantity_e8),
            stamp(call, trade.at),
            trade.buyer_is_maker
        );
    }

    // The one coin that is asked for as an object, or all as an array.
    template <class Print>
    HttpReply one_or_all(HttpCall const& call, Print&& print) const {
        if (auto const symbol = call.field("symbol")) {
            auto const asset = asset_of(*symbol);
            return asset ? json_reply(print(*asset)) : refusal(-1121, "Invalid symbol.");
        }
        std::string body = "[";
        for (auto const asset : stage_.world.options().assets)
            body += (body.size() == 1 ? "" : ",") + print(asset);
        return json_reply(body + "]");
    }

    Stage stage_;
    WeightBudget budget_;
};

HttpReply BinanceRest::price(HttpCall const& call) const {
    return one_or_all(call, [&](Asset asset) {
        auto const& trades = stage_.world.coin(asset).trades();
        return fmt::format(
            R"({{"symbol":"{}","price":"{}"}})",
            binance_symbol(asset),
            eight_decimals(trades.empty() ? 0 : trades.back().price.e8())
        );
    });
}

HttpReply BinanceRest::book_ticker(HttpCall const& call) const {
    return one_or_all(call, [&](Asset asset) {
        auto const& quote = stage_.world.coin(asset).quote();
        return fmt::format(
            R"({{"symbol":"{}","bidPrice":"{}","bidQty":"{}","askPrice":"{}","askQty":"{}"}})",
            binance_symbol(asset),
            eight_decimals(quote.bid.e8()),
            eight_decimals(quote.bid_quantity_e8),
            eight_decimals(quote.ask.e8()),
            eight_decimals(quote.ask_quantity_e8)
        );
    });
}

std::string symbol_info(Asset asset) {
    auto const symbol = std::string{binance_symbol(asset)};
    auto const tick = eight_decimals(exchange_tick(asset).e8());
    return fmt::format(
        R"({{"symbol":"{0}","status":"TRADING","baseAsset":"{1}","baseAssetPrecision":8,)"
        R"("quoteAsset":"USDT","quotePrecision":8,"quoteAssetPrecision":8,)"
        R"("baseCommissionPrecision":8,"quoteCommissionPrecision":8,)"
        R"("orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],"icebergAllowed":true,"ocoAllowed":true,)"
        R"("quoteOrderQtyMarketAllowed":true,"isSpotTradingAllowed":true,)"
        R"("isMarginTradingAllowed":false,"filters":[)"
        R"({{"filterType":"PRICE_FILTER","minPrice":"{2}","maxPrice":"1000000.00000000","tickSize":"{2}"}},)"
        R"({{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","stepSize":"0.00001000"}},)"
        R"({{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,)"
        R"("maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}}],)"
        R"("permissions":[],"permissionSets":[["SPOT"]],"defaultSelfTradePreventionMode":"EXPIRE_MAKER",)"
        R"("allowedSelfTradePreventionModes":["EXPIRE_TAKER","EXPIRE_MAKER","EXPIRE_BOTH"]}})",
        symbol,
        symbol.substr(0, symbol.size() - 4),
        tick
    );
}

HttpReply BinanceRest::exchange_info(HttpCall const& call) const {
    auto const wanted = call.field("symbol");
    if (wanted && !asset_of(*wanted)) return refusal(-1121, "Invalid symbol.");
    auto body = fmt::format(
        R"({{"timezone":"UTC","serverTime":{},"rateLimits":[{{"rateLimitType":"REQUEST_WEIGHT",)"
        R"("interval":"MINUTE","intervalNum":1,"limit":6000}}],"exchangeFilters":[],"symbols":[)",
        stamp(call, told_now())
    );
    auto is_first = true;
    for (auto const asset : stage_.world.options().assets) {
        if (wanted && *wanted != binance_symbol(asset)) continue;
        body += (is_first ? "" : ",") + symbol_info(asset);
        is_first = false;
    }
    return json_reply(body + "]}");
}

} // namespace

std::string eight_decimals(std::int64_t e8) {
    return fmt::format("{}.{:08}", e8 / 100'000'000, e8 % 100'000'000);
}

std::optional<Seconds> bar_length(std::string_view interval) {
    constexpr std::array<std::pair<std::string_view, int>, 7> lengths{{
        {"1s", 1},
        {"1m", 60},
        {"3m", 180},
        {"5m", 300},
        {"15m", 900},
        {"30m", 1800},
        {"1h", 3600},
    }};
    for (auto const& [name, seconds] : lengths)
        if (name == interval) return Seconds{seconds};
    return std::nullopt;
}

net::server::Router binance_rest_router(Stage stage, BinanceLimits limits) {
    auto const rest = std::make_shared<BinanceRest>(stage, limits);
    net::server::Router router;
    auto const add = [&](char const* path, int weight, auto answer) {
        router.add_plain(net::Method::get, path, [rest, weight, answer](HttpCall const& call) {
            auto const now = std::chrono::time_point_cast<Nanos>(rest->told_now());
            auto refused = rest->budget().charge(weight, now);
            return refused ? std::move(*refused) : answer(*rest, call);
        });
    };
    add("/api/v3/ping", 1, [](BinanceRest&, HttpCall const&) { return json_reply("{}"); });
    add("/api/v3/time", 1, [](BinanceRest& r, HttpCall const& c) { return r.time(c); });
    add("/api/v3/exchangeInfo", 20, [](BinanceRest& r, HttpCall const& c) {
        return r.exchange_info(c);
    });
    add("/api/v3/klines", 2, [](BinanceRest& r, HttpCall const& c) { return r.klines(c); });
    add("/api/v3/aggTrades", 4, [](BinanceRest& r, HttpCall const& c) { return r.agg_trades(c); });
    add("/api/v3/ticker/price", 4, [](BinanceRest& r, HttpCall const& c) { return r.price(c); });
    add("/api/v3/ticker/bookTicker", 4, [](BinanceRest& r, HttpCall const& c) {
        return r.book_ticker(c);
    });
    router.set_finish([rest](HttpCall const&, HttpReply& reply) {
        auto const used = std::to_string(rest->budget().used());
        reply.headers.push_back({"X-MBX-USED-WEIGHT", used});
        reply.headers.push_back({"X-MBX-USED-WEIGHT-1M", used});
    });
    return router;
}

} // namespace polyquant::sandbox
