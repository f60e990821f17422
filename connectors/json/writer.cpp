#include "connectors/json/writer.hpp"

#include <fmt/format.h>

namespace polyquant::json {

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (auto const c : text) {
        switch (c) {
        case '"': out += "\\\""; break;
        case '\\': out += "\\\\"; break;
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (static_cast<unsigned char>(c) < ' ')
                out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            else
                out += c;
        }
    }
    return out + '"';
}

void Writer::separate() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
}

Writer& Writer::open(char bracket) {
    separate();
    out_ += bracket;
    needs_comma_ = false;
    return *this;
}

Writer& Writer::close(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
    return *this;
}

Writer& Writer::key(std::string_view name) {
    separate();
    out_ += quoted(name);
    out_ += ':';
    needs_comma_ = false;
    return *this;
}

Writer& Writer::text(std::string_view value) {
    return raw(quoted(value));
}

Writer& Writer::whole(std::int64_t value) {
    return raw(std::to_string(value));
}

Writer& Writer::raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
}

} // namespace polyquant::json
