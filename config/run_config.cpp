#include "config/run_config.hpp"

#include "config/toml_file.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::config {

namespace {

constexpr std::string_view strategy_key = "strategy";

std::vector<std::string_view> section_names() {
    std::vector<std::string_view> names;
    RunConfig const any;
    for_each_section(any, [&](std::string_view name, auto const&) { names.push_back(name); });
    names.push_back(strategy_key);
    return names;
}

void report(ConfigProblems& problems, Origin at, std::string key, std::string text) {
    problems.push_back({std::move(at), std::move(key), std::move(text), {}, {}});
}

bool same_value(RawValue const& a, RawValue const& b) {
    return a.kind == b.kind && a.text == b.text &&
           std::equal(
               a.items.begin(),
               a.items.end(),
               b.items.begin(),
               b.items.end(),
               [](RawValue const& x, RawValue const& y) {
                   return x.key == y.key && same_value(x, y);
               }
           );
}

// The sections of all files as one table each, and the strategy entries in order.
struct Merged {
    std::vector<RawValue> sections;
    std::vector<RawValue> strategies;

    RawValue& section(RawValue const& like) {
        for (auto& known : sections)
            if (known.key == like.key) return known;
        auto& added = sections.emplace_back();
        added.key = like.key;
        added.at = like.at;
        return added;
    }
};

void merge_section(Merged& merged, RawValue const& table, ConfigProblems& problems) {
    auto& target = merged.section(table);
    for (auto const& item : table.items) {
        auto const* const earlier = target.find(item.key);
        if (earlier == nullptr)
            target.items.push_back(item);
        else if (!same_value(*earlier, item))
            report(
                problems,
                item.at,
                fmt::format("{}.{}", table.key, item.key),
                fmt::format("set to something else at {} already", to_string(earlier->at))
            );
    }
}

void merge_strategies(Merged& merged, RawValue const& list, ConfigProblems& problems) {
    auto const is_table = [](RawValue const& item) {
        return item.kind == RawValue::Kind::table;
    };
    if (list.kind != RawValue::Kind::list ||
        !std::all_of(list.items.begin(), list.items.end(), is_table)) {
        report(
            problems,
            list.at,
            std::string{strategy_key},
            "strategies are entries of a list: start each with [[strategy]]"
        );
        return;
    }
    merged.strategies.insert(merged.strategies.end(), list.items.begin(), list.items.end());
}

std::string section_with_key(std::string_view key) {
    std::string found;
    RunConfig const any;
    for_each_section(any, [&](std::string_view name, auto const& params) {
        for (auto const& text : param_texts(params))
            if (text.name == key && found.empty()) found = name;
    });
    return found;
}

void refuse_unknown_root(
    RawValue const& item, std::vector<std::string_view> const& names, ConfigProblems& problems
) {
    if (item.kind == RawValue::Kind::table) {
        problems.push_back(
            {item.at, item.key, "unknown section", {}, std::string{nearest(item.key, names)}}
        );
        return;
    }
    auto const home = section_with_key(item.key);
    report(
        problems,
        item.at,
        item.key,
        home.empty() ? "unknown key outside of any section"
                     : fmt::format("stands outside of any section; it belongs under [{}]", home)
    );
}

void merge_file(Merged& merged, RawValue const& root, ConfigProblems& problems) {
    auto const names = section_names();
    for (auto const& item : root.items) {
        if (item.key == strategy_key) {
            merge_strategies(merged, item, problems);
        } else if (std::find(names.begin(), names.end(), item.key) == names.end()) {
            refuse_unknown_root(item, names, problems);
        } else if (item.kind != RawValue::Kind::table) {
            report(
                problems,
                item.at,
                item.key,
                fmt::format("must be a section: write [{}] on a line of its own", item.key)
            );
        } else {
            merge_section(merged, item, problems);
        }
    }
}

void keep_origins(RunConfig& config, TableReader const& reader, std::string const& path) {
    for (auto const& [key, at] : reader.taken())
        config.origins.insert_or_assign(fmt::format("{}.{}", path, key), at);
}

void read_strategy(
    RunConfig& config, RawValue const& entry, StrategyKinds kinds, ConfigProblems& problems
) {
    auto const* const given_name = entry.find("name");
    auto const path = given_name != nullptr && given_name->kind == RawValue::Kind::string
                          ? fmt::format("strategy.{}", given_name->text.substr(0, 32))
                          : fmt::format("strategy[{}]", config.strategies.size() + 1);
    TableReader reader{entry, path, problems};
    StrategyConfig strategy;
    strategy.at = entry.at;
    strategy.header = read_params<StrategyHeader>(reader);
    auto const* const kind = find_kind(kinds, strategy.header.kind);
    if (kind != nullptr) {
        strategy.params = kind->read(reader);
        reader.refuse_unknown();
    } else {
        std::vector<std::string_view> names;
        for (auto const& known : kinds)
            names.push_back(known.name);
        auto const& wanted = strategy.header.kind;
        problems.push_back(
            {entry.find("kind") != nullptr ? entry.find("kind")->at : entry.at,
             path + ".kind",
             wanted.empty() ? "missing: which strategy is this?"
                            : fmt::format("unknown kind \"{}\"", wanted),
             fmt::format("{}", fmt::join(names, ", ")),
             std::string{nearest(wanted, names)}}
        );
    }
    keep_origins(config, reader, path);
    for (auto const& other : config.strategies)
        if (!strategy.header.name.empty() && other.header.name == strategy.header.name)
            report(
                problems,
                entry.at,
                path + ".name",
                fmt::format("the strategy at {} has this name already", to_string(other.at))
            );
    config.strategies.push_back(std::move(strategy));
}

RunConfig read_merged(Merged const& merged, StrategyKinds kinds, ConfigProblems& problems) {
    RunConfig config;
    RawValue const nothing;
    for_each_section(config, [&]<class P>(std::string_view name, P& params) {
        auto const found =
            std::find_if(merged.sections.begin(), merged.sections.end(), [&](auto const& s) {
                return s.key == name;
            });
        auto const& table = found == merged.sections.end() ? nothing : *found;
        TableReader reader{table, std::string{name}, problems};
        params = read_params<P>(reader);
        reader.refuse_unknown();
        keep_origins(config, reader, std::string{name});
    });
    for (auto const& entry : merged.strategies)
        read_strategy(config, entry, kinds, problems);
    return config;
}

Loaded finish(Merged const& merged, StrategyKinds kinds, ConfigProblems problems) {
    auto config = read_merged(merged, kinds, problems);
    // Money rules need every number to be right first.
    if (problems.empty()) problems = unsound_strategies(config);
    if (!problems.empty()) return problems;
    return config;
}

void add_text(
    Merged& merged, std::string const& text, std::string const& name, ConfigProblems& problems
) {
    if (auto root = parse_toml(text, name, problems)) merge_file(merged, *root, problems);
}

} // namespace

