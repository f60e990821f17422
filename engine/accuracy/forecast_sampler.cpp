#include "engine/accuracy/forecast_sampler.hpp"

#include <utility>

namespace polyquant::accuracy {

namespace {

std::optional<Price> price_of(std::optional<Level> const& level) {
    return level ? std::optional{level->price} : std::nullopt;
}

ForecastSample
sample_of(MarketView const& view, models::Signal const* signal, Millis book_age_max) {
    ForecastSample sample;
    sample.left = std::chrono::ceil<Millis>(view.to_close());
    if (signal != nullptr && signal->usable && signal->window == view.window)
        sample.up = signal->up;
    auto const quote = [&](std::optional<BookView> const& book) {
        auto const fresh = book && book->is_live() && view.now - book->updated_at() <= book_age_max;
        return fresh ? book->quote() : Quote{};
    };
    auto const up = quote(view.up);
    auto const down = quote(view.down);
    sample.up_bid = price_of(up.bid);
    sample.up_ask = price_of(up.ask);
    sample.down_bid = price_of(down.bid);
    sample.down_ask = price_of(down.ask);
    return sample;
}

bool says_something(ForecastSample const& s) {
    return s.up || s.up_ask || s.down_ask;
}

} // namespace

UtcTime ForecastSampler::next_due(UtcTime now) const {
    auto const window = window_at(now);
    for (auto const moment : moments)
        if (window.end() - moment > now) return window.end() - moment;
    return window.end();
}

std::vector<WindowForecast>
ForecastSampler::on_time(UtcTime now, Millis book_age_max, Look const& look, Ask const& ask) {
    std::vector<WindowForecast> over;
    auto const window = window_at(now);
    for (auto const asset : assets_) {
        auto& desk = desks_[index_of(asset)];
        if (desk.forecast.window != window) {
            auto done = std::exchange(desk, Desk{});
            desk.forecast.window = window;
            if (!done.forecast.samples.empty()) over.push_back(std::move(done.forecast));
        }
        auto come = desk.taken;
        while (come < moments.size() && window.end() - moments[come] <= now)
            ++come;
        if (std::exchange(desk.taken, come) == come) continue;
        if (quiet_ || now - (window.end() - moments[come - 1]) > late_max) continue;
        auto const view = look(asset, window);
        if (view.market == nullptr) continue;
        auto const* signal = ask(asset);
        auto sample = sample_of(view, signal, book_age_max);
        if (!says_something(sample)) continue;
        auto& f = desk.forecast;
        f.market = view.market->condition;
        f.slug = view.market->slug;
        f.asset = asset;
        f.fee = view.market->fee;
        if (sample.up) f.model_version = signal->model_version;
        f.samples.push_back(std::move(sample));
    }
    return over;
}

} // namespace polyquant::accuracy
