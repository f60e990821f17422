// Money, shares and prices as integers with a type. `double` exists only in models.
#pragma once

#include "engine/core/failure.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace polyquant {

enum class Side : std::uint8_t { buy, sell };
enum class Rounding : std::uint8_t { down, half_up, up };

// An integer count of 1e-6 of something. Addition within one type only.
template <class Self>
class MicroQuantity {
public:
    static constexpr std::int64_t scale = 1'000'000;

    static constexpr Self from_micros(std::int64_t micros) { return Self{micros}; }

    constexpr std::int64_t micros() const { return micros_; }

    constexpr bool is_zero() const { return micros_ == 0; }

    friend constexpr auto operator<=>(MicroQuantity, MicroQuantity) = default;

    friend constexpr Self operator+(Self a, Self b) { return Self{a.micros() + b.micros()}; }

    friend constexpr Self operator-(Self a, Self b) { return Self{a.micros() - b.micros()}; }

    friend constexpr Self& operator+=(Self& a, Self b) { return a = a + b; }

    friend constexpr Self& operator-=(Self& a, Self b) { return a = a - b; }

    friend constexpr Self operator-(Self a) { return Self{-a.micros()}; }

    friend constexpr Self operator*(Self a, std::int64_t n) { return Self{a.micros() * n}; }

private:
    friend Self;
    constexpr MicroQuantity() = default;

    constexpr explicit MicroQuantity(std::int64_t micros) : micros_{micros} {}

    std::int64_t micros_ = 0;
};

// USDC per share. Valid outcome prices lie in [0, 1]; differences of prices may be negative.
class Price : public MicroQuantity<Price> {
public:
    constexpr Price() = default;

    // The price of the other outcome's token in the same market.
    constexpr Price complement() const { return from_micros(scale - micros()); }

private:
    friend class MicroQuantity<Price>;

    constexpr explicit Price(std::int64_t micros) : MicroQuantity{micros} {}
};

// Outcome tokens; one pays 1 USDC when its outcome wins.
class Shares : public MicroQuantity<Shares> {
public:
    constexpr Shares() = default;

private:
    friend class MicroQuantity<Shares>;

    constexpr explicit Shares(std::int64_t micros) : MicroQuantity{micros} {}
};

// Collateral (pUSD, 6 decimals on chain).
class Usdc : public MicroQuantity<Usdc> {
public:
    constexpr Usdc() = default;

private:
    friend class MicroQuantity<Usdc>;

    constexpr explicit Usdc(std::int64_t micros) : MicroQuantity{micros} {}
};

constexpr Price cents(std::int64_t n) {
    return Price::from_micros(n * 10'000);
}

constexpr Shares shares(std::int64_t n) {
    return Shares::from_micros(n * 1'000'000);
}

constexpr Usdc usd(std::int64_t n) {
    return Usdc::from_micros(n * 1'000'000);
}

constexpr Usdc usd_cents(std::int64_t n) {
    return Usdc::from_micros(n * 10'000);
}

// The price of the underlying coin in USD, in 1e-8 steps: the finest step Binance quotes. Chainlink
// prints 18 decimals; what lies beyond the eighth is dropped, so a tie here may be a difference of
// less than 1e-8 USD there, and settlement by the venue has the last word.
class UsdPrice {
public:
    static constexpr std::int64_t scale = 100'000'000;

    constexpr UsdPrice() = default;

    static constexpr UsdPrice from_e8(std::int64_t e8) { return UsdPrice{e8}; }

    constexpr std::int64_t e8() const { return e8_; }

    friend constexpr auto operator<=>(UsdPrice, UsdPrice) = default;

    friend constexpr UsdPrice operator+(UsdPrice a, UsdPrice b) { return UsdPrice{a.e8_ + b.e8_}; }

    friend constexpr UsdPrice operator-(UsdPrice a, UsdPrice b) { return UsdPrice{a.e8_ - b.e8_}; }

private:
    constexpr explicit UsdPrice(std::int64_t e8) : e8_{e8} {}

    std::int64_t e8_ = 0;
};

// Names the rounding: what a buyer must reserve is rounded up, what a seller may count on down.
Usdc cost_rounded_up(Price price, Shares size);
Usdc cost_rounded_down(Price price, Shares size);

// The most shares `money` buys at `price`, in whole multiples of `step` (1 share, 0.01 share ...).
// Zero when price or step is zero.
Shares shares_affordable(Usdc money, Price price, Shares step);

// A buyer's limit moves down to the grid, a seller's up, so that rounding never worsens the limit.
Price round_to_tick(Price price, Price tick, Side side);
bool is_on_tick(Price price, Price tick);

// Decimal text to integer micros and back. More decimals than the type holds are refused unless
// they are zeros, never rounded. Accepts the venue's ".48" and "+"-less signs.
Result<std::int64_t> parse_fixed(std::string_view text, int decimals);
std::string format_fixed(std::int64_t value, int decimals);

Result<Price> parse_price(std::string_view text);
Result<Shares> parse_shares(std::string_view text);
Result<Usdc> parse_usdc(std::string_view text);
// Digits beyond the eighth decimal are cut off, as the type's comment says.
Result<UsdPrice> parse_usd_price(std::string_view text);

std::string to_string(Price value);
std::string to_string(Shares value);
std::string to_string(Usdc value);
std::string to_string(UsdPrice value);
// Two decimals, rounded half up in magnitude, for people: "-1.23".
std::string to_cents_text(Usdc value);

double to_double(Price value);
double to_double(Shares value);
double to_double(Usdc value);
double to_double(UsdPrice value);

} // namespace polyquant
