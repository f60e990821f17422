// A registered model as sealed JSON and back.
#include "models/registry/registered_model.hpp"
#include "models/sealed_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>

namespace polyquant::models::registry {

namespace json = boost::json;

namespace {

constexpr Envelope envelope{"polyquant-window-model", 1, "not a window model file of polyquant"};

json::array numbers(std::span<double const> values) {
    json::array list;
    for (auto const value : values)
        list.emplace_back(fmt::format("{}", value));
    return list;
}

json::object volatility_as_json(window::VolatilityModel const& model) {
    json::array weights;
    for (auto const& row : model.weights)
        weights.emplace_back(numbers(row));
    return {
        {"time_of_day", numbers(model.profile.factors())},
        {"grid", numbers(model.profile.grid_factors())},
        {"weights", std::move(weights)},
        {"sigma_relative_sd", fmt::format("{}", model.sigma_relative_sd)},
    };
}

json::object external_as_json(ExternalColumns const& external) {
    json::array names;
    for (auto const& name : external.names)
        names.emplace_back(name);
    json::array cells;
    for (std::size_t k = 0; k < external.fit.scales.size(); ++k) {
        auto const& scale = external.fit.scales[k];
        cells.emplace_back(
            numbers(std::array{scale.mean, scale.deviation, external.fit.coefficients[k]})
        );
    }
    return {
        {"names", std::move(names)},
        {"age_max_s", std::to_string(external.age_max.count())},
        {"cells", std::move(cells)}, // mean, deviation, coefficient
    };
}

json::object as_json(RegisteredModel const& model) {
    json::array features;
    for (auto const& name : model.features)
        features.emplace_back(name);
    json::object volatility;
    for (auto const asset : all_assets)
        if (auto const& own = model.volatility[index_of(asset)])
            volatility[to_string(asset)] = volatility_as_json(*own);
    json::object libraries;
    for (auto const& [name, version] : model.trained.libraries)
        libraries[name] = version;
    json::object metrics;
    for (auto const& [name, value] : model.trained.metrics)
        metrics[name] = fmt::format("{}", value);
    json::object body{
        {"name", model.name},
        {"kind", to_string(model.kind)},
        {"asset", to_string(model.asset)},
        {"style", window::to_string(model.style)},
        {"features", std::move(features)},
        {"feature_hash", feature_hash(model.features)},
        {"volatility", std::move(volatility)},
        {"shape", json::object{{"name", model.shape.name()}, {"cdf", numbers(model.shape.table())}}
        },
        {"calibrator", model.calibrator.print()},
        {"trained",
         json::object{
             {"command", model.trained.command},
             {"code_version", model.trained.code_version},
             {"libraries", std::move(libraries)},
             {"first_open", format_utc(model.trained.first_open)},
             {"last_close", format_utc(model.trained.last_close)},
             {"bars", std::to_string(model.trained.bars)},
             {"data_hash", model.trained.data_hash},
             {"metrics", std::move(metrics)},
         }},
    };
    if (model.correction) body["logistic"] = model.correction->print();
    if (model.boosting) body["boosting"] = model.boosting->text();
    if (model.boosting && model.boosting->offset() == boosting::Offset::none)
        body["boosting_offset"] = "none"; // else the closed form's log-odds
    if (model.external) body["external"] = external_as_json(*model.external);
    return body;
}

// Reads members and keeps the first thing that is wrong, by its path. After that everything reads
// as empty, so that a caller checks once at the end.
class Reader {
public:
    Reader(json::object const* object, std::string path, std::string& error)
        : object_{object}, path_{std::move(path)}, error_{error} {}

    Reader child(std::string_view key) {
        auto const* value = find(key);
        auto const* object = value == nullptr ? nullptr : value->if_object();
        if (value != nullptr && object == nullptr) fail(key, "is no object");
        return {object, fmt::format("{}{}.", path_, key), error_};
    }

    std::string text(std::string_view key) {
        auto const* value = find(key);
        if (value == nullptr) return {};
        if (!value->is_string()) return fail(key, "is no text"), std::string{};
        return std::string{std::string_view{value->get_string()}};
    }

    double number(std::string_view key) { return to_number(key, text(key)); }

    UtcTime time(std::string_view key) {
        auto const written = text(key);
        if (!error_.empty()) return {};
        auto const parsed = parse_utc(written);
        if (!parsed) return fail(key, "is no UTC time"), UtcTime{};
        return *parsed;
    }

