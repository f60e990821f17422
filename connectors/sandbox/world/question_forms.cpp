#include "connectors/sandbox/world/question_forms.hpp"

#include "engine/core/months.hpp"

#include <fmt/format.h>

namespace polyquant::sandbox {

namespace {

using std::chrono::year_month_day;

constexpr std::array<std::string_view, asset_count> full_names{
    "Bitcoin", "Ethereum", "Solana", "XRP"
};

constexpr std::array<std::string_view, 6> towns{"Oslo", "Lyon", "Porto", "Kyoto", "Lima", "Austin"};

constexpr std::array<std::string_view, 5> words{"inflation", "tariff", "peace", "moon", "budget"};

// New York's clock: summer time from the second Sunday of March to the first of November, 2 a.m.
Seconds eastern_offset(UtcTime at) {
    using namespace std::chrono;
    auto const year = year_month_day{floor<days>(at)}.year();
    auto const spring = sys_days{year / March / Sunday[2]} + hours{7};
    auto const autumn = sys_days{year / November / Sunday[1]} + hours{6};
    return at >= spring && at < autumn ? Seconds{-4 * 3600} : Seconds{-5 * 3600};
}

std::string clock_text(UtcTime local) {
    auto const minutes = std::chrono::floor<std::chrono::minutes>(
                             local - std::chrono::floor<std::chrono::days>(local)
    )
                             .count();
    auto const hour = minutes / 60;
    return fmt::format(
        "{}:{:02}{}", hour % 12 == 0 ? 12 : hour % 12, minutes % 60, hour < 12 ? "AM" : "PM"
    );
}

std::string local_date(UtcTime local) {
    auto const day = year_month_day{std::chrono::floor<std::chrono::days>(local)};
    std::string month{month_names[static_cast<unsigned>(day.month()) - 1]};
    month.front() = static_cast<char>(month.front() - 'a' + 'A');
    return fmt::format("{} {}", month, static_cast<unsigned>(day.day()));
}

// "64k", "64.5k" where the price has no smaller digits, else as dollars() writes it.
std::string thousands(UsdPrice price) {
    auto const hundreds = price.e8() / (100 * UsdPrice::scale);
    if (hundreds == 0 || hundreds * 100 * UsdPrice::scale != price.e8()) return dollars(price);
    return hundreds % 10 == 0 ? fmt::format("{}k", hundreds / 10)
                              : fmt::format("{}.{}k", hundreds / 10, hundreds % 10);
}

} // namespace

std::string_view full_name(Asset asset) {
    return full_names[index_of(asset)];
}

std::string date_text(UtcTime at) {
    return local_date(at + eastern_offset(at));
}

std::string moment_text(UtcTime at) {
    auto const local = at + eastern_offset(at);
    return fmt::format("{}, {} ET", local_date(local), clock_text(local));
}

std::string eastern_range(Window window) {
    auto const from = window.start + eastern_offset(window.start);
    auto const to = window.end() + eastern_offset(window.end());
    return fmt::format("{}, {}-{} ET", local_date(from), clock_text(from), clock_text(to));
}

std::string dollars(UsdPrice price) {
    auto text = to_string(price);
    auto const point = std::min(text.find('.'), text.size());
    for (auto at = point; at > 3; at -= 3)
        text.insert(at - 3, ",");
    return text;
}

Claim claim_of(QuestionForm form, bool strike_is_above) {
    switch (form) {
    case QuestionForm::less_than: return Claim::below;
    case QuestionForm::between: return Claim::between;
    case QuestionForm::reach: return Claim::touch_up;
    case QuestionForm::dip_to: return Claim::touch_down;
    case QuestionForm::hit: return strike_is_above ? Claim::touch_up : Claim::touch_down;
    case QuestionForm::above_at:
    case QuestionForm::short_form:
    case QuestionForm::or_higher:
    case QuestionForm::up_or_down:
    case QuestionForm::relative_date:
    case QuestionForm::weather:
    case QuestionForm::sports:
    case QuestionForm::mentions: return Claim::above;
    }
    std::abort();
}

std::string_view short_name(QuestionForm form) {
    switch (form) {
    case QuestionForm::above_at: return "above";
    case QuestionForm::less_than: return "less-than";
    case QuestionForm::between: return "between";
    case QuestionForm::reach: return "reach";
    case QuestionForm::dip_to: return "dip-to";
    case QuestionForm::hit: return "hit";
    case QuestionForm::short_form: return "above-short";
    case QuestionForm::or_higher: return "or-higher";
    case QuestionForm::up_or_down: return "up-or-down";
    case QuestionForm::relative_date: return "today";
    case QuestionForm::weather: return "rain";
    case QuestionForm::sports: return "win";
    case QuestionForm::mentions: return "says";
    }
    std::abort();
}

std::string_view tags_of(QuestionForm form) {
    switch (form) {
    case QuestionForm::weather: return "weather";
    case QuestionForm::sports: return "sports,soccer";
    case QuestionForm::mentions: return "politics,mentions";
    default: return "crypto,crypto-prices";
    }
}

std::string question_text(
    QuestionForm form, Asset asset, UsdPrice low, UsdPrice high, UtcTime end, int number
) {
    auto const coin = full_name(asset);
    auto const when = moment_text(end);
    auto const n = static_cast<std::size_t>(number);
    switch (form) {
    case QuestionForm::above_at:
        return fmt::format("Will {} be above ${} on {}?", coin, dollars(low), when);
    case QuestionForm::less_than:
        return fmt::format(
            "Will the price of {} be less than ${} on {}?", coin, dollars(low), when
        );
    case QuestionForm::between:
        return fmt::format(
            "Will the price of {} be between ${} and ${} on {}?",
            coin,
            dollars(low),
            dollars(high),
            when
        );
    case QuestionForm::reach:
        return fmt::format("Will {} reach ${} by {}?", coin, dollars(low), when);
    case QuestionForm::dip_to:
        return fmt::format("Will {} dip to ${} by {}?", coin, dollars(low), when);
    case QuestionForm::hit:
        return fmt::format("Will {} hit ${} by {}?", coin, thousands(low), when);
    case QuestionForm::short_form:
        return fmt::format("{} above {} on {}?", coin, dollars(low), when);
    case QuestionForm::or_higher:
        return fmt::format(
            "Will the price of {} be ${} or higher on {}?", coin, dollars(low), when
        );
    case QuestionForm::up_or_down:
        return fmt::format(
            "{} Up or Down - {}", coin, eastern_range({end - Seconds{3'600}, Seconds{3'600}})
        );
    case QuestionForm::relative_date:
        return fmt::format("Will {} be above ${} today?", coin, dollars(low));
    case QuestionForm::weather:
        return fmt::format("Will it rain in {} on {}?", towns[n % towns.size()], date_text(end));
    case QuestionForm::sports:
        return fmt::format("Will {} win on {}?", towns[n % towns.size()], date_text(end));
    case QuestionForm::mentions:
        return fmt::format(
            "Will the minister say \"{}\" {} times on {}?",
            words[n % words.size()],
            2 + n % 9,
            date_text(end)
        );
    }
    std::abort();
}

} // namespace polyquant::sandbox
