// What a match does to the books of everybody in it, and what becomes of it on the chain.
#include "connectors/crypto/keccak.hpp"
#include "connectors/sandbox/world/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::sandbox {

namespace {

void add_tokens(Account& account, TokenId const& token, Shares size) {
    auto& held = account.tokens[token];
    held += size;
    ENSURE(held.micros() >= 0, "nobody gives shares he does not have");
    if (held.is_zero()) account.tokens.erase(token);
}

Usdc face_value(Shares size) {
    return Usdc::from_micros(size.micros());
}

bool is_in_flight(TradeState state) {
    return state == TradeState::matched || state == TradeState::retrying;
}

} // namespace

// Both sides part with what they give at once, so that it cannot be given twice; what they get
// arrives when the trade is mined.
void Exchange::book_trade(TradeRecord& trade, UtcTime now) {
    for (auto const* leg : {&trade.taker, &trade.maker})
        book_leg(trade, *leg, now);
    for (auto const* leg : {&trade.taker, &trade.maker})
        if (!leg->owner.empty()) {
            auto& mine = trades_of_[leg->owner];
            if (mine.empty() || mine.back() != trade.id.text) mine.push_back(trade.id.text);
        }
    tell(OwnTradeNews{now, trade});
    Due due;
    due.at = now + options_.mined_after +
             Nanos{static_cast<std::int64_t>(
                 random_.uniform() * static_cast<double>(Nanos{options_.jitter}.count())
             )};
    due.chore = Chore::settle;
    due.name = trade.id.text;
    schedule(std::move(due));
    trades_.emplace(trade.id.text, std::move(trade));
}

void Exchange::book_leg(TradeRecord const& trade, TradeLeg const& leg, UtcTime now) {
    auto& account = accounts_.at(leg.account);
    StatementEntry entry;
    entry.at = now;
    entry.token = leg.token;
    entry.price = leg.price;
    entry.trade = trade.id;
    entry.order = leg.order;
    if (leg.side == Side::buy) {
        account.cash += leg.cash;
        in_flight_ -= leg.cash;
        for (auto& allowed : account.pusd_allowance)
            if (allowed) *allowed = std::max(*allowed + leg.cash, Usdc{});
        entry.kind = EntryKind::buy;
        entry.cash = leg.cash + leg.fee;
        entry.shares = leg.size;
    } else {
        add_tokens(account, leg.token, -leg.size);
        entry.kind = EntryKind::sell;
        entry.cash = leg.cash + leg.fee;
        entry.shares = -leg.size;
    }
    accounts_.record(leg.account, entry);
    if (leg.fee.is_zero()) return;
    entry.kind = EntryKind::fee;
    entry.cash = -leg.fee;
    entry.shares = {};
    accounts_.record(leg.account, std::move(entry));
}

void Exchange::settle(TradeId const& id, UtcTime now) {
    auto& trade = trades_.at(id.text);
    trade.updated_at = now;
    auto const again = [&](UtcTime at) {
        Due due;
        due.at = at;
        due.chore = Chore::settle;
        due.name = id.text;
        schedule(std::move(due));
    };
    auto const jitter = Nanos{static_cast<std::int64_t>(
        random_.uniform() * static_cast<double>(Nanos{options_.jitter}.count())
    )};
    auto const fails = random_.chance(options_.failure_chance);
    auto const retries = random_.chance(options_.retry_chance);
    switch (trade.state) {
    case TradeState::matched: {
        FaultSubject subject;
        auto const* market = markets_.find(trade.market);
        if (market != nullptr) subject.topic = market->market.slug;
        if (fails || faults_.strike(FaultKind::match_then_fail, subject, now)) {
            reverse(trade, now);
            break;
        }
        if (retries) {
            trade.state = TradeState::retrying;
            again(now + options_.retry_pause);
            break;
        }
        [[fallthrough]];
    }
    case TradeState::retrying:
        deliver(trade, now);
        again(std::max(now, trade.matched_at + options_.confirmed_after + jitter));
        break;
    case TradeState::mined: trade.state = TradeState::confirmed; break;
    case TradeState::confirmed:
    case TradeState::failed: ENSURE(false, "a settled trade has nothing to come");
    }
    tell(OwnTradeNews{now, trade});
}

