// Committed test data under tests/golden.
#pragma once

#include <boost/json.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace polyquant {

inline std::string golden_text(std::string const& name) {
    std::ifstream file{std::string{PQ_SOURCE_DIR} + "/tests/golden/" + name, std::ios::binary};
    if (!file) throw std::runtime_error{"missing golden file tests/golden/" + name};
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline boost::json::value golden_json(std::string const& name) {
    return boost::json::parse(golden_text(name));
}

} // namespace polyquant
