#include "models/window/external_features.hpp"

#include "models/fingerprint.hpp"
#include "models/window/bar_file.hpp"
#include "models/window/json_lines.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <sstream>

namespace polyquant::models::window {

namespace {

constexpr std::string_view time_column = "published_at";
constexpr double fresh_share_min = 0.5;
constexpr Seconds change_over{300};

std::string_view take_line(std::string_view& text) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> cells;
    for (;;) {
        auto const end = std::min(line.find(','), line.size());
        cells.push_back(line.substr(0, end));
        if (end == line.size()) return cells;
        line.remove_prefix(end + 1);
    }
}

std::string_view complete_lines(std::string_view text) {
    return text.substr(0, text.rfind('\n') + 1);
}

// Seconds and microseconds of this century are no milliseconds of it.
std::optional<UtcTime> time_of(std::int64_t millis) {
    if (millis < 100'000'000'000 || millis > 9'000'000'000'000) return std::nullopt;
    return utc_from_millis(millis);
}

std::optional<UtcTime> time_of(std::string_view text) {
    std::int64_t millis = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), millis);
    if (error == std::errc{} && end == text.data() + text.size()) return time_of(millis);
    auto const parsed = parse_utc(std::string{text});
    if (!parsed) return std::nullopt;
    // print() writes milliseconds; rounding down would let a value be known before its time.
    return UtcTime{std::chrono::ceil<Millis>(*parsed)};
}

std::optional<double> number_of(std::string_view text) {
    double value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value))
        return std::nullopt;
    return value;
}

Failure refuse(std::string const& where, std::size_t line, std::string detail) {
    return {Fault::parse, fmt::format("{}:{}", where, line), std::move(detail)};
}

std::string not_after(UtcTime at, UtcTime before) {
    return fmt::format(
        "published {}, not after the line before it ({}): sort the file by published_at",
        format_utc(at),
        format_utc(before)
    );
}

} // namespace

Result<ExternalFeatures> ExternalFeatures::parse(std::string_view text, std::string const& where) {
    auto const start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos)
        return Failure{Fault::parse, where, "is empty or holds no complete line"};
    return text[start] == '{' ? parse_json_lines(text, where) : parse_csv(text, where);
}

Result<ExternalFeatures> ExternalFeatures::read(std::filesystem::path const& path) {
    auto const text = read_text_file(path);
    if (!text) return text.error();
    return parse(complete_lines(*text), path.string());
}

Result<ExternalFeatures>
ExternalFeatures::read_newest(std::filesystem::path const& path, std::uintmax_t bytes) {
    auto const refuse = [&] {
        return Failure{Fault::storage, path.string(), "cannot be read"};
    };
    std::ifstream file{path, std::ios::binary | std::ios::ate};
    if (!file) return refuse();
    auto const size = static_cast<std::uintmax_t>(file.tellg());
    auto const from = size > bytes ? size - bytes : 0;
    std::string text;
    auto where = path.string();
    file.seekg(0);
    if (from > 0) {
        std::string half;
        std::getline(file, text);
        text += '\n';
        file.seekg(static_cast<std::streamoff>(from));
        std::getline(file, half);
        if (text.starts_with('{')) text.clear(); // lines of JSON have no header
        where += fmt::format(" (its last {} bytes)", bytes);
    }
    std::stringstream rest;
    rest << file.rdbuf();
    if (file.bad()) return refuse();
    text += rest.str();
    return parse(complete_lines(text), where);
}

Result<ExternalFeatures>
ExternalFeatures::parse_csv(std::string_view text, std::string const& where) {
    ExternalFeatures features;
    features.where_ = where;
    auto const header = cells_of(take_line(text));
    if (header.size() < 2 || header.front() != time_column)
        return refuse(
            where, 1, "the first line must be published_at and at least one column's name"
        );
    for (std::size_t k = 1; k < header.size(); ++k)
        features.names_.emplace_back(header[k]);
    if (std::set<std::string>{features.names_.begin(), features.names_.end()}.size() !=
        features.names_.size())
        return refuse(where, 1, "two columns have the same name");
    features.values_.resize(features.names_.size());
    auto before = UtcTime::min();
    for (std::size_t number = 2; !text.empty(); ++number) {
        auto const line = take_line(text);
        if (line.empty()) continue;
        auto const cells = cells_of(line);
        if (cells.size() != header.size())
            return refuse(
                where, number, fmt::format("{} cells, {} expected", cells.size(), header.size())
            );
        auto const at = time_of(cells[0]);
        if (!at)
            return refuse(
                where, number, fmt::format("'{}' is no UTC time or Unix milliseconds", cells[0])
            );
        if (*at <= before) return refuse(where, number, not_after(*at, before));
        before = *at;
        for (std::size_t k = 1; k < cells.size(); ++k) {
            if (cells[k].empty()) continue;
            auto const value = number_of(cells[k]);
            if (!value)
                return refuse(where, number, fmt::format("'{}' is no finite number", cells[k]));
            features.values_[k - 1].push_back({*at, *value});
        }
    }
    return features;
}

