#pragma once

#include "engine/core/market.hpp"
#include "tests/support/vectors.hpp"

namespace polyquant::test {

inline std::string payload(std::string const& name) {
    return read_text(source_path("tests/payloads/polymarket/" + name));
}

inline constexpr auto received_at = utc_from_millis(1'790'000'001'000);
inline constexpr auto our_key = std::string_view{"f4f247b7-4ac7-ff29-a152-04fda0a8755a"};

inline TokenId up_token() {
    return parse_token_id(
               "104239898038807136052399800151408521467737075933964991162589336683346093173875"
    )
        .value();
}

inline TokenId down_token() {
    return parse_token_id(
               "71183960810705820955071415844881728181970340514894896943812046065452395013351"
    )
        .value();
}

inline ConditionId condition() {
    return parse_condition_id("0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b")
        .value();
}

// `text` with the first `from` replaced: how most ugly variants are made.
inline std::string with(std::string text, std::string_view from, std::string_view to) {
    auto const at = text.find(from);
    if (at == std::string::npos) throw std::runtime_error{"payload lacks " + std::string{from}};
    return text.replace(at, from.size(), to);
}

} // namespace polyquant::test
