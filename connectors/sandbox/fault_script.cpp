#include "connectors/sandbox/fault_plan.hpp"

#include <fmt/format.h>

#include <charconv>

namespace polyquant::sandbox {

namespace {

constexpr auto clause_form = "a line is: at 120s [every 5m] [for 20s] [count=3] fault=NAME ...";

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        auto const begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) return words;
        line.remove_prefix(begin);
        auto const end = line.find_first_of(" \t\r");
        words.push_back(line.substr(0, end));
        if (end == std::string_view::npos) return words;
        line.remove_prefix(end);
    }
}

template <class Number>
bool parse_number(std::string_view text, Number& to) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
    return error == std::errc{} && end == text.data() + text.size();
}

// "250ms", "20s", "5m", "2h"; a leading minus where an offset may be one.
std::optional<Nanos> parse_duration(std::string_view text) {
    auto const unit = text.find_first_not_of("-0123456789");
    if (unit == std::string_view::npos || unit == 0) return std::nullopt;
    std::int64_t count = 0;
    if (!parse_number(text.substr(0, unit), count)) return std::nullopt;
    auto const name = text.substr(unit);
    // A year bounds every sum of these.
    auto const bounded = [&](Nanos one) -> std::optional<Nanos> {
        auto const most = std::chrono::hours{24 * 365} / one;
        if (count > most || count < -most) return std::nullopt;
        return one * count;
    };
    if (name == "ms") return bounded(Millis{1});
    if (name == "s") return bounded(Seconds{1});
    if (name == "m") return bounded(std::chrono::minutes{1});
    if (name == "h") return bounded(std::chrono::hours{1});
    return std::nullopt;
}

std::optional<Nanos> parse_positive(std::string_view text) {
    auto const duration = parse_duration(text);
    return duration && *duration >= Nanos{0} ? duration : std::nullopt;
}

std::optional<std::int64_t> parse_chance(std::string_view text) {
    double chance = 0;
    if (!parse_number(text, chance) || !(chance > 0 && chance <= 1)) return std::nullopt;
    return static_cast<std::int64_t>(chance * 1e6 + 0.5);
}

std::string known_kinds() {
    std::string names;
    for (std::size_t i = 0; i < fault_kind_count; ++i)
        names += (i == 0 ? "" : ", ") + std::string{to_string(static_cast<FaultKind>(i))};
    return names;
}

// Puts one word's value in its place; the defect in words, empty when there is none.
std::string read_time(std::string_view key, std::string_view value, FaultLine& line) {
    auto const duration = parse_positive(value);
    if (!duration)
        return fmt::format("'{}' after {} is no duration such as 250ms, 20s or 5m", value, key);
    if (key == "at")
        line.at = *duration;
    else if (key == "for")
        line.lasts = *duration;
    else if (*duration == Nanos{0})
        return "'every' needs more than nothing";
    else
        line.every = *duration;
    return {};
}

std::string read_number(std::string_view key, std::string_view value, FaultLine& line) {
    if (key == "count") {
        std::int64_t count = 0;
        if (!parse_number(value, count) || count < 1) return "count= is at least 1";
        line.count = count;
    } else if (key == "status") {
        if (!parse_number(value, line.detail.status) || line.detail.status < 400 ||
            line.detail.status > 599)
            return "status= lies in 400..599";
    } else {
        auto const chance = parse_chance(value);
        if (!chance) return "p= lies above 0 and at most at 1";
        line.chance_millionths = *chance;
    }
    return {};
}

std::string read_duration(std::string_view key, std::string_view value, FaultLine& line) {
    auto const duration = key == "offset" ? parse_duration(value) : parse_positive(value);
    if (!duration) return fmt::format("{}= is a duration such as 250ms or 5s", key);
    auto& detail = line.detail;
    if (key == "retry_after")
        detail.retry_after = *duration;
    else if (key == "offset")
        detail.offset = *duration;
    else if (key == "delay")
        detail.delay = *duration;
    else
        detail.drip_every = *duration;
    return {};
}

std::string read_setting(std::string_view key, std::string_view value, FaultLine& line) {
    if (key == "service") {
        line.service = parse_service(value);
        if (!line.service) return fmt::format("unknown service '{}'", value);
    } else if (key == "fault") {
        auto const kind = parse_fault_kind(value);
        if (!kind) return fmt::format("unknown fault '{}'; there are: {}", value, known_kinds());
        line.kind = *kind;
    } else if (key == "method") {
        line.method = value;
    } else if (key == "path") {
        line.path = value;
    } else if (key == "topic") {
        line.topic = value;
    } else if (key == "count" || key == "status" || key == "p") {
        return read_number(key, value, line);
    } else if (key == "retry_after" || key == "offset" || key == "delay" || key == "drip") {
        return read_duration(key, value, line);
    } else {
        return fmt::format("unknown setting '{}'", key);
    }
    return {};
}

std::string read_line(std::string_view text, FaultLine& line) {
    auto const words = words_of(text);
    auto has_fault = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto const word = words[i];
        std::string defect;
        if (word == "at" || word == "for" || word == "every") {
            if (++i == words.size()) return fmt::format("nothing after '{}'", word);
            defect = read_time(word, words[i], line);
        } else {
            auto const equals = word.find('=');
            if (equals == std::string_view::npos || equals + 1 == word.size())
                return fmt::format("'{}' is no setting; {}", word, clause_form);
            has_fault = has_fault || word.substr(0, equals) == "fault";
            defect = read_setting(word.substr(0, equals), word.substr(equals + 1), line);
        }
        if (!defect.empty()) return defect;
    }
    if (!has_fault) return std::string{"no fault=; "} + clause_form;
    if (!line.lasts && !line.count) return "neither 'for' nor count= says when it ends";
    if (line.every && line.lasts && *line.lasts > *line.every) return "'for' exceeds 'every'";
    if (line.kind == FaultKind::clock_offset && line.detail.offset == Nanos{0})
        return "clock_offset needs offset=, for example offset=-5s";
    return {};
}

} // namespace

Result<std::vector<FaultLine>> parse_fault_script(std::string_view text, std::string_view name) {
    std::vector<FaultLine> lines;
    std::string defects;
    auto number = 0;
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto row = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
        ++number;
        row = row.substr(0, row.find('#'));
        if (words_of(row).empty()) continue;
        FaultLine line;
        line.number = number;
        for (auto const word : words_of(row))
            line.text += (line.text.empty() ? "" : " ") + std::string{word};
        auto const defect = read_line(row, line);
        if (!defect.empty()) {
            defects +=
                fmt::format("{}{}:{}: {}", defects.empty() ? "" : "\n", name, number, defect);
        }
        lines.push_back(std::move(line));
    }
    if (!defects.empty()) return Failure{Fault::invalid, std::string{name}, defects};
    return lines;
}

} // namespace polyquant::sandbox
