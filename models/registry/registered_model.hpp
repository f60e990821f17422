// A trained window model with everything needed to use it and to tell where it came from, as one
// sealed text:
//
//   {"format":"polyquant-window-model","version":1,"checksum":"<16 hex>","model":{...}}
//
// The checksum covers the "model" value written without blanks. Numbers that must come back to the
// bit are strings.
#pragma once

#include "models/boosting/boosting_model.hpp"
#include "models/calibration/ridge_correction.hpp"
#include "models/registry/external_columns.hpp"
#include "models/window/logistic_correction.hpp"
#include "models/window/window_dataset.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace polyquant::models::registry {

// The closed form alone, or corrected by a regression or by trees.
enum class ModelKind : std::uint8_t { closed_form, logistic, boosting };
std::string_view to_string(ModelKind kind);
std::optional<ModelKind> parse_model_kind(std::string_view text);
std::optional<window::LabelStyle> parse_label_style(std::string_view text);

struct Provenance {
    std::string command;                                        // as typed, without paths
    std::string code_version;                                   // "0.1.0+4329ab0"
    std::vector<std::pair<std::string, std::string>> libraries; // name, version
    UtcTime first_open{}; // of the own bars it has seen, tuning included
    UtcTime last_close{};
    std::size_t bars = 0;                                // of the own coin
    std::string data_hash;                               // of all coins' bars
    std::vector<std::pair<std::string, double>> metrics; // on the tuning block
};

struct RegisteredModel {
    std::string name;
    ModelKind kind = ModelKind::closed_form;
    Asset asset = Asset::btc;
    window::LabelStyle style = window::LabelStyle::spot;
    std::vector<std::string> features; // the engine's full row when it was trained, in order
    // Of the coin itself and of those that lead it; none for a coin whose bars were not there.
    std::array<std::optional<window::VolatilityModel>, asset_count> volatility;
    window::TailShape shape = window::TailShape::normal();
    std::optional<window::LogisticCorrection> correction; // of kind logistic
    std::optional<boosting::BoostingModel> boosting;      // of kind boosting
    calibration::MomentCalibrator calibrator;
    std::optional<ExternalColumns> external; // on top of all that
    Provenance trained;
    // Of `external`'s columns; no part of the file. Null: none of their values is
    // known.
    std::shared_ptr<window::ExternalFeatures const> outside{};

    // The rows must have been made with models() and shapes(): they hold the closed form.
    window::WindowFeatureState::Models models() const;
    window::WindowFeatureState::Shapes shapes() const;

    // Without and with what is known from outside at `now`.
    double up_probability(std::span<double const> row) const;
    ExternalColumns::Answer up_probability(std::span<double const> row, UtcTime now) const;
    double uncalibrated(std::span<double const> row) const;
};

// Order counts: "z,closed_form_log_odds,...", hashed.
std::string feature_hash(std::span<std::string const> features);

std::string to_text(RegisteredModel const& model);

// Refuses: text that is no JSON (with the offset), another format or version, a wrong checksum,
// features other than `expected` in name or order (both lists in the error), and parts that make
// no model. `where` names the source in errors.
Result<RegisteredModel> parse_registered_model(
    std::string_view text, std::span<std::string const> expected, std::string const& where
);

std::string checksum_of(RegisteredModel const& model);

} // namespace polyquant::models::registry
