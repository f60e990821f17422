// On-demand parsing picks its kernel when it is compiled, and x86-64-v3 alone lacks the carry-less
// multiplication its AVX2 kernel wants: files that use it are compiled with -mpclmul (see the
// CMakeLists beside them) or fall back to plain loops. Every CPU of that level has it.
// simdjson reads up to 64 bytes beyond the text, so a frame is copied into a buffer that has them.
// For .cpp files only: simdjson.hpp is heavy.
#pragma once

#include <simdjson.h>

#include <cstring>
#include <memory>
#include <string_view>

namespace polyquant::json {

class PaddedFrame {
public:
    // Valid until the next load. Reallocates only for a frame longer than any before.
    simdjson::padded_string_view load(std::string_view text) {
        auto const needed = text.size() + simdjson::SIMDJSON_PADDING;
        if (needed > capacity_) {
            capacity_ = needed * 2;
            buffer_ = std::make_unique<char[]>(capacity_);
        }
        if (!text.empty()) std::memcpy(buffer_.get(), text.data(), text.size());
        std::memset(buffer_.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
        return simdjson::padded_string_view{buffer_.get(), text.size(), capacity_};
    }

private:
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
};

} // namespace polyquant::json
