#include "config/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace polyquant::config {

namespace {

// Bytes that start a character, so that names with accents line up too.
std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
    }));
}

std::string padded(std::string_view text, std::size_t width) {
    auto const used = width_of(text);
    return std::string{text} + std::string(used < width ? width - used : 0, ' ');
}

class Listing {
public:
    Listing(RunConfig const& config, std::ostream& out) : config_{config}, out_{out} {}

    void rows(std::string const& path, std::vector<ParamText> const& texts) {
        std::size_t name_width = 0;
        std::size_t value_width = 0;
        std::size_t origin_width = 0;
        std::vector<std::string> origins;
        for (auto const& text : texts) {
            origins.push_back(to_string(config_.origin_of(fmt::format("{}.{}", path, text.name))));
            name_width = std::max(name_width, width_of(text.name));
            value_width = std::max(value_width, std::min(value_max, width_of(text.value)));
            origin_width = std::max(origin_width, width_of(origins.back()));
        }
        for (std::size_t i = 0; i < texts.size(); ++i) {
            auto const& text = texts[i];
            out_ << "  " << padded(text.name, name_width) << " = "
                 << padded(text.value, value_width) << "  " << padded(origins[i], origin_width)
                 << "  " << details(text) << '\n';
        }
        out_ << '\n';
    }

    void break_even(std::vector<BreakEvenRow> const& table) {
        if (table.empty()) return;
        out_ << "  break-even by ask (fee schedule of crypto markets)\n"
             << "       ask     fee  break-even  required\n";
        for (auto const& row : table)
            out_ << fmt::format(
                "  {:>8}  {:.4f}      {:.4f}    {:.4f}\n",
                to_string(row.ask),
                row.fee,
                row.break_even,
                row.required
            );
        out_ << '\n';
    }

private:
    static constexpr std::size_t value_max = 40; // a longer value pushes its own line only

    static std::string details(ParamText const& text) {
        std::string range;
        if (!text.allowed.empty())
            range = fmt::format(
                "[{}{}] ", text.allowed, text.unit.empty() ? "" : fmt::format(" {}", text.unit)
            );
        else if (!text.unit.empty())
            range = fmt::format("[{}] ", text.unit);
        return range + std::string{text.meaning};
    }

    RunConfig const& config_;
    std::ostream& out_;
};

} // namespace

void print_params(RunConfig const& config, std::ostream& out) {
    Listing listing{config, out};
    for_each_section(config, [&](std::string_view name, auto const& params) {
        out << '[' << name << "]\n";
        listing.rows(std::string{name}, param_texts(params));
    });
    for (auto const& strategy : config.strategies) {
        auto const path = "strategy." + strategy.header.name;
        out << fmt::format(
            "[[strategy]] {} ({}), epoch {}\n",
            strategy.header.name,
            strategy.header.kind,
            hash_name(strategy.epoch())
        );
        auto texts = param_texts(strategy.header);
        auto own = strategy.params->texts();
        texts.insert(texts.end(), own.begin(), own.end());
        listing.rows(path, texts);
        listing.break_even(strategy.params->break_even());
    }
    out << "configuration hash " << hash_name(config.hash()) << '\n';
}

std::string render_params_markdown(StrategyKinds kinds) {
    std::string text =
        "# Parameters\n\n"
        "Generated from the parameter tables in the code; a test compares this file with them and "
        "says how to\nregenerate it. A configuration is one or several TOML files; every key is "
        "optional unless its meaning says\notherwise. Money and prices are exact decimals, "
        "durations are texts with their unit (`\"250ms\"`, `\"45s\"`,\n`\"5m\"`, `\"4h\"`, "
        "`\"2d\"`). Secrets are never part of a configuration.\n\n"
        "\"change\" says what a reload (SIGHUP) may do: *on reload* takes effect at the next "
        "evaluation, *restart* is\nrefused, and risk limits that *loosen* need "
        "`allow_loosening = true` in `[risk]`.\n";
    RunConfig const defaults;
    for_each_section(defaults, [&](std::string_view name, auto const& params) {
        text += fmt::format("\n## [{}]\n\n{}", name, describe_params(param_texts(params)));
    });
    text += "\n## [[strategy]]\n\nEvery entry has these keys and those of its kind.\n\n" +
            describe_params(param_texts(StrategyHeader{}));
    for (auto const& kind : kinds) {
        auto const params = kind.defaults();
        text += fmt::format(
            "\n### kind = \"{}\"\n\n{}\n\n{}",
            kind.name,
            kind.summary,
            describe_params(params->texts())
        );
        auto const rows = params->break_even();
        if (rows.empty()) continue;
        text += "\nWith these defaults, by ask:\n\n" + break_even_markdown(rows);
    }
    return text;
}

std::string break_even_markdown(std::vector<BreakEvenRow> const& rows) {
    std::string text = "| ask | fee a share | break-even | required |\n|---|---|---|---|\n";
    for (auto const& row : rows)
        text += fmt::format(
            "| {} | {:.4f} | {:.4f} | {:.4f} |\n",
            to_string(row.ask),
            row.fee,
            row.break_even,
            row.required
        );
    return text;
}

} // namespace polyquant::config