void Exchange::deliver(TradeRecord& trade, UtcTime now) {
    trade.state = TradeState::mined;
    trade.transaction_hash = crypto::to_0x_hex(crypto::keccak256("sandbox " + trade.id.text));
    auto& book = books_[trade.market];
    auto const buyers = static_cast<int>(trade.taker.side == Side::buy) +
                        static_cast<int>(trade.maker.side == Side::buy);
    Usdc paid;
    Usdc received;
    for (auto const* leg : {&trade.taker, &trade.maker}) {
        auto& account = accounts_.at(leg->account);
        if (leg->side == Side::buy) {
            paid -= leg->cash;
            add_tokens(account, leg->token, leg->size);
        } else {
            received += leg->cash;
            account.cash += leg->cash;
        }
    }
    // Two buyers of both outcomes have a pair minted, two sellers merge one.
    auto const minted = face_value(trade.taker.size) * (buyers - 1);
    book.collateral += minted;
    in_flight_ -= paid;
    treasury_ += paid - received - minted;
    if (!book.paid) return;
    auto const* market = markets_.find(trade.market);
    ENSURE(market != nullptr, "markets are remembered until their trades have settled");
    for (auto const* leg : {&trade.taker, &trade.maker})
        pay_account(accounts_.at(leg->account), *market, now);
}

void Exchange::reverse(TradeRecord& trade, UtcTime now) {
    trade.state = TradeState::failed;
    for (auto const* leg : {&trade.taker, &trade.maker}) {
        auto& account = accounts_.at(leg->account);
        StatementEntry entry;
        entry.at = now;
        entry.kind = EntryKind::reversed;
        entry.token = leg->token;
        entry.price = leg->price;
        entry.trade = trade.id;
        entry.order = leg->order;
        entry.cash = -leg->cash;
        if (leg->side == Side::buy) {
            account.cash -= leg->cash;
            in_flight_ += leg->cash;
            entry.shares = -leg->size;
        } else {
            add_tokens(account, leg->token, leg->size);
            entry.shares = leg->size;
        }
        accounts_.record(leg->account, std::move(entry));
        auto const* market = markets_.find(trade.market);
        if (market != nullptr && books_[trade.market].paid) pay_account(account, *market, now);
    }
}

void Exchange::announce(ConditionId const& market, std::optional<Outcome> winner, UtcTime now) {
    now_ = std::max(now_, now);
    tell(MarketDecided{now_, market, winner});
}

void Exchange::resolve(
    ConditionId const& market,
    std::optional<Outcome> winner,
    UtcTime now,
    std::optional<UtcTime> pays_from
) {
    now_ = std::max(now_, now);
    auto& book = books_[market];
    simulated::Notices notices;
    core_.resolve(market, notices);
    digest(notices, market, now_);
    for (auto& side : book.external)
        side.clear();
    book.touched.clear();
    tell(MarketDecided{now_, market, winner});
    if (!options_.auto_redeem_after) return;
    Due due;
    due.at = std::max(now_, pays_from.value_or(now_)) + *options_.auto_redeem_after;
    due.chore = Chore::redeem;
    due.market = market;
    schedule(std::move(due));
}

void Exchange::pay(ConditionId const& market, UtcTime now) {
    auto const* known = markets_.find(market);
    if (known == nullptr) return;
    books_[market].paid = true;
    for (AccountId id = 0; id < accounts_.size(); ++id)
        pay_account(accounts_.at(id), *known, now);
}

