#include "engine/accounting/account_audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace polyquant::accounting {

namespace {

// The venue rounds a fee at five decimals and the cost of a fill to the micro, in directions that
// it does not document: so much a fill may differ and is dust.
constexpr Usdc fee_dust = Usdc::from_micros(10);
constexpr Usdc cost_dust = Usdc::from_micros(1);

Usdc size_of(Usdc amount) {
    return amount.micros() < 0 ? -amount : amount;
}

bool is_mined(TradeState state) {
    return state == TradeState::mined || state == TradeState::confirmed;
}

std::string name_of(ledger::FillRow const& fill) {
    return fmt::format(
        "fact {}: {} {} {} of {}, trade {} of order {}",
        fill.seq,
        fill.strategy.text,
        to_string(fill.side),
        to_string(fill.size),
        fill.slug,
        fill.trade.text,
        short_text(fill.order)
    );
}

class Auditor {
public:
    Auditor(LedgerView const& ours, Audit& audit) : ours_{ours}, audit_{audit} {}

    void look_inside() {
        for (auto const& problem : ours_.problems)
            wrong("ledger", problem, {}, {}, "the ledger disagrees with itself");
        for (auto const& row : ours_.differences)
            wrong("ledger", row, {}, {}, "the row is not what its facts make of it");
    }

    void build_bridge() {
        Usdc capital, bought, sold, fees, paid, claimed;
        for (auto const& b : ours_.bankrolls)
            capital += b.capital;
        for (auto const& fill : ours_.fills) {
            if (fill.state == TradeState::failed) continue;
            (fill.side == Side::buy ? bought : sold) += fill.cost;
            fees += fill.fee;
        }
        for (auto const& row : ours_.settlements)
            paid += row.payout;
        for (auto const& claim : ours_.claims)
            claimed += claim.open();
        for (auto const& redemption : ours_.redemptions)
            audit_.gas_wei += redemption.gas_wei;
        step("put into strategies", capital, "capital");
        if (ours_.unassigned) step("owned by no strategy", *ours_.unassigned, "found at the start");
        std::map<WalletCause, Usdc> moved;
        for (auto const& row : ours_.moves)
            moved[row.move.cause] += row.move.amount;
        for (auto const& [cause, amount] : moved)
            step(fmt::format("wallet: {}", to_string(cause)), amount, "owned by no strategy");
        step("bought", -bought, fmt::format("{} fills, failed ones left out", ours_.fills.size()));
        step("sold", sold, "");
        step("fees", -fees, "to the venue");
        step("paid out", paid, fmt::format("{} settlements", ours_.settlements.size()));
        step("claims not redeemed", -claimed, "settled, and not in the wallet yet");
        for (auto const& s : audit_.bridge)
            audit_.expected += s.amount;
        Usdc cash;
        for (auto const& b : ours_.bankrolls)
            cash += b.cash + b.reserved;
        Usdc wallet = ours_.unassigned.value_or(Usdc{});
        for (auto const& row : ours_.moves)
            wallet += row.move.amount;
        ++audit_.rows_compared;
        if (audit_.expected != cash + wallet)
            wrong(
                "ledger",
                "cash of all strategies and the wallet",
                cash + wallet,
                audit_.expected,
                "the accounts are not the sum of fills, settlements, claims and deposits"
            );
    }

    void compare(Evidence const& e) {
        if (e.missing) {
            audit_.not_asked.push_back(fmt::format("{}: {}", e.source, describe(*e.missing)));
            return;
        }
        dust_ = not_redeemed_ = paid_early_ = {};
        if (e.fills) compare_fills(e);
        if (e.traded) compare_traded(e);
        if (e.payouts) compare_payouts(e);
        if (e.moves) compare_moves(e);
        if (e.tokens) compare_tokens(e);
        if (e.open_orders) compare_orders(e);
        if (e.collateral) compare_collateral(e);
    }

private:
    using FillKey = std::pair<OrderId, TradeId>;

    void step(std::string name, Usdc amount, std::string note) {
        if (!amount.is_zero() || audit_.bridge.empty())
            audit_.bridge.push_back({std::move(name), amount, std::move(note)});
    }

    void find(
        std::string source,
        std::string row,
        Usdc ours,
        Usdc theirs,
        bool explained,
        std::string text
    ) {
        audit_.findings.push_back(
            {std::move(source), std::move(row), ours, theirs, explained, std::move(text)}
        );
    }

    void wrong(std::string source, std::string row, Usdc ours, Usdc theirs, std::string text) {
        find(std::move(source), std::move(row), ours, theirs, false, std::move(text));
    }

