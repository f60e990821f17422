#include "connectors/sandbox/world/exchange.hpp"

#include "connectors/crypto/keccak.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::sandbox {

namespace {

// The house pays whatever the market wins from it.
constexpr Usdc house_money = usd(1'000'000'000);

simulated::MatchingRules rules_of(ExchangeOptions const& options) {
    simulated::MatchingRules rules;
    rules.assumptions.fill = simulated::FillModel::queue;
    rules.assumptions.queue = simulated::QueueModel::cancels_pro_rata;
    rules.assumptions.depletion = simulated::DepletionModel::until_level_changes;
    rules.assumptions.fee_rounding = options.fee_rounding;
    rules.assumptions.displayed_ppm = 1'000'000;
    rules.min_marketable = options.min_marketable;
    rules.gtd_minimum_lead = options.gtd_minimum_lead;
    return rules;
}

} // namespace

Exchange::Exchange(
    ExchangeOptions options, MarketList& markets, FaultSource& faults, std::uint64_t seed
)
    : options_{std::move(options)}, markets_{markets}, faults_{faults}, seed_{seed}, random_{seed},
      core_{rules_of(options_)}, contracts_{markets.contracts()}, keys_{seed} {
    auto& bank = accounts_.at(house);
    bank.cash = bank.deposited = house_money;
}

void Exchange::schedule(Due due) {
    due.number = ++numbers_;
    due_.insert(std::move(due));
}

std::optional<UtcTime> Exchange::next_due() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->at;
}

void Exchange::advance_to(UtcTime now) {
    while (!due_.empty() && due_.begin()->at <= now) {
        auto const due = *due_.begin();
        due_.erase(due_.begin());
        now_ = std::max(now_, due.at);
        run(due);
    }
    now_ = std::max(now_, now);
    if (core_.resting_count() == 0) return;
    simulated::Notices notices;
    core_.expire(now_, notices);
    if (notices.empty()) return;
    std::vector<ConditionId> changed;
    for (auto const& notice : notices) {
        auto const& expired = std::get<simulated::OrderNotice>(notice);
        changed.push_back(orders_.at(expired.report.order).market);
        order_noticed(expired, now_);
    }
    for (auto const& market : changed)
        publish_levels(market, now_);
}

void Exchange::run(Due const& due) {
    switch (due.chore) {
    case Chore::execute: execute(due.order, due.at); return;
    case Chore::settle: settle({due.name}, due.at); return;
    case Chore::redeem: pay(due.market, due.at); return;
    case Chore::heartbeat: {
        auto const at = hearts_.find(due.name);
        if (at == hearts_.end() || at->second.deadline > due.at) return;
        hearts_.erase(at);
        cancel_all(due.name, due.at);
        return;
    }
    }
}

void Exchange::open(ConditionId const& market, UtcTime now) {
    auto const* known = markets_.find(market);
    ENSURE(known != nullptr, "only listed markets open");
    core_.list(known->market);
    books_.try_emplace(market);
    BookSnapshot empty;
    empty.at.received_at = now;
    empty.token = known->market.up;
    simulated::Notices notices;
    core_.on(empty, notices);
    tell(MarketOpened{now, market});
}

void Exchange::change_tick(ConditionId const& market, Price tick, UtcTime now) {
    auto* known = markets_.find(market);
    if (known == nullptr || known->market.tick == tick) return;
    auto const old = known->market.tick;
    known->market.tick = tick;
    core_.list(known->market);
    tell(TickChanged{now, market, old, tick});
}

void Exchange::forget(ConditionId const& market) {
    for (auto at = orders_.begin(); at != orders_.end();)
        at = at->second.market == market ? orders_.erase(at) : std::next(at);
    core_.forget(market);
    books_.erase(market);
}

void Exchange::restart(UtcTime now, Nanos down_for) {
    gate_.restart(now, down_for, options_.post_only_after_restart);
}

