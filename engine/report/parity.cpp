#include "engine/report/parity.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace polyquant::report {

namespace {

struct Key {
    std::string strategy;
    std::string slug;
    Outcome outcome = Outcome::up;
    std::size_t number = 0;

    friend auto operator<=>(Key const&, Key const&) = default;
};

struct Side {
    OrderRow const* order = nullptr;
    Trade const* trade = nullptr; // null: not filled

    Usdc pnl() const { return trade != nullptr && trade->pnl ? *trade->pnl : Usdc{}; }
};

std::map<Key, Side> sides_of(RunData const& run) {
    std::map<OrderId, Trade const*> trades;
    for (auto const& trade : run.trades)
        if (trade.state != OrderState::failed) trades[trade.order] = &trade;
    std::map<Key, std::size_t> numbers;
    std::map<Key, Side> sides;
    for (auto const& order : run.orders) {
        Key key{order.strategy.text, order.slug, order.outcome, 0};
        key.number = numbers[key]++;
        auto const trade = trades.find(order.order);
        sides[key] = {&order, trade == trades.end() ? nullptr : trade->second};
    }
    return sides;
}

// Why the run sent nothing there: how its evaluations of that window ended.
std::string silence(RunData const& run, OrderRow const& order) {
    for (auto const& e : run.evaluations) {
        if (e.strategy != order.strategy || e.asset != order.asset || !order.window ||
            e.window != *order.window)
            continue;
        std::vector<std::pair<std::uint64_t, Reason>> reasons;
        for (std::size_t i = 0; i < reason_count; ++i)
            if (auto const n = e.counts[static_cast<Reason>(i)]; n > 0)
                reasons.emplace_back(n, static_cast<Reason>(i));
        std::sort(reasons.begin(), reasons.end(), [](auto const& a, auto const& b) {
            return std::tie(b.first, a.second) < std::tie(a.first, b.second);
        });
        std::string text;
        for (std::size_t i = 0; i < std::min<std::size_t>(reasons.size(), 3); ++i)
            text += fmt::format(
                "{}{} {}", text.empty() ? "" : ", ", to_string(reasons[i].second), reasons[i].first
            );
        return "the other evaluated: " + text;
    }
    return "the other never evaluated that window";
}

class Comparison {
public:
    Comparison(RunData const& first, RunData const& second) : first_{first}, second_{second} {}

    Parity run() {
        auto const a = sides_of(first_), b = sides_of(second_);
        p_.orders_first = a.size();
        p_.orders_second = b.size();
        p_.pnl_first = pnl_of(first_);
        p_.pnl_second = pnl_of(second_);
        for (auto const& [key, side] : a) {
            auto const other = b.find(key);
            if (other == b.end())
                row(Divergence::only_in_first, side, silence(second_, *side.order), side.pnl());
            else
                compare(side, other->second);
        }
        for (auto const& [key, side] : b)
            if (!a.contains(key))
                row(Divergence::only_in_second, side, silence(first_, *side.order), -side.pnl());
        std::sort(order_.begin(), order_.end());
        for (auto const& [at, index] : order_)
            p_.rows.push_back(std::move(rows_[index]));
        std::map<Divergence, Usdc> bridge;
        for (auto const& r : p_.rows)
            bridge[r.divergence] += r.effect;
        p_.bridge.assign(bridge.begin(), bridge.end());
        return std::move(p_);
    }

private:
    static Usdc pnl_of(RunData const& run) {
        Usdc sum;
        for (auto const& trade : run.trades)
            if (trade.pnl && trade.state != OrderState::failed) sum += *trade.pnl;
        return sum;
    }

    void row(Divergence divergence, Side const& side, std::string cause, Usdc effect) {
        order_.emplace_back(side.order->decided_at, rows_.size());
        rows_.push_back(
            {divergence,
             side.order->strategy,
             side.order->slug,
             side.order->outcome,
             std::move(cause),
             effect}
        );
    }

    void compare(Side const& a, Side const& b) {
        auto const before = rows_.size();
        decision(a, b);
        fill(a, b);
        if (rows_.size() == before) ++p_.equal;
    }

    void decision(Side const& a, Side const& b) {
        auto const& x = *a.order;
        auto const& y = *b.order;
        std::string text;
        auto const differ = [&](char const* what, std::string const& left, std::string const& right
                            ) {
            if (left != right)
                text += fmt::format("{}{} {} / {}", text.empty() ? "" : ", ", what, left, right);
        };
        auto const ms = std::chrono::duration_cast<Millis>(x.decided_at - y.decided_at).count();
        if (ms != 0)
            text += fmt::format("decided {} ms {}", std::abs(ms), ms > 0 ? "later" : "earlier");
        differ("saw", to_string(x.seen_price), to_string(y.seen_price));
        differ("limit", to_string(x.limit), to_string(y.limit));
        differ("size", to_string(x.size), to_string(y.size));
        differ("P", fmt::format("{}", x.win_probability), fmt::format("{}", y.win_probability));
        if (!text.empty()) row(Divergence::decision, a, std::move(text), {});
    }

