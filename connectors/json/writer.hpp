// Compact JSON text, written in the order of the calls.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace polyquant::json {

// `text` between quotes, with what JSON must escape.
std::string quoted(std::string_view text);

// Commas and quotes are its business; that braces match is the caller's.
class Writer {
public:
    Writer& begin_object() { return open('{'); }

    Writer& end_object() { return close('}'); }

    Writer& begin_array() { return open('['); }

    Writer& end_array() { return close(']'); }

    Writer& key(std::string_view name);
    Writer& text(std::string_view value);
    Writer& whole(std::int64_t value);

    Writer& flag(bool value) { return raw(value ? "true" : "false"); }

    Writer& null() { return raw("null"); }

    // Something that is JSON already: a decimal, a nested document.
    Writer& raw(std::string_view json);

    Writer& text(std::string_view name, std::string_view value) { return key(name).text(value); }

    Writer& whole(std::string_view name, std::int64_t value) { return key(name).whole(value); }

    Writer& flag(std::string_view name, bool value) { return key(name).flag(value); }

    Writer& null(std::string_view name) { return key(name).null(); }

    Writer& raw(std::string_view name, std::string_view json) { return key(name).raw(json); }

    std::string take() { return std::move(out_); }

private:
    Writer& open(char bracket);
    Writer& close(char bracket);
    void separate();

    std::string out_;
    bool needs_comma_ = false;
};

} // namespace polyquant::json
