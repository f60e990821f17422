#include "config/toml_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <tuple>

namespace polyquant::config {

namespace {

constexpr std::uintmax_t file_size_max = 1 << 20;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

void report(ConfigProblems& problems, Origin at, std::string text) {
    problems.push_back({std::move(at), {}, std::move(text), {}, {}});
}

// Cuts a scalar's own characters out of the text: toml++ reports positions as line and column, the
// column in code points, and drops the digits of a float.
class SourceText {
public:
    explicit SourceText(std::string_view text) {
        while (!text.empty()) {
            auto const end = text.find('\n');
            lines_.push_back(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
    }

    std::string cut(toml::source_region const& region) const {
        auto const index = static_cast<std::size_t>(region.begin.line) - 1;
        if (region.begin.line != region.end.line || index >= lines_.size()) return {};
        auto const line = lines_[index];
        auto const from = byte_of(line, region.begin.column);
        auto const until = byte_of(line, region.end.column);
        return std::string{line.substr(from, until - from)};
    }

private:
    static std::size_t byte_of(std::string_view line, toml::source_index column) {
        std::size_t at = 0;
        for (toml::source_index passed = 1; passed < column && at < line.size(); ++passed) {
            ++at;
            while (at < line.size() && (static_cast<unsigned char>(line[at]) & 0xc0U) == 0x80U)
                ++at;
        }
        return at;
    }

    std::vector<std::string_view> lines_;
};

class Converter {
public:
    Converter(std::string_view text, std::string const& name) : source_{text}, name_{name} {}

    RawValue convert(toml::node const& node, std::string key) const {
        RawValue value;
        value.key = std::move(key);
        value.at = {name_, static_cast<int>(node.source().begin.line), 0};
        fill(value, node);
        return value;
    }

private:
    void fill(RawValue& value, toml::node const& node) const {
        using Kind = RawValue::Kind;
        if (auto const* const table = node.as_table()) {
            value.kind = Kind::table;
            for (auto const& [key, item] : *table)
                value.items.push_back(convert(item, std::string{key.str()}));
            // toml++ sorts by name; problems read better in the file's order.
            std::sort(
                value.items.begin(),
                value.items.end(),
                [](RawValue const& a, RawValue const& b) {
                    return std::tie(a.at.line, a.key) < std::tie(b.at.line, b.key);
                }
            );
        } else if (auto const* const array = node.as_array()) {
            value.kind = Kind::list;
            for (auto const& item : *array)
                value.items.push_back(convert(item, {}));
        } else if (auto const* const text = node.as_string()) {
            value.kind = Kind::string;
            value.text = text->get();
        } else if (auto const* const truth = node.as_boolean()) {
            value.kind = Kind::boolean;
            value.text = truth->get() ? "true" : "false";
        } else if (auto const* const whole = node.as_integer()) {
            value.kind = Kind::integer; // by value: it may be written as 0xff
            value.text = fmt::format("{}", whole->get());
        } else {
            value.kind = node.is_floating_point() ? Kind::real : Kind::date;
            value.text = source_.cut(node.source());
        }
    }

    SourceText source_;
    std::string const& name_;
};

} // namespace

std::optional<std::string> read_text(std::filesystem::path const& file, ConfigProblems& problems) {
    Origin const at{file.string(), 0, 0};
    std::error_code error;
    auto const status = std::filesystem::status(file, error);
    if (!std::filesystem::exists(status)) {
        report(problems, at, "no such file");
        return std::nullopt;
    }
    if (std::filesystem::is_directory(status)) {
        report(problems, at, "is a directory; name the file in it");
        return std::nullopt;
    }
    if (!std::filesystem::is_regular_file(status)) {
        report(problems, at, "is not a regular file");
        return std::nullopt;
    }
    auto const size = std::filesystem::file_size(file, error);
    if (!error && size > file_size_max) {
        report(problems, at, fmt::format("has {} bytes; a configuration has at most 1 MB", size));
        return std::nullopt;
    }
    errno = 0;
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    if (in && size > 0) text << in.rdbuf();
    if (!in || in.bad() || text.bad()) {
        report(problems, at, fmt::format("cannot be read: {}", std::strerror(errno)));
        return std::nullopt;
    }
    return text.str();
}

std::optional<RawValue>
parse_toml(std::string const& text, std::string const& name, ConfigProblems& problems) {
    auto document = std::string_view{text};
    if (document.starts_with(byte_order_mark)) document.remove_prefix(byte_order_mark.size());
    try {
        auto const root = toml::parse(document, std::string_view{name});
        if (root.empty()) {
            report(problems, {name, 0, 0}, "is empty: it sets no key");
            return std::nullopt;
        }
        return Converter{document, name}.convert(root, {});
    } catch (toml::parse_error const& error) {
        auto const at = error.source().begin;
        report(
            problems,
            {name, static_cast<int>(at.line), static_cast<int>(at.column)},
            fmt::format("not valid TOML: {}", error.description())
        );
        return std::nullopt;
    }
}

} // namespace polyquant::config