    std::vector<std::string> texts(std::string_view key) {
        auto const* value = find(key);
        if (value == nullptr) return {};
        return texts_of(key, *value);
    }

    std::vector<double> numbers(std::string_view key) {
        std::vector<double> values;
        for (auto const& written : texts(key))
            values.push_back(to_number(key, written));
        return values;
    }

    std::vector<std::vector<double>> table(std::string_view key) {
        std::vector<std::vector<double>> rows;
        auto const* value = find(key);
        if (value == nullptr) return rows;
        if (!value->is_array()) return fail(key, "is no list"), rows;
        for (auto const& line : value->get_array()) {
            rows.emplace_back();
            for (auto const& written : texts_of(key, line))
                rows.back().push_back(to_number(key, written));
        }
        return rows;
    }

    std::vector<std::pair<std::string, std::string>> pairs() {
        std::vector<std::pair<std::string, std::string>> list;
        if (object_ == nullptr) return list;
        for (auto const& member : *object_)
            list.emplace_back(std::string{member.key()}, text(member.key()));
        return list;
    }

    bool has(std::string_view key) const { return object_ != nullptr && object_->contains(key); }

    void fail(std::string_view key, std::string_view what) {
        if (error_.empty()) error_ = fmt::format("{}{} {}", path_, key, what);
    }

    double to_number(std::string_view key, std::string const& written) {
        if (!error_.empty()) return 0;
        double value = 0;
        auto const* last = written.data() + written.size();
        auto const [end, ec] = std::from_chars(written.data(), last, value);
        if (ec != std::errc{} || end != last || !std::isfinite(value))
            fail(key, fmt::format("holds '{}', no finite number", written));
        return value;
    }

private:
    json::value const* find(std::string_view key) {
        if (object_ == nullptr || !error_.empty()) return nullptr;
        auto const* value = object_->if_contains(key);
        if (value == nullptr) fail(key, "is missing");
        return value;
    }

    std::vector<std::string> texts_of(std::string_view key, json::value const& value) {
        std::vector<std::string> list;
        if (!value.is_array()) return fail(key, "is no list"), list;
        for (auto const& entry : value.get_array()) {
            if (!entry.is_string()) return fail(key, "holds something that is no text"), list;
            list.emplace_back(std::string_view{entry.get_string()});
        }
        return list;
    }

