#include "config/param_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

namespace polyquant::config {

std::string_view to_string(Change change) {
    switch (change) {
    case Change::reload: return "on reload";
    case Change::restart: return "restart";
    case Change::loosens_up: return "on reload; raising it loosens";
    case Change::loosens_down: return "on reload; lowering it loosens";
    }
    std::abort();
}

std::string print_params(std::span<ParamText const> texts) {
    std::string out;
    for (auto const& text : texts)
        out += fmt::format("{} = {}\n", text.name, text.value);
    return out;
}

std::uint64_t hash_text(std::string_view text) {
    std::uint64_t hash = 14'695'981'039'346'656'037U;
    for (char const c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 1'099'511'628'211U;
    }
    return hash;
}

std::uint64_t hash_params(std::span<ParamText const> texts) {
    return hash_text(print_params(texts));
}

std::string hash_name(std::uint64_t hash) {
    return fmt::format("{:016x}", hash);
}

std::string describe_params(std::span<ParamText const> texts) {
    std::string out = "| key | default | allowed | unit | change | meaning |\n"
                      "|---|---|---|---|---|---|\n";
    for (auto const& text : texts)
        out += fmt::format(
            "| `{}` | `{}` | {} | {} | {} | {} |\n",
            text.name,
            text.default_value,
            text.allowed.empty() ? text.type : text.allowed,
            text.unit,
            to_string(text.change),
            text.meaning
        );
    return out;
}

TableReader::TableReader(RawValue const& table, std::string path, ConfigProblems& problems)
    : table_{table}, path_{std::move(path)}, problems_{problems},
      problems_before_{problems.size()} {}

RawValue const* TableReader::take(std::string_view name) {
    known_.push_back(name);
    auto const* const raw = table_.find(name);
    if (raw != nullptr) taken_.emplace_back(std::string{name}, raw->at);
    return raw;
}

void TableReader::complain(std::string_view name, std::string text, std::string allowed) {
    auto const* const raw = table_.find(name);
    problems_.push_back(
        {raw != nullptr ? raw->at : table_.at,
         path_.empty() ? std::string{name} : fmt::format("{}.{}", path_, name),
         std::move(text),
         std::move(allowed),
         {}}
    );
}

void TableReader::refuse_unknown() {
    for (auto const& item : table_.items) {
        if (std::find(known_.begin(), known_.end(), item.key) != known_.end()) continue;
        problems_.push_back(
            {item.at,
             path_.empty() ? item.key : fmt::format("{}.{}", path_, item.key),
             "unknown key",
             {},
             std::string{nearest(item.key, known_)}}
        );
    }
}

} // namespace polyquant::config
