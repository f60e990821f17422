#include "engine/settlement/window_settler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace polyquant::settlement {

namespace {

constexpr Seconds retry_every{5};
constexpr std::size_t early_results_max = 1'024;
constexpr std::size_t restored_max = 8'192;
constexpr Seconds lost_remembered{30 * 86'400}; // from the end: the venue may still speak

// A window paid half and half is a win for whoever bought below the half.
bool is_win(Outcome held, std::optional<Outcome> winner, Usdc payout, Usdc cost) {
    return winner ? *winner == held : payout > cost;
}

std::string winner_text(std::optional<Outcome> winner) {
    return winner ? std::string{to_string(*winner)} : "50/50";
}

} // namespace

std::string_view to_string(SettlementNote::Kind kind) {
    switch (kind) {
    case SettlementNote::Kind::contradicted: return "contradicted";
    case SettlementNote::Kind::disputed: return "disputed";
    case SettlementNote::Kind::unresolved: return "unresolved";
    case SettlementNote::Kind::stale: return "stale";
    case SettlementNote::Kind::booked_lost: return "booked_lost";
    case SettlementNote::Kind::bad_holding: return "bad_holding";
    case SettlementNote::Kind::taken_back: return "taken_back";
    }
    std::abort();
}

Usdc payout_of(Shares shares, Outcome held, std::optional<Outcome> winner) {
    if (!winner) return Usdc::from_micros(shares.micros() / 2);
    return *winner == held ? Usdc::from_micros(shares.micros()) : Usdc{};
}

WindowSettler::WindowSettler(
    SettlerLimits limits, market::MarketBoard const& board, HoldingsOf holdings
)
    : limits_{limits}, board_{board}, holdings_{std::move(holdings)} {}

void WindowSettler::schedule(Watch& watch, UtcTime at) {
    agenda_.erase({watch.due, watch.market.condition});
    watch.due = at;
    agenda_.insert({at, watch.market.condition});
}

void WindowSettler::watch(Market const& market) {
    auto const [it, fresh] = watches_.try_emplace(market.condition);
    auto& watch = it->second;
    if (!fresh) {
        bool const moved = watch.market.window != market.window;
        watch.market = market;
        if (moved && !watch.settled) schedule(watch, market.window.end());
        return;
    }
    if (auto const earlier = restored_.find(market.condition); earlier != restored_.end()) {
        watch = std::move(earlier->second);
        restored_.erase(earlier);
    }
    watch.market = market;
    watch.next_alarm = market.window.end() + limits_.unresolved_alarm;
    tokens_[market.up] = market.condition;
    tokens_[market.down] = market.condition;
    schedule(watch, market.window.end());
    if (auto const early = early_results_.find(market.condition); early != early_results_.end()) {
        auto const result = early->second;
        early_results_.erase(early);
        on_resolved(result);
    }
}

void WindowSettler::on(Event const& event) {
    if (auto const* listed = std::get_if<MarketListed>(&event)) watch(listed->market);
    if (auto const* resolved = std::get_if<MarketResolved>(&event)) on_resolved(*resolved);
    if (auto const* trade = std::get_if<OwnTradeReport>(&event)) on_own_trade(trade->report);
}

void WindowSettler::on_resolved(MarketResolved const& event) {
    auto const found = watches_.find(event.market);
    if (found == watches_.end()) {
        if (early_results_.size() >= early_results_max)
            early_results_.erase(std::ranges::min_element(early_results_, {}, [](auto const& r) {
                return r.second.at.received_at;
            }));
        early_results_[event.market] = event;
        return;
    }
    auto& watch = found->second;
    if (watch.official && watch.official->winner == event.winner) return;
    watch.official = event;
    watch.official_counted = false;
    // The result of a coin's window cannot be known before its end; other markets may end early.
    schedule(watch, watch.market.asset ? watch.market.window.end() : UtcTime{});
}

// A fill that is reported after its window was settled is paid all the same.
void WindowSettler::on_own_trade(TradeReport const& report) {
    auto const market = tokens_.find(report.token);
    if (market == tokens_.end()) return;
    auto& watch = watches_.at(market->second);
    if (watch.settled_at) schedule(watch, *watch.settled_at + limits_.payout_delay);
}

void WindowSettler::restore(FactBody const& fact) {
    if (auto const* settled = std::get_if<WindowSettled>(&fact)) {
        auto& watch = restored_[settled->market];
        watch.settled = *settled;
        watch.settled_at = settled->window.end();
        if (restored_.size() <= restored_max) return;
        auto const oldest = settled->window.end() - limits_.remember;
        std::erase_if(restored_, [&](auto const& w) {
            return w.second.settled_at && *w.second.settled_at < oldest;
        });
    }
    if (auto const* paid = std::get_if<PositionSettled>(&fact)) {
        // Without a WindowSettled before it: shares of a stale market, booked as lost.
        auto& all = restored_[paid->market].paid;
        auto const same = std::ranges::find_if(all, [&](Paid const& p) {
            return p.strategy == paid->strategy && p.token == paid->token;
        });
        if (paid->size.is_zero() && same != all.end()) {
            same->payout += paid->payout;
            return;
        }
        all.push_back(
            {paid->strategy, paid->token, paid->outcome, paid->size, paid->cost, paid->payout, {}}
        );
    }
    if (auto const* claimed = std::get_if<PayoutClaimed>(&fact)) {
        auto const found = restored_.find(claimed->market);
        if (found == restored_.end()) return;
        for (auto& paid : found->second.paid)
            if (paid.strategy == claimed->strategy && paid.token == claimed->token) {
                paid.claimed += claimed->amount;
                break;
            }
    }
}

std::vector<FactBody> WindowSettler::due(UtcTime now) {
    Facts facts;
    while (!agenda_.empty() && agenda_.begin()->first <= now) {
        auto const id = agenda_.begin()->second;
        agenda_.erase(agenda_.begin());
        auto const found = watches_.find(id);
        ENSURE(found != watches_.end(), "the agenda names watched markets only");
        if (advance(found->second, now, facts)) continue;
        agenda_.erase({found->second.due, id});
        tokens_.erase(found->second.market.up);
        tokens_.erase(found->second.market.down);
        watches_.erase(found);
    }
    return facts;
}

bool WindowSettler::advance(Watch& watch, UtcTime now, Facts& facts) {
    if (!watch.settled) return decide(watch, now, facts);

    if (watch.official && !watch.official_counted) {
        compare_with_venue(watch, watch.settled->winner);
        if (watch.official->winner != watch.settled->winner) correct(watch, facts);
    }
    auto const pay_at = *watch.settled_at + limits_.payout_delay;
    if (now < pay_at) {
        schedule(watch, pay_at);
        return true;
    }
    pay(watch, facts);
    if (limits_.claims) claim(watch, facts);
    auto const forget_at =
        *watch.settled_at + (watch.paid.empty() ? limits_.remember : limits_.remember_paid);
    if (now >= forget_at) return false;
    schedule(watch, forget_at);
    return true;
}

WindowEstimate WindowSettler::estimate(Watch const& watch) const {
    if (!watch.market.asset) return {};
    return estimate_window(
        board_.track(*watch.market.asset), watch.market.window, watch.market.rule
    );
}

bool WindowSettler::decide(Watch& watch, UtcTime now, Facts& facts) {
    auto const close = watch.market.window.end();
    auto const ours = estimate(watch);
    if (watch.official) {
        compare_with_venue(watch, ours.winner);
        return settle(watch, ours, now, facts);
    }
    auto wait = std::max<Nanos>(limits_.final_price_wait, limits_.official_wait);
    if (!ours.official) wait = std::max<Nanos>(wait, limits_.proxy_wait);
    if (ours.winner && now >= close + wait) {
        return settle(watch, ours, now, facts);
    }
    return wait_for_outcome(watch, ours, now, facts);
}

bool WindowSettler::wait_for_outcome(
    Watch& watch, WindowEstimate const& ours, UtcTime now, Facts& facts
) {
    if (ours.disputed && !watch.dispute_noted &&
        now >= watch.market.window.end() + limits_.final_price_wait) {
        watch.dispute_noted = true;
        note(
            SettlementNote::Kind::disputed,
            watch,
            fmt::format(
                "official prices around strike {} and final {} give different winners",
                to_string(ours.strike->price),
                to_string(ours.final_price->price)
            )
        );
    }
    UtcTime next = now + retry_every;
    for (Nanos wait :
         {Nanos{limits_.final_price_wait}, Nanos{limits_.proxy_wait}, Nanos{limits_.official_wait}
         }) {
        auto const milestone = watch.market.window.end() + wait;
        if (milestone > now) next = std::min(next, milestone);
    }
    if (now >= watch.next_alarm) {
        auto const lost = !watch.paid.empty();
        if (holdings_(watch.market.condition).empty() &&
            (!lost || now >= watch.market.window.end() + lost_remembered)) {
            ++counts_.given_up;
            return false;
        }
        if (!lost) raise_alarm(watch, ours, now, facts);
        watch.next_alarm = now + limits_.unresolved_alarm;
    }
    // Without a coin only the venue can tell: nothing to compute until it does.
    if (!watch.market.asset) next = std::max<UtcTime>(next, watch.next_alarm);
    schedule(watch, next);
    return true;
}

void WindowSettler::raise_alarm(
    Watch& watch, WindowEstimate const& ours, UtcTime now, Facts& facts
) {
    auto const price = [](std::optional<PricePoint> const& point) {
        return point ? fmt::format("{} ({})", to_string(point->price), to_string(point->source))
                     : std::string{"unknown"};
    };
    auto const is_stale = now >= watch.market.window.end() + limits_.stale_after;
    note(
        is_stale ? SettlementNote::Kind::stale : SettlementNote::Kind::unresolved,
        watch,
        fmt::format(
            "closed {} and still undecided; strike {}, final {}; the venue has not said",
            format_utc(watch.market.window.end()),
            price(ours.strike),
            price(ours.final_price)
        )
    );
    if (is_stale && limits_.stale_is_loss)
        book_lost(watch, holdings_(watch.market.condition), facts);
}

void WindowSettler::book_lost(Watch& watch, std::vector<Holding> holdings, Facts& facts) {
    std::erase_if(holdings, [](Holding const& held) { return held.shares.micros() <= 0; });
    std::ranges::sort(holdings, [](Holding const& a, Holding const& b) {
        return std::tie(a.strategy, a.token) < std::tie(b.strategy, b.token);
    });
    auto const one_side = std::ranges::all_of(holdings, [&](Holding const& held) {
        return held.outcome == holdings.front().outcome;
    });
    if (!one_side)
        return note(
            SettlementNote::Kind::stale, watch, "both outcomes are held: one of them wins, not lost"
        );
    for (auto const& held : holdings) {
        PositionSettled fact;
        fact.strategy = held.strategy;
        fact.market = watch.market.condition;
        fact.token = held.token;
        fact.outcome = held.outcome;
        fact.size = held.shares;
        fact.cost = held.cost;
        watch.paid.push_back(
            {held.strategy, held.token, held.outcome, held.shares, held.cost, fact.payout, {}}
        );
        facts.push_back(fact);
        ++counts_.booked_lost;
        note(
            SettlementNote::Kind::booked_lost,
            watch,
            fmt::format(
                "{} {} of {} for {}, because settlement.stale_is_loss says so",
                held.strategy.text,
                to_string(held.shares),
                to_string(held.outcome),
                to_string(held.cost)
            )
        );
    }
}

void WindowSettler::compare_with_venue(Watch& watch, std::optional<Outcome> ours) {
    if (watch.official_counted) return;
    watch.official_counted = true;
    bool const had_opinion = ours || watch.settled;
    if (!had_opinion) return;
    if (ours == watch.official->winner) {
        ++counts_.confirmed;
        return;
    }
    ++counts_.contradicted;
    note(
        SettlementNote::Kind::contradicted,
        watch,
        fmt::format(
            "we made it {}, the venue {}", winner_text(ours), winner_text(watch.official->winner)
        )
    );
}

bool WindowSettler::settle(Watch& watch, WindowEstimate const& ours, UtcTime now, Facts& facts) {
    auto const& market = watch.market;
    WindowSettled fact;
    fact.market = market.condition;
    fact.slug = market.slug;
    fact.asset = market.asset;
    fact.window = market.window;
    fact.rule = market.rule;
    if (ours.strike) fact.strike = ours.strike->price;
    if (ours.final_price) fact.final_price = ours.final_price->price;
    fact.source = watch.official ? watch.official->source : ours.source;
    fact.winner = watch.official ? watch.official->winner : ours.winner;
    ++(watch.official ? counts_.settled_by_venue : counts_.settled_by_us);
    watch.settled = fact;
    watch.settled_at = now;
    facts.push_back(fact);
    pay_differences(watch, facts); // what was booked as lost before
    return advance(watch, now, facts);
}

void WindowSettler::correct(Watch& watch, Facts& facts) {
    ++counts_.corrected;
    watch.settled->winner = watch.official->winner;
    watch.settled->source = watch.official->source;
    facts.push_back(*watch.settled);
    pay_differences(watch, facts);
}

void WindowSettler::pay_differences(Watch& watch, Facts& facts) {
    for (auto& paid : watch.paid) {
        auto const right = payout_of(paid.shares, paid.outcome, watch.settled->winner);
        if (right == paid.payout) continue;
        PositionSettled fact;
        fact.strategy = paid.strategy;
        fact.market = watch.market.condition;
        fact.token = paid.token;
        fact.outcome = paid.outcome;
        fact.payout = right - paid.payout;
        fact.won = is_win(paid.outcome, watch.settled->winner, right, paid.cost);
        paid.payout = right;
        facts.push_back(fact);
    }
}

void WindowSettler::pay(Watch& watch, Facts& facts) {
    auto holdings = holdings_(watch.market.condition);
    std::ranges::sort(holdings, [](Holding const& a, Holding const& b) {
        return std::tie(a.strategy, a.token) < std::tie(b.strategy, b.token);
    });
    for (auto const& held : holdings) {
        if (held.shares.is_zero()) continue;
        if (held.shares.micros() < 0) {
            if (take_back(watch, held, facts)) continue;
            note(
                SettlementNote::Kind::bad_holding,
                watch,
                fmt::format(
                    "{} holds {} shares of {}",
                    held.strategy.text,
                    to_string(held.shares),
                    to_string(held.outcome)
                )
            );
            continue;
        }
        PositionSettled fact;
        fact.strategy = held.strategy;
        fact.market = watch.market.condition;
        fact.token = held.token;
        fact.outcome = held.outcome;
        fact.size = held.shares;
        fact.cost = held.cost;
        fact.payout = payout_of(held.shares, held.outcome, watch.settled->winner);
        fact.won = is_win(held.outcome, watch.settled->winner, fact.payout, held.cost);
        watch.paid.push_back(
            {held.strategy, held.token, held.outcome, held.shares, held.cost, fact.payout, {}}
        );
        facts.push_back(fact);
    }
}

// A fill that failed after it was paid leaves fewer than zero shares. What remains of the position
// keeps what it would have been paid alone, to the micro.
bool WindowSettler::take_back(Watch& watch, Holding const& held, Facts& facts) {
    Shares shares;
    Usdc payout;
    Usdc cost;
    for (auto const& paid : watch.paid)
        if (paid.strategy == held.strategy && paid.token == held.token) {
            shares += paid.shares;
            payout += paid.payout;
            cost += paid.cost;
        }
    auto const left = shares + held.shares;
    if (left.micros() < 0) return false;
    auto const right = payout_of(left, held.outcome, watch.settled->winner);
    PositionSettled fact;
    fact.strategy = held.strategy;
    fact.market = watch.market.condition;
    fact.token = held.token;
    fact.outcome = held.outcome;
    fact.size = held.shares;
    fact.cost = held.cost;
    fact.payout = right - payout;
    fact.won = is_win(held.outcome, watch.settled->winner, right, cost + held.cost);
    watch.paid.push_back(
        {held.strategy, held.token, held.outcome, held.shares, held.cost, fact.payout, {}}
    );
    note(
        SettlementNote::Kind::taken_back,
        watch,
        fmt::format(
            "{}: a fill of {} {} failed after it was paid, {} USDC are booked back",
            held.strategy.text,
            to_string(-held.shares),
            to_string(held.outcome),
            to_string(-fact.payout)
        )
    );
    facts.push_back(std::move(fact));
    return true;
}

// Also what an earlier process paid and did not live to claim.
void WindowSettler::claim(Watch& watch, Facts& facts) {
    for (auto& paid : watch.paid) {
        if (paid.claimed == paid.payout) continue;
        PayoutClaimed fact;
        fact.strategy = paid.strategy;
        fact.market = watch.market.condition;
        fact.token = paid.token;
        fact.outcome = paid.outcome;
        if (paid.claimed.is_zero()) fact.size = paid.shares;
        if (paid.payout.is_zero()) fact.size = -paid.shares;
        fact.amount = paid.payout - paid.claimed;
        paid.claimed = paid.payout;
        facts.push_back(std::move(fact));
    }
}

std::optional<UtcTime> WindowSettler::next_due() const {
    if (agenda_.empty()) return std::nullopt;
    return agenda_.begin()->first;
}

std::size_t WindowSettler::pending(UtcTime now) const {
    return static_cast<std::size_t>(std::ranges::count_if(watches_, [&](auto const& w) {
        return !w.second.settled && w.second.market.window.end() <= now;
    }));
}

std::vector<SettlementNote> WindowSettler::take_notes() {
    return std::exchange(notes_, {});
}

void WindowSettler::note(SettlementNote::Kind kind, Watch const& watch, std::string text) {
    notes_.push_back({kind, watch.market.condition, watch.market.slug, std::move(text)});
}

} // namespace polyquant::settlement
