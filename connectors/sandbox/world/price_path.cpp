#include "connectors/sandbox/world/price_path.hpp"

#include "connectors/sandbox/world/fitted.hpp"
#include "connectors/sandbox/world/normal.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::sandbox {

namespace {

using Matrix = std::array<std::array<double, asset_count>, asset_count>;

// Lower triangle whose product with its transpose is `m`.
Matrix cholesky(Matrix const& m) {
    Matrix l{};
    for (std::size_t i = 0; i < asset_count; ++i)
        for (std::size_t j = 0; j <= i; ++j) {
            auto sum = m[i][j];
            for (std::size_t k = 0; k < j; ++k)
                sum -= l[i][k] * l[j][k];
            l[i][j] = i == j ? std::sqrt(sum) : sum / l[j][j];
        }
    return l;
}

// Exact step of a mean-reverting Gaussian around zero.
double mean_reverting(double x, double sd, double memory, double seconds, simulated::Random& r) {
    auto const keep = std::exp(-seconds / memory);
    return x * keep + sd * std::sqrt(1 - keep * keep) * gauss(r);
}

// The oracle's view of exchange prices: a basis away, and a little late.
class OracleView {
public:
    void step(double seconds, CoinPrices& prices, simulated::Random& random) {
        auto const follow = 1 - std::exp(-seconds / fitted::oracle_lag_seconds);
        for (std::size_t a = 0; a < asset_count; ++a) {
            basis_[a] =
                mean_reverting(basis_[a], fitted::basis_sd, fitted::basis_seconds, seconds, random);
            auto const target = prices.exchange[a] * (1 - fitted::basis_mean - basis_[a]);
            auto& seen = seen_[a];
            seen = seen == 0 ? target : seen + follow * (target - seen);
            prices.oracle[a] = seen;
        }
    }

private:
    std::array<double, asset_count> basis_{};
    std::array<double, asset_count> seen_{};
};

class GeneratedPath final : public PricePath {
public:
    explicit GeneratedPath(std::uint64_t seed) : random_{seed} {
        for (std::size_t a = 0; a < asset_count; ++a)
            log_price_[a] = std::log(fitted::coins[a].price);
    }

    CoinPrices step(Nanos length) override {
        auto const seconds = std::chrono::duration<double>(length).count();
        fast_ = mean_reverting(
            fast_, fitted::fast_volatility_sd, fitted::fast_volatility_seconds, seconds, random_
        );
        slow_ = mean_reverting(
            slow_, fitted::slow_volatility_sd, fitted::slow_volatility_seconds, seconds, random_
        );
        std::array<double, asset_count> z{};
        for (auto& draw : z)
            draw = gauss(random_);
        auto const jumps = random_.chance(fitted::jumps_per_hour * seconds / 3'600);
        auto const jump = gauss(random_) * fitted::jump_sigmas * std::sqrt(60.0) * (jumps ? 1 : 0);
        CoinPrices prices;
        for (std::size_t a = 0; a < asset_count; ++a) {
            double shock = 0;
            for (std::size_t k = 0; k <= a; ++k)
                shock += root_[a][k] * z[k];
            auto const sigma = fitted::coins[a].sigma;
            log_price_[a] += sigma * (level() * std::sqrt(seconds) * shock + jump);
            prices.exchange[a] = std::exp(log_price_[a]);
            prices.activity[a] = level();
        }
        view_.step(seconds, prices, random_);
        return prices;
    }

    double volatility(Asset asset) const override {
        return fitted::coins[index_of(asset)].sigma * level();
    }

private:
    // Mean square one: the long-run variance is the fitted one.
    double level() const {
        constexpr auto variance = fitted::fast_volatility_sd * fitted::fast_volatility_sd +
                                  fitted::slow_volatility_sd * fitted::slow_volatility_sd;
        return std::exp(fast_ + slow_ - variance);
    }

    simulated::Random random_;
    Matrix root_ = cholesky(fitted::correlation);
    std::array<double, asset_count> log_price_{};
    double fast_ = 0;
    double slow_ = 0;
    OracleView view_;
};

class RecordedPath final : public PricePath {
public:
    RecordedPath(std::array<std::vector<Bar>, asset_count> bars, std::uint64_t seed)
        : random_{seed}, bars_{std::move(bars)} {
        for (std::size_t a = 0; a < asset_count; ++a) {
            ENSURE(!bars_[a].empty(), "a recorded path needs bars of every asset");
            range_[a] = fitted::coins[a].sigma;
            begin_bar(a, 0);
        }
    }

