#include "models/registry/live_trained_model.hpp"

#include "models/registry/registry.hpp"
#include "models/window/live_moment.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace polyquant::models::registry {

namespace {

// The checksum's first half: enough to tell models apart, and every reader can print it.
std::uint64_t version_of(RegisteredModel const& model) {
    auto const text = checksum_of(model).substr(0, 8);
    std::uint64_t version = 0;
    std::from_chars(text.data(), text.data() + text.size(), version, 16);
    return version;
}

window::LabelStyle style_of(MarketView const& view) {
    auto const is_spot =
        view.market == nullptr || view.market->rule.kind == SettlementRule::Kind::spot;
    return is_spot ? window::LabelStyle::spot : window::LabelStyle::average;
}

} // namespace

LiveTrainedModel::LiveTrainedModel(Asset asset, std::vector<RegisteredModel> const& models)
    : asset_{asset} {
    for (auto const& model : models)
        if (model.asset == asset)
            desks_.push_back({model, {model.models(), model.shapes()}, version_of(model)});
    signal_.asset = asset;
    signal_.why = desks_.empty() ? "no trained model in use" : "no bar yet";
}

void LiveTrainedModel::on_bar(Asset asset, Bar const& closed) {
    for (auto& desk : desks_)
        desk.features.on_bar(asset, closed);
    if (asset == asset_) last_close_ = std::max(last_close_, closed.close_time());
}

void LiveTrainedModel::on_price(Asset asset, double price) {
    for (auto& desk : desks_)
        desk.features.on_price(asset, price);
}

void LiveTrainedModel::use_outside(std::shared_ptr<window::ExternalFeatures const> const& values) {
    for (auto& desk : desks_)
        if (desk.model.external) desk.model.outside = values;
}

LiveTrainedModel::Desk* LiveTrainedModel::desk_for(MarketView const& view) {
    auto const desk = std::ranges::find_if(desks_, [&](Desk const& d) {
        return d.model.style == style_of(view);
    });
    return desk == desks_.end() ? nullptr : &*desk;
}

Signal const& LiveTrainedModel::update(MarketView const& view) {
    signal_.window = view.window;
    signal_.as_of = view.spot ? std::max(last_close_, view.spot->at) : last_close_;
    signal_.up = signal_.learned = signal_.heuristic = 0.5;
    signal_.usable = false;
    lacks_outside_ = false;
    auto const* desk = desk_for(view);
    if (desk == nullptr) {
        signal_.why = "no trained model in use";
        return signal_;
    }
    signal_.model_version = desk->version;
    signal_.why =
        window::why_unusable(view, desk->features.is_ready(asset_, view.now), last_close_);
    if (!signal_.why.empty()) return signal_;
    auto const live = window::live_moment(view);
    window::WindowMoment const moment{
        .asset = asset_,
        .window = view.window,
        .now = view.now,
        .state = live.state,
        .price_noise = live.price_noise
    };
    std::array<double, window::row_feature_count> row;
    desk->features.fill(moment, row);
    auto const [up, fresh] = desk->model.up_probability(row, view.now);
    auto const& external = desk->model.external;
    lacks_outside_ = external && fresh < external->names.size();
    if (!(up >= 0 && up <= 1)) {
        signal_.why = "no finite probability";
        return signal_;
    }
    signal_.usable = true;
    signal_.up = signal_.learned = up;
    asked_desk_ = static_cast<std::size_t>(desk - desks_.data());
    asked_moment_ = moment;
    return signal_;
}

std::optional<window::ProbabilityBand> LiveTrainedModel::band() const {
    if (!signal_.usable) return std::nullopt;
    auto const& desk = desks_[asked_desk_];
    auto const doubt = desk.features.volatility_model(asset_).sigma_relative_sd;
    auto moment = asked_moment_;
    std::array<double, window::row_feature_count> row;
    auto const with = [&](double factor) {
        moment.sigma_factor = factor;
        desk.features.fill(moment, row);
        return desk.model.up_probability(row, moment.now).up;
    };
    auto const [low, high] =
        std::minmax({signal_.up, with(std::exp(-doubt)), with(std::exp(doubt))});
    return window::ProbabilityBand{low, signal_.up, high};
}

Result<std::vector<RegisteredModel>>
load_in_use(Registry const& registry, std::span<Asset const> assets) {
    std::vector<RegisteredModel> models;
    for (auto const asset : assets)
        for (auto const style : {window::LabelStyle::spot, window::LabelStyle::average}) {
            auto const name = registry.in_use(asset, style);
            if (!name) return name.error();
            if (!*name) continue;
            auto model = registry.load(**name);
            if (!model) return model.error();
            models.push_back(std::move(*model));
        }
    return models;
}

} // namespace polyquant::models::registry
