// What the model said and what the market asked at set moments of every window, whether anything
// was bought or not: the material of Brier scores and calibration plots, which trades alone would
// bias.
#pragma once

#include "engine/core/events.hpp"
#include "engine/core/market_view.hpp"
#include "models/signal.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace polyquant::app {

inline constexpr std::array<int, 9> sampled_seconds{240, 180, 120, 90, 60, 45, 30, 20, 10};

class MomentSampler {
public:
    using View = std::function<MarketView(Asset, Window)>;
    using SignalOf = std::function<models::Signal const*(Asset)>;

    // Replaces the file.
    static Result<std::unique_ptr<MomentSampler>>
    create(std::filesystem::path const& csv, std::vector<Asset> assets, View view, SignalOf signal);
    ~MomentSampler();
    MomentSampler(MomentSampler const&) = delete;
    MomentSampler& operator=(MomentSampler const&) = delete;

    // After everybody else has seen the event. The first event at or after a moment takes it, so a
    // sample may be as late as the input is silent; rows state their own seconds left.
    void on(UtcTime now) {
        if (now >= next_) sample(now);
    }

    Result<void> finish();

private:
    MomentSampler() = default;
    void sample(UtcTime now);

    std::filesystem::path path_;
    std::FILE* file_ = nullptr;
    std::vector<Asset> assets_;
    View view_;
    SignalOf signal_;
    UtcTime next_{};
};

} // namespace polyquant::app
