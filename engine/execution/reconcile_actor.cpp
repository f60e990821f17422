#include "engine/execution/reconcile_actor.hpp"

#include "engine/runtime/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::execution {

ReconcileActor::ReconcileActor(
    asio::any_io_executor executor,
    runtime::Clock& clock,
    VenueAccount& venue,
    ExecutionActor& execution,
    Portfolio const& portfolio,
    std::optional<Usdc> deposited,
    Options options,
    Hooks hooks
)
    : clock_{clock}, venue_{venue}, execution_{execution}, portfolio_{portfolio},
      deposited_{deposited}, options_{options}, hooks_{std::move(hooks)},
      wake_{executor, "execution.reconcile", 1} {}

void ReconcileActor::doubt(std::string why) {
    ++doubts_;
    open_ = false;
    why_ = std::move(why);
    wake_.post(true);
}

std::optional<VenueRefusal> ReconcileActor::refusal() const {
    if (open_) return std::nullopt;
    return VenueRefusal{Reason::trading_halted, "not reconciled with the venue: " + why_};
}

void ReconcileActor::on(Fact const& fact) {
    auto const* settled = std::get_if<PositionSettled>(&fact.body);
    // A correction carries no shares and says nothing about the payout of one.
    if (settled == nullptr || settled->size.micros() <= 0) return;
    auto const per_share = settled->won ? cents(100) : Price{};
    auto const half = settled->payout.micros() > 0 &&
                      settled->payout < cost_rounded_down(cents(100), settled->size);
    settled_[settled->token] = {half ? cents(50) : per_share, fact.at};
}

void ReconcileActor::forget_settled() {
    auto const before = clock_.utc_now() - options_.settled_kept;
    std::erase_if(settled_, [&](auto const& entry) { return entry.second.at < before; });
}

OurBooks ReconcileActor::our_books() const {
    OurBooks books;
    books.orders = execution_.followed();
    read_portfolio(portfolio_, books);
    for (auto const& order : books.orders)
        books.remembered.erase(order.id);
    for (auto const& [token, settled] : settled_)
        if (!books.confirmed.contains(token)) books.settled.emplace(token, settled.payout);
    // Claims of an earlier process as well. Paid half or whole: a share of the claim says which.
    for (auto const& [name, account] : portfolio_.strategies())
        for (auto const& [token, claim] : account.claims)
            if (!books.confirmed.contains(token))
                books.settled.emplace(
                    token,
                    claim.amount.micros() * 4 <= claim.size.micros() * 3 ? cents(50) : cents(100)
                );
    return books;
}

Usdc ReconcileActor::capital() const {
    Usdc sum;
    for (auto const& [name, account] : portfolio_.strategies())
        sum += account.capital;
    return sum;
}

Task<void> ReconcileActor::run() {
    auto pause = options_.retry_min;
    for (;;) {
        auto const agreed = co_await compare();
        pause = agreed ? options_.every : std::min(pause * 2, options_.retry_max);
        auto const woken = co_await runtime::within<bool>(
            clock_, clock_.now() + pause, "execution.reconcile", wake_.next()
        );
        if (!woken && woken.error().fault == Fault::cancelled) co_return;
        if (agreed) pause = options_.retry_min;
    }
}

// All of a market's claims or none: whoever redeems takes the whole balance.
void ReconcileActor::tell_redeemed(VenueAccountView const& view) {
    if (!hooks_.redeemed) return;
    std::map<ConditionId, bool> gone;
    for (auto const& [name, account] : portfolio_.strategies())
        for (auto const& [token, claim] : account.claims) {
            auto const at = view.tokens.find(token);
            auto const is_gone = at != view.tokens.end() && at->second.is_zero();
            auto const entry = gone.emplace(claim.market, true).first;
            entry->second = entry->second && is_gone;
        }
    for (auto const& [market, is_gone] : gone)
        if (is_gone && !portfolio_.open_redemptions().contains(market)) hooks_.redeemed(market);
}

Task<bool> ReconcileActor::compare() {
    forget_settled();
    auto const doubts = doubts_;
    AccountQuery query;
    query.trades_after = clock_.utc_now() - options_.trades_back;
    auto const before = our_books();
    for (auto const& [token, shares_here] : before.confirmed)
        query.tokens.push_back(token);
    for (auto const& [token, payout] : before.settled)
        query.tokens.push_back(token);
    auto const deadline = clock_.now() + options_.call_max;
    auto const view = co_await runtime::within<VenueAccountView>(
        clock_, deadline, "execution.reconcile", venue_.view(query, deadline)
    );
    ++comparisons_;
    if (!view) {
        open_ = false;
        why_ = describe(view.error());
        if (++disagreed_ == options_.alarm_after) hooks_.alarm("cannot reconcile: " + why_);
        co_return false;
    }
    // What our books say now, not before the question: reports came meanwhile.
    auto const given = capital();
    last_ = reconcile(
        our_books(), *view, deposited_ ? std::optional{*deposited_ - given} : std::nullopt
    );
    for (auto& repair : last_.repairs)
        hooks_.publish(std::move(repair));
    last_.repairs.clear();
    for (auto const& order : last_.look_up)
        execution_.look_up_now(order);
    if (last_.unassigned && *last_.unassigned + given != deposited_) {
        deposited_ = *last_.unassigned + given;
        if (hooks_.keep_deposited) hooks_.keep_deposited(*deposited_);
    }
    auto const clean = last_.is_clean();
    if (clean) tell_redeemed(*view);
    if (clean && doubts == doubts_) {
        auto const was_closed = !std::exchange(open_, true);
        if (was_closed || !last_.differences.empty()) hooks_.say(describe(last_));
        disagreed_ = 0;
        co_return true;
    }
    if (!clean) {
        open_ = false;
        why_ = describe(last_);
        if (++disagreed_ == options_.alarm_after) hooks_.alarm(why_);
    }
    co_return false;
}

} // namespace polyquant::execution
