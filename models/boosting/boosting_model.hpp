// A trained gradient-boosting model in a file, tied to the features it was trained on.
#pragma once

#include "models/boosting/tree_ensemble.hpp"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace polyquant::models::boosting {

// What the trees' sum is added to.
enum class Offset : std::uint8_t {
    none,                 // the trees alone, as in models trained elsewhere
    closed_form_log_odds, // the trees correct the window model's closed form
};

class BoostingModel {
public:
    // LightGBM's text, and the offset it was trained with. `engine_features` is the engine's full
    // row, in order; the model may leave columns out but not know others or reorder them. Refused
    // otherwise, with both lists.
    static Result<BoostingModel>
    make(std::string text, Offset offset, std::span<std::string const> engine_features);

    // P(UP) for a full engine row; `offset` is the closed form's log-odds (unused with
    // Offset::none). Allocates nothing.
    double up_probability(std::span<double const> engine_row, double offset) const;

    Offset offset() const { return offset_; }

    std::vector<std::string> const& feature_names() const { return trees_.feature_names(); }

    std::size_t trees() const { return trees_.trees(); }

    std::string const& text() const { return text_; }

    // Our file: three lines of heading (format, offset, checksum) and LightGBM's text. Written
    // beside its place and renamed, so that a reader never sees half of it.
    Result<void> save(std::filesystem::path const& path) const;

    // Reads our file, or a plain LightGBM text model (offset none).
    static Result<BoostingModel>
    load(std::filesystem::path const& path, std::span<std::string const> engine_features);

private:
    static constexpr std::size_t columns_max = 128;

    std::string text_;
    TreeEnsemble trees_;
    Offset offset_ = Offset::none;
    std::vector<std::size_t> columns_; // of the engine's row, per model feature
};

} // namespace polyquant::models::boosting