Result<ExternalFeatures>
ExternalFeatures::parse_json_lines(std::string_view text, std::string const& where) {
    ExternalFeatures features;
    features.where_ = where;
    auto before = UtcTime::min();
    auto const read = for_each_json_line(text, where, [&](auto const& object) -> std::string {
        auto const* time = object.if_contains(time_column);
        if (time == nullptr) return "is no object with published_at";
        auto const at = time->is_string()  ? time_of(std::string_view{time->get_string()})
                        : time->is_int64() ? time_of(time->get_int64())
                                           : std::nullopt;
        if (!at) return "published_at is no UTC time or Unix milliseconds";
        if (*at <= before) return not_after(*at, before);
        before = *at;
        for (auto const& member : object) {
            if (member.key() == time_column || member.value().is_null()) continue;
            boost::system::error_code ec;
            auto const value = member.value().template to_number<double>(ec);
            if (ec || !std::isfinite(value))
                return fmt::format("{} is no finite number", std::string_view{member.key()});
            auto const known = std::ranges::find(features.names_, std::string_view{member.key()});
            auto const k = static_cast<std::size_t>(known - features.names_.begin());
            if (known == features.names_.end()) {
                features.names_.emplace_back(std::string_view{member.key()});
                features.values_.emplace_back();
            }
            features.values_[k].push_back({*at, value});
        }
        return {};
    });
    if (!read) return read.error();
    if (features.names_.empty()) return refuse(where, 1, "no values beside published_at");
    return features;
}

std::size_t ExternalFeatures::values() const {
    std::size_t count = 0;
    for (auto const& column : values_)
        count += column.size();
    return count;
}

double ExternalFeatures::value_at(std::size_t column, UtcTime t, Nanos age_max) const {
    auto const& values = values_.at(column);
    auto const after = std::partition_point(values.begin(), values.end(), [&](Value const& v) {
        return v.published_at <= t;
    });
    if (after == values.begin()) return std::numeric_limits<double>::quiet_NaN();
    auto const& newest = *std::prev(after);
    if (t - newest.published_at > age_max) return std::numeric_limits<double>::quiet_NaN();
    return newest.value;
}

std::optional<std::size_t> ExternalFeatures::column(std::string_view name) const {
    auto const found = std::ranges::find(names_, name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
}

std::array<double, ExternalFeatures::cell_count>
ExternalFeatures::cells_at(std::size_t column, UtcTime t, Nanos age_max, double log_odds) const {
    auto const now = value_at(column, t, age_max);
    return {now, now - value_at(column, t - change_over, age_max), now * log_odds};
}

std::array<std::string, ExternalFeatures::cell_count>
ExternalFeatures::cell_names(std::string const& column) {
    return {column, column + " change", column + " x log-odds"};
}

std::vector<UtcTime> ExternalFeatures::newest() const {
    std::vector<UtcTime> all;
    for (auto const& column : values_)
        all.push_back(column.empty() ? UtcTime::min() : column.back().published_at);
    return all;
}

ExternalFeatures ExternalFeatures::with_newer(
    ExternalFeatures const& source, UtcTime now, Nanos age_max, std::vector<UtcTime>& seen
) const {
    auto grown = *this;
    for (std::size_t k = 0; k < names_.size(); ++k) {
        auto const from = source.column(names_[k]);
        if (!from) continue;
        auto const& values = source.values_[*from];
        auto const after = std::partition_point(values.begin(), values.end(), [&](Value const& v) {
            return v.published_at <= now;
        });
        if (after == values.begin()) continue;
        auto const& published = *std::prev(after);
        if (published.published_at <= seen[k]) continue;
        auto& own = grown.values_[k];
        if (!own.empty() && own.back().published_at >= now) continue;
        seen[k] = published.published_at;
        if (now - published.published_at <= age_max) own.push_back({now, published.value});
    }
    return grown;
}

ExternalFeatures ExternalFeatures::fresh_at(UtcTime now, Nanos age_max) const {
    auto kept = *this;
    for (auto& column : kept.values_)
        std::erase_if(column, [&](Value const& value) {
            return value.published_at > now || now - value.published_at > age_max + change_over;
        });
    return kept;
}

std::string ExternalFeatures::digest() const {
    Fingerprint print;
    for (std::size_t k = 0; k < names_.size(); ++k) {
        print.add(std::string_view{names_[k]});
        for (auto const& value : values_[k]) {
            print.add(std::int64_t{value.published_at.time_since_epoch().count()});
            print.add(value.value);
        }
    }
    return print.hex();
}

std::string ExternalFeatures::print() const {
    std::map<UtcTime, std::vector<std::string>> lines;
    for (std::size_t k = 0; k < values_.size(); ++k)
        for (auto const& value : values_[k]) {
            auto& cells = lines[value.published_at];
            cells.resize(names_.size());
            cells[k] = fmt::format("{}", value.value);
        }
    auto text = fmt::format("{},{}\n", time_column, fmt::join(names_, ","));
    for (auto const& [at, cells] : lines)
        text += fmt::format("{},{}\n", format_utc(at), fmt::join(cells, ","));
    return text;
}

Result<void>
ExternalFeatures::check_fresh(std::vector<UtcTime> const& moments, Nanos age_max) const {
    for (std::size_t k = 0; k < names_.size(); ++k) {
        std::size_t fresh = 0;
        for (auto const t : moments)
            fresh += std::isnan(value_at(k, t, age_max)) ? 0 : 1;
        auto const share =
            moments.empty() ? 0 : static_cast<double>(fresh) / static_cast<double>(moments.size());
        if (share >= fresh_share_min) continue;
        return Failure{
            Fault::invalid,
            where_,
            fmt::format(
                "{} is stale: fresh (at most {} s old) at {:.0f} % of the moments asked for, "
                "{:.0f} "
                "% needed; its newest value was published {}",
                names_[k],
                std::chrono::duration_cast<Seconds>(age_max).count(),
                100 * share,
                100 * fresh_share_min,
                values_[k].empty() ? "never" : format_utc(values_[k].back().published_at)
            )
        };
    }
    return boost::system::in_place_value;
}

} // namespace polyquant::models::window