PostAnswer Exchange::post(PostedOrder const& order, crypto::Address const& signer, UtcTime now) {
    now_ = std::max(now_, now);
    PostAnswer answer;
    auto const refuse = [&](Failure const& failure) {
        answer.http_status = failure.http_status != 0 ? failure.http_status : 400;
        answer.error = failure.detail;
        return answer;
    };
    auto checked = check(order, signer, now_);
    if (!checked) return refuse(checked.error());
    auto& record = checked->record;
    auto const& market = *markets_.find(record.market);
    simulated::NewOrder fresh{
        record.id,
        record.account,
        record.token,
        record.side,
        record.price,
        record.size,
        record.tif,
        record.post_only,
        std::nullopt,
        std::nullopt
    };
    if (record.tif == TimeInForce::gtd) fresh.expires_at = utc_from_seconds(record.expiration);
    if (record.is_market_buy() && options_.market_buys_spend_money) fresh.money = record.money;
    auto const admitted = core_.admit(fresh, now_);
    if (!admitted) return refuse(admitted.error());

    record.number = ++numbers_;
    record.open = true;
    record.status = "DELAYED";
    answer.order = record.id;
    auto const id = record.id;
    open_.emplace(record.number, id);
    reserved_.emplace(id, OpenOrder{checked->reserve_cash, checked->reserve_tokens});
    orders_.emplace(id, std::move(record));
    if (admitted->marketable && market.market.taker_delay > Millis{0}) {
        answer.status = "delayed";
        Due due;
        due.at = now_ + market.market.taker_delay;
        due.order = id;
        schedule(std::move(due));
        emit(OwnOrderNews::Type::placement, orders_.at(id), now_);
        return answer;
    }
    execute(id, now_);
    auto const& after = orders_.at(id);
    if (after.status.starts_with("CANCELED_")) {
        answer.http_status = 400;
        answer.error = after.status.substr(std::string_view{"CANCELED_"}.size());
        answer.order = {};
        return answer;
    }
    answer.status = after.matched.is_zero() ? "live" : "matched";
    answer.trades = after.trades;
    for (auto const& trade : after.trades) {
        auto const& leg = trades_.at(trade.text).taker;
        auto const cash = after.side == Side::buy ? -(leg.cash + leg.fee) : leg.cash + leg.fee;
        answer.making_micros += after.side == Side::buy ? cash.micros() : leg.size.micros();
        answer.taking_micros += after.side == Side::buy ? leg.size.micros() : cash.micros();
    }
    return answer;
}

CancelAnswers
Exchange::cancel(std::span<OrderId const> orders, std::string_view owner, UtcTime now) {
    now_ = std::max(now_, now);
    CancelAnswers answers;
    for (auto const& id : orders) {
        auto const at = orders_.find(id);
        if (at == orders_.end() || at->second.owner != owner) {
            answers.refused.emplace_back(id, "Order not found or already canceled");
            continue;
        }
        simulated::Notices notices;
        auto const market = at->second.market;
        if (auto const done = core_.cancel(id, at->second.account, notices); !done) {
            answers.refused.emplace_back(id, done.error().detail);
            continue;
        }
        digest(notices, market, now_);
        publish_levels(market, now_);
        answers.cancelled.push_back(id);
    }
    return answers;
}

void Exchange::cancel_all(std::string_view owner, UtcTime now) {
    std::vector<OrderId> mine;
    for (auto const* order : open_orders(owner))
        mine.push_back(order->id);
    cancel(mine, owner, now);
}

std::vector<OrderRecord const*> Exchange::open_orders(std::string_view owner) const {
    std::vector<OrderRecord const*> found;
    for (auto const& [number, id] : open_) {
        auto const& order = orders_.at(id);
        if (order.owner == owner) found.push_back(&order);
    }
    return found;
}

OrderRecord const* Exchange::find_order(OrderId const& order) const {
    auto const at = orders_.find(order);
    return at == orders_.end() ? nullptr : &at->second;
}

std::vector<TradeRecord const*> Exchange::trades(std::string_view owner) const {
    std::vector<TradeRecord const*> found;
    auto const at = trades_of_.find(owner);
    if (at == trades_of_.end()) return found;
    for (auto const& id : at->second)
        found.push_back(&trades_.at(id));
    return found;
}

TradeRecord const* Exchange::find_trade(TradeId const& trade) const {
    auto const at = trades_.find(trade.text);
    return at == trades_.end() ? nullptr : &at->second;
}