    json::object const* object_;
    std::string path_;
    std::string& error_;
};

window::VolatilityModel read_volatility(Reader reader) {
    window::VolatilityModel model;
    auto const factors = reader.numbers("time_of_day");
    auto const grid = reader.numbers("grid");
    auto const profile = window::TimeOfDayProfile::from_factors(factors, grid);
    if (!profile)
        reader.fail("time_of_day", profile.error().detail);
    else
        model.profile = *profile;
    auto const weights = reader.table("weights");
    auto fits = weights.size() == model.weights.size();
    for (std::size_t h = 0; fits && h < weights.size(); ++h) {
        fits = weights[h].size() == window::estimator_count;
        for (std::size_t k = 0; fits && k < weights[h].size(); ++k) {
            fits = weights[h][k] >= 0;
            model.weights[h][k] = weights[h][k];
        }
    }
    if (!fits)
        reader.fail(
            "weights",
            fmt::format(
                "are not {} lists of {} weights of at least 0",
                model.weights.size(),
                window::estimator_count
            )
        );
    model.sigma_relative_sd = reader.number("sigma_relative_sd");
    return model;
}

ExternalColumns read_external(Reader reader) {
    ExternalColumns external;
    external.names = reader.texts("names");
    auto const age = reader.number("age_max_s");
    external.age_max = Seconds{static_cast<std::int64_t>(age)};
    for (auto const& cell : reader.table("cells")) {
        auto const fits = cell.size() == 3 && cell[1] > 0;
        if (!fits) reader.fail("cells", "are not mean, deviation above 0 and coefficient");
        if (!fits) break;
        external.fit.scales.push_back({cell[0], cell[1]});
        external.fit.coefficients.push_back(cell[2]);
    }
    auto const wanted = external.names.size() * window::ExternalFeatures::cell_count;
    if (external.names.empty() || external.fit.scales.size() != wanted)
        reader.fail("cells", fmt::format("are not {} for each name", wanted));
    if (!(age >= 1 && age <= 86'400)) reader.fail("age_max_s", "is not between 1 and 86400");
    return external;
}

Provenance read_provenance(Reader reader) {
    Provenance trained;
    trained.command = reader.text("command");
    trained.code_version = reader.text("code_version");
    trained.libraries = reader.child("libraries").pairs();
    trained.first_open = reader.time("first_open");
    trained.last_close = reader.time("last_close");
    trained.bars = static_cast<std::size_t>(reader.number("bars"));
    trained.data_hash = reader.text("data_hash");
    auto metrics = reader.child("metrics");
    for (auto const& [name, value] : metrics.pairs())
        trained.metrics.emplace_back(name, metrics.to_number(name, value));
    return trained;
}

// What is wrong with a part beyond its text; empty if nothing is.
std::string read_parts(Reader reader, RegisteredModel& model) {
    auto volatility = reader.child("volatility");
    for (auto const asset : all_assets)
        if (volatility.has(to_string(asset)))
            model.volatility[index_of(asset)] = read_volatility(volatility.child(to_string(asset)));
    if (!model.volatility[index_of(model.asset)])
        return fmt::format("volatility of {} is missing", to_string(model.asset));
    auto shape = reader.child("shape");
    if (auto const name = shape.text("name"); name != "normal") {
        auto read = window::TailShape::from_table(name, shape.numbers("cdf"));
        if (!read) return "shape: " + read.error().detail;
        model.shape = std::move(*read);
    }
    auto const calibrator = calibration::MomentCalibrator::parse(reader.text("calibrator"));
    if (!calibrator) return "calibrator: " + calibrator.error().detail;
    model.calibrator = *calibrator;
    if (model.kind == ModelKind::logistic) {
        auto const line = window::LogisticCorrection::parse(reader.text("logistic"));
        if (!line) return "logistic: " + line.error().detail;
        model.correction = *line;
    }
    if (model.kind == ModelKind::boosting) {
        auto const alone = reader.has("boosting_offset");
        if (alone && reader.text("boosting_offset") != "none")
            return "boosting_offset: is not known";
        auto trees = boosting::BoostingModel::make(
            reader.text("boosting"),
            alone ? boosting::Offset::none : boosting::Offset::closed_form_log_odds,
            model.features
        );
        if (!trees) return "boosting: " + trees.error().detail;
        model.boosting = std::move(*trees);
    }
    if (reader.has("external")) model.external = read_external(reader.child("external"));
    model.trained = read_provenance(reader.child("trained"));
    return {};
}

Result<RegisteredModel> read_model(
    json::object const& body, std::span<std::string const> expected, std::string const& where
) {
    auto const refuse = [&where](std::string detail) {
        return Failure{Fault::parse, where, std::move(detail)};
    };
    std::string error;
    Reader reader{&body, "model.", error};
    RegisteredModel model;
    model.name = reader.text("name");
    auto const kind = parse_model_kind(reader.text("kind"));
    auto const asset = parse_asset(reader.text("asset"));
    auto const style = parse_label_style(reader.text("style"));
    model.features = reader.texts("features");
    auto const hash = reader.text("feature_hash");
    if (!error.empty()) return refuse(error);
    if (!kind || !asset || !style) return refuse("unknown kind, asset or style");
    if (!std::ranges::equal(model.features, expected) || hash != feature_hash(expected))
        return refuse(fmt::format(
            "its features are not the engine's: train the model anew.\n  the model's ({}, hash "
            "{}): {}\n  the engine's ({}, hash {}): {}",
            model.features.size(),
            hash,
            fmt::join(model.features, ", "),
            expected.size(),
            feature_hash(expected),
            fmt::join(expected, ", ")
        ));
    model.kind = *kind;
    model.asset = *asset;
    model.style = *style;
    auto const broken = read_parts(reader, model);
    if (!error.empty()) return refuse(error);
    if (!broken.empty()) return refuse(broken);
    return model;
}

} // namespace

std::string checksum_of(RegisteredModel const& model) {
    return sealed_checksum(json::value(as_json(model)));
}

std::string to_text(RegisteredModel const& model) {
    return seal_json(envelope, json::value(as_json(model)));
}

Result<RegisteredModel> parse_registered_model(
    std::string_view text, std::span<std::string const> expected, std::string const& where
) {
    auto const body = unseal_json(envelope, text, where);
    if (!body) return body.error();
    return read_model(**body, expected, where);
}

} // namespace polyquant::models::registry
