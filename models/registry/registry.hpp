// The trained models of a machine, in a folder:
//
//   NAME/model.json   one trained model, sealed (registered_model.hpp)
//   in-use.json       which model each coin and settlement rule uses
//   promotions.jsonl  every promotion ever, with the comparison it rests on, or that it was forced
//
// All calls block on files and leave the folder as it was when they fail.
#pragma once

#include "models/registry/comparison.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace polyquant::models::registry {

// Letters, digits, '.', '_' and '-', at most 64, not starting with '.'.
bool is_model_name(std::string_view name);

struct ListedModel {
    std::string name;
    Result<RegisteredModel> model; // or why it cannot be used
    bool in_use = false;
};

struct Promotion {
    UtcTime at{};
    std::optional<Comparison> comparison; // empty where none could be made
    std::string why_no_comparison;        // then
    bool forced = false;
};

class Registry {
public:
    explicit Registry(std::filesystem::path root) : root_{std::move(root)} {}

    // Refused: a bad name, a name that is taken.
    Result<void> add(RegisteredModel const& model) const;

    Result<RegisteredModel> load(std::string_view name) const;

    // By name. A folder that does not exist has no models.
    Result<std::vector<ListedModel>> list() const;

    // The name in use; empty when none is.
    Result<std::optional<std::string>> in_use(Asset asset, window::LabelStyle style) const;

    // Puts a model into use. Refused unless its comparison with the one in use is won or the
    // promotion is forced; a model that cannot be loaded is refused even then. Whatever is refused,
    // the one in use stays.
    Result<void> promote(std::string_view name, Promotion const& promotion) const;

    std::filesystem::path const& root() const { return root_; }

private:
    using InUse = std::map<std::string, std::string>; // "BTC/spot" -> name
    Result<InUse> read_in_use() const;
    std::filesystem::path file_of(std::string_view name) const;

    std::filesystem::path root_;
};

// All that is known of a model, for `polyquant models show`.
std::string describe(RegisteredModel const& model);

} // namespace polyquant::models::registry
