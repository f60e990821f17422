#include "engine/core/fees.hpp"

#include <boost/multiprecision/cpp_int.hpp>
#include <fmt/format.h>

#include <cmath>
#include <optional>

namespace polyquant {

namespace {

using Wide = boost::multiprecision::int512_t;
__extension__ typedef __int128 Int128;

template <class Int>
Int divide(Int const& a, Int const& b, Rounding rounding) {
    switch (rounding) {
    case Rounding::down: return a / b;
    case Rounding::half_up: return (a + b / 2) / b;
    case Rounding::up: return (a + b - 1) / b;
    }
    std::abort();
}

// The venue's grid: 5 decimals, ten micros.
constexpr std::int64_t fee_step_micros = 10;

// price = p / scale. The fee in steps of 1e-5 is size * rate * (p (scale - p))^e / (scale^2e *
// 1e7).
template <class Int>
Usdc fee_exact(
    FeeSchedule const& s, Shares size, std::int64_t p, std::int64_t scale, Rounding rounding
) {
    Int numerator = Int{size.micros()} * s.rate_micros;
    Int denominator = Int{10'000'000};
    for (int i = 0; i < s.exponent; ++i) {
        numerator *= Int{p} * (scale - p);
        denominator *= Int{scale} * scale;
    }
    auto const steps = static_cast<std::int64_t>(divide(numerator, denominator, rounding));
    return Usdc::from_micros(steps * fee_step_micros);
}

struct Decimals {
    int size;
    int amount;
};

std::optional<Decimals> decimals_for(Price tick) {
    switch (tick.micros()) {
    case 100'000: return Decimals{2, 3};
    case 10'000: return Decimals{2, 4};
    case 5'000: return Decimals{2, 5};
    case 2'500: return Decimals{2, 6};
    case 1'000: return Decimals{2, 5};
    case 100: return Decimals{2, 6};
    default: return std::nullopt;
    }
}

std::int64_t floor_to(std::int64_t micros, int decimals) {
    std::int64_t quantum = 1;
    for (int i = decimals; i < 6; ++i)
        quantum *= 10;
    return micros / quantum * quantum;
}

Failure unknown_tick(Price tick) {
    return Failure{
        Fault::invalid, "order amounts", fmt::format("unknown tick size {}", to_string(tick))
    };
}

std::int64_t times(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(Int128{a} * b / 1'000'000);
}

} // namespace

Usdc taker_fee(FeeSchedule const& schedule, Shares size, Price price, Rounding rounding) {
    ENSURE(schedule.exponent == 1 || schedule.exponent == 2, "fee exponent must be 1 or 2");
    ENSURE(size.micros() >= 0, "fee of a negative size");
    if (schedule.rate_micros == 0) return Usdc{};
    // 1e12 micro-shares * 1e6 * 2.5e11 stays below 2^127; larger sizes and exponent 2 do not.
    if (schedule.exponent == 1 && size.micros() <= 1'000'000'000'000)
        return fee_exact<Int128>(schedule, size, price.micros(), Price::scale, rounding);
    return fee_exact<Wide>(schedule, size, price.micros(), Price::scale, rounding);
}

Usdc taker_fee_at_e9(
    FeeSchedule const& schedule, Shares size, std::int64_t price_e9, Rounding rounding
) {
    ENSURE(schedule.exponent == 1 || schedule.exponent == 2, "fee exponent must be 1 or 2");
    return fee_exact<Wide>(schedule, size, price_e9, 1'000'000'000, rounding);
}

double fee_per_share(FeeSchedule const& schedule, Price price) {
    auto const p = to_double(price);
    auto const variance = p * (1.0 - p);
    auto const rate = static_cast<double>(schedule.rate_micros) / 1e6;
    // pow() takes longer than the rest of a decision, and every market so far has exponent 1.
    return rate * (schedule.exponent == 1 ? variance : std::pow(variance, schedule.exponent));
}

double break_even_probability(FeeSchedule const& schedule, Price ask) {
    return to_double(ask) + fee_per_share(schedule, ask);
}

Result<OrderAmounts> limit_order_amounts(Price tick, Side side, Shares size, Price price) {
    auto const d = decimals_for(tick);
    if (!d) return unknown_tick(tick);
    auto const s = floor_to(size.micros(), d->size);
    auto const q = floor_to(times(s, price.micros()), d->amount);
    return side == Side::buy ? OrderAmounts{q, s} : OrderAmounts{s, q};
}

Result<OrderAmounts> market_buy_amounts(Price tick, Usdc money, Price limit) {
    auto const d = decimals_for(tick);
    if (!d) return unknown_tick(tick);
    if (limit.micros() <= 0) return Failure{Fault::invalid, "order amounts", "limit price is zero"};
    auto const maker = floor_to(money.micros(), d->size);
    auto const taker = static_cast<std::int64_t>(Int128{maker} * 1'000'000 / limit.micros());
    return OrderAmounts{maker, floor_to(taker, d->amount)};
}

Result<OrderAmounts> market_sell_amounts(Price tick, Shares size, Price limit) {
    auto const d = decimals_for(tick);
    if (!d) return unknown_tick(tick);
    auto const maker = floor_to(size.micros(), d->size);
    return OrderAmounts{maker, floor_to(times(maker, limit.micros()), d->amount)};
}

} // namespace polyquant
