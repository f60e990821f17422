#include "engine/execution/risk_gate.hpp"

#include "engine/execution/order_machine.hpp"

#include <fmt/format.h>

namespace polyquant::execution {

namespace {

// The venue takes no marketable buy below this.
constexpr Usdc least_marketable_buy = usd(1);

std::string in_ms(Nanos duration) {
    return fmt::format("{} ms", std::chrono::floor<Millis>(duration).count());
}

std::optional<Refusal> stale(std::string_view what, std::optional<Nanos> const& age, Millis limit) {
    if (age && *age <= limit) return std::nullopt;
    if (!age) return Refusal{Reason::stale_data, fmt::format("no {} was ever received", what)};
    return Refusal{
        Reason::stale_data,
        fmt::format("the {} is {} old, limit {}", what, in_ms(*age), in_ms(limit))
    };
}

std::optional<Refusal>
above(Reason reason, std::string_view what, Usdc open, Usdc order, Usdc limit) {
    if (open + order <= limit) return std::nullopt;
    return Refusal{
        reason,
        fmt::format(
            "{}: {} open + {} for this order, limit {}",
            what,
            to_string(open),
            to_string(order),
            to_string(limit)
        )
    };
}

} // namespace

Verdict RiskGate::check(PlaceOrder const& intent, RiskView const& view) const {
    auto allowed = intent;
    allowed.size = size_allowed(intent);
    if (auto refused = refusal(intent, allowed, view)) return std::move(*refused);
    return Approved<PlaceOrder>{std::move(allowed)};
}

Shares RiskGate::size_allowed(PlaceOrder const& intent) const {
    auto const* account = portfolio_.find(intent.strategy);
    if (!limits_.calibration_watch || account == nullptr || intent.side != Side::buy ||
        account->calibration.of(intent.asset) != CalibrationState::reduced)
        return intent.size;
    auto const size = intent.size.micros();
    // Divided first where it would overflow otherwise; orders are far smaller than that.
    auto const left = size / 100 * limits_.calibration_reduced_size +
                      size % 100 * limits_.calibration_reduced_size / 100;
    constexpr auto whole = shares(1).micros();
    return Shares::from_micros(size % whole == 0 ? left / whole * whole : left);
}

std::optional<Refusal>
RiskGate::refusal(PlaceOrder const& asked, PlaceOrder const& intent, RiskView const& view) const {
    if (portfolio_.halted())
        return Refusal{Reason::trading_halted, "trading is halted: " + portfolio_.halt_text()};
    if (intent.asset && intent.side == Side::buy)
        if (auto const& halt = portfolio_.halt_of(*intent.asset))
            return Refusal{
                Reason::trading_halted,
                fmt::format("{} is halted: {}", to_string(*intent.asset), *halt)
            };
    auto const* account = portfolio_.find(intent.strategy);
    if (account == nullptr)
        return Refusal{
            Reason::bankroll_short, "strategy " + intent.strategy.text + " has no capital"
        };
    if (auto refused = check_state(*account, intent, view)) return refused;
    if (auto refused = check_calibration(*account, asked, intent, view)) return refused;
    if (auto refused = check_market(intent, view)) return refused;
    if (auto refused = check_ages(view)) return refused;
    return check_money(*account, intent, view);
}

std::optional<Refusal> RiskGate::check_state(
    StrategyAccount const& account, PlaceOrder const& intent, RiskView const& view
) const {
    if (account.halted)
        return Refusal{
            account.halt_reason, intent.strategy.text + " is halted: " + account.halt_text
        };
    // Below the kill switch a strategy may still sell what it holds.
    if (intent.side == Side::buy && account.bankroll() < limits_.kill_switch)
        return Refusal{
            Reason::kill_switch,
            fmt::format(
                "bankroll {} is below the kill switch {}",
                to_string(account.bankroll()),
                to_string(limits_.kill_switch)
            )
        };
    if (!view.clock_offset)
        return Refusal{Reason::clock_offset, "our clock was never compared with the venue's"};
    if (std::chrono::abs(*view.clock_offset) > limits_.clock_offset_max)
        return Refusal{
            Reason::clock_offset,
            fmt::format(
                "our clock is {} from the venue's, limit {}",
                in_ms(*view.clock_offset),
                in_ms(limits_.clock_offset_max)
            )
        };
    return std::nullopt;
}

std::optional<Refusal> RiskGate::check_calibration(
    StrategyAccount const& account,
    PlaceOrder const& asked,
    PlaceOrder const& allowed,
    RiskView const& view
) const {
    if (!limits_.calibration_watch || asked.side != Side::buy) return std::nullopt;
    if (account.calibration.of(asked.asset) == CalibrationState::stopped)
        return Refusal{
            Reason::calibration_stopped,
            fmt::format(
                "{}{} won too rarely for what it promised: stopped until its parameters change",
                asked.strategy.text,
                account.calibration.all == CalibrationState::stopped || !asked.asset
                    ? ""
                    : fmt::format(" on {}", to_string(*asked.asset))
            )
        };
    if (allowed.size == asked.size) return std::nullopt;
    auto const rests = asked.tif == TimeInForce::gtc || asked.tif == TimeInForce::gtd;
    auto const too_small =
        rests ? view.market != nullptr && allowed.size < view.market->min_size
              : cost_rounded_down(allowed.limit, allowed.size) < least_marketable_buy;
    if (!too_small) return std::nullopt;
    return Refusal{
        Reason::calibration_reduced,
        fmt::format(
            "{} of {} shares are left at {} %, less than the venue takes",
            to_string(allowed.size),
            to_string(asked.size),
            limits_.calibration_reduced_size
        )
    };
}

std::optional<Refusal>
RiskGate::check_market(PlaceOrder const& intent, RiskView const& view) const {
    auto const closed = [](std::string text) {
        return Refusal{Reason::market_closed, std::move(text)};
    };
    auto const* market = view.market;
    if (market == nullptr) return closed("the market is not listed");
    if (market->condition != intent.market || market->token(intent.outcome) != intent.token)
        return closed("the order's token does not belong to " + market->slug);
    if (view.now >= market->window.end())
        return closed(fmt::format("{} ended at {}", market->slug, format_utc(market->window.end()))
        );
    auto const out_of_bounds = [](std::string text) {
        return Refusal{Reason::price_out_of_bounds, std::move(text)};
    };
    if (intent.limit < limits_.price_min || intent.limit > limits_.price_max)
        return out_of_bounds(fmt::format(
            "limit price {} is outside {} to {}",
            to_string(intent.limit),
            to_string(limits_.price_min),
            to_string(limits_.price_max)
        ));
    if (!is_on_tick(intent.limit, market->tick) || intent.limit < market->tick ||
        intent.limit > market->tick.complement())
        return out_of_bounds(fmt::format(
            "limit price {} is not on the market's grid of {}",
            to_string(intent.limit),
            to_string(market->tick)
        ));
    return std::nullopt;
}

std::optional<Refusal> RiskGate::check_ages(RiskView const& view) const {
    if (auto refused = stale("book", view.book_age, limits_.book_age_max)) return refused;
    if (auto refused = stale("spot price", view.spot_age, limits_.spot_age_max)) return refused;
    return stale("signal", view.signal_age, limits_.signal_age_max);
}

std::optional<Refusal> RiskGate::check_money(
    StrategyAccount const& account, PlaceOrder const& intent, RiskView const& view
) const {
    if (intent.size.micros() <= 0) return Refusal{Reason::size_zero, "the order has no size"};
    if (intent.side == Side::sell) {
        auto const free = account.sellable(intent.token);
        if (intent.size <= free) return std::nullopt;
        return Refusal{
            Reason::bankroll_short,
            fmt::format(
                "{} confirmed shares are free, {} wanted", to_string(free), to_string(intent.size)
            )
        };
    }
    if (auto const until = paused_until(intent.strategy, view.now))
        return Refusal{
            Reason::loss_streak,
            fmt::format(
                "{} losses in a row: paused until {}", limits_.loss_streak_max, format_utc(*until)
            )
        };
    if (limits_.same_market == config::SameMarket::first &&
        portfolio_.is_engaged(intent.market, intent.strategy))
        return Refusal{Reason::held_elsewhere, "another strategy is in " + view.market->slug};
    auto const cost = worst_cost(intent, view.market->fee, intent.size);
    auto const open = portfolio_.exposure();
    auto const lost = -portfolio_.realised_today(view.now);
    if (lost >= limits_.daily_loss_max || lost + open + cost > limits_.daily_loss_max)
        return Refusal{
            Reason::daily_loss,
            fmt::format(
                "lost today {} + open {} + {} for this order, limit {}",
                to_string(lost),
                to_string(open),
                to_string(cost),
                to_string(limits_.daily_loss_max)
            )
        };
    if (auto r = above(Reason::exposure_total, "one order", {}, cost, limits_.order_max)) return r;
    auto const in_window = portfolio_.exposure(view.market->window);
    if (auto r = above(
            Reason::exposure_window, "this window", in_window, cost, limits_.exposure_per_window_max
        ))
        return r;
    if (intent.asset) {
        auto const in_asset = portfolio_.exposure(*intent.asset);
        auto const limit = limits_.exposure_per_asset_max;
        if (auto r = above(Reason::exposure_asset, "this asset", in_asset, cost, limit)) return r;
    }
    if (auto r = above(Reason::exposure_total, "in all", open, cost, limits_.exposure_total_max))
        return r;
    if (cost > account.cash)
        return Refusal{
            Reason::bankroll_short,
            fmt::format(
                "costs up to {} with the fee, {} is free", to_string(cost), to_string(account.cash)
            )
        };
    return std::nullopt;
}

// Replayed from the closed positions, so a restart comes to the same answer. A pause begins with
// the loss that fills the count; the count starts again when it ends.
std::optional<UtcTime> RiskGate::paused_until(StrategyName const& strategy, UtcTime now) const {
    auto const* account = portfolio_.find(strategy);
    if (account == nullptr) return std::nullopt;
    int losses = 0;
    UtcTime until = UtcTime::min();
    for (auto const& closed : account->closed) {
        if (closed.at < until) continue;
        losses = closed.won ? 0 : losses + 1;
        if (losses < limits_.loss_streak_max) continue;
        until = closed.at + limits_.loss_streak_cooldown;
        losses = 0;
    }
    return now < until ? std::optional{until} : std::nullopt;
}

} // namespace polyquant::execution
