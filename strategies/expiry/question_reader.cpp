#include "strategies/expiry/question_reader.hpp"

#include "engine/core/months.hpp"

#include <algorithm>

namespace polyquant::strategies::expiry {

namespace {

constexpr std::array<std::string_view, 24> relative_words{
    "today",  "tonight",  "tomorrow", "yesterday", "now",    "this", "next",     "week",
    "month",  "year",     "eoy",      "eom",       "monday", "tue",  "tuesday",  "wednesday",
    "friday", "thursday", "saturday", "sunday",    "soon",   "end",  "midnight", "quarter"
};

constexpr int year_min = 2020;
constexpr int year_max = 2099;
constexpr std::int64_t dearest_e8 = 1'000'000'000LL * UsdPrice::scale;

unsigned last_day_of(int year, unsigned month) {
    // Without a year February is given its leap day: the end may then be a day later than it says,
    // which the comparison with the listed end tolerates.
    auto const y = std::chrono::year{year == 0 ? 2024 : year};
    return static_cast<unsigned>(std::chrono::year_month_day_last{
        y, std::chrono::month_day_last{std::chrono::month{month}}
    }.day());
}

// Groups of three with commas, at most one point. Empty when it is no number.
std::optional<std::string> plain_decimal(std::string_view text) {
    if (text.find(':') != std::string_view::npos) return std::nullopt;
    auto const point = text.find('.');
    auto const whole = text.substr(0, point);
    auto const fraction = point == std::string_view::npos ? "" : text.substr(point + 1);
    if (fraction.find_first_of(".,") != std::string_view::npos || fraction.size() > 8)
        return std::nullopt;
    std::string digits;
    if (whole.find(',') == std::string_view::npos) {
        digits = whole;
    } else {
        std::size_t group = 0;
        for (std::size_t i = 0; i < whole.size(); ++group) {
            auto const end = std::min(whole.find(',', i), whole.size());
            auto const length = end - i;
            if (group == 0 ? length < 1 || length > 3 : length != 3) return std::nullopt;
            digits += whole.substr(i, length);
            i = end + 1;
        }
    }
    if (digits.size() > 12) return std::nullopt;
    return digits + (fraction.empty() ? "" : "." + std::string{fraction});
}

// "64.000" may be sixty-four or sixty-four thousand; "0.625" and "1,234.567" may not.
bool is_ambiguous(std::string_view text, bool scaled) {
    auto const point = text.find('.');
    if (scaled || point == std::string_view::npos || text.find(',') != std::string_view::npos)
        return false;
    return text.size() - point - 1 == 3 && text.substr(0, point) != "0";
}

} // namespace

bool QuestionReader::accept(std::string_view text) {
    auto const* word = peek();
    if (word == nullptr || word->text != text) return false;
    ++next_;
    return true;
}

bool QuestionReader::accept_any(std::initializer_list<std::string_view> texts) {
    return std::ranges::any_of(texts, [&](std::string_view text) { return accept(text); });
}

std::optional<QuestionReader::Amount> QuestionReader::amount() {
    auto const dollar = accept("$");
    auto const* number = peek();
    if (number == nullptr || number->kind != Word::Kind::digits)
        return refuse<Amount>(QuestionDefect::bad_number);
    ++next_;
    std::int64_t scale = 1;
    auto const* suffix = peek();
    if (suffix != nullptr && suffix->kind == Word::Kind::letters) {
        auto const text = suffix->text;
        auto const glued = suffix->glued;
        if (glued ? text == "k" : text == "thousand") scale = 1'000;
        if (glued ? text == "m" : text == "million") scale = 1'000'000;
        if (glued ? text == "b" : text == "billion") scale = 1'000'000'000;
        if (scale != 1)
            ++next_;
        else if (glued)
            return refuse<Amount>(QuestionDefect::bad_number);
    }
    if (auto const* sign = peek(); sign != nullptr && sign->text == "%")
        return refuse<Amount>(QuestionDefect::bad_number);
    if (!dollar) {
        auto const* sign = peek();
        if (sign != nullptr && sign->text == "$" && sign->glued) ++next_;
    }
    accept_any({"usd", "usdt", "usdc", "dollars"});
    if (is_ambiguous(number->text, scale != 1))
        return refuse<Amount>(QuestionDefect::ambiguous_number);
    auto const text = plain_decimal(number->text);
    if (!text) return refuse<Amount>(QuestionDefect::bad_number);
    auto const e8 = parse_fixed(*text, 8);
    if (!e8 || *e8 <= 0 || *e8 > dearest_e8 / scale)
        return refuse<Amount>(QuestionDefect::bad_number);
    return Amount{UsdPrice::from_e8(*e8 * scale), scale != 1};
}

std::optional<int> QuestionReader::whole(int digits_min, int digits_max) {
    auto const* word = peek();
    if (word == nullptr || word->kind != Word::Kind::digits) return std::nullopt;
    auto const size = static_cast<int>(word->text.size());
    if (size < digits_min || size > digits_max) return std::nullopt;
    int value = 0;
    for (char const c : word->text) {
        if (c < '0' || c > '9') return std::nullopt;
        value = value * 10 + (c - '0');
    }
    ++next_;
    return value;
}

std::optional<unsigned> QuestionReader::month() {
    auto const* word = peek();
    if (word == nullptr || word->kind != Word::Kind::letters) return std::nullopt;
    for (std::size_t i = 0; i < month_names.size(); ++i) {
        auto const name = month_names[i];
        auto const is_short = word->text == name.substr(0, 3) || (i == 8 && word->text == "sept");
        if (word->text != name && !is_short) continue;
        ++next_;
        if (is_short) accept(".");
        return static_cast<unsigned>(i + 1);
    }
    return std::nullopt;
}

void QuestionReader::optional_year(CivilDay& day) {
    auto const start = next_;
    accept(",");
    auto const year = whole(4, 4);
    if (year && *year >= year_min && *year <= year_max)
        day.year = *year;
    else
        next_ = start;
}

bool QuestionReader::day_exists(CivilDay const& day) const {
    return day.day >= 1 && day.day <= last_day_of(day.year, day.month);
}

// "March 11", "Mar. 11th, 2026", "11 March 2026", "2026-03-11"
std::optional<CivilDay> QuestionReader::day() {
    auto const start = next_;
    CivilDay found;
    auto const give_up = [&](QuestionDefect defect) {
        next_ = start;
        return refuse<CivilDay>(defect);
    };
    if (auto const year = whole(4, 4)) {
        if (*year < year_min || *year > year_max || !accept("-"))
            return give_up(QuestionDefect::bad_date);
        auto const m = whole(2, 2);
        if (!m || *m < 1 || *m > 12 || !accept("-")) return give_up(QuestionDefect::bad_date);
        auto const d = whole(2, 2);
        if (!d) return give_up(QuestionDefect::bad_date);
        found = {*year, static_cast<unsigned>(*m), static_cast<unsigned>(*d)};
    } else {
        auto m = month();
        auto const d = whole(1, 2);
        if (!d) return give_up(QuestionDefect::bad_date);
        auto const* suffix = peek();
        if (suffix != nullptr && suffix->glued) accept_any({"st", "nd", "rd", "th"});
        if (!m) {
            accept("of");
            m = month();
        }
        if (!m) return give_up(QuestionDefect::bad_date);
        found = {0, *m, static_cast<unsigned>(*d)};
        optional_year(found);
    }
    if (!day_exists(found)) return give_up(QuestionDefect::bad_date);
    return found;
}

// "5PM", "12:00 PM", "noon", "16:00"; neither a bare "5" nor "1:15" is a time.
std::optional<int> QuestionReader::minute_of_day() {
    if (accept("noon")) return 12 * 60;
    auto const* word = peek();
    if (word == nullptr || word->kind != Word::Kind::digits)
        return refuse<int>(QuestionDefect::bad_date);
    auto const text = word->text;
    auto const colon = text.find(':');
    auto const number = [](std::string_view digits) {
        int value = 0;
        for (char const c : digits)
            value = c >= '0' && c <= '9' && digits.size() <= 2 ? value * 10 + (c - '0') : 1'000;
        return digits.empty() ? 1'000 : value;
    };
    auto hour = number(text.substr(0, colon));
    auto const minute = colon == std::string_view::npos ? 0 : number(text.substr(colon + 1));
    ++next_;
    auto const am = accept("am");
    auto const pm = !am && accept("pm");
    auto const twelve = am || pm;
    // Without AM or PM only what a 12-hour clock does not write is clear: "16:00", "09:30".
    auto const clear = colon != std::string_view::npos && (hour > 12 || text.front() == '0');
    if (!twelve && !clear) return refuse<int>(QuestionDefect::bad_date);
    if (minute > 59 || (twelve ? hour < 1 || hour > 12 : hour > 23))
        return refuse<int>(QuestionDefect::bad_date);
    if (am && hour == 12) hour = 0;
    if (pm && hour != 12) hour += 12;
    return hour * 60 + minute;
}

std::optional<Zone> QuestionReader::zone() {
    if (accept("et")) return Zone::et;
    if (accept("est")) return Zone::est;
    if (accept("edt")) return Zone::edt;
    if (accept_any({"utc", "gmt"})) return Zone::utc;
    return refuse<Zone>(QuestionDefect::unknown_zone);
}

// on DAY | on DAY at TIME ZONE | on DAY, TIME ZONE
std::optional<ClaimTime> QuestionReader::on() {
    auto const d = day();
    if (!d) return std::nullopt;
    ClaimTime time;
    time.last = *d;
    auto const start = next_;
    accept_any({",", "at"});
    auto const* word = peek();
    auto const timed =
        word != nullptr && (word->kind == Word::Kind::digits || word->text == "noon");
    if (!timed) {
        next_ = start;
        return time;
    }
    auto const minute = minute_of_day();
    if (!minute) return std::nullopt;
    auto const z = zone();
    if (!z) return std::nullopt;
    time.form = ClaimTime::Form::at_time;
    time.minute = *minute;
    time.zone = *z;
    return time;
}

// at TIME ZONE on DAY
std::optional<ClaimTime> QuestionReader::at() {
    auto const minute = minute_of_day();
    if (!minute) return std::nullopt;
    auto const z = zone();
    if (!z) return std::nullopt;
    accept(",");
    if (!accept("on")) return refuse<ClaimTime>(QuestionDefect::date_missing);
    auto const d = day();
    if (!d) return std::nullopt;
    return ClaimTime{ClaimTime::Form::at_time, {}, *d, *minute, *z};
}

// by DAY | by TIME ZONE on DAY | by DAY at TIME ZONE | by [the] end of MONTH YEAR, of YEAR |
// before DAY | before MONTH YEAR | before YEAR
std::optional<ClaimTime> QuestionReader::by(bool before) {
    ClaimTime time;
    time.form = ClaimTime::Form::by_day;
    auto const start = next_;
    if (!before && (accept_all("the", "end", "of") || accept_all("end", "of"))) {
        if (auto const year = whole(4, 4); year && *year >= year_min && *year <= year_max) {
            time.last = {*year, 12, 31};
            return time;
        }
        auto const m = month();
        if (!m) return refuse<ClaimTime>(QuestionDefect::relative_date);
        time.last = {0, *m, 1};
        optional_year(time.last);
        time.last.day = last_day_of(time.last.year, *m);
        return time;
    }
    if (before) {
        if (auto const year = whole(4, 4); year && *year >= year_min && *year <= year_max) {
            time.last = {*year - 1, 12, 31};
            return time;
        }
        next_ = start;
        if (auto const m = month()) {
            CivilDay named{0, *m, 1};
            optional_year(named);
            if (named.year != 0) {
                auto const year = *m == 1 ? named.year - 1 : named.year;
                auto const previous = *m == 1 ? 12U : *m - 1;
                time.last = {year, previous, last_day_of(year, previous)};
                return time;
            }
            next_ = start;
        }
        // "before March 11" without a time may or may not include the eleventh.
        return refuse<ClaimTime>(QuestionDefect::ambiguous_date);
    }
    auto const* word = peek();
    auto const* behind = peek(1);
    auto const timed = word != nullptr &&
                       (word->text == "noon" || word->text.find(':') != std::string_view::npos ||
                        (behind != nullptr && (behind->text == "am" || behind->text == "pm")));
    auto parsed = timed ? at() : on();
    if (!parsed) return std::nullopt;
    parsed->form = parsed->form == ClaimTime::Form::at_time ? ClaimTime::Form::by_time
                                                            : ClaimTime::Form::by_day;
    return parsed;
}

// in MONTH | in MONTH YEAR | in YEAR
std::optional<ClaimTime> QuestionReader::in() {
    ClaimTime time;
    time.form = ClaimTime::Form::during;
    if (auto const year = whole(4, 4)) {
        if (*year < year_min || *year > year_max)
            return refuse<ClaimTime>(QuestionDefect::bad_date);
        time.first = {*year, 1, 1};
        time.last = {*year, 12, 31};
        return time;
    }
    auto const m = month();
    if (!m) return refuse<ClaimTime>(QuestionDefect::bad_date);
    time.first = {0, *m, 1};
    optional_year(time.first);
    time.last = {time.first.year, *m, last_day_of(time.first.year, *m)};
    return time;
}

// MONTH d-d [, YEAR] | MONTH d-MONTH d [, YEAR]
std::optional<ClaimTime> QuestionReader::range() {
    auto const m = month();
    auto const d = m ? whole(1, 2) : std::nullopt;
    if (!d || !accept("-")) return refuse<ClaimTime>(QuestionDefect::bad_date);
    ClaimTime time;
    time.form = ClaimTime::Form::during;
    time.first = {0, *m, static_cast<unsigned>(*d)};
    auto const other = month();
    auto const until = whole(1, 2);
    if (!until) return refuse<ClaimTime>(QuestionDefect::bad_date);
    time.last = {0, other.value_or(*m), static_cast<unsigned>(*until)};
    optional_year(time.last);
    time.first.year = time.last.year;
    // December 29-January 4: the year, if named, is that of the end.
    auto const turns = time.first.month == 12 && time.last.month == 1;
    if (turns && time.first.year != 0) --time.first.year;
    auto const forward = turns || time.first.month < time.last.month ||
                         (time.first.month == time.last.month && time.first.day < time.last.day);
    if (!forward || !day_exists(time.first) || !day_exists(time.last))
        return refuse<ClaimTime>(QuestionDefect::bad_date);
    return time;
}

std::optional<ClaimTime> QuestionReader::date() {
    accept(",");
    auto const* word = peek();
    if (word == nullptr || word->text == "?")
        return refuse<ClaimTime>(QuestionDefect::date_missing);
    auto const behind = peek(1) != nullptr ? peek(1)->text : std::string_view{};
    for (auto const relative : relative_words) {
        if (word->text == relative) return refuse<ClaimTime>(QuestionDefect::relative_date);
        auto const opens = word->text == "on" || word->text == "by" || word->text == "in" ||
                           word->text == "before";
        if (opens && behind == relative && relative != "end")
            return refuse<ClaimTime>(QuestionDefect::relative_date);
    }
    if (accept("on")) return on();
    if (accept("at")) return at();
    if (accept("by")) return by(false);
    if (accept("before")) return by(true);
    if (accept("in")) return in();
    if (word->kind == Word::Kind::letters) {
        auto const start = next_;
        if (month()) {
            next_ = start;
            return range();
        }
    }
    return refuse<ClaimTime>(QuestionDefect::leftover_words);
}

std::optional<ClaimTime> QuestionReader::window() {
    if (accept("on")) {
        auto const d = day();
        if (!d) return std::nullopt;
        return ClaimTime{ClaimTime::Form::on_day, {}, *d, 0, Zone::et};
    }
    if (!accept("-")) return refuse<ClaimTime>(QuestionDefect::date_missing);
    auto const d = day();
    if (!d) return std::nullopt;
    if (!accept(",")) return refuse<ClaimTime>(QuestionDefect::bad_date);
    auto const from = minute_of_day();
    if (!from) return std::nullopt;
    auto until = *from + 60; // "4AM ET" is the hour that begins then
    if (accept("-")) {
        auto const to = minute_of_day();
        if (!to) return std::nullopt;
        until = *to > *from ? *to : *to + 24 * 60;
        if (until - *from > 4 * 60) return refuse<ClaimTime>(QuestionDefect::bad_date);
    }
    auto const z = zone();
    if (!z) return std::nullopt;
    return ClaimTime{ClaimTime::Form::at_time, {}, *d, until, *z};
}

} // namespace polyquant::strategies::expiry
