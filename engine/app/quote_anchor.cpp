#include "engine/app/quote_anchor.hpp"

#include "models/window/bar_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::app {

namespace {

using models::QuoteUse;
using models::window::LabelStyle;

// The best prices of Up: a bid for Down is an offer of Up at the complement.
struct UpPrices {
    double bid = 0;
    double ask = 1;

    void add(BookView const& book, bool down) {
        auto const own_bid = to_double(book.level(BookSide::bid, 0).price);
        auto const own_ask = to_double(book.level(BookSide::ask, 0).price);
        bid = std::max(bid, down ? 1 - own_ask : own_bid);
        ask = std::min(ask, down ? 1 - own_bid : own_ask);
    }
};

UpPrices best_prices(MarketView const& view) {
    UpPrices prices;
    prices.add(*view.up, false);
    prices.add(*view.down, true);
    return prices;
}

bool has_both_sides(std::optional<BookView> const& book) {
    return book && book->is_live() && book->depth(BookSide::bid) > 0 &&
           book->depth(BookSide::ask) > 0;
}

} // namespace

QuoteAnchor::QuoteAnchor(models::registry::FittedBlend fitted, Nanos age_max)
    : fitted_{std::move(fitted)}, age_max_{age_max} {}

void QuoteAnchor::apply(models::Signal& signal, MarketView const& view) const {
    signal.own = signal.up;
    signal.quotes = check(signal, view);
    if (signal.quotes != QuoteUse::blended) return;
    auto const prices = best_prices(view);
    signal.market = 0.5 * (prices.bid + prices.ask);
    signal.up = fitted_.blend.probability(signal.market, signal.own);
}

double QuoteAnchor::blended(models::Signal const& applied, double own) const {
    return applied.quotes == QuoteUse::blended ? fitted_.blend.probability(applied.market, own)
                                               : own;
}

QuoteUse QuoteAnchor::check(models::Signal const& signal, MarketView const& view) const {
    if (!signal.usable) return QuoteUse::no_signal;
    if (!fits_ || signal.asset != fitted_.asset) return QuoteUse::other_fit;
    if (view.window.start < fitted_.until) return QuoteUse::fitted_late;
    if (view.market == nullptr || !has_both_sides(view.up) || !has_both_sides(view.down))
        return QuoteUse::missing;
    auto const is_spot = view.market->rule.kind == SettlementRule::Kind::spot;
    if (is_spot != (fitted_.style == LabelStyle::spot)) return QuoteUse::other_fit;
    for (auto const& book : {view.up, view.down}) {
        auto const age = view.now - book->updated_at();
        if (age < Nanos{0} || age > age_max_) return QuoteUse::stale;
    }
    // Two books of one market may cross each other though neither crosses itself. A hair of room
    // is for prices that have no exact double.
    auto const prices = best_prices(view);
    return prices.bid > prices.ask - 1e-9 ? QuoteUse::crossed : QuoteUse::blended;
}

bool is_fitted_on(
    models::registry::FittedBlend const& fitted,
    config::ModelParams const& params,
    TrainedModels const& trained
) {
    using models::registry::ModelKind;
    if (params.kind == config::ModelKind::window) return fitted.model == ModelKind::closed_form;
    return std::ranges::any_of(trained, [&](auto const& model) {
        return model.asset == fitted.asset && model.style == fitted.style &&
               model.kind == fitted.model;
    });
}

Result<std::optional<models::registry::FittedBlend>>
load_blend(config::ModelParams const& params, TrainedModels const& trained) {
    using Loaded = std::optional<models::registry::FittedBlend>;
    if (params.market_blend == config::MarketBlendUse::off) return Loaded{};
    auto const& path = params.market_blend_file;
    auto const text = models::window::read_text_file(path);
    if (!text) return text.error();
    auto fitted = models::registry::parse_fitted_blend(*text, path);
    if (!fitted) return fitted.error();
    if (!is_fitted_on(*fitted, params, trained))
        return Failure{
            Fault::invalid,
            path,
            fmt::format(
                "the blend was fitted on {} {} {}, which [model] kind does not ask: fit one with "
                "`polyquant evaluate --blend FILE --blend-model KIND`",
                to_string(fitted->asset),
                models::window::to_string(fitted->style),
                models::registry::to_string(fitted->model)
            )
        };
    return Loaded{std::move(*fitted)};
}

} // namespace polyquant::app