void throw_exception_from_error(ConfigProblems const& problems, boost::source_location const& at) {
    ensure_failed(
        "configuration loaded",
        to_string(problems).c_str(),
        at.file_name(),
        static_cast<int>(at.line())
    );
}

Loaded load_run_config(std::span<std::filesystem::path const> files, StrategyKinds kinds) {
    ConfigProblems problems;
    Merged merged;
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (std::find(files.begin(), files.begin() + static_cast<std::ptrdiff_t>(i), files[i]) !=
            files.begin() + static_cast<std::ptrdiff_t>(i)) {
            report(problems, {files[i].string(), 0, 0}, {}, "is named twice");
            continue;
        }
        if (auto const text = read_text(files[i], problems))
            add_text(merged, *text, files[i].string(), problems);
    }
    return finish(merged, kinds, std::move(problems));
}

Loaded parse_run_config(std::span<ConfigText const> texts, StrategyKinds kinds) {
    ConfigProblems problems;
    Merged merged;
    for (auto const& [name, text] : texts)
        add_text(merged, text, name, problems);
    return finish(merged, kinds, std::move(problems));
}

ConfigProblems unsound_strategies(RunConfig const& config) {
    ConfigProblems problems;
    for (auto const& strategy : config.strategies) {
        if (strategy.header.force) continue;
        auto const path = "strategy." + strategy.header.name;
        for (auto const& fault : strategy.params->unsound(config.risk)) {
            auto at = config.origin_of(fmt::format("{}.{}", path, fault.key));
            report(
                problems,
                at.is_default() ? strategy.at : at,
                fmt::format("{}.{}", path, fault.key),
                fault.text + "; set force = true to run it all the same"
            );
        }
    }
    return problems;
}

StrategyConfig const* RunConfig::find(std::string_view strategy) const {
    for (auto const& known : strategies)
        if (known.header.name == strategy) return &known;
    return nullptr;
}

Origin RunConfig::origin_of(std::string_view key) const {
    auto const found = origins.find(key);
    return found == origins.end() ? Origin{} : found->second;
}

std::vector<std::filesystem::path> RunConfig::tape_paths() const {
    auto const folder = std::filesystem::path{origin_of("feed.tapes").file}.parent_path();
    std::vector<std::filesystem::path> paths;
    for (auto const& tape : feed.tapes)
        paths.push_back((folder / tape).lexically_normal());
    return paths;
}

std::string RunConfig::print() const {
    std::string text;
    for_each_section(*this, [&](std::string_view name, auto const& params) {
        text += fmt::format("[{}]\n{}\n", name, print_params(params));
    });
    for (auto const& strategy : strategies)
        text += fmt::format(
            "[[strategy]]\n{}{}\n",
            print_params(strategy.header),
            print_params(strategy.params->texts())
        );
    return text;
}

std::uint64_t RunConfig::hash() const {
    return hash_text(print());
}

} // namespace polyquant::config
