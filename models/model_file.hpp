// A trained model as JSON text and on disk.
//
//   {"format":"polyquant-model","version":1,"checksum":"<16 hex>","model":{
//      "feature_set", "features":[names], "feature_hash", "left_out":[names],
//      "columns":[{"name","mean","scale","coefficient"}], "intercept",
//      "params":{...}, "solver":{...},
//      "trained":{"first_open","last_close","data_hash","rows":{...}}}}
//
// The checksum covers the "model" value written without blanks, so re-indenting a file is harmless
// and any other change is noticed. Numbers that must come back to the bit are strings: the JSON
// parser of Boost 1.81 may be off by one unit in the last place.
#pragma once

#include "models/trained_model.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace polyquant::models {

inline constexpr int model_file_version = 1;

std::string to_text(TrainedModel const& model);

// Refuses: text that is no JSON (truncated, with the offset), another format or version, a wrong
// checksum, a feature set, names, order or hash other than `expected` (both lists in the error),
// and values that make no model. `where` names the source in errors.
Result<TrainedModel>
parse_model(std::string_view text, FeatureSet expected, std::string const& where);

// Writes beside the target and renames, so that a reader sees the old file or the new one, never
// a part. Both block: call them on the side pool.
Result<void> save_model(std::filesystem::path const& path, TrainedModel const& model);
Result<TrainedModel> load_model(std::filesystem::path const& path, FeatureSet expected);

// Puts format, version and checksum around a "model" value, as to_text does: for tools that convert
// models trained elsewhere.
Result<std::string> seal_model(std::string_view model_json);

} // namespace polyquant::models
