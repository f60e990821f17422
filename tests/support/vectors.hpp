// Golden JSON files and payloads for tests.
#pragma once

#include <simdjson.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace polyquant::test {

inline std::string read_text(std::string const& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) throw std::runtime_error{"cannot read " + path};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline std::string source_path(std::string const& relative) {
    return std::string{PQ_SOURCE_DIR} + "/" + relative;
}

// Keeps the parser alive as long as its elements are used.
class JsonFile {
public:
    explicit JsonFile(std::string const& path) : text_{read_text(path)} {
        root_ = parser_.parse(text_).value();
    }

    simdjson::dom::element root() const { return root_; }

    simdjson::dom::array rows(std::string_view key) const { return root_[key].get_array().value(); }

private:
    std::string text_;
    simdjson::dom::parser parser_;
    simdjson::dom::element root_;
};

inline JsonFile golden_vectors(std::string const& name) {
    return JsonFile{source_path("tests/golden/vectors/" + name)};
}

inline std::string_view text_at(simdjson::dom::element e, std::string_view key) {
    return e[key].get_string().value();
}

inline std::int64_t int_at(simdjson::dom::element e, std::string_view key) {
    return e[key].get_int64().value();
}

} // namespace polyquant::test
