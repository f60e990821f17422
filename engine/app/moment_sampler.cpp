#include "engine/app/moment_sampler.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

// The first sampled moment after `now`.
UtcTime moment_after(UtcTime now) {
    auto const window = window_at(now);
    for (auto const left : sampled_seconds)
        if (auto const at = window.end() - Seconds{left}; at > now) return at;
    return window.end() + (window.length - Seconds{sampled_seconds.front()});
}

std::string price_text(std::optional<Level> const& level) {
    return level ? to_string(level->price) : std::string{};
}

std::string price_text(std::optional<PricePoint> const& point) {
    return point ? to_string(point->price) : std::string{};
}

} // namespace

Result<std::unique_ptr<MomentSampler>> MomentSampler::create(
    std::filesystem::path const& csv, std::vector<Asset> assets, View view, SignalOf signal
) {
    std::unique_ptr<MomentSampler> sampler{new MomentSampler};
    sampler->file_ = std::fopen(csv.c_str(), "w");
    if (sampler->file_ == nullptr)
        return Failure{Fault::storage, csv.string(), "cannot be written"};
    sampler->path_ = csv;
    sampler->assets_ = std::move(assets);
    sampler->view_ = std::move(view);
    sampler->signal_ = std::move(signal);
    std::fputs(
        "slug,asset,seconds_left,up,learned,heuristic,usable,bid,ask,spot,strike\n", sampler->file_
    );
    return sampler;
}

MomentSampler::~MomentSampler() {
    if (file_ != nullptr) std::fclose(file_);
}

void MomentSampler::sample(UtcTime now) {
    auto const window = window_at(now);
    next_ = moment_after(now);
    auto const left = std::chrono::duration<double>(window.end() - now).count();
    if (left > sampled_seconds.front()) return;
    for (auto const asset : assets_) {
        auto const view = view_(asset, window);
        auto const* signal = signal_(asset);
        if (view.market == nullptr || signal == nullptr) continue;
        auto const quote = view.up && view.up->is_live() ? view.up->quote() : Quote{};
        auto const line = fmt::format(
            "{},{},{:.3f},{},{},{},{},{},{},{},{}\n",
            view.market->slug,
            to_string(asset),
            left,
            signal->up,
            signal->learned,
            signal->heuristic,
            signal->usable && signal->window == window ? 1 : 0,
            price_text(quote.bid),
            price_text(quote.ask),
            price_text(view.spot),
            price_text(view.strike)
        );
        std::fputs(line.c_str(), file_);
    }
}

Result<void> MomentSampler::finish() {
    auto const failed = std::ferror(file_) != 0;
    auto const closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!failed && closed) return {};
    return Failure{Fault::storage, path_.string(), "could not be written"};
}

} // namespace polyquant::app
