#include "connectors/chain/wei.hpp"

#include <fmt/format.h>

namespace polyquant::chain {

std::string to_string(Wei amount) {
    std::string digits;
    auto rest = amount.value;
    do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    return digits;
}

std::string to_pol_text(Wei amount) {
    constexpr Wide step = 1'000'000'000'000; // a millionth of a POL
    auto const millionths = (amount.value + step - 1) / step;
    auto const whole = to_string(Wei{millionths / 1'000'000});
    return fmt::format("{}.{:06} POL", whole, static_cast<std::uint64_t>(millionths % 1'000'000));
}

std::string to_gwei_text(std::uint64_t price) {
    auto text = fmt::format("{}.{:09}", price / gwei(1), price % gwei(1));
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + " gwei";
}

} // namespace polyquant::chain
