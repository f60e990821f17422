// Self-describing parameters. A parameter struct has its defaults as member initialisers and one
// table row for each member; everything else (parse, range check, print, hash, documentation,
// difference) walks the table:
//
//   struct LateParams {
//       Price ask_max = cents(95);
//       Seconds lead = 45s;
//       static constexpr auto table() {
//           using P = LateParams;
//           return std::tuple{
//               Param{"ask_max", &P::ask_max, cents(1), cents(99), "USDC/share", "Pay no more."},
//               Param{"lead", &P::lead, 1s, 300s, "before close", "Trade only this late."}};
//       }
//   };
//
// A struct may derive from another and append to its table with std::tuple_cat. Rules that involve
// several members go into an optional `std::vector<ParamFault> faults() const`.
#pragma once

#include "config/param_value.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace polyquant::config {

// What a change of the value means for a running engine.
enum class Change : std::uint8_t {
    reload,       // takes effect at the next evaluation
    restart,      // fixed for the life of the process
    loosens_up,   // a risk limit: a larger value takes more risk
    loosens_down, // a risk limit: a smaller value takes more risk
};
std::string_view to_string(Change change);

template <class Owner, class V>
struct Param {
    std::string_view name;
    V Owner::* member;
    Bound<V> min{};
    Bound<V> max{};
    std::string_view unit;
    std::string_view meaning;
    Change change = Change::reload;

    using Value = V;
    static constexpr bool ranged = !std::is_same_v<Bound<V>, NoBound>;

    constexpr Param(
        std::string_view name_,
        V Owner::* member_,
        Bound<V> min_,
        Bound<V> max_,
        std::string_view unit_,
        std::string_view meaning_,
        Change change_ = Change::reload
    )
        requires ranged
        : name{name_}, member{member_}, min{min_}, max{max_}, unit{unit_}, meaning{meaning_},
          change{change_} {}

    // Texts, lists, choices and switches have no range.
    constexpr Param(
        std::string_view name_,
        V Owner::* member_,
        std::string_view unit_,
        std::string_view meaning_,
        Change change_ = Change::reload
    )
        requires(!ranged)
        : name{name_}, member{member_}, unit{unit_}, meaning{meaning_}, change{change_} {}
};

// A rule between members is broken; `key` is the member to complain about.
struct ParamFault {
    std::string key;
    std::string text;
};

template <class P>
concept ParamStruct = requires { P::table(); };

template <ParamStruct P, class Visit>
constexpr void for_each_param(Visit visit) {
    std::apply([&](auto const&... row) { (visit(row), ...); }, P::table());
}

// One row with one value of it, as text.
struct ParamText {
    std::string_view name;
    std::string type;
    std::string value;
    std::string default_value;
    std::string allowed; // "0.01 to 0.99", "one of baseline, standard"; empty if anything goes
    std::string_view unit;
    std::string_view meaning;
    Change change = Change::reload;
};

template <class Row>
std::string allowed_text(Row const& row) {
    using V = typename Row::Value;
    if constexpr (Row::ranged) {
        auto text = print_value(row.min) + " to " + print_value(row.max);
        std::erase(text, '"'); // of durations
        return text;
    } else if constexpr (NamedEnum<V>) {
        std::string text = "one of";
        for (auto const name : choice_names<V>())
            text += (text == "one of" ? " " : ", ") + std::string{name};
        return text;
    } else {
        return {};
    }
}

template <ParamStruct P>
std::vector<ParamText> param_texts(P const& params = {}) {
    std::vector<ParamText> texts;
    P const defaults{};
    for_each_param<P>([&]<class Row>(Row const& row) {
        texts.push_back(
            {row.name,
             type_name<typename Row::Value>(),
             print_value(params.*row.member),
             print_value(defaults.*row.member),
             allowed_text(row),
             row.unit,
             row.meaning,
             row.change}
        );
    });
    return texts;
}

// "name = value" lines, in the table's order: valid TOML that parses back to the same values.
std::string print_params(std::span<ParamText const> texts);
// FNV-1a over the printed lines: stable across builds and machines.
std::uint64_t hash_params(std::span<ParamText const> texts);
std::uint64_t hash_text(std::string_view text);
std::string hash_name(std::uint64_t hash); // 16 hex digits
// A Markdown table with a row for each parameter.
std::string describe_params(std::span<ParamText const> texts);

template <ParamStruct P>
std::string print_params(P const& params) {
    return print_params(param_texts(params));
}

template <ParamStruct P>
std::uint64_t hash_params(P const& params) {
    return hash_params(param_texts(params));
}

struct ParamChange {
    std::string key;
    std::string before;
    std::string after;
    Change change = Change::reload;
    bool loosens = false; // a risk limit that now allows more

    friend bool operator==(ParamChange const&, ParamChange const&) = default;
};

template <ParamStruct P>
std::vector<ParamChange> diff_params(P const& before, P const& after) {
    std::vector<ParamChange> changes;
    for_each_param<P>([&]<class Row>(Row const& row) {
        auto const& a = before.*row.member;
        auto const& b = after.*row.member;
        if (a == b) return;
        bool loosens = false;
        if constexpr ((Row::ranged || std::is_same_v<typename Row::Value, bool>) &&
                      requires { a < b; })
            loosens = (row.change == Change::loosens_up && a < b) ||
                      (row.change == Change::loosens_down && b < a);
        changes.push_back(
            {std::string{row.name}, print_value(a), print_value(b), row.change, loosens}
        );
    });
    return changes;
}

// Reads the members of one file table and reports everything that is wrong with it.
class TableReader {
public:
    // `path` prefixes the keys in problems: "risk", "strategy.s1".
    TableReader(RawValue const& table, std::string path, ConfigProblems& problems);

    // The value of a known key, or null where the file does not set it.
    RawValue const* take(std::string_view name);
    void complain(std::string_view name, std::string text, std::string allowed = {});
    // Everything that was not taken is unknown.
    void refuse_unknown();

    std::size_t problem_count() const { return problems_.size(); }

    std::vector<std::pair<std::string, Origin>> const& taken() const { return taken_; }

private:
    RawValue const& table_;
    std::string path_;
    ConfigProblems& problems_;
    std::vector<std::string_view> known_;
    std::vector<std::pair<std::string, Origin>> taken_;
};

// Takes every key of P's table out of `reader`. Bad values are reported and keep their default.
template <ParamStruct P>
P read_params(TableReader& reader) {
    P params;
    auto const problems_before = reader.problem_count();
    for_each_param<P>([&]<class Row>(Row const& row) {
        auto const* raw = reader.take(row.name);
        if (raw == nullptr) return;
        auto value = params.*row.member;
        auto const allowed = [&] {
            auto text = allowed_text(row);
            return text.empty() || row.unit.empty() ? text : text + " " + std::string{row.unit};
        };
        if (auto complaint = read_value(*raw, value))
            return reader.complain(row.name, *complaint, allowed());
        if constexpr (Row::ranged)
            if (!is_within(value, row.min, row.max))
                return reader.complain(
                    row.name, print_value(value) + " is out of range", allowed()
                );
        params.*row.member = std::move(value);
    });
    if constexpr (requires { params.faults(); })
        if (reader.problem_count() == problems_before)
            for (auto const& fault : params.faults())
                reader.complain(fault.key, fault.text);
    return params;
}

} // namespace polyquant::config