    void fill(Side const& a, Side const& b) {
        if (a.trade == nullptr && b.trade == nullptr) return;
        if (a.trade == nullptr || b.trade == nullptr) {
            auto const& idle = a.trade == nullptr ? *a.order : *b.order;
            row(Divergence::not_filled,
                a,
                fmt::format(
                    "{} was not filled: {}; the other after {} ms",
                    a.trade == nullptr ? "the first" : "the second",
                    to_string(idle.reason),
                    (a.trade == nullptr ? b.trade : a.trade)->fill_latency.count()
                ),
                a.pnl() - b.pnl());
            return;
        }
        auto const& x = *a.trade;
        auto const& y = *b.trade;
        if (x.pnl.has_value() != y.pnl.has_value()) {
            row(Divergence::unresolved,
                a,
                x.pnl ? "the second is not settled" : "the first is not settled",
                a.pnl() - b.pnl());
            return;
        }
        // From the outcome down to the fee: the first that differs explains what the later ones
        // cannot.
        if (x.won != y.won) {
            row(Divergence::settlement, a, "the outcome was another", a.pnl() - b.pnl());
            return;
        }
        if (x.shares != y.shares) {
            row(Divergence::fill_size,
                a,
                fmt::format(
                    "{} / {} shares{}", to_string(x.shares), to_string(y.shares), ways(x, y)
                ),
                a.pnl() - b.pnl());
            return;
        }
        auto left = a.pnl() - b.pnl();
        if (x.fee != y.fee) {
            auto const effect = x.pnl ? y.fee - x.fee : Usdc{};
            row(Divergence::fee,
                a,
                fmt::format(
                    "{} / {} USDC{}",
                    to_string(x.fee),
                    to_string(y.fee),
                    x.bet_size == y.bet_size ? ": another rounding" : ways(x, y)
                ),
                effect);
            left = left - effect;
        }
        if (x.bet_size != y.bet_size || !left.is_zero())
            row(Divergence::fill_price,
                a,
                fmt::format(
                    "{} / {}{}", to_string(x.fill_price), to_string(y.fill_price), ways(x, y)
                ),
                left);
    }

    // Other times, other books: how long each was on its way to its first fill.
    static std::string ways(Trade const& x, Trade const& y) {
        return fmt::format(
            ", filled after {} / {} ms", x.fill_latency.count(), y.fill_latency.count()
        );
    }

    RunData const& first_;
    RunData const& second_;
    Parity p_;
    std::vector<ParityRow> rows_;
    std::vector<std::pair<UtcTime, std::size_t>> order_;
};

} // namespace

std::string_view to_string(Divergence divergence) {
    switch (divergence) {
    case Divergence::only_in_first: return "only in the first";
    case Divergence::only_in_second: return "only in the second";
    case Divergence::decision: return "decided otherwise";
    case Divergence::not_filled: return "filled in one only";
    case Divergence::fill_size: return "fill size";
    case Divergence::fill_price: return "fill price";
    case Divergence::fee: return "fee";
    case Divergence::settlement: return "settlement";
    case Divergence::unresolved: return "settled in one only";
    }
    std::abort();
}

Parity compare_runs(RunData const& first, RunData const& second) {
    return Comparison{first, second}.run();
}

std::vector<std::string> parity_text(Parity const& p) {
    std::vector<std::string> lines;
    lines.push_back(fmt::format(
        "{} orders against {}; {} equal in every field, {} differences",
        p.orders_first,
        p.orders_second,
        p.equal,
        p.rows.size()
    ));
    for (auto const& r : p.rows)
        lines.push_back(fmt::format(
            "  {:<18} {:<10} {} {:<4} {:>12}  {}",
            to_string(r.divergence),
            r.strategy.text,
            r.slug,
            to_string(r.outcome),
            to_string(r.effect),
            r.cause
        ));
    lines.push_back(fmt::format("PnL of the second   {:>16}", to_string(p.pnl_second)));
    for (auto const& [kind, effect] : p.bridge)
        lines.push_back(fmt::format("  {:<18}{:>16}", to_string(kind), to_string(effect)));
    lines.push_back(fmt::format("PnL of the first    {:>16}", to_string(p.pnl_first)));
    if (p.identical()) lines.push_back("IDENTICAL: the same orders, fills and results");
    return lines;
}

std::string parity_json(Parity const& p) {
    boost::json::array rows, bridge;
    for (auto const& r : p.rows)
        rows.push_back({
            {"divergence", to_string(r.divergence)},
            {"strategy", r.strategy.text},
            {"slug", r.slug},
            {"outcome", to_string(r.outcome)},
            {"cause", r.cause},
            {"effect", to_string(r.effect)},
        });
    for (auto const& [kind, effect] : p.bridge)
        bridge.push_back({{"divergence", to_string(kind)}, {"effect", to_string(effect)}});
    return boost::json::serialize(boost::json::object{
               {"format", "polyquant-parity"},
               {"version", 1},
               {"orders_first", p.orders_first},
               {"orders_second", p.orders_second},
               {"equal", p.equal},
               {"identical", p.identical()},
               {"pnl_first", to_string(p.pnl_first)},
               {"pnl_second", to_string(p.pnl_second)},
               {"differences", rows},
               {"bridge", bridge},
           }) +
           "\n";
}

} // namespace polyquant::report