    void compare_fills(Evidence const& e) {
        std::map<FillKey, ledger::FillRow const*> mine;
        for (auto const& fill : ours_.fills)
            mine[{fill.order, fill.trade}] = &fill;
        std::map<FillKey, VenueFill const*> theirs;
        for (auto const& fill : *e.fills)
            theirs[{fill.order, fill.trade}] = &fill;
        for (auto const& [key, fill] : mine) {
            ++audit_.rows_compared;
            auto const at = theirs.find(key);
            if (at != theirs.end())
                compare_fill(e, *fill, *at->second);
            else if (fill->state != TradeState::failed)
                wrong(
                    e.source, name_of(*fill), fill->cost, {}, "the source does not know this fill"
                );
        }
        for (auto const& [key, fill] : theirs)
            if (!fill->failed && !mine.contains(key))
                wrong(
                    e.source,
                    fmt::format("trade {} of order {}", fill->trade.text, short_text(fill->order)),
                    {},
                    fill->cost.value_or(Usdc{}),
                    "not in the ledger"
                );
    }

    void compare_fill(Evidence const& e, ledger::FillRow const& mine, VenueFill const& theirs) {
        auto const failed = mine.state == TradeState::failed;
        if (failed != theirs.failed) {
            wrong(
                e.source,
                name_of(mine),
                failed ? Usdc{} : mine.cost,
                theirs.failed ? Usdc{} : theirs.cost.value_or(mine.cost),
                failed ? "failed in the ledger, good there" : "good in the ledger, failed there"
            );
            return;
        }
        if (failed) return;
        if (mine.token != theirs.token || mine.side != theirs.side || mine.size != theirs.size)
            wrong(
                e.source,
                name_of(mine),
                mine.cost,
                theirs.cost.value_or(mine.cost),
                fmt::format("{} {} there", to_string(theirs.side), to_string(theirs.size))
            );
        // What our money does: a purchase and a fee are less of it.
        auto const sign = mine.side == Side::buy ? -1 : 1;
        if (theirs.cost) compare_part(e, mine, "cost", mine.cost, *theirs.cost, cost_dust, sign);
        if (theirs.fee) compare_part(e, mine, "fee", mine.fee, *theirs.fee, fee_dust, -1);
    }

    void compare_part(
        Evidence const& e,
        ledger::FillRow const& mine,
        std::string_view part,
        Usdc ours,
        Usdc theirs,
        Usdc dust,
        int sign
    ) {
        if (ours == theirs) return;
        auto const gap = theirs - ours;
        auto const is_dust = size_of(gap) <= dust;
        if (is_dust) dust_ += Usdc::from_micros(gap.micros() * sign);
        find(
            e.source,
            fmt::format("{} of {}", part, name_of(mine)),
            ours,
            theirs,
            is_dust,
            is_dust ? "dust: the venue rounds it otherwise" : fmt::format("another {}", part)
        );
    }

    void compare_traded(Evidence const& e) {
        std::map<TokenId, std::pair<Shares, Shares>> mine;
        for (auto const& fill : ours_.fills)
            if (fill.state != TradeState::failed)
                (fill.side == Side::buy ? mine[fill.token].first : mine[fill.token].second) +=
                    fill.size;
        auto const none = std::pair<Shares, Shares>{};
        auto const look = [&](TokenId const& token, auto const& a, auto const& b) {
            ++audit_.rows_compared;
            if (a == b) return;
            wrong(
                e.source,
                "trades in token " + short_text(token),
                {},
                {},
                fmt::format(
                    "{} bought and {} sold here, {} and {} there",
                    to_string(a.first),
                    to_string(a.second),
                    to_string(b.first),
                    to_string(b.second)
                )
            );
        };
        for (auto const& [token, sizes] : mine) {
            auto const at = e.traded->find(token);
            look(token, sizes, at == e.traded->end() ? none : at->second);
        }
        for (auto const& [token, sizes] : *e.traded)
            if (!mine.contains(token)) look(token, none, sizes);
    }

    struct Paid {
        Usdc amount;
        Usdc open; // claims
        int rows = 0;
        std::uint64_t seq = 0;
        std::string slug;
    };

    std::map<TokenId, Paid> paid_by_token() const {
        std::map<TokenId, Paid> paid;
        for (auto const& row : ours_.settlements) {
            auto& entry = paid[row.token];
            entry.amount += row.payout;
            ++entry.rows;
            entry.seq = row.seq;
            entry.slug = row.slug;
        }
        for (auto const& claim : ours_.claims)
            paid[claim.token].open += claim.open();
        return paid;
    }

