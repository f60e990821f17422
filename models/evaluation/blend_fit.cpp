#include "models/evaluation/blend_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace polyquant::models::evaluation {

namespace {

Member member_of(registry::ModelKind kind) {
    switch (kind) {
    case registry::ModelKind::closed_form: return Member::closed_form;
    case registry::ModelKind::logistic: return Member::logistic;
    case registry::ModelKind::boosting: return Member::boosting;
    }
    ENSURE(false, "all kinds are named above");
    return Member::closed_form;
}

} // namespace

Result<registry::FittedBlend>
fit_market_blend(MarketStudy const& study, BlendChoice const& choice) {
    auto const refuse = [](std::string why) {
        return Failure{Fault::invalid, "--blend", std::move(why)};
    };
    auto const name = to_string(member_of(choice.model));
    auto const found = std::ranges::find(study.models, name);
    if (found == study.models.end())
        return refuse(fmt::format("the study of recorded books has no {}", name));
    auto const model = static_cast<std::size_t>(found - study.models.begin());
    std::vector<QuotedMoment const*> chosen;
    std::map<UtcTime, int> moments_of;
    for (auto const& moment : study.moments) {
        if (Window{moment.window_start}.end() > choice.until) continue;
        if (std::isnan(moment.up[model]) || std::isnan(moment.now.bid) ||
            std::isnan(moment.now.ask))
            continue;
        chosen.push_back(&moment);
        ++moments_of[moment.window_start];
    }
    if (chosen.empty())
        return refuse("no moment has quotes on both sides, a promise and an outcome: the books "
                      "must lie in the test days, before --blend-until");
    std::vector<double> market, promised, outcomes, weights;
    for (auto const* moment : chosen) {
        market.push_back(moment->mid());
        promised.push_back(moment->up[model]);
        outcomes.push_back(moment->up_won ? 1 : 0);
        weights.push_back(1.0 / moments_of[moment->window_start]);
    }
    auto const blend = calibration::MarketBlend::fit(market, promised, outcomes, weights);
    if (!blend) return blend.error();
    return registry::FittedBlend{
        .asset = Asset::btc,
        .style = window::LabelStyle::spot,
        .model = choice.model,
        .blend = *blend,
        .windows = moments_of.size(),
        .moments = chosen.size(),
        .first = moments_of.begin()->first,
        .until = Window{moments_of.rbegin()->first}.end(),
        .command = choice.command
    };
}

} // namespace polyquant::models::evaluation
