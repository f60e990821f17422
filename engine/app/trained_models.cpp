#include "engine/app/trained_models.hpp"

#include "engine/core/replace_file.hpp"
#include "models/registry/live_trained_model.hpp"
#include "models/registry/registry.hpp"
#include "models/window/bar_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::app {

namespace {

namespace registry = models::registry;

std::filesystem::path kept_file(std::filesystem::path const& run, std::string_view checksum) {
    return run / "trained" / fmt::format("{}.json", checksum);
}

} // namespace

Result<TrainedModels> load_trained(config::RunConfig const& config) {
    if (config.model.kind != config::ModelKind::trained) return TrainedModels{};
    registry::Registry const models{config.model.trained_models};
    return registry::load_in_use(models, config.run.assets);
}

Result<void> keep_trained(std::filesystem::path const& run, TrainedModels const& models) {
    if (models.empty()) return {};
    std::error_code error;
    std::filesystem::create_directories(run / "trained", error);
    for (auto const& model : models) {
        auto const file = kept_file(run, registry::checksum_of(model));
        if (auto const done = replace_file(file, registry::to_text(model)); !done) return done;
    }
    return {};
}

std::string trained_text(TrainedModels const& models) {
    std::string text;
    for (auto const& model : models)
        text += fmt::format(
            "{}{} {} {} {}",
            text.empty() ? "" : "; ",
            to_string(model.asset),
            models::window::to_string(model.style),
            model.name,
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
        models.push_back(std::move(*model));
    }
    return models;
}

bool same_models(TrainedModels const& a, TrainedModels const& b) {
    return trained_text(a) == trained_text(b);
}

} // namespace polyquant::app
