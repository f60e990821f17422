#include "engine/app/trained_models.hpp"

#include "engine/core/replace_file.hpp"
#include "models/registry/live_trained_model.hpp"
#include "models/registry/registry.hpp"
#include "models/window/bar_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace polyquant::app {

namespace {

namespace registry = models::registry;

std::filesystem::path kept_file(std::filesystem::path const& run, std::string_view checksum) {
    return run / "trained" / fmt::format("{}.json", checksum);
}

std::filesystem::path outside_file(std::filesystem::path const& run, std::string_view digest) {
    return run / "trained" / fmt::format("outside-{}.csv", digest);
}

// One copy of the values for all models that use some.
Result<TrainedModels> with_outside(TrainedModels models, std::string const& file) {
    OutsideValues values;
    for (auto& model : models) {
        if (!model.external) continue;
        if (file.empty())
            return Failure{
                Fault::invalid,
                "model " + model.name,
                fmt::format(
                    "uses values from outside ({}): name their "
                    "file in [model] external_file",
                    fmt::join(model.external->names, ", ")
                )
            };
        if (!values) {
            auto read = models::window::ExternalFeatures::read(file);
            if (!read) return read.error();
            values = std::make_shared<models::window::ExternalFeatures const>(std::move(*read));
        }
        if (auto const fits = model.external->check(*values, file); !fits) return fits.error();
        model.outside = values;
    }
    return models;
}

} // namespace

Result<TrainedModels> load_trained(config::RunConfig const& config) {
    if (config.model.kind != config::ModelKind::trained) return TrainedModels{};
    registry::Registry const models{config.model.trained_models};
    auto in_use = registry::load_in_use(models, config.run.assets);
    if (!in_use) return in_use;
    return with_outside(std::move(*in_use), config.model.external_file);
}

OutsideValues outside_of(TrainedModels const& models) {
    auto const found =
        std::ranges::find_if(models, [](auto const& m) { return m.outside != nullptr; });
    return found == models.end() ? nullptr : found->outside;
}

Seconds outside_age_max(TrainedModels const& models) {
    Seconds age_max{0};
    for (auto const& model : models)
        if (model.external) age_max = std::max(age_max, model.external->age_max);
    return age_max;
}

void forget_stale_outside(TrainedModels& models, UtcTime now) {
    auto const all = outside_of(models);
    if (!all) return;
    auto const fresh = std::make_shared<models::window::ExternalFeatures const>(
        all->fresh_at(now, outside_age_max(models))
    );
    for (auto& model : models)
        if (model.external) model.outside = fresh;
}

Result<void> keep_trained(std::filesystem::path const& run, TrainedModels const& models) {
    if (models.empty()) return {};
    std::error_code error;
    std::filesystem::create_directories(run / "trained", error);
    for (auto const& model : models) {
        auto const file = kept_file(run, registry::checksum_of(model));
        if (auto const done = replace_file(file, registry::to_text(model)); !done) return done;
        if (!model.outside) continue;
        auto const values = outside_file(run, model.outside->digest());
        if (auto const done = replace_file(values, model.outside->print()); !done) return done;
    }
    return {};
}

std::string trained_text(TrainedModels const& models) {
    std::string text;
    for (auto const& model : models)
        text += fmt::format(
            "{}{} {} {} {}{}",
            text.empty() ? "" : "; ",
            to_string(model.asset),
            models::window::to_string(model.style),
            model.name,
            model.outside ? fmt::format("outside:{} ", model.outside->digest()) : "",
            registry::checksum_of(model)
        );
    return text.empty() ? "none" : text;
}

Result<TrainedModels> recall_trained(std::filesystem::path const& run, std::string_view text) {
    TrainedModels models;
    if (text == "none") return models;
    while (!text.empty()) {
        auto const end = std::min(text.find("; "), text.size());
        auto const entry = text.substr(0, end);
        text.remove_prefix(std::min(end + 2, text.size()));
        auto const file = kept_file(run, entry.substr(entry.rfind(' ') + 1));
        auto const kept = models::window::read_text_file(file);
        if (!kept) return kept.error();
        auto model = registry::parse_registered_model(
            *kept, models::window::row_feature_names(), file.string()
        );
        if (!model) return model.error();
        constexpr std::string_view mark = " outside:";
        if (auto const at = entry.find(mark); at != std::string_view::npos) {
            auto const values = outside_file(run, entry.substr(at + mark.size(), 16));
            auto read = models::window::ExternalFeatures::read(values);
            if (!read) return read.error();
            model->outside =
                std::make_shared<models::window::ExternalFeatures const>(std::move(*read));
        }
        models.push_back(std::move(*model));
    }
    return models;
}

bool same_models(TrainedModels const& a, TrainedModels const& b) {
    return trained_text(a) == trained_text(b);
}

} // namespace polyquant::app