    void compare_payouts(Evidence const& e) {
        auto const mine = paid_by_token();
        for (auto const& [token, paid] : mine) {
            ++audit_.rows_compared;
            auto const at = e.payouts->find(token);
            auto const there = at == e.payouts->end() ? Usdc{} : at->second.amount;
            if (paid.amount == there) {
                paid_early_ += paid.open;
                continue;
            }
            auto const row =
                fmt::format("fact {}: payout of {} in {}", paid.seq, short_text(token), paid.slug);
            auto const gap = there - paid.amount;
            // Half of an odd number of micros, once for each strategy and once for the wallet.
            if (size_of(gap) <= Usdc::from_micros(paid.rows)) {
                dust_ += gap;
                find(e.source, row, paid.amount, there, true, "dust: halves of a micro");
            } else if (there.is_zero() && is_held(e, token)) {
                not_redeemed_ += paid.amount - paid.open;
                find(e.source, row, paid.amount, there, true, "settled, not redeemed yet");
            } else {
                wrong(e.source, row, paid.amount, there, "another payout");
            }
        }
        for (auto const& [token, paid] : *e.payouts) {
            if (mine.contains(token) || paid.amount.is_zero()) continue;
            auto const open = std::ranges::any_of(ours_.positions, [&](auto const& p) {
                return p.token == token && !p.shares.is_zero();
            });
            if (open) paid_early_ += paid.amount;
            find(
                e.source,
                "payout of " + short_text(token),
                {},
                paid.amount,
                open,
                open ? "redeemed; the books wait for the result" : "of shares the ledger never had"
            );
        }
    }

    static bool is_held(Evidence const& e, TokenId const& token) {
        if (!e.tokens) return false;
        auto const at = e.tokens->find(token);
        return at != e.tokens->end() && !at->second.is_zero();
    }

    void compare_moves(Evidence const& e) {
        Usdc there;
        for (auto const& move : *e.moves)
            there += move.amount;
        Usdc here = ours_.unassigned.value_or(Usdc{});
        for (auto const& b : ours_.bankrolls)
            here += b.capital;
        for (auto const& row : ours_.moves)
            if (row.move.cause != WalletCause::redemption) here += row.move.amount;
        ++audit_.rows_compared;
        if (here == there) {
            find(e.source, "deposits, rewards and rebates", here, there, true, "equal");
            return;
        }
        for (auto const& move : *e.moves)
            find(
                e.source,
                fmt::format("{} {}", to_string(move.cause), move.reference),
                {},
                move.amount,
                true,
                "part of the sum below"
            );
        wrong(
            e.source,
            "deposits, rewards and rebates",
            here,
            there,
            "capital and what no strategy owns are not what came in from outside"
        );
    }

    void compare_tokens(Evidence const& e) {
        std::map<TokenId, Shares> mine;
        std::map<TokenId, bool> moving;
        for (auto const& p : ours_.positions) {
            mine[p.token] += p.shares;
            if (p.shares != p.confirmed) moving[p.token] = true;
        }
        std::map<TokenId, std::string> settled;
        for (auto const& row : ours_.settlements)
            settled[row.token] = row.slug;
        for (auto const& [token, there] : *e.tokens) {
            ++audit_.rows_compared;
            auto const here = mine.contains(token) ? mine.at(token) : Shares{};
            if (here == there) continue;
            auto const old = settled.contains(token);
            auto const in_flight = moving.contains(token);
            find(
                e.source,
                "shares of " + short_text(token),
                {},
                {},
                old || in_flight,
                fmt::format(
                    "{} here, {} there{}",
                    to_string(here),
                    to_string(there),
                    old         ? ": settled, not redeemed yet"
                    : in_flight ? ": trades on their way"
                                : ""
                )
            );
        }
        for (auto const& [token, here] : mine) {
            if (here.is_zero() || e.tokens->contains(token) || moving.contains(token)) continue;
            auto const redeemed = e.payouts && e.payouts->contains(token);
            find(
                e.source,
                "shares of " + short_text(token),
                {},
                {},
                redeemed,
                fmt::format(
                    "{} here, none there{}",
                    to_string(here),
                    redeemed ? ": redeemed, the books wait for the result" : ""
                )
            );
        }
    }

    void compare_orders(Evidence const& e) {
        for (auto const& order : *e.open_orders) {
            ++audit_.rows_compared;
            if (std::ranges::find(ours_.open_orders, order) == ours_.open_orders.end())
                wrong(
                    e.source, "order " + short_text(order), {}, {}, "rests there, and is not ours"
                );
        }
        for (auto const& order : ours_.open_orders)
            if (std::ranges::find(*e.open_orders, order) == e.open_orders->end())
                find(
                    e.source,
                    "order " + short_text(order),
                    {},
                    {},
                    true,
                    "open here, over there: its last report is looked up at the next start"
                );
    }