    CoinPrices step(Nanos length) override {
        auto const seconds = std::chrono::duration<double>(length).count();
        CoinPrices prices;
        for (std::size_t a = 0; a < asset_count; ++a) {
            place_[a].second += seconds;
            while (place_[a].second >= minute)
                begin_bar(a, place_[a].second - minute);
            auto const price = price_at(a, seconds);
            prices.exchange[a] = price;
            prices.activity[a] = std::clamp(range_[a] / fitted::coins[a].sigma, 0.2, 8.0);
        }
        view_.step(seconds, prices, random_);
        return prices;
    }

    double volatility(Asset asset) const override { return range_[index_of(asset)]; }

private:
    static constexpr double minute = 60;

    struct Knot {
        double second;
        double price;
    };

    struct Place {
        std::size_t next = 0; // bar that begins next
        double second = 0;    // into the current bar
        std::array<Knot, 4> knots{};
        double low = 0, high = 0;
        double scale = 1; // joins the end of the recording to its beginning
        double wander = 0;
    };

    void begin_bar(std::size_t a, double second) {
        auto& place = place_[a];
        auto const& all = bars_[a];
        if (place.next == all.size()) {
            place.scale *= all.back().close / all.front().open;
            place.next = 0;
        }
        auto const& bar = all[place.next++];
        // Which extreme came first is not recorded: the one farther from the close, mostly.
        auto const low_first = random_.chance(bar.close > bar.open ? 0.75 : 0.25);
        auto const first = 6 + 20 * random_.uniform();
        auto const second_extreme = 34 + 20 * random_.uniform();
        place.knots = {
            {{0, bar.open},
             {first, low_first ? bar.low : bar.high},
             {second_extreme, low_first ? bar.high : bar.low},
             {minute, bar.close}}
        };
        place.low = bar.low;
        place.high = bar.high;
        place.second = second;
        place.wander = 0;
        // Parkinson's estimate, averaged over about half an hour.
        auto const range =
            std::log(bar.high / bar.low) / std::sqrt(4 * 0.6931471805599453 * minute);
        range_[a] += (range - range_[a]) / 30;
    }

    double price_at(std::size_t a, double seconds) {
        auto& place = place_[a];
        auto const at = place.second;
        auto k = std::size_t{1};
        while (k + 1 < place.knots.size() && place.knots[k].second < at)
            ++k;
        auto const& from = place.knots[k - 1];
        auto const& to = place.knots[k];
        auto const share = std::clamp((at - from.second) / (to.second - from.second), 0.0, 1.0);
        auto const line = from.price + share * (to.price - from.price);
        place.wander = mean_reverting(place.wander, 2.0 * range_[a] * line, 4, seconds, random_);
        auto const bridge = place.wander * 2 * std::sqrt(share * (1 - share));
        return place.scale * std::clamp(line + bridge, place.low, place.high);
    }

    simulated::Random random_;
    std::array<std::vector<Bar>, asset_count> bars_;
    std::array<Place, asset_count> place_{};
    std::array<double, asset_count> range_{};
    OracleView view_;
};

} // namespace

std::unique_ptr<PricePath> make_generated_path(std::uint64_t seed) {
    return std::make_unique<GeneratedPath>(seed);
}

std::unique_ptr<PricePath>
make_recorded_path(std::array<std::vector<Bar>, asset_count> bars, std::uint64_t seed) {
    return std::make_unique<RecordedPath>(std::move(bars), seed);
}

} // namespace polyquant::sandbox
