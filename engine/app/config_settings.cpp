#include "engine/app/config_settings.hpp"

#include "strategies/catalog.hpp"

#include <fmt/format.h>

#include <charconv>

namespace polyquant::app {

namespace {

struct Setting {
    std::string section; // "risk", or "strategy"
    std::string strategy;
    std::string key;
    std::string value; // as TOML
};

config::ConfigProblem problem(std::string const& setting, std::string text) {
    config::ConfigProblem p;
    p.at.file = "--set";
    p.key = setting.substr(0, setting.find('='));
    p.text = std::move(text);
    return p;
}

bool stands_alone(std::string_view value) {
    if (value == "true" || value == "false" || value.starts_with('"') || value.starts_with('['))
        return true;
    double number = 0;
    auto const [rest, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    return error == std::errc{} && rest == value.data() + value.size();
}

std::optional<Setting> parse(std::string const& text) {
    auto const equals = text.find('=');
    auto const dot = text.find('.');
    if (equals == std::string::npos || dot == std::string::npos || dot > equals)
        return std::nullopt;
    Setting s{text.substr(0, dot), {}, text.substr(dot + 1, equals - dot - 1), {}};
    if (s.section == "strategy") {
        auto const second = s.key.find('.');
        if (second == std::string::npos) return std::nullopt;
        s.strategy = s.key.substr(0, second);
        s.key.erase(0, second + 1);
    }
    auto const value = text.substr(equals + 1);
    s.value = stands_alone(value) ? value : '"' + value + '"';
    return s;
}

// Replaces the key's line in a printed configuration; false where there is none.
bool replace(std::string& text, Setting const& setting) {
    std::string out;
    std::string section, name;
    auto found = false;
    std::size_t at = 0;
    while (at < text.size()) {
        auto const end = std::min(text.find('\n', at), text.size());
        auto line = text.substr(at, end - at);
        at = end + 1;
        if (line.starts_with("[[")) {
            section = line.substr(2, line.find(']') - 2);
            name.clear();
        } else if (line.starts_with('[')) {
            section = line.substr(1, line.find(']') - 1);
        }
        if (section == "strategy" && line.starts_with("name = "))
            name = line.substr(8, line.size() - 9);
        auto const here =
            section == setting.section && (section != "strategy" || name == setting.strategy);
        if (here && line.starts_with(setting.key + " = ")) {
            line = setting.key + " = " + setting.value;
            found = true;
        }
        out += line + "\n";
    }
    text = std::move(out);
    return found;
}

} // namespace

config::Loaded load_with_settings(
    std::span<std::filesystem::path const> files, std::span<std::string const> settings
) {
    auto loaded = config::load_run_config(files, strategies::strategy_kinds());
    if (!loaded || settings.empty()) return loaded;
    // The printed form knows no folder that relative tapes start at.
    config::TextList tapes;
    for (auto const& tape : loaded->tape_paths())
        tapes.push_back(std::filesystem::absolute(tape).string());
    loaded->feed.tapes = tapes;
    auto text = loaded->print();
    config::ConfigProblems problems;
    for (auto const& given : settings) {
        auto const setting = parse(given);
        if (!setting)
            problems.push_back(problem(given, "write SECTION.KEY=VALUE or strategy.NAME.KEY=VALUE")
            );
        else if (!replace(text, *setting))
            problems.push_back(problem(given, "there is no such key; polyquant params lists them"));
    }
    if (!problems.empty()) return problems;
    std::vector<config::ConfigText> const texts{{"--set over the files", text}};
    return config::parse_run_config(texts, strategies::strategy_kinds());
}

} // namespace polyquant::app
