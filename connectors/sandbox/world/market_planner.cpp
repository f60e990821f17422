#include "connectors/sandbox/world/market_planner.hpp"

#include "connectors/sandbox/world/fitted.hpp"
#include "connectors/sandbox/world/normal.hpp"
#include "connectors/sandbox/world/question_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

// Every so many markets there is one group of brackets and one odd one.
constexpr std::uint64_t cycle = 8;

// To three digits: strikes that people would choose.
UsdPrice round_price(double price) {
    auto const unit = std::pow(10.0, std::floor(std::log10(price)) - 2);
    return UsdPrice::from_e8(std::llround(std::round(price / unit) * unit * 1e8));
}

} // namespace

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
        auto const kind = others_++ % cycle;
        if (kind == 3) {
            for (auto& bracket : brackets(prices, end, now)) {
                other_ends_.push_back(end);
                add(std::move(bracket));
            }
            continue;
        }
        other_ends_.push_back(end);
        auto const form = static_cast<QuestionForm>(others_ % question_form_count);
        add(kind == 6 ? odd(prices, end, now) : threshold(form, prices, end, now));
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
    // Median 8,000 USDC; some 8 % have less than 1,000.
    market.liquidity = Usdc::from_micros(std::llround(1e6 * std::exp(9 + 1.5 * gauss(random_))));
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
    auto const name = full_name(asset);
    market.tags = "crypto,up-or-down";
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

WorldMarket
MarketPlanner::threshold(QuestionForm form, CoinPrices const& prices, UtcTime end, UtcTime now) {
    auto const asset = options_.assets[random_.below(options_.assets.size())];
    auto market = base(asset, end, now);
    auto const spot = prices.oracle[index_of(asset)];
    auto const seconds = std::chrono::duration<double>(end - now).count();
    auto const width = fitted::coins[index_of(asset)].sigma * std::sqrt(seconds);
    auto away = 2.2 * gauss(random_);
    if (form == QuestionForm::up_or_down) away = 0.1 * away;
    if (form == QuestionForm::reach) away = std::abs(away);
    if (form == QuestionForm::dip_to) away = -std::abs(away);
    market.kind = MarketKind::threshold;
    market.claim = claim_of(form, away > 0);
    market.threshold = round_price(spot * std::exp(away * width));
    if (market.claim == Claim::between)
        market.threshold_high = round_price(to_double(market.threshold) * std::exp(width));
    auto& m = market.market;
    m.slug = fmt::format(
        "{}-{}-{}-{}-{}",
        lower_name(asset),
        short_name(form),
        to_string(market.threshold),
        unix_seconds(end),
        others_
    );
    std::ranges::replace(m.slug, '.', '-');
    m.question = question_text(
        form, asset, market.threshold, market.threshold_high, end, static_cast<int>(others_ % 1'000)
    );
    market.tags = tags_of(form);
    market.title = m.question;
    market.event_slug = m.slug;
    market.outcomes = {"Yes", "No"};
    if (form == QuestionForm::up_or_down) market.outcomes = {"Up", "Down"};
    market.description =
        market.claim == Claim::touch_up || market.claim == Claim::touch_down
            ? "Resolves to \"Yes\" if the oracle's price reaches the price in the title before the "
              "time in the title."
            : "Resolves by the oracle's price at the listed end against a price fixed when the "
              "market was listed.";
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
        market.claim = Claim::between;
        market.tags = "crypto,crypto-prices,hide-from-new";
        market.threshold = i == 0 ? UsdPrice{} : edges[i - 1];
        market.threshold_high = i == edges.size() ? top : edges[i];
        auto& m = market.market;
        m.neg_risk = true;
        m.slug = fmt::format("{}-{}", event, i);
        market.group_item = i == 0 ? "<" + to_string(edges[0])
                            : i == edges.size()
                                ? ">=" + to_string(edges.back())
                                : to_string(edges[i - 1]) + "-" + to_string(edges[i]);
        auto const range = i == 0 ? "less than $" + dollars(edges[0])
                           : i == edges.size()
                               ? "greater than $" + dollars(edges.back())
                               : "between $" + dollars(edges[i - 1]) + " and $" + dollars(edges[i]);
        m.question = fmt::format(
            "Will the price of {} be {} on {}?", full_name(asset), range, moment_text(end)
        );
        market.title = fmt::format("{} price on {}", full_name(asset), moment_text(end));
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
    auto market = threshold(QuestionForm::above_at, prices, end, now);
    market.kind = MarketKind::odd;
    switch (others_ / cycle % 6) {
    case 0: market.fee_schedule_published = false; break;
    case 1:
        market.fees_enabled = false;
        market.market.fee = no_fee();
        break;
    case 2: market.pays_half = true; break;
    case 3:
        // "Will Bitcoin be above ...?" in Hebrew, with marks that turn the reading direction.
        market.market.question = "\u202B\u05D4\u05D0\u05DD \u05D4\u05DE\u05D7\u05D9\u05E8 " +
                                 market.market.question + "\u202C";
        break;
    case 4:
        while (market.market.question.size() < 10'000)
            market.market.question += " Or not?";
        break;
    default:
        market.market.tick = Price::from_micros(1'000);
        market.outcomes = {"Over", "Under"};
        break;
    }
    return market;
}

} // namespace polyquant::sandbox
