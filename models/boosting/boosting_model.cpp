#include "models/boosting/boosting_model.hpp"

#include "models/fingerprint.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <sstream>

namespace polyquant::models::boosting {

namespace {

constexpr std::string_view format_line = "polyquant-boosting 1";

std::string_view to_string(Offset offset) {
    return offset == Offset::none ? "none" : "closed_form_log_odds";
}

std::string checksum(std::string_view text) {
    Fingerprint fingerprint;
    fingerprint.add(text);
    return fingerprint.hex();
}

std::string_view take_line(std::string_view& text) {
    auto const end = std::min(text.find('\n'), text.size());
    auto const line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

} // namespace

Result<BoostingModel>
BoostingModel::make(std::string text, Offset offset, std::span<std::string const> engine_features) {
    auto trees = TreeEnsemble::parse(text);
    if (!trees) return trees.error();
    BoostingModel model;
    model.text_ = std::move(text);
    model.trees_ = std::move(*trees);
    model.offset_ = offset;
    auto position = engine_features.begin();
    for (auto const& name : model.trees_.feature_names()) {
        position = std::find(position, engine_features.end(), name);
        if (position == engine_features.end())
            return Failure{
                Fault::invalid,
                "boosting model",
                fmt::format(
                    "feature '{}' is unknown to the engine or out of its order.\n"
                    "  model:  {}\n  engine: {}",
                    name,
                    fmt::join(model.trees_.feature_names(), " "),
                    fmt::join(engine_features, " ")
                )
            };
        model.columns_.push_back(static_cast<std::size_t>(position - engine_features.begin()));
        ++position;
    }
    if (model.columns_.size() > columns_max)
        return Failure{
            Fault::invalid,
            "boosting model",
            fmt::format("{} features, at most {} supported", model.columns_.size(), columns_max)
        };
    return model;
}

double BoostingModel::up_probability(std::span<double const> engine_row, double offset) const {
    std::array<double, columns_max> row;
    for (std::size_t i = 0; i < columns_.size(); ++i)
        row[i] = engine_row[columns_[i]];
    auto const start = offset_ == Offset::none ? 0 : offset;
    auto const log_odds = start + trees_.raw_score(std::span{row}.first(columns_.size()));
    return 1 / (1 + std::exp(-log_odds));
}

Result<void> BoostingModel::save(std::filesystem::path const& path) const {
    auto beside = path;
    beside += ".new";
    {
        std::ofstream file{beside, std::ios::binary};
        file << format_line << "\noffset " << to_string(offset_) << "\nchecksum " << checksum(text_)
             << '\n'
             << text_;
        file.flush();
        if (!file) return Failure{Fault::storage, beside.string(), "cannot be written"};
    }
    std::error_code ec;
    std::filesystem::rename(beside, path, ec);
    if (ec) return Failure{Fault::storage, path.string(), ec.message()};
    return boost::system::in_place_value;
}

Result<BoostingModel> BoostingModel::load(
    std::filesystem::path const& path, std::span<std::string const> engine_features
) {
    std::ifstream file{path, std::ios::binary};
    std::stringstream content;
    content << file.rdbuf();
    if (!file) return Failure{Fault::invalid, path.string(), "cannot be read"};
    auto const whole = content.str();
    auto const refuse = [&](std::string why) {
        return Failure{Fault::parse, path.string(), std::move(why)};
    };
    std::string_view text = whole;
    auto offset = Offset::none;
    if (text.starts_with("polyquant-boosting")) {
        if (auto const line = take_line(text); line != format_line)
            return refuse(fmt::format("format '{}' is not '{}'", line, format_line));
        auto const offset_line = take_line(text);
        if (offset_line == "offset closed_form_log_odds")
            offset = Offset::closed_form_log_odds;
        else if (offset_line != "offset none")
            return refuse(fmt::format("'{}' is no known offset", offset_line));
        auto const line = take_line(text); // first: what follows it is what it sums
        if (line != fmt::format("checksum {}", checksum(text)))
            return refuse("the checksum does not fit the content: the file is damaged");
    }
    auto model = make(std::string{text}, offset, engine_features);
    if (!model)
        return Failure{
            model.error().fault,
            fmt::format("{}: {}", path.string(), model.error().where),
            model.error().detail
        };
    return model;
}

} // namespace polyquant::models::boosting