Exchange::HeartbeatAnswer
Exchange::heartbeat(std::string_view owner, std::string_view id, UtcTime now) {
    now_ = std::max(now_, now);
    auto const at = hearts_.find(owner);
    auto const expected = at == hearts_.end() ? std::string{} : at->second.id;
    if (id != expected) return {false, expected};
    auto& heart = hearts_[std::string{owner}];
    heart.id = uuid(++numbers_);
    heart.deadline = now_ + options_.heartbeat_timeout;
    Due due;
    due.at = heart.deadline;
    due.chore = Chore::heartbeat;
    due.name = owner;
    schedule(std::move(due));
    return {true, heart.id};
}

void Exchange::deposit(crypto::Address const& wallet, Usdc amount, UtcTime now) {
    auto& account = accounts_.of(wallet);
    account.cash += amount;
    account.deposited += amount;
    StatementEntry entry;
    entry.at = now;
    entry.cash = amount;
    accounts_.record(account.id, std::move(entry));
}

void Exchange::tell(ExchangeNews news) {
    if (sink_)
        sink_(news);
    else
        news_.push_back(std::move(news));
}

std::vector<ExchangeNews> Exchange::take_news() {
    return std::exchange(news_, {});
}

std::vector<Exchange::Consumed> Exchange::take_consumed() {
    return std::exchange(consumed_, {});
}

std::vector<Level> Exchange::levels(TokenId const& token, BookSide side) const {
    std::vector<Level> found;
    auto const* market = markets_.find_token(token);
    if (market == nullptr) return found;
    auto const at = books_.find(market->market.condition);
    if (at == books_.end()) return found;
    auto const mirrored = token == market->market.down;
    auto const from = mirrored == (side == BookSide::bid) ? BookSide::ask : BookSide::bid;
    auto const& external = at->second.external[static_cast<std::size_t>(from)];
    auto const& own = at->second.own[static_cast<std::size_t>(from)];
    auto const add = [&](Price price, Shares size) {
        found.push_back({mirrored ? price.complement() : price, size});
    };
    auto e = external.begin();
    auto o = own.begin();
    while (e != external.end() || o != own.end()) {
        if (o == own.end() || (e != external.end() && e->first < o->first)) {
            add(e->first, e->second);
            ++e;
        } else if (e == external.end() || o->first < e->first) {
            add(o->first, o->second);
            ++o;
        } else {
            add(e->first, e->second + o->second);
            ++e;
            ++o;
        }
    }
    auto const descending = side == BookSide::bid;
    if (descending == (found.size() > 1 && found.front().price < found.back().price))
        std::ranges::reverse(found);
    return found;
}

BookTop Exchange::top(TokenId const& token) const {
    BookTop top;
    auto const* market = markets_.find_token(token);
    if (market == nullptr) return top;
    auto const at = books_.find(market->market.condition);
    if (at == books_.end()) return top;
    auto const& book = at->second;
    auto const best = [&](BookSide side) -> std::optional<Level> {
        auto const s = static_cast<std::size_t>(side);
        std::optional<Level> found;
        for (auto const* levels : {&book.external[s], &book.own[s]}) {
            if (levels->empty()) continue;
            auto const& [price, size] =
                side == BookSide::bid ? *levels->rbegin() : *levels->begin();
            if (found && found->price == price)
                found->size += size;
            else if (!found || (side == BookSide::bid) == (price > found->price))
                found = Level{price, size};
        }
        return found;
    };
    top.bid = best(BookSide::bid);
    top.ask = best(BookSide::ask);
    if (token == market->market.up) return top;
    BookTop mirrored;
    if (top.ask) mirrored.bid = Level{top.ask->price.complement(), top.ask->size};
    if (top.bid) mirrored.ask = Level{top.bid->price.complement(), top.bid->size};
    return mirrored;
}

std::string Exchange::uuid(std::uint64_t number) const {
    std::uint64_t state = seed_ ^ (number * 0x9e3779b97f4a7c15ULL);
    auto const a = splitmix64(state);
    auto const b = splitmix64(state);
    return fmt::format(
        "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        8 + ((a >> 12) & 3),
        b >> 52,
        b & 0xffffffffffffULL
    );
}

} // namespace polyquant::sandbox
