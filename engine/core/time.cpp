#include "engine/core/time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace polyquant {

namespace {

Failure bad_time(std::string_view text) {
    return Failure{
        Fault::parse,
        "time",
        fmt::format("\"{}\" is not a UTC time such as 2026-04-14T00:05:00Z", text.substr(0, 40))
    };
}

// Takes exactly `digits` digits off the front.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
    if (text.size() < digits) return std::nullopt;
    int value = 0;
    auto const* end = text.data() + digits;
    auto const [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < 0) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<Nanos> take_fraction(std::string_view& text) {
    if (!take(text, '.')) return Nanos{0};
    std::int64_t nanos = 0;
    std::size_t used = 0;
    while (used < text.size() && text[used] >= '0' && text[used] <= '9') {
        if (used < 9) nanos = nanos * 10 + (text[used] - '0');
        ++used;
    }
    if (used == 0) return std::nullopt;
    for (auto i = used; i < 9; ++i)
        nanos *= 10;
    text.remove_prefix(used);
    return Nanos{nanos};
}

std::optional<Nanos> take_zone(std::string_view& text) {
    if (take(text, 'Z')) return Nanos{0};
    auto const west = !text.empty() && text.front() == '-';
    if (!take(text, '+') && !take(text, '-')) return std::nullopt;
    auto const hours = take_number(text, 2);
    auto const colon = take(text, ':');
    // The venue also writes "+00" without minutes.
    auto const minutes = text.empty() && !colon ? std::optional{0} : take_number(text, 2);
    if (!hours || !minutes || *hours > 14 || *minutes > 59) return std::nullopt;
    auto const offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
    return west ? -Nanos{offset} : Nanos{offset};
}

} // namespace

std::string format_utc(UtcTime t) {
    using namespace std::chrono;
    auto const day = floor<days>(t);
    auto const date = year_month_day{day};
    // Not t - day: the first representable instant's day begins before it.
    constexpr auto day_nanos = nanoseconds{days{1}}.count();
    auto const into_day = (t.time_since_epoch().count() % day_nanos + day_nanos) % day_nanos;
    auto const clock = hh_mm_ss{floor<milliseconds>(nanoseconds{into_day})};
    auto text = fmt::format(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()),
        clock.hours().count(),
        clock.minutes().count(),
        clock.seconds().count()
    );
    if (clock.subseconds().count() != 0) text += fmt::format(".{:03}", clock.subseconds().count());
    return text + "Z";
}

Result<UtcTime> parse_utc(std::string_view text) {
    using namespace std::chrono;
    auto rest = text;
    auto const y = take_number(rest, 4);
    auto const dash1 = take(rest, '-');
    auto const mo = take_number(rest, 2);
    auto const dash2 = take(rest, '-');
    auto const d = take_number(rest, 2);
    if (!y || !dash1 || !mo || !dash2 || !d) return bad_time(text);
    auto const date =
        year_month_day{year{*y}, month{static_cast<unsigned>(*mo)}, day{static_cast<unsigned>(*d)}};
    // Nanoseconds in 64 bits end in 2262; servers write year 1 for "never".
    if (!date.ok() || *y < 1900 || *y > 2261) return bad_time(text);
    auto const midnight = UtcTime{sys_days{date}.time_since_epoch()};
    if (rest.empty()) return midnight;

    if (!take(rest, 'T') && !take(rest, ' ')) return bad_time(text);
    auto const h = take_number(rest, 2);
    auto const colon = take(rest, ':');
    auto const mi = take_number(rest, 2);
    if (!h || !colon || !mi || *h > 23 || *mi > 59) return bad_time(text);
    auto second = std::optional{0};
    if (take(rest, ':')) second = take_number(rest, 2);
    auto const fraction = take_fraction(rest);
    auto const zone = take_zone(rest);
    if (!second || *second > 60 || !fraction || !zone || !rest.empty()) return bad_time(text);
    return midnight + hours{*h} + minutes{*mi} + seconds{*second} + *fraction - *zone;
}

} // namespace polyquant