void Exchange::pay_account(Account& account, WorldMarket const& market, UtcTime now) {
    for (auto const outcome : {Outcome::up, Outcome::down}) {
        auto const& token = market.market.token(outcome);
        auto const held = account.holds(token);
        if (held.is_zero()) continue;
        auto const payout = !market.winner ? face_value(Shares::from_micros(held.micros() / 2))
                            : *market.winner == outcome ? face_value(held)
                                                        : Usdc{};
        account.tokens.erase(token);
        account.cash += payout;
        books_[market.market.condition].collateral -= payout;
        StatementEntry entry;
        entry.at = now;
        entry.kind = EntryKind::payout;
        entry.cash = payout;
        entry.shares = -held;
        entry.token = token;
        accounts_.record(account.id, std::move(entry));
    }
}

Usdc Exchange::chain_balance(AccountId account) const {
    auto balance = accounts_.at(account).cash;
    for (auto const& due : due_) {
        if (due.chore != Chore::settle) continue;
        auto const& trade = trades_.at(due.name);
        if (!is_in_flight(trade.state)) continue;
        for (auto const* leg : {&trade.taker, &trade.maker})
            if (leg->account == account && leg->side == Side::buy) balance -= leg->cash;
    }
    return balance;
}

Shares Exchange::chain_balance(AccountId account, TokenId const& token) const {
    auto balance = accounts_.at(account).holds(token);
    for (auto const& due : due_) {
        if (due.chore != Chore::settle) continue;
        auto const& trade = trades_.at(due.name);
        if (!is_in_flight(trade.state)) continue;
        for (auto const* leg : {&trade.taker, &trade.maker})
            if (leg->account == account && leg->side == Side::sell && leg->token == token)
                balance += leg->size;
    }
    return balance;
}

Audit Exchange::audit() const {
    Audit audit;
    audit.in_flight = in_flight_;
    audit.treasury = treasury_;
    std::map<TokenId, Shares> tokens;
    for (AccountId id = 0; id < accounts_.size(); ++id) {
        auto const& account = accounts_.at(id);
        audit.deposited += account.deposited;
        audit.cash += account.cash;
        for (auto const& [token, size] : account.tokens)
            tokens[token] += size;
        if (account.cash < Usdc{})
            audit.defects.push_back(fmt::format("account {} has {}", id, to_string(account.cash)));
    }
    Usdc in_flight;
    for (auto const& due : due_) {
        if (due.chore != Chore::settle) continue;
        auto const& trade = trades_.at(due.name);
        if (!is_in_flight(trade.state)) continue;
        for (auto const* leg : {&trade.taker, &trade.maker}) {
            if (leg->side == Side::buy)
                in_flight -= leg->cash;
            else
                tokens[leg->token] += leg->size;
        }
    }
    if (in_flight != in_flight_)
        audit.defects.push_back(fmt::format(
            "trades in flight hold {}, the books say {}",
            to_string(in_flight),
            to_string(in_flight_)
        ));
    for (auto const& [condition, book] : books_) {
        audit.collateral += book.collateral;
        if (book.collateral < Usdc{})
            audit.defects.push_back("negative collateral in " + to_string(condition));
        auto const* market = markets_.find(condition);
        if (book.paid || market == nullptr) continue;
        for (auto const outcome : {Outcome::up, Outcome::down})
            if (auto const out = tokens[market->market.token(outcome)];
                face_value(out) != book.collateral)
                audit.defects.push_back(fmt::format(
                    "{} {} shares of {} against {} USDC of collateral",
                    to_string(out),
                    to_string(outcome),
                    market->market.slug,
                    to_string(book.collateral)
                ));
    }
    auto const sum = audit.cash + audit.in_flight + audit.collateral + audit.treasury;
    if (sum != audit.deposited)
        audit.defects.push_back(
            fmt::format("{} USDC deposited, {} found", to_string(audit.deposited), to_string(sum))
        );
    return audit;
}

} // namespace polyquant::sandbox
