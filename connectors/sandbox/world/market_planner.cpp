#include "connectors/sandbox/world/market_planner.hpp"

#include "connectors/sandbox/world/fitted.hpp"
#include "connectors/sandbox/world/normal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> months{
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
};

constexpr std::array<std::string_view, asset_count> full_names{
    "Bitcoin", "Ethereum", "Solana", "XRP"
};

// New York's clock: summer time from the second Sunday of March to the first of November, 2 a.m.
Seconds eastern_offset(UtcTime at) {
    using namespace std::chrono;
    auto const year = year_month_day{floor<days>(at)}.year();
    auto const spring = sys_days{year / March / Sunday[2]} + hours{7};
    auto const autumn = sys_days{year / November / Sunday[1]} + hours{6};
    return at >= spring && at < autumn ? Seconds{-4 * 3600} : Seconds{-5 * 3600};
}

std::string clock_text(UtcTime local) {
    auto const minutes = std::chrono::floor<std::chrono::minutes>(
                             local - std::chrono::floor<std::chrono::days>(local)
    )
                             .count();
    auto const hour = minutes / 60;
    return fmt::format(
        "{}:{:02}{}", hour % 12 == 0 ? 12 : hour % 12, minutes % 60, hour < 12 ? "AM" : "PM"
    );
}

std::string date_text(UtcTime local) {
    auto const day = year_month_day{std::chrono::floor<std::chrono::days>(local)};
    return fmt::format(
        "{} {}", months[static_cast<unsigned>(day.month()) - 1], static_cast<unsigned>(day.day())
    );
}

std::string moment_text(UtcTime at) {
    auto const local = at + eastern_offset(at);
    return fmt::format("{}, {} ET", date_text(local), clock_text(local));
}

// To three digits: strikes that people would choose.
UsdPrice round_price(double price) {
    auto const unit = std::pow(10.0, std::floor(std::log10(price)) - 2);
    return UsdPrice::from_e8(std::llround(std::round(price / unit) * unit * 1e8));
}

} // namespace

std::string eastern_range(Window window) {
    auto const from = window.start + eastern_offset(window.start);
    auto const to = window.end() + eastern_offset(window.end());
    return fmt::format("{}, {}-{} ET", date_text(from), clock_text(from), clock_text(to));
}

MarketPlanner::MarketPlanner(WorldOptions const& options, std::uint64_t seed)
    : options_{options}, random_{seed} {}

Seconds MarketPlanner::between(Seconds least, Seconds most) {
    auto const span = static_cast<std::uint64_t>((most - least).count() + 1);
    return least + Seconds{static_cast<std::int64_t>(random_.below(span))};
}

std::vector<WorldMarket*>
MarketPlanner::list_due(MarketList& markets, CoinPrices const& prices, UtcTime now) {
    std::vector<WorldMarket*> added;
    auto const add = [&](WorldMarket market) {
        if (markets.find_slug(market.market.slug) == nullptr)
            added.push_back(&markets.add(std::move(market)));
    };
    if (first_) listed_until_ = window_at(now).start;
    for (; listed_until_ < now + options_.listed_ahead; listed_until_ += Seconds{300})
        for (auto const asset : options_.assets)
            add(updown(asset, {listed_until_, Seconds{300}}, now));

    std::erase_if(other_ends_, [&](UtcTime end) { return end <= now; });
    while (other_ends_.size() < static_cast<std::size_t>(options_.near_expiry_markets)) {
        auto const end = some_end(now);
        auto const kind = others_++ % 8;
        if (kind == 3) {
            for (auto& bracket : brackets(prices, end, now)) {
                other_ends_.push_back(end);
                add(std::move(bracket));
            }
            continue;
        }
        other_ends_.push_back(end);
        add(kind == 6 ? odd(prices, end, now) : threshold(prices, end, now));
    }
    first_ = false;
    return added;
}

// Many soon, some late, on whole five minutes.
UtcTime MarketPlanner::some_end(UtcTime now) {
    auto const horizon = static_cast<double>(options_.near_expiry_horizon.count());
    auto const u = random_.uniform();
    auto const ahead = 900 + u * u * (horizon - 900);
    return window_at(now + Seconds{static_cast<std::int64_t>(ahead)}).end();
}

WorldMarket MarketPlanner::base(Asset asset, UtcTime end, UtcTime now) {
    WorldMarket market;
    auto& m = market.market;
    m.fee = options_.fee;
    m.window = {
        now - Seconds{24 * 3600}, std::chrono::floor<Seconds>(end - now) + Seconds{24 * 3600}
    };
    market.created_at = now - (first_ ? Seconds{24 * 3600} : Seconds{0});
    market.opens_at = first_ ? now : now + options_.hydrated_after;
    market.resolves_at = end + between(options_.resolved_after_min, options_.resolved_after_max);
    market.strike_published_at =
        end + between(options_.strike_published_min, options_.strike_published_max);
    market.asset = asset;
    return market;
}

