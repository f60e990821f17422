#include "models/registry/registry.hpp"

#include "engine/core/replace_file.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace polyquant::models::registry {

namespace json = boost::json;
namespace fs = std::filesystem;

namespace {

std::string key_of(Asset asset, window::LabelStyle style) {
    return fmt::format("{}/{}", to_string(asset), window::to_string(style));
}

Result<std::string> read_all(fs::path const& path) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return Failure{Fault::storage, path.string(), "cannot be opened"};
    std::ostringstream text;
    text << in.rdbuf();
    if (in.bad() || text.bad()) return Failure{Fault::storage, path.string(), "cannot be read"};
    return std::move(text).str();
}

json::object as_json(Comparison const& comparison) {
    return {
        {"reference", comparison.reference},
        {"first", format_utc(comparison.first)},
        {"last", format_utc(comparison.last)},
        {"windows", comparison.windows},
        {"moments", comparison.moments},
        {"days", comparison.gain.blocks},
        {"log_loss", comparison.of_challenger.log_loss},
        {"reference_log_loss", comparison.of_reference.log_loss},
        {"brier", comparison.of_challenger.brier},
        {"reference_brier", comparison.of_reference.brier},
        {"gain", comparison.gain.mean},
        // Text, because an interval of too few days is infinite.
        {"gain_interval", fmt::format("[{:.6f}, {:.6f}]", comparison.gain.low, comparison.gain.high)
        },
        {"won", comparison.is_won()},
    };
}

} // namespace

bool is_model_name(std::string_view name) {
    constexpr std::size_t length_max = 64;
    if (name.empty() || name.size() > length_max || name.front() == '.') return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    });
}

fs::path Registry::file_of(std::string_view name) const {
    return root_ / name / "model.json";
}

Result<void> Registry::add(RegisteredModel const& model) const {
    if (!is_model_name(model.name))
        return Failure{
            Fault::invalid,
            "model name",
            fmt::format(
                "'{}' is none: up to 64 letters, digits, '.', '_', '-', not starting with '.'",
                model.name
            )
        };
    auto const path = file_of(model.name);
    if (fs::exists(path))
        return Failure{
            Fault::invalid,
            path.string(),
            "exists already: models are never overwritten, choose another name"
        };
    std::error_code ec;
    fs::create_directories(path.parent_path(), ec);
    if (ec) return Failure{Fault::storage, path.parent_path().string(), ec.message()};
    return replace_file(path, to_text(model));
}

Result<RegisteredModel> Registry::load(std::string_view name) const {
    if (!is_model_name(name))
        return Failure{Fault::invalid, "model name", fmt::format("'{}' is none", name)};
    auto const path = file_of(name);
    if (!fs::exists(path))
        return Failure{
            Fault::invalid,
            path.string(),
            "there is no such model; `polyquant models list` shows those there are"
        };
    auto const text = read_all(path);
    if (!text) return text.error();
    auto model = parse_registered_model(*text, window::row_feature_names(), path.string());
    if (model && model->name != name)
        return Failure{
            Fault::invalid,
            path.string(),
            fmt::format("holds the model '{}': the folder was renamed or copied", model->name)
        };
    return model;
}

Result<Registry::InUse> Registry::read_in_use() const {
    auto const path = root_ / "in-use.json";
    if (!fs::exists(path)) return InUse{};
    auto const text = read_all(path);
    if (!text) return text.error();
    json::error_code ec;
    auto const value = json::parse(*text, ec);
    if (ec || !value.is_object())
        return Failure{
            Fault::parse,
            path.string(),
            "is no JSON object; promotions.jsonl tells what it was, promote again"
        };
    InUse in_use;
    for (auto const& member : value.get_object()) {
        if (!member.value().is_string())
            return Failure{
                Fault::parse, path.string(), fmt::format("'{}' is no name", member.key_c_str())
            };
        in_use[std::string{member.key()}] = std::string_view{member.value().get_string()};
    }
    return in_use;
}

Result<std::optional<std::string>> Registry::in_use(Asset asset, window::LabelStyle style) const {
    auto const all = read_in_use();
    if (!all) return all.error();
    auto const it = all->find(key_of(asset, style));
    return it == all->end() ? std::optional<std::string>{} : std::optional{it->second};
}

