#include "connectors/sandbox/world/world.hpp"

#include "connectors/sandbox/world/fair_value.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

constexpr Seconds finely_past{600}; // the last of the past, lived through at full resolution
constexpr Nanos seconds_step = Seconds{1};
constexpr Seconds last_stretch{120}; // of a market that is no window: its book moves faster

polymarket::Contracts contracts_for(std::uint64_t chain_id) {
    return polymarket::contracts_of(chain_id).value();
}

UsdPrice usd_price(double price) {
    return UsdPrice::from_e8(std::llround(price * static_cast<double>(UsdPrice::scale)));
}

bool is_whole_second(UtcTime at) {
    return at == std::chrono::floor<Seconds>(at);
}

bool is_multiple(UtcTime at, Nanos step) {
    return at.time_since_epoch() % step == Nanos{0};
}

std::vector<CoinMarket> coin_markets(std::uint64_t seed) {
    std::vector<CoinMarket> made;
    for (auto const asset : all_assets)
        made.emplace_back(asset, seed * 31 + index_of(asset) + 1);
    return made;
}

} // namespace

World::World(WorldOptions options, std::unique_ptr<PricePath> path, FaultSource& faults)
    : options_{std::move(options)}, path_{std::move(path)}, random_{options_.seed},
      now_{std::chrono::floor<Seconds>(options_.start)}, coins_{coin_markets(options_.seed)},
      markets_{contracts_for(options_.exchange.chain_id)}, faults_{faults},
      exchange_{options_.exchange, markets_, faults, options_.seed},
      planner_{options_, options_.seed + 17} {
    ENSURE(
        is_multiple(UtcTime{Nanos{path_step}}, options_.books.frame_every),
        "frames of books must divide the path's step"
    );
    exchange_.on_news([this](ExchangeNews const& news) { tell(WorldEvent{news}); });
    live_through_the_past();
    next_frame_ = now_ + options_.books.frame_every;
    step_second(now_);
}

void World::live_through_the_past() {
    auto at = now_ - options_.past;
    CoinMarket::News unheard;
    while (at < now_) {
        auto const length = at < now_ - finely_past ? seconds_step : Nanos{path_step};
        at += length;
        prices_ = path_->step(length);
        for (auto const asset : all_assets) {
            auto const a = index_of(asset);
            unheard = {};
            coins_[a].step(at, length, prices_.exchange[a], prices_.activity[a], unheard);
        }
        if (!is_whole_second(at)) continue;
        std::array<UsdPrice, asset_count> printed;
        for (std::size_t a = 0; a < asset_count; ++a)
            printed[a] = usd_price(prices_.oracle[a]);
        oracle_.print(at, printed);
    }
}

void World::advance_to(UtcTime now) {
    while (next_frame_ <= now) {
        auto const at = next_frame_;
        exchange_.advance_to(at);
        now_ = at;
        sync_maker();
        if (is_multiple(at, path_step)) step_path(at);
        if (is_whole_second(at)) step_second(at);
        step_frame(at);
        next_frame_ += options_.books.frame_every;
    }
    if (now <= now_) return;
    exchange_.advance_to(now);
    now_ = now;
    sync_maker();
}

UtcTime World::next_due() const {
    auto const due = exchange_.next_due();
    return due ? std::min(*due, next_frame_) : next_frame_;
}

void World::tell(WorldEvent const& event) {
    for (auto const& listener : listeners_)
        listener(event);
}

// The other traders learn which of their orders are gone.
void World::sync_maker() {
    for (auto const& gone : exchange_.take_consumed())
        if (auto const maker = makers_.find(gone.market); maker != makers_.end())
            maker->second.taken(gone.side, gone.price, gone.size);
}

