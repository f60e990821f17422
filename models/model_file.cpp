#include "models/model_file.hpp"

#include "engine/core/replace_file.hpp"
#include "models/sealed_json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <system_error>

namespace polyquant::models {

namespace json = boost::json;

namespace {

constexpr Envelope envelope{"polyquant-model", model_file_version, "not a polyquant model file"};

std::string text_of(double x) {
    return fmt::format("{}", x);
}

json::array names_as_json(std::span<Feature const> features) {
    json::array names;
    for (auto feature : features)
        names.emplace_back(to_string(feature));
    return names;
}

json::object params_as_json(TrainParams const& params) {
    return {
        {"c", text_of(params.logistic.c)},
        {"balanced", params.logistic.balanced},
        {"gradient_norm_max", text_of(params.logistic.gradient_norm_max)},
        {"iterations_max", params.logistic.iterations_max},
        {"horizon_bars", params.horizon_bars},
        {"rows_min", params.rows_min},
    };
}

json::object rows_as_json(RowCounts const& rows) {
    return {
        {"bars", rows.bars},
        {"unlabelled", rows.unlabelled},
        {"incomplete", rows.incomplete},
        {"used", rows.used},
        {"up", rows.up},
    };
}

// Reads members of one object and keeps the first thing that is wrong, with its name.
class Reader {
public:
    Reader(json::object const& object, std::string path, std::string& error)
        : object_{object}, path_{std::move(path)}, error_{error} {}

    std::string text(std::string_view key) {
        auto const* value = find(key);
        if (value == nullptr) return {};
        if (auto const* s = value->if_string()) return std::string{*s};
        return complain(key, "is no text"), std::string{};
    }

    // Finite.
    double number(std::string_view key) {
        auto const digits = text(key);
        double x = 0;
        auto const [stop, failed] =
            std::from_chars(digits.data(), digits.data() + digits.size(), x);
        if (failed != std::errc{} || stop != digits.data() + digits.size() || !std::isfinite(x))
            complain(key, "is no number in quotes");
        return x;
    }

    std::int64_t count(std::string_view key) {
        auto const* value = find(key);
        if (value == nullptr) return 0;
        if (auto const* n = value->if_int64(); n != nullptr && *n >= 0) return *n;
        return complain(key, "is no count"), 0;
    }

    bool flag(std::string_view key) {
        auto const* value = find(key);
        if (value == nullptr) return false;
        if (auto const* b = value->if_bool()) return *b;
        return complain(key, "is neither true nor false"), false;
    }

    UtcTime time(std::string_view key) {
        auto const at = parse_utc(text(key));
        if (!at) complain(key, "is no UTC time");
        return at ? *at : UtcTime{};
    }

    std::vector<std::string> names(std::string_view key) {
        std::vector<std::string> result;
        for (auto const& value : array(key)) {
            if (auto const* s = value.if_string())
                result.emplace_back(*s);
            else
                complain(key, "holds something that is no text");
        }
        return result;
    }

    json::array const& array(std::string_view key) {
        static json::array const none;
        auto const* value = find(key);
        if (value == nullptr) return none;
        if (auto const* a = value->if_array()) return *a;
        return complain(key, "is no list"), none;
    }

    Reader object(std::string_view key) {
        auto const* value = find(key);
        auto const* inner = value == nullptr ? nullptr : value->if_object();
        if (value != nullptr && inner == nullptr) complain(key, "is no object");
        return Reader{
            inner == nullptr ? nothing() : *inner, path_ + std::string{key} + ".", error_
        };
    }

    void complain(std::string_view key, std::string_view what) {
        if (error_.empty()) error_ = fmt::format("{}{} {}", path_, key, what);
    }

    static json::object const& nothing() {
        static json::object const none;
        return none;
    }

private:
    json::value const* find(std::string_view key) {
        auto const* value = object_.if_contains(key);
        if (value == nullptr) complain(key, "is missing");
        return value;
    }

