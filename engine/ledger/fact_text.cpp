#include "engine/ledger/fact_text.hpp"

#include "engine/ledger/fact_fields.hpp"
#include "engine/ledger/value_text.hpp"

#include <map>

namespace polyquant::ledger {

namespace {

struct Writer {
    std::string out;

    template <class T>
    void operator()(std::string_view key, T const& value) {
        if (!out.empty()) out += '\t';
        out += key;
        out += '=';
        put(out, value);
    }

    // A field that older facts do not have: left out while it is empty, so that their text stays.
    template <class T>
    void added_later(std::string_view key, std::optional<T> const& value) {
        if (value) (*this)(key, value);
    }
};

struct Reader {
    std::map<std::string_view, std::string_view> pairs;
    std::string problem;

    template <class T>
    void operator()(std::string_view key, T& value) {
        auto const at = pairs.find(key);
        if (at == pairs.end()) {
            if (problem.empty()) problem = fmt::format("{} is missing", key);
            return;
        }
        if (!get(at->second, value) && problem.empty())
            problem = fmt::format("{}=\"{}\" cannot be read", key, at->second);
        pairs.erase(at);
    }

    template <class T>
    void added_later(std::string_view key, std::optional<T>& value) {
        value.reset();
        if (pairs.contains(key)) (*this)(key, value);
    }
};

bool split(std::string_view text, Reader& reader) {
    while (!text.empty()) {
        auto const pair = text.substr(0, text.find('\t'));
        auto const equals = pair.find('=');
        if (equals == std::string_view::npos) return false;
        if (!reader.pairs.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
            return false;
        text.remove_prefix(std::min(text.size(), pair.size() + 1));
    }
    return true;
}

template <std::size_t N = 0>
bool make_kind(std::string_view kind, FactBody& body) {
    if constexpr (N < std::variant_size_v<FactBody>) {
        body.emplace<N>();
        return name_of(body) == kind || make_kind<N + 1>(kind, body);
    }
    return false;
}

} // namespace

std::string encode(FactBody const& body) {
    Writer writer;
    writer.out.reserve(512);
    std::visit([&](auto const& fact) { fields(writer, fact); }, body);
    return std::move(writer.out);
}

Result<FactBody> decode_fact(std::string_view kind, std::string_view text) {
    auto const bad = [kind](std::string detail) {
        return Failure{Fault::parse, fmt::format("fact {}", kind), std::move(detail)};
    };
    FactBody body;
    if (!make_kind(kind, body)) return bad("no such kind of fact; a newer polyquant wrote it?");
    Reader reader;
    if (!split(text, reader)) return bad("not a list of key=value pairs");
    std::visit([&](auto& fact) { fields(reader, fact); }, body);
    if (!reader.problem.empty()) return bad(reader.problem);
    if (!reader.pairs.empty())
        return bad(fmt::format("unknown key {}", reader.pairs.begin()->first));
    return body;
}

} // namespace polyquant::ledger