void World::step_path(UtcTime at) {
    prices_ = path_->step(path_step);
    for (auto const asset : options_.assets) {
        auto const a = index_of(asset);
        CoinMarket::News news;
        coins_[a].step(at, path_step, prices_.exchange[a], prices_.activity[a], news);
        for (auto const& trade : news.trades)
            tell(CoinTraded{asset, trade});
        for (auto const& bar : news.closed)
            tell(CoinBarred{asset, bar, true});
        if (news.quote_changed) tell(CoinQuoted{asset, coins_[a].quote()});
    }
    if (!is_whole_second(at)) return;
    std::array<UsdPrice, asset_count> printed;
    for (std::size_t a = 0; a < asset_count; ++a)
        printed[a] = usd_price(prices_.oracle[a]);
    oracle_.print(at, printed);
    tell(OraclePrinted{at});
    for (auto const asset : options_.assets)
        tell(CoinBarred{asset, coins_[index_of(asset)].open_bar(Seconds{60}), false});
}

void World::step_second(UtcTime at) {
    for (auto* market : planner_.list_due(markets_, prices_, at))
        tell(MarketChanged{at, market->market.condition});
    std::vector<ConditionId> all;
    for (auto const* market : markets_.all())
        all.push_back(market->market.condition);
    running_.clear();
    for (auto const& condition : all) {
        auto& market = *markets_.find(condition);
        step_phase(market, at);
        if (market.phase == Phase::resolved) {
            if (at < market.resolves_at + options_.remembered) continue;
            exchange_.forget(condition);
            makers_.erase(condition);
            pasts_.erase(condition);
            markets_.forget(condition);
            continue;
        }
        auto const is_updown = market.kind == MarketKind::updown;
        if (market.phase == Phase::open && is_multiple(at, Seconds{60})) note_price(market, at);
        if (is_updown && market.phase == Phase::open && at >= market.market.window.start) {
            running_.push_back(condition);
            continue;
        }
        if (market.phase != Phase::open) continue;
        if (!is_updown) {
            step_other(market, at);
            continue;
        }
        auto const is_next = at >= market.market.window.start - Seconds{300};
        step_book(
            market,
            at,
            seconds_step,
            is_next ? options_.books.next_window_factor : options_.books.quiet_factor
        );
    }
}

// Thousands of them: each has its own second of every few, so that no second is a heavy one.
void World::step_other(WorldMarket& market, UtcTime at) {
    auto const spot = usd_price(prices_.oracle[index_of(market.asset)]);
    if (market.claim == Claim::touch_up && spot >= market.threshold) market.touched = true;
    if (market.claim == Claim::touch_down && spot <= market.threshold) market.touched = true;
    auto const every = options_.books.others_every.count();
    if (market.market.window.end() - at <= last_stretch || every <= 1)
        return step_book(market, at, seconds_step, options_.books.quiet_factor);
    if ((unix_seconds(at) + market.market.condition.bytes[31]) % every != 0) return;
    step_book(market, at, Seconds{every}, options_.books.quiet_factor);
}

void World::step_frame(UtcTime at) {
    for (auto const& condition : running_)
        step_book(*markets_.find(condition), at, options_.books.frame_every, 1);
}

void World::open(WorldMarket& market, UtcTime at) {
    market.phase = Phase::open;
    auto const& condition = market.market.condition;
    exchange_.open(condition, at);
    auto const seed = random_.next();
    makers_.try_emplace(condition, options_.books, market.market.tick, seed);
    step_book(market, at, seconds_step, 0);
    tell(MarketChanged{at, condition});
}

void World::step_phase(WorldMarket& market, UtcTime at) {
    auto const& window = market.market.window;
    auto const is_updown = market.kind == MarketKind::updown;
    if (is_updown && !market.strike && at >= window.start) {
        market.strike = oracle_.value(market.asset, market.market.rule, window.start);
        ENSURE(market.strike.has_value(), "the oracle has printed before every window");
        tell(MarketChanged{at, market.market.condition});
    }
    if (market.phase == Phase::listed && at >= market.opens_at) open(market, at);
    if (market.phase == Phase::open && at >= window.end()) {
        market.phase = Phase::ended;
        market.final_price =
            oracle_.value(market.asset, is_updown ? market.market.rule : spot_rule(), window.end());
        tell(MarketChanged{at, market.market.condition});
    }
    if (is_updown && at == market.strike_published_at)
        tell(MarketChanged{at, market.market.condition});
    if (market.phase == Phase::ended && at >= market.resolves_at && resolve(market, at))
        tell(MarketChanged{at, market.market.condition});
}

