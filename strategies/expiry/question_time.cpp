#include "strategies/expiry/question_time.hpp"

#include <fmt/format.h>

namespace polyquant::strategies::expiry {

namespace {

using namespace std::chrono;

std::optional<sys_days> days_of(CivilDay day) {
    auto const date = year{day.year} / month{day.month} / std::chrono::day{day.day};
    if (!date.ok()) return std::nullopt;
    return sys_days{date};
}

// Local wall time of the change, as if it were UTC.
sys_time<minutes> second_sunday_of_march(int y) {
    return sys_days{year{y} / March / Sunday[2]} + hours{2};
}

sys_time<minutes> first_sunday_of_november(int y) {
    return sys_days{year{y} / November / Sunday[1]} + hours{2};
}

std::optional<minutes> eastern_offset(sys_time<minutes> local) {
    auto const y = static_cast<int>(year_month_day{floor<days>(local)}.year());
    auto const begins = second_sunday_of_march(y);
    auto const ends = first_sunday_of_november(y);
    if (local >= begins && local < begins + hours{1}) return std::nullopt;
    if (local >= ends - hours{1} && local < ends) return std::nullopt;
    return local >= begins && local < ends ? hours{-4} : hours{-5};
}

std::string_view name_of(Zone zone) {
    switch (zone) {
    case Zone::et: return "ET";
    case Zone::est: return "EST";
    case Zone::edt: return "EDT";
    case Zone::utc: return "UTC";
    }
    std::abort();
}

std::string text_of(CivilDay day) {
    if (day.year == 0) return fmt::format("{:02}-{:02}", day.month, day.day);
    return fmt::format("{:04}-{:02}-{:02}", day.year, day.month, day.day);
}

bool lies_within(UtcTime t, sys_days from, hours length) {
    return t >= UtcTime{from} && t <= UtcTime{from + length};
}

bool agrees_in_year(ClaimTime const& time, CivilDay last, UtcTime listed_end) {
    auto const start = days_of(last);
    if (!start) return false;
    switch (time.form) {
    case ClaimTime::Form::on_day: return lies_within(listed_end, *start, hours{24 + 5});
    case ClaimTime::Form::by_day:
    case ClaimTime::Form::during: return lies_within(listed_end, *start, hours{48});
    case ClaimTime::Form::at_time:
    case ClaimTime::Form::by_time: break;
    }
    auto const at = utc_of(last, time.minute, time.zone);
    if (!at) return false;
    auto const slack = time.form == ClaimTime::Form::at_time ? minutes{10} : minutes{24 * 60};
    return listed_end >= *at - slack && listed_end <= *at + slack;
}

} // namespace

std::optional<UtcTime> utc_of(CivilDay day, int minute_of_day, Zone zone) {
    auto const midnight = days_of(day);
    if (!midnight) return std::nullopt;
    auto const local = sys_time<minutes>{*midnight} + minutes{minute_of_day};
    switch (zone) {
    case Zone::utc: return UtcTime{local};
    case Zone::est: return UtcTime{local + hours{5}};
    case Zone::edt: return UtcTime{local + hours{4}};
    case Zone::et: break;
    }
    auto const offset = eastern_offset(local);
    if (!offset) return std::nullopt;
    return UtcTime{local - *offset};
}

std::string to_string(ClaimTime const& time) {
    auto const clock = fmt::format(
        "{} {:02}:{:02} {}",
        text_of(time.last),
        time.minute / 60,
        time.minute % 60,
        name_of(time.zone)
    );
    switch (time.form) {
    case ClaimTime::Form::on_day: return "on " + text_of(time.last);
    case ClaimTime::Form::at_time: return "at " + clock;
    case ClaimTime::Form::by_day: return "by " + text_of(time.last);
    case ClaimTime::Form::by_time: return "by " + clock;
    case ClaimTime::Form::during:
        return fmt::format("from {} to {}", text_of(time.first), text_of(time.last));
    }
    std::abort();
}

bool end_agrees(ClaimTime const& time, UtcTime listed_end) {
    if (time.last.year != 0) return agrees_in_year(time, time.last, listed_end);
    auto const listed = static_cast<int>(year_month_day{floor<days>(listed_end)}.year());
    for (auto const y : {listed - 1, listed, listed + 1}) {
        auto last = time.last;
        last.year = y;
        if (agrees_in_year(time, last, listed_end)) return true;
    }
    return false;
}

} // namespace polyquant::strategies::expiry