    void compare_collateral(Evidence const& e) {
        ++audit_.rows_compared;
        auto expected = audit_.expected;
        std::string text;
        auto const explain = [&](Usdc amount, std::string_view why) {
            if (amount.is_zero()) return;
            expected += amount;
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", to_string(amount), why);
        };
        if (e.on_chain) {
            Usdc buys;
            Usdc sales;
            for (auto const& fill : ours_.fills) {
                if (fill.state == TradeState::failed || is_mined(fill.state)) continue;
                if (fill.side == Side::buy)
                    buys += fill.cost + fill.fee;
                else
                    sales += fill.cost - fill.fee;
            }
            explain(buys, "of purchases on their way");
            explain(-sales, "of sales on their way");
        }
        explain(dust_, "of dust");
        explain(-not_redeemed(e), "not redeemed yet");
        explain(paid_early_, "redeemed and not booked yet");
        auto const gap = *e.collateral - expected;
        if (gap.is_zero()) {
            find(
                e.source,
                "collateral",
                audit_.expected,
                *e.collateral,
                true,
                text.empty() ? "equal to the micro" : text
            );
            return;
        }
        wrong(
            e.source,
            "collateral",
            audit_.expected,
            *e.collateral,
            fmt::format(
                "{} USDC are not explained{}{}", to_string(gap), text.empty() ? "" : "; ", text
            )
        );
    }

    // Payouts of tokens that are still there, as far as they are no claims in the books.
    Usdc not_redeemed(Evidence const& e) const {
        if (e.payouts) return not_redeemed_;
        Usdc sum;
        if (!e.tokens) return sum;
        for (auto const& [token, paid] : paid_by_token())
            sum += is_held(e, token) ? paid.amount - paid.open : -paid.open;
        return sum;
    }

    LedgerView const& ours_;
    Audit& audit_;
    Usdc dust_;
    Usdc not_redeemed_;
    Usdc paid_early_;
};

} // namespace

Result<LedgerView> read_ledger(ledger::Ledger const& book) {
    LedgerView view;
    auto const take = [](auto answer, auto& into) -> std::optional<Failure> {
        if (!answer) return answer.error();
        into = std::move(*answer);
        return std::nullopt;
    };
    std::optional<Failure> failure;
    auto const read = [&](auto answer, auto& into) {
        if (!failure) failure = take(std::move(answer), into);
    };
    read(book.bankrolls(), view.bankrolls);
    read(book.fills(), view.fills);
    read(book.settlements(), view.settlements);
    read(book.open_positions(), view.positions);
    read(book.claims(true), view.claims);
    read(book.wallet_moves(), view.moves);
    read(book.redemptions(), view.redemptions);
    read(book.open_orders(), view.open_orders);
    read(book.check(), view.problems);
    if (failure) return *failure;
    return view;
}

std::size_t Audit::unexplained() const {
    return static_cast<std::size_t>(std::ranges::count_if(findings, [](Finding const& f) {
        return !f.explained;
    }));
}

Audit audit(LedgerView const& ours, std::vector<Evidence> const& evidence) {
    Audit result;
    Auditor auditor{ours, result};
    auditor.look_inside();
    auditor.build_bridge();
    for (auto const& e : evidence)
        auditor.compare(e);
    return result;
}

std::vector<std::string> audit_table(Audit const& audit) {
    std::vector<std::string> lines;
    for (auto const& step : audit.bridge)
        lines.push_back(
            fmt::format("{:<24} {:>16}  {}", step.name, to_string(step.amount), step.note)
        );
    lines.push_back(
        fmt::format("{:<24} {:>16}", "should be in the wallet", to_string(audit.expected))
    );
    if (audit.gas_wei != 0)
        lines.push_back(fmt::format(
            "{:<24} {:>16}  POL, outside these books",
            "gas",
            fmt::format("{:.6f}", static_cast<double>(audit.gas_wei) / 1e18)
        ));
    lines.push_back("");
    lines.push_back(fmt::format(
        "{:<9} {:>16} {:>16} {:>12}  {}", "source", "ledger", "there", "difference", "row: text"
    ));
    for (auto const& f : audit.findings)
        lines.push_back(fmt::format(
            "{:<9} {:>16} {:>16} {:>12}  {}{}: {}",
            f.source,
            to_string(f.ours),
            to_string(f.theirs),
            to_string(f.difference()),
            f.explained ? "" : "UNEXPLAINED ",
            f.row,
            f.text
        ));
    for (auto const& text : audit.not_asked)
        lines.push_back("not asked: " + text);
    lines.push_back(
        fmt::format("{} rows compared, {} unexplained", audit.rows_compared, audit.unexplained())
    );
    return lines;
}

} // namespace polyquant::accounting