bool World::resolve(WorldMarket& market, UtcTime at) {
    FaultSubject subject;
    subject.topic = market.market.slug;
    if (auto const late = faults_.strike(FaultKind::resolve_late, subject, at)) {
        market.resolves_at = at + late->delay;
        return false;
    }
    market.phase = Phase::resolved;
    if (!market.pays_half && market.final_price) {
        market.winner = first_wins(market) ? Outcome::up : Outcome::down;
        if (faults_.strike(FaultKind::resolve_flipped, subject, at))
            market.winner = opposite(*market.winner);
    }
    exchange_.resolve(market.market.condition, market.winner, at);
    return true;
}

bool World::first_wins(WorldMarket const& market) const {
    auto const price = *market.final_price;
    if (market.kind == MarketKind::updown) return price >= market.strike;
    switch (market.claim) {
    case Claim::above: return price >= market.threshold;
    case Claim::below: return price < market.threshold;
    case Claim::between: return price >= market.threshold && price < market.threshold_high;
    case Claim::touch_up: return market.touched || price >= market.threshold;
    case Claim::touch_down: return market.touched || price <= market.threshold;
    }
    std::abort();
}

void World::note_price(WorldMarket const& market, UtcTime at) {
    auto const top = exchange_.top(market.market.up);
    auto const middle = top.bid && top.ask ? (top.bid->price.micros() + top.ask->price.micros()) / 2
                        : top.bid          ? top.bid->price.micros()
                        : top.ask          ? top.ask->price.micros()
                                           : 500'000;
    pasts_[market.market.condition].minutes.emplace_back(at, Price::from_micros(middle));
}

void World::step_book(WorldMarket& market, UtcTime at, Nanos length, double rate_factor) {
    auto const& condition = market.market.condition;
    auto& maker = makers_.at(condition);
    BookMaker::Conditions now;
    now.fair = fair_value(condition);
    now.to_end = market.market.window.end() - at;
    now.rate_factor = rate_factor;
    now.may_run_dry = market.kind == MarketKind::updown;
    scratch_.clear();
    maker.step(now, length, scratch_);
    exchange_.set_levels(condition, scratch_.levels, at);
    for (auto const& taker : scratch_.takers)
        exchange_.noise_order(condition, taker.side, taker.limit, taker.size, at);
    sync_maker();

    auto const top = exchange_.top(market.market.up);
    auto const& books = options_.books;
    auto const extreme = (top.bid && top.bid->price >= books.fine_beyond) ||
                         (top.ask && top.ask->price <= books.fine_beyond.complement());
    if (extreme && market.market.tick > books.fine_tick) {
        exchange_.change_tick(condition, books.fine_tick, at);
        maker.set_tick(books.fine_tick);
    }
}

double World::fair_value(ConditionId const& condition) const {
    auto const* market = markets_.find(condition);
    if (market == nullptr) return 0.5;
    auto const a = index_of(market->asset);
    auto const sigma = path_->volatility(market->asset);
    auto const spot = prices_.oracle[a];
    if (market->kind != MarketKind::updown) {
        auto const above = [&](UsdPrice strike) {
            return probability_above(
                spot, to_double(strike), sigma, market->market.window.end() - now_
            );
        };
        auto const from = market->threshold == UsdPrice{} ? 1.0 : above(market->threshold);
        switch (market->claim) {
        case Claim::above: return from;
        case Claim::below: return 1 - from;
        case Claim::between: return std::max(0.0, from - above(market->threshold_high));
        // A path without drift that gets there is above it at the end half of the time.
        case Claim::touch_up: return market->touched ? 1 : std::min(1.0, 2 * from);
        case Claim::touch_down: return market->touched ? 1 : std::min(1.0, 2 * (1 - from));
        }
    }
    return updown_probability(oracle_, *market, spot, sigma, now_);
}

std::vector<std::pair<UtcTime, Price>> const& World::price_history(ConditionId const& market
) const {
    static std::vector<std::pair<UtcTime, Price>> const none;
    auto const at = pasts_.find(market);
    return at == pasts_.end() ? none : at->second.minutes;
}

} // namespace polyquant::sandbox