Result<std::vector<ListedModel>> Registry::list() const {
    auto const all = read_in_use();
    if (!all) return all.error();
    std::vector<std::string> names;
    std::error_code ec;
    for (fs::directory_iterator it{root_, ec}, end; !ec && it != end; it.increment(ec))
        if (fs::exists(it->path() / "model.json")) names.push_back(it->path().filename().string());
    if (ec && ec != std::errc::no_such_file_or_directory)
        return Failure{Fault::storage, root_.string(), ec.message()};
    std::ranges::sort(names);
    std::vector<ListedModel> listed;
    for (auto const& name : names) {
        auto const in_use =
            std::ranges::any_of(*all, [&](auto const& entry) { return entry.second == name; });
        listed.push_back({name, load(name), in_use});
    }
    return listed;
}

Result<void> Registry::promote(std::string_view name, Promotion const& promotion) const {
    auto const model = load(name);
    if (!model) return model.error();
    auto all = read_in_use();
    if (!all) return all.error();
    auto const& comparison = promotion.comparison;
    if (!promotion.forced && !(comparison && comparison->is_won()))
        return Failure{
            Fault::rejected,
            fmt::format("promotion of {}", name),
            comparison
                ? fmt::format(
                      "it is not shown to beat {}: gain in log loss {:+.5f}, 95 % interval "
                      "[{:+.5f}, {:+.5f}] over {} days (above 0 over at least {} days needed). "
                      "--force promotes it all the same and records that",
                      comparison->reference,
                      comparison->gain.mean,
                      comparison->gain.low,
                      comparison->gain.high,
                      comparison->gain.blocks,
                      Comparison::days_min
                  )
                : "no comparison: " + promotion.why_no_comparison
        };
    auto& entry = (*all)[key_of(model->asset, model->style)];
    json::object line{
        {"at", format_utc(promotion.at)},
        {"use", key_of(model->asset, model->style)},
        {"model", model->name},
        {"checksum", checksum_of(*model)},
        {"instead_of", entry},
        {"forced", promotion.forced && !(comparison && comparison->is_won())},
    };
    if (comparison)
        line["comparison"] = as_json(*comparison);
    else
        line["no_comparison"] = promotion.why_no_comparison;
    entry = model->name;
    // The record first: a promotion without one must not be possible.
    auto const log = root_ / "promotions.jsonl";
    std::string text;
    if (fs::exists(log)) {
        auto old = read_all(log);
        if (!old) return old.error();
        text = std::move(*old);
    }
    text += json::serialize(line) + "\n";
    if (auto const done = replace_file(log, text); !done) return done;
    json::object in_use;
    for (auto const& [use, used] : *all)
        in_use[use] = used;
    return replace_file(root_ / "in-use.json", json::serialize(in_use) + "\n");
}

std::string describe(RegisteredModel const& model) {
    auto const& trained = model.trained;
    auto text = fmt::format(
        "{}\n  kind        {}\n  for         {}, {} outcomes\n  checksum    {}\n  features    {}, "
        "hash {}\n  data        {} to {}, {} bars, hash {}\n  trained by  {} ({})\n",
        model.name,
        to_string(model.kind),
        to_string(model.asset),
        window::to_string(model.style),
        checksum_of(model),
        model.features.size(),
        feature_hash(model.features),
        format_utc(trained.first_open),
        format_utc(trained.last_close),
        trained.bars,
        trained.data_hash,
        trained.command,
        trained.code_version
    );
    for (auto const& [name, version] : trained.libraries)
        text += fmt::format("  library     {} {}\n", name, version);
    for (auto const& [name, value] : trained.metrics)
        text += fmt::format("  tuning      {} {:.6g}\n", name, value);
    text += fmt::format("  tail shape  {}\n", model.shape.name());
    text += fmt::format("  calibrator  {}\n", model.calibrator.print());
    if (model.external)
        text += fmt::format(
            "  outside     {}, fresh for {} s\n",
            fmt::join(model.external->names, ", "),
            model.external->age_max.count()
        );
    if (model.correction) text += fmt::format("  correction  {}\n", model.correction->describe());
    if (model.boosting)
        text += fmt::format(
            "  trees       {} on {}\n",
            model.boosting->trees(),
            fmt::join(model.boosting->feature_names(), ", ")
        );
    return text;
}

} // namespace polyquant::models::registry
