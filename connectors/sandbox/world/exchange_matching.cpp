// How orders meet: the matching core decides, this file turns its notices into trades, books and
// news.
#include "connectors/sandbox/world/exchange.hpp"

#include <algorithm>

namespace polyquant::sandbox {

namespace {

BookSide opposite_side(BookSide side) {
    return side == BookSide::bid ? BookSide::ask : BookSide::bid;
}

std::size_t index_of(BookSide side) {
    return static_cast<std::size_t>(side);
}

// Price and side as they stand in the first outcome's book.
Price up_price(Market const& market, TokenId const& token, Price price) {
    return token == market.up ? price : price.complement();
}

BookSide joined_side(Market const& market, TokenId const& token, Side side) {
    return (side == Side::buy) == (token == market.up) ? BookSide::bid : BookSide::ask;
}

} // namespace

void Exchange::execute(OrderId const& order, UtcTime now) {
    auto const& record = orders_.at(order);
    auto const market = record.market;
    simulated::Notices notices;
    auto const* known = markets_.find(market);
    auto& held = reserved_.at(order);
    // The book has moved since the order was admitted; what it may cost now must still be there.
    auto const short_of_cash =
        record.is_market_buy() && known != nullptr &&
        cash_needed(record, known->market) > free_cash(record.account) + held.cash;
    if (short_of_cash)
        core_.kill(order, "CANCELED_not enough balance / allowance", notices);
    else
        core_.execute(order, now, notices);
    digest(notices, market, now);
    publish_levels(market, now);
}

Shares
Exchange::noise_order(ConditionId const& market, Side side, Price limit, Shares size, UtcTime now) {
    now_ = std::max(now_, now);
    auto const* known = markets_.find(market);
    if (known == nullptr || !books_.contains(market)) return {};
    simulated::NewOrder order;
    auto state = seed_ ^ (++numbers_ << 8);
    for (std::size_t lane = 0; lane < 4; ++lane) {
        auto const word = splitmix64(state);
        std::memcpy(order.id.bytes.data() + 8 * lane, &word, sizeof word);
    }
    order.account = house;
    order.token = known->market.up;
    order.side = side;
    order.limit = limit;
    order.size = size;
    order.tif = TimeInForce::fak;
    if (!core_.admit(order, now_)) return {}; // below the minimum, or off the grid by now
    simulated::Notices notices;
    core_.execute(order.id, now_, notices);
    digest(notices, market, now_);
    publish_levels(market, now_);
    return core_.look_up(order.id).matched;
}

void Exchange::set_levels(
    ConditionId const& market, std::span<LevelUpdate const> updates, UtcTime now
) {
    now_ = std::max(now_, now);
    auto const at = books_.find(market);
    if (at == books_.end() || updates.empty()) return;
    auto& book = at->second;
    for (std::size_t i = 0; i < updates.size(); ++i) {
        auto update = updates[i];
        auto const& side = book.external[index_of(update.side)];
        auto const known = side.find(update.price);
        auto const before = known == side.end() ? Shares{} : known->second;
        // A newcomer that reaches one of our accounts' orders trades before the rest of it rests.
        if (update.size > before && crosses_own(book, update)) {
            auto const taker = update.side == BookSide::bid ? Side::buy : Side::sell;
            auto const got = noise_order(market, taker, update.price, update.size - before, now_);
            auto const gone = crosses_own(book, update) ? update.size - before : got;
            if (!gone.is_zero()) consumed_.push_back({market, update.side, update.price, gone});
            update.size -= gone;
        }
        set_external(market, update, i + 1 == updates.size(), now_);
    }
    publish_levels(market, now_);
}

bool Exchange::crosses_own(Book const& book, LevelUpdate const& update) const {
    auto const& own = book.own[index_of(opposite_side(update.side))];
    if (own.empty()) return false;
    return update.side == BookSide::ask ? own.rbegin()->first >= update.price
                                        : own.begin()->first <= update.price;
}

void Exchange::set_external(
    ConditionId const& market, LevelUpdate const& update, bool end_of_frame, UtcTime now
) {
    auto& book = books_.at(market);
    auto& side = book.external[index_of(update.side)];
    if (update.size.is_zero())
        side.erase(update.price);
    else
        side[update.price] = update.size;
    book.touched.emplace_back(update.side, update.price);
    BookChange change;
    change.at.received_at = now;
    change.token = markets_.find(market)->market.up;
    change.side = update.side;
    change.price = update.price;
    change.size = update.size;
    change.end_of_frame = end_of_frame;
    simulated::Notices notices;
    core_.on(change, notices);
    if (!notices.empty()) digest(notices, market, now);
}

// Trades first: the orders' own notices describe what the trades left of them.
void Exchange::digest(simulated::Notices const& notices, ConditionId const& market, UtcTime now) {
    std::vector<Fill> makers;
    for (auto const& notice : notices) {
        auto const* trade = std::get_if<simulated::TradeNotice>(&notice);
        if (trade == nullptr) continue;
        if (trade->trade.maker) {
            makers.push_back({trade->account, trade->trade});
            continue;
        }
        auto const maker = std::ranges::find_if(makers, [&](Fill const& fill) {
            return fill.report.trade == trade->trade.trade;
        });
        Fill const taker{trade->account, trade->trade};
        if (maker == makers.end()) take_external(market, taker, now);
        trade_noticed(taker, maker == makers.end() ? nullptr : &*maker, market, now);
    }
    for (auto const& notice : notices)
        if (auto const* order = std::get_if<simulated::OrderNotice>(&notice))
            order_noticed(*order, now);
}

void Exchange::take_external(ConditionId const& market, Fill const& taker, UtcTime now) {
    auto const& known = markets_.find(market)->market;
    auto const& report = taker.report;
    auto const side = opposite_side(joined_side(known, report.token, report.side));
    auto const price = up_price(known, report.token, report.price);
    auto const& levels = books_.at(market).external[index_of(side)];
    auto const at = levels.find(price);
    if (at == levels.end()) return;
    auto const left = at->second - std::min(at->second, report.size);
    consumed_.push_back({market, side, price, report.size});
    set_external(market, {side, price, left}, true, now);
}

void Exchange::trade_noticed(
    Fill const& taker, Fill const* maker, ConditionId const& market, UtcTime now
) {
    auto& known = *markets_.find(market);
    auto const& report = taker.report;
    books_.at(market).traded = true;
    known.last_trade = up_price(known.market, report.token, report.price);
    known.volume_micros += cost_rounded_down(report.price, report.size).micros();
    tell(TradePrinted{now, market, report.token, report.side, report.price, report.size});
    auto const others_only =
        taker.account == house && (maker == nullptr || maker->account == house);
    if (others_only) return;

    TradeRecord trade;
    trade.number = ++numbers_;
    trade.id.text = uuid(trade.number);
    trade.market = market;
    trade.matched_at = trade.updated_at = now;
    if (maker != nullptr) trade.maker = leg_of(*maker);
    trade.taker = taker.account == house ? house_leg(trade.maker, known) : leg_of(taker);
    trade.taker.order = report.order;
    trade.taker.fee = report.fee;
    if (taker.account == house) trade.taker.cash -= report.fee;
    if (maker == nullptr) {
        trade.maker = house_leg(trade.taker, known);
        auto state = trade.number;
        for (std::size_t lane = 0; lane < 4; ++lane) {
            auto const word = splitmix64(state);
            std::memcpy(trade.maker.order.bytes.data() + 8 * lane, &word, sizeof word);
        }
    }
    fill(taker, trade.id, false);
    if (maker != nullptr) fill(*maker, trade.id, true);
    book_trade(trade, now);
}

TradeLeg Exchange::leg_of(Fill const& fill) const {
    auto const& order = orders_.at(fill.report.order);
    TradeLeg leg;
    leg.account = fill.account;
    leg.owner = order.owner;
    leg.maker = order.maker;
    leg.order = order.id;
    leg.token = fill.report.token;
    leg.side = fill.report.side;
    leg.price = fill.report.price;
    leg.size = fill.report.size;
    leg.fee = fill.report.fee;
    leg.cash = leg.side == Side::buy ? -(cost_rounded_up(leg.price, leg.size) + leg.fee)
                                     : cost_rounded_down(leg.price, leg.size) - leg.fee;
    return leg;
}

// The rest of the market is one account that sells what it holds and has pairs minted otherwise.
TradeLeg Exchange::house_leg(TradeLeg const& other, WorldMarket const& market) const {
    auto const& bank = accounts_.at(house);
    auto const& token = other.token;
    auto const& counter = token == market.market.up ? market.market.down : market.market.up;
    TradeLeg leg;
    leg.account = house;
    leg.size = other.size;
    if (other.side == Side::buy) {
        auto const owns = bank.holds(token) >= other.size;
        leg.side = owns ? Side::sell : Side::buy;
        leg.token = owns ? token : counter;
    } else {
        auto const merges = bank.holds(counter) >= other.size;
        leg.side = merges ? Side::sell : Side::buy;
        leg.token = merges ? counter : token;
    }
    leg.price = leg.token == token ? other.price : other.price.complement();
    leg.cash = leg.side == Side::buy ? -cost_rounded_up(leg.price, leg.size)
                                     : cost_rounded_down(leg.price, leg.size);
    return leg;
}

void Exchange::fill(Fill const& fill, TradeId const& trade, bool as_maker) {
    if (fill.account == house) return;
    auto& order = orders_.at(fill.report.order);
    order.matched += fill.report.size;
    order.trades.push_back(trade);
    if (as_maker && order.resting) change_own(order, -fill.report.size);
}

void Exchange::change_own(OrderRecord const& order, Shares by) {
    auto const& market = markets_.find(order.market)->market;
    auto const side = joined_side(market, order.token, order.side);
    auto const price = up_price(market, order.token, order.price);
    auto& book = books_.at(order.market);
    auto& own = book.own[index_of(side)];
    auto& level = own[price];
    level += by;
    if (level.micros() <= 0) own.erase(price);
    book.touched.emplace_back(side, price);
}

void Exchange::order_noticed(simulated::OrderNotice const& notice, UtcTime now) {
    using Status = OrderReport::Status;
    if (notice.account == house) return;
    auto& order = orders_.at(notice.report.order);
    auto const& text = notice.report.text;
    auto const left = order.size - order.matched;
    switch (notice.report.status) {
    case Status::live:
        reserved_.at(order.id) = order.side == Side::buy
                                     ? OpenOrder{cost_rounded_up(order.price, left), {}}
                                     : OpenOrder{{}, left};
        order.status = "LIVE";
        if (!order.resting) {
            order.resting = true;
            change_own(order, left);
            emit(
                order.announced ? OwnOrderNews::Type::update : OwnOrderNews::Type::placement,
                order,
                now
            );
            return;
        }
        emit(OwnOrderNews::Type::update, order, now);
        return;
    case Status::matched:
        order.status = "MATCHED";
        close_order(order);
        emit(OwnOrderNews::Type::update, order, now);
        return;
    case Status::unmatched:
    case Status::cancelled:
        if (order.resting) change_own(order, -left);
        order.status = notice.report.status == Status::unmatched ? "CANCELED_" + text
                       : text.starts_with("CANCELED_")           ? text
                                                                 : "CANCELED";
        close_order(order);
        emit(OwnOrderNews::Type::cancellation, order, now);
        return;
    case Status::delayed:
    case Status::rejected:
    case Status::not_found: ENSURE(false, "the core never says this about an order of its own");
    }
}

void Exchange::close_order(OrderRecord& order) {
    order.open = order.resting = false;
    open_.erase(order.number);
    reserved_.erase(order.id);
}

void Exchange::emit(OwnOrderNews::Type type, OrderRecord const& order, UtcTime now) {
    orders_.at(order.id).announced = true;
    tell(OwnOrderNews{now, type, order});
}

void Exchange::publish_levels(ConditionId const& market, UtcTime now) {
    auto const at = books_.find(market);
    if (at == books_.end()) return;
    auto& book = at->second;
    if (book.touched.empty() && !book.traded) return;
    std::ranges::sort(book.touched);
    auto const repeated = std::ranges::unique(book.touched);
    book.touched.erase(repeated.begin(), repeated.end());
    LevelsChanged news{now, market, {}, std::exchange(book.traded, false)};
    news.levels.reserve(book.touched.size());
    for (auto const& [side, price] : book.touched) {
        Shares total;
        for (auto const* levels : {&book.external[index_of(side)], &book.own[index_of(side)]})
            if (auto const level = levels->find(price); level != levels->end())
                total += level->second;
        news.levels.push_back({side, price, total});
    }
    book.touched.clear();
    tell(std::move(news));
}

} // namespace polyquant::sandbox