WorldMarket MarketPlanner::updown(Asset asset, Window window, UtcTime now) {
    auto market = base(asset, window.end(), now);
    auto& m = market.market;
    m.asset = asset;
    m.window = window;
    m.slug = updown_slug(asset, window);
    m.rule = options_.rule;
    m.taker_delay = options_.exchange.taker_delay;
    auto const name = full_names[index_of(asset)];
    m.question = fmt::format("{} Up or Down - {}", name, eastern_range(window));
    market.title = m.question;
    market.event_slug = m.slug;
    market.series_slug = fmt::format("{}-up-or-down-5m", lower_name(asset));
    market.outcomes = {"Up", "Down"};
    auto const averaged =
        m.rule.kind == SettlementRule::Kind::twap
            ? fmt::format("{}-second time-weighted average ", m.rule.twap_length.count())
            : std::string{};
    market.description = fmt::format(
        "This market resolves to \"Up\" if the {}price of {} at the end of the time range in the "
        "title is greater than or equal to the price at its beginning. Otherwise it resolves to "
        "\"Down\". The source is the oracle's data stream named below.",
        averaged,
        name
    );
    return market;
}

WorldMarket MarketPlanner::threshold(CoinPrices const& prices, UtcTime end, UtcTime now) {
    auto const asset = options_.assets[random_.below(options_.assets.size())];
    auto market = base(asset, end, now);
    auto const a = index_of(asset);
    auto const seconds = std::chrono::duration<double>(end - now).count();
    auto const away = 2.2 * gauss(random_) * fitted::coins[a].sigma * std::sqrt(seconds);
    market.kind = MarketKind::threshold;
    market.threshold = round_price(prices.oracle[a] * std::exp(away));
    auto& m = market.market;
    m.slug = fmt::format(
        "{}-above-{}-{}-{}",
        lower_name(asset),
        to_string(market.threshold),
        unix_seconds(end),
        others_
    );
    std::ranges::replace(m.slug, '.', '-');
    m.question = fmt::format(
        "Will {} be above ${} on {}?", full_names[a], to_string(market.threshold), moment_text(end)
    );
    market.title = m.question;
    market.event_slug = m.slug;
    market.outcomes = {"Yes", "No"};
    market.description =
        "Resolves to \"Yes\" if the oracle's price at the time in the title is at or above the "
        "price in the title.";
    return market;
}

std::vector<WorldMarket>
MarketPlanner::brackets(CoinPrices const& prices, UtcTime end, UtcTime now) {
    auto const asset = options_.assets[random_.below(options_.assets.size())];
    auto const a = index_of(asset);
    auto const seconds = std::chrono::duration<double>(end - now).count();
    auto const width = fitted::coins[a].sigma * std::sqrt(seconds);
    std::vector<UsdPrice> edges;
    for (auto const z : {-0.8, 0.0, 0.8})
        edges.push_back(round_price(prices.oracle[a] * std::exp(z * width)));
    auto const top = UsdPrice::from_e8(std::numeric_limits<std::int64_t>::max());
    std::vector<WorldMarket> made;
    auto const event =
        fmt::format("{}-price-range-{}-{}", lower_name(asset), unix_seconds(end), others_);
    auto const event_id = std::to_string(700'000 + others_);
    for (std::size_t i = 0; i <= edges.size(); ++i) {
        auto market = base(asset, end, now);
        market.kind = MarketKind::neg_risk;
        market.threshold = i == 0 ? UsdPrice{} : edges[i - 1];
        market.threshold_high = i == edges.size() ? top : edges[i];
        auto& m = market.market;
        m.neg_risk = true;
        m.slug = fmt::format("{}-{}", event, i);
        market.group_item = i == 0 ? "<" + to_string(edges[0])
                            : i == edges.size()
                                ? ">=" + to_string(edges.back())
                                : to_string(edges[i - 1]) + "-" + to_string(edges[i]);
        m.question = fmt::format(
            "Will the price of {} be {} on {}?", full_names[a], market.group_item, moment_text(end)
        );
        market.title = fmt::format("{} price on {}", full_names[a], moment_text(end));
        market.event_slug = event;
        market.event_id = event_id;
        market.outcomes = {"Yes", "No"};
        market.description = "Exactly one range of this event resolves to \"Yes\".";
        // One event, one oracle report.
        if (!made.empty()) market.resolves_at = made.front().resolves_at;
        made.push_back(std::move(market));
    }
    return made;
}

// What a careful scanner refuses or handles with care.
WorldMarket MarketPlanner::odd(CoinPrices const& prices, UtcTime end, UtcTime now) {
    auto market = threshold(prices, end, now);
    market.kind = MarketKind::odd;
    switch (others_ / 8 % 4) {
    case 0: market.fee_schedule_published = false; break;
    case 1:
        market.fees_enabled = false;
        market.market.fee = no_fee();
        break;
    case 2: market.pays_half = true; break;
    default:
        market.market.tick = Price::from_micros(1'000);
        market.outcomes = {"Over", "Under"};
        break;
    }
    return market;
}

} // namespace polyquant::sandbox
