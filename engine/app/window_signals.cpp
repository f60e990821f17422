#include "engine/app/window_signals.hpp"

#include <algorithm>
#include <cmath>

namespace polyquant::app {

namespace {

double worth(
    models::calibration::AskTable const& quotes, std::optional<BookView> const& book, double left
) {
    if (!book || !book->is_live() || book->depth(BookSide::ask) == 0) return std::nan("");
    return quotes.win_probability(to_double(book->level(BookSide::ask, 0).price), left);
}

// Both asks promise more than 1 together, so each side's worth is taken as its share.
void ask_table(
    models::Signal& signal, MarketView const& view, models::calibration::AskTable const& quotes
) {
    auto const left = std::chrono::duration<double>(view.to_close()).count();
    auto const up = worth(quotes, view.up, left);
    auto const down = worth(quotes, view.down, left);
    signal.window = view.window;
    signal.usable = !std::isnan(up) && !std::isnan(down);
    signal.why = signal.usable ? "" : "no asks on both sides";
    signal.as_of = {};
    signal.up = 0.5;
    if (!signal.usable) return;
    signal.as_of = std::min(view.up->updated_at(), view.down->updated_at());
    signal.up = signal.learned = up / (up + down);
}

} // namespace

WindowSignals::WindowSignals(
    std::span<Asset const> assets,
    config::ModelParams const& params,
    std::vector<models::registry::RegisteredModel> const& trained
)
    : kind_{params.kind}, assets_{assets.begin(), assets.end()} {
    using config::ModelKind;
    for (auto const asset : assets_) {
        auto& desk = desks_[index_of(asset)];
        if (kind_ == ModelKind::window) desk.window.emplace(asset);
        if (kind_ == ModelKind::quotes) desk.quotes.emplace().asset = asset;
    }
    replace(trained);
}

void WindowSignals::replace(std::vector<models::registry::RegisteredModel> const& trained) {
    if (kind_ != config::ModelKind::trained) return;
    for (auto const asset : assets_)
        desks_[index_of(asset)].trained.emplace(asset, trained);
}

void WindowSignals::use_outside(OutsideValues const& values) {
    for (auto& desk : desks_)
        if (desk.trained) desk.trained->use_outside(values);
}

bool WindowSignals::lacks_outside(Asset asset) const {
    auto const& desk = desks_[index_of(asset)];
    return desk.trained && desk.trained->lacks_outside();
}

void WindowSignals::warm_up(Asset asset, std::span<Bar const> history) {
    if (auto& model = desks_[index_of(asset)].window) model->warm_up(history);
    for (auto& desk : desks_)
        if (desk.trained)
            for (auto const& bar : history)
                desk.trained->on_bar(asset, bar);
}

void WindowSignals::on(BarUpdate const& update) {
    if (!update.closed) return;
    if (auto& model = desks_[index_of(update.asset)].window) model->on_bar(update.bar);
    for (auto& desk : desks_)
        if (desk.trained) desk.trained->on_bar(update.asset, update.bar);
}

// Only of the source of the bars: the oracle's would look like a move of its own.
void WindowSignals::on(PriceTick const& tick) {
    if (tick.source != PriceSource::binance_trade) return;
    for (auto& desk : desks_)
        if (desk.trained) desk.trained->on_price(tick.asset, to_double(tick.price));
}

models::Signal const* WindowSignals::refresh(
    Asset asset, MarketView const& view, models::calibration::AskTable const& quotes
) {
    auto& desk = desks_[index_of(asset)];
    if (desk.window) desk.window->update(view);
    if (desk.trained) desk.trained->update(view);
    if (desk.quotes) ask_table(*desk.quotes, view, quotes);
    return signal(asset);
}

std::optional<models::window::ProbabilityBand> WindowSignals::band(Asset asset) const {
    auto const& desk = desks_[index_of(asset)];
    if (desk.window) return desk.window->band();
    if (desk.trained) return desk.trained->band();
    return std::nullopt;
}

models::Signal const* WindowSignals::signal(Asset asset) const {
    auto const& desk = desks_[index_of(asset)];
    if (desk.window) return &desk.window->signal();
    if (desk.trained) return &desk.trained->signal();
    return desk.quotes ? &*desk.quotes : nullptr;
}

} // namespace polyquant::app
