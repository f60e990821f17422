// A strategy's own parameters with their type erased, and the registry of kinds. The catalog of the
// strategies folder fills it, so that config can read [[strategy]] entries without knowing any.
#pragma once

#include "config/param_table.hpp"
#include "config/risk_params.hpp"

#include <memory>
#include <span>

namespace polyquant::config {

// What a buy at `ask` must win to be worth it, by the strategy's own numbers.
struct BreakEvenRow {
    Price ask;
    double fee = 0;        // USDC per share, by the crypto schedule
    double break_even = 0; // win probability at which the buy earns nothing: ask + fee
    double required = 0;   // win probability the strategy asks for before it buys

    friend bool operator==(BreakEvenRow const&, BreakEvenRow const&) = default;
};

class StrategyParams {
public:
    virtual ~StrategyParams() = default;

    virtual std::vector<ParamText> texts() const = 0;
    // `after` must be of the same kind.
    virtual std::vector<ParamChange> diff(StrategyParams const& after) const = 0;
    // A row for each cent of the ask range; empty for a strategy without one.
    virtual std::vector<BreakEvenRow> break_even() const = 0;
    // Why the strategy would lose, or could never trade, by its own numbers; empty if sound.
    virtual std::vector<ParamFault> unsound(RiskParams const& risk) const = 0;
};

// P has table(), break_even() and unsound(RiskParams).
template <class P>
class TypedParams final : public StrategyParams {
public:
    explicit TypedParams(P params) : params_{std::move(params)} {}

    P const& get() const { return params_; }

    std::vector<ParamText> texts() const override { return param_texts(params_); }

    std::vector<ParamChange> diff(StrategyParams const& after) const override {
        return diff_params(params_, dynamic_cast<TypedParams const&>(after).params_);
    }

    std::vector<BreakEvenRow> break_even() const override { return params_.break_even(); }

    std::vector<ParamFault> unsound(RiskParams const& risk) const override {
        return params_.unsound(risk);
    }

private:
    P params_;
};

struct StrategyKind {
    std::string_view name;
    std::string_view summary;
    std::shared_ptr<StrategyParams const> (*read)(TableReader& reader);
    std::shared_ptr<StrategyParams const> (*defaults)();
};

using StrategyKinds = std::span<StrategyKind const>;

StrategyKind const* find_kind(StrategyKinds kinds, std::string_view name);

// The keys every [[strategy]] entry has, whatever its kind.
struct StrategyHeader {
    std::string kind;
    std::string name;
    bool enabled = true;
    Usdc bankroll = usd(50);
    bool force = false;

    friend bool operator==(StrategyHeader const&, StrategyHeader const&) = default;

    std::vector<ParamFault> faults() const;

    static constexpr auto table() {
        using P = StrategyHeader;
        return std::tuple{
            Param{"kind", &P::kind, "", "Which strategy this is; see the kinds below."},
            Param{
                "name",
                &P::name,
                "",
                "Names its money, orders and statistics: 1 to 32 of a-z, 0-9, \"_\" and \"-\"."
            },
            Param{
                "enabled", &P::enabled, "", "false: evaluates nothing, keeps its open positions."
            },
            Param{
                "bankroll",
                &P::bankroll,
                usd(0),
                usd(1'000'000),
                "USDC",
                "Money it starts with, booked once; later it lives in the ledger.",
                Change::restart
            },
            Param{
                "force",
                &P::force,
                "",
                "true: accept numbers by which the strategy loses or can never trade."
            },
        };
    }
};

struct StrategyConfig {
    StrategyHeader header;
    std::shared_ptr<StrategyParams const> params;
    Origin at;

    // Of the kind and its own parameters: a change starts a new epoch of statistics. Name, bankroll
    // and the on/off switch do not count.
    std::uint64_t epoch() const;
};

} // namespace polyquant::config