    json::object const& object_;
    std::string path_;
    std::string& error_;
};

std::string joined(std::vector<std::string> const& names) {
    return fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> texts_of(std::span<Feature const> features) {
    std::vector<std::string> names;
    for (auto feature : features)
        names.emplace_back(to_string(feature));
    return names;
}

// The file's feature list must be the expected one, name by name.
std::string feature_mismatch(Reader& model, FeatureSet expected) {
    auto const wanted = features_of(expected);
    auto const names = model.names("features");
    auto const hash = model.text("feature_hash");
    if (names == texts_of(wanted) && hash == feature_hash(wanted) &&
        model.text("feature_set") == to_string(expected))
        return "";
    return fmt::format(
        "made for other features. The file has {} (\"{}\", hash {}): {}. Expected {} (\"{}\", hash "
        "{}): {}. Train a new model or choose its feature set",
        names.size(),
        model.text("feature_set"),
        hash,
        joined(names),
        wanted.size(),
        to_string(expected),
        feature_hash(wanted),
        names_of(wanted)
    );
}

void read_columns(Reader& reader, FeatureSet set, std::string& error, TrainedModel& model) {
    auto const left_out = reader.names("left_out");
    for (auto feature : features_of(set)) {
        auto const name = std::string{to_string(feature)};
        bool const out = std::find(left_out.begin(), left_out.end(), name) != left_out.end();
        (out ? model.left_out : model.columns).push_back(feature);
    }
    if (model.left_out.size() != left_out.size())
        reader.complain("left_out", "names a feature that is not in the list");
    auto const& columns = reader.array("columns");
    if (columns.size() != model.columns.size() || columns.empty())
        return reader.complain("columns", "are not the features that were not left out");
    for (std::size_t j = 0; j < columns.size(); ++j) {
        auto const* object = columns[j].if_object();
        Reader column{
            object == nullptr ? Reader::nothing() : *object, fmt::format("columns[{}].", j), error
        };
        if (column.text("name") != to_string(model.columns[j]))
            column.complain("name", fmt::format("is not {}", to_string(model.columns[j])));
        model.scaler.means.push_back(column.number("mean"));
        model.scaler.scales.push_back(column.number("scale"));
        if (!(model.scaler.scales.back() > 0)) column.complain("scale", "is not positive");
        model.fit.coefficients.push_back(column.number("coefficient"));
    }
}

void read_params(Reader reader, TrainParams& params) {
    params.logistic.c = reader.number("c");
    params.logistic.balanced = reader.flag("balanced");
    params.logistic.gradient_norm_max = reader.number("gradient_norm_max");
    params.logistic.iterations_max = static_cast<int>(reader.count("iterations_max"));
    params.horizon_bars = static_cast<std::size_t>(reader.count("horizon_bars"));
    params.rows_min = static_cast<std::size_t>(reader.count("rows_min"));
}

void read_training(Reader reader, TrainedModel& model) {
    model.first_open = reader.time("first_open");
    model.last_close = reader.time("last_close");
    model.data_hash = reader.text("data_hash");
    auto rows = reader.object("rows");
    model.rows.bars = static_cast<std::size_t>(rows.count("bars"));
    model.rows.unlabelled = static_cast<std::size_t>(rows.count("unlabelled"));
    model.rows.incomplete = static_cast<std::size_t>(rows.count("incomplete"));
    model.rows.used = static_cast<std::size_t>(rows.count("used"));
    model.rows.up = static_cast<std::size_t>(rows.count("up"));
}

Result<TrainedModel>
read_model(json::object const& body, FeatureSet expected, std::string const& where) {
    std::string error;
    Reader reader{body, "model.", error};
    if (auto mismatch = feature_mismatch(reader, expected); error.empty() && !mismatch.empty())
        return Failure{Fault::invalid, where, std::move(mismatch)};
    TrainedModel model;
    model.params.features = expected;
    read_columns(reader, expected, error, model);
    model.fit.intercept = reader.number("intercept");
    read_params(reader.object("params"), model.params);
    auto solver = reader.object("solver");
    model.fit.iterations = static_cast<int>(solver.count("iterations"));
    model.fit.gradient_norm = solver.number("gradient_norm");
    model.fit.converged = solver.flag("converged");
    read_training(reader.object("trained"), model);
    if (!error.empty()) return Failure{Fault::parse, where, std::move(error)};
    return model;
}

Failure storage_failure(std::filesystem::path const& path, std::string_view what) {
    return {
        Fault::storage,
        path.string(),
        fmt::format("{}: {}", what, std::generic_category().message(errno))
    };
}

} // namespace

std::string to_text(TrainedModel const& model) {
    auto const features = features_of(model.params.features);
    json::array columns;
    for (std::size_t j = 0; j < model.columns.size(); ++j)
        columns.push_back(json::object{
            {"name", to_string(model.columns[j])},
            {"mean", text_of(model.scaler.means[j])},
            {"scale", text_of(model.scaler.scales[j])},
            {"coefficient", text_of(model.fit.coefficients[j])},
        });
    json::object body;
    body["feature_set"] = to_string(model.params.features);
    body["features"] = names_as_json(features);
    body["feature_hash"] = feature_hash(features);
    body["left_out"] = names_as_json(model.left_out);
    body["columns"] = std::move(columns);
    body["intercept"] = text_of(model.fit.intercept);
    body["params"] = params_as_json(model.params);
    body["solver"] = json::object{
        {"iterations", model.fit.iterations},
        {"gradient_norm", text_of(model.fit.gradient_norm)},
        {"converged", model.fit.converged},
    };
    body["trained"] = json::object{
        {"first_open", format_utc(model.first_open)},
        {"last_close", format_utc(model.last_close)},
        {"data_hash", model.data_hash},
        {"rows", rows_as_json(model.rows)},
    };
    // Through the parser once, so that every number has the type that a reader will see.
    return seal_model(json::serialize(body)).value();
}

Result<TrainedModel>
parse_model(std::string_view text, FeatureSet expected, std::string const& where) {
    auto const body = unseal_json(envelope, text, where);
    if (!body) return body.error();
    return read_model(**body, expected, where);
}

Result<void> save_model(std::filesystem::path const& path, TrainedModel const& model) {
    return replace_file(path, to_text(model));
}

Result<TrainedModel> load_model(std::filesystem::path const& path, FeatureSet expected) {
    std::ifstream in{path, std::ios::binary};
    if (!in) return storage_failure(path, "cannot open");
    std::ostringstream text;
    text << in.rdbuf();
    if (in.bad() || text.bad()) return storage_failure(path, "cannot read");
    return parse_model(text.view(), expected, path.string());
}

Result<std::string> seal_model(std::string_view model_json) {
    json::error_code ec;
    auto const model = json::parse(model_json, ec);
    if (ec) return Failure{Fault::parse, "model", ec.message()};
    return seal_json(envelope, model);
}

} // namespace polyquant::models
