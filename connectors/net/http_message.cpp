#include "connectors/net/http_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace polyquant::net {

namespace {

constexpr auto retry_after_max = std::chrono::hours{24 * 7};
constexpr std::size_t excerpt_max = 300;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

// What a log line can hold of a body: its beginning, control characters as blanks.
std::string excerpt(std::string_view body) {
    std::string out{body.substr(0, excerpt_max)};
    for (auto& c : out)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
    if (body.size() > excerpt_max) out += "...";
    return out;
}

std::optional<unsigned> month_of(std::string_view name) {
    constexpr std::array<std::string_view, 12> names{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"
    };
    auto const* const found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<unsigned>(found - names.begin()) + 1;
}

struct DateFields {
    int year = 0;
    unsigned day = 0;
    std::array<char, 4> month{};
    int hour = 0;
    int minute = 0;
    int second = 0;
};

// The three forms of RFC 9110, section 5.6.7.
bool read_date_fields(std::string const& text, DateFields& d) {
    auto* const month = d.month.data();
    auto const comma = text.find(',');
    auto const rest = comma == std::string::npos ? text : text.substr(comma + 1);
    auto used = 0;
    auto const whole = [&](int fields) {
        return fields == 6 && used == static_cast<int>(rest.size());
    };
    auto fields = std::sscanf(
        rest.c_str(),
        " %2u %3s %4d %2d:%2d:%2d GMT%n",
        &d.day,
        month,
        &d.year,
        &d.hour,
        &d.minute,
        &d.second,
        &used
    );
    if (whole(fields)) return true;
    fields = std::sscanf(
        rest.c_str(),
        " %2u-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n",
        &d.day,
        month,
        &d.year,
        &d.hour,
        &d.minute,
        &d.second,
        &used
    );
    if (whole(fields)) {
        d.year += d.year < 70 ? 2000 : 1900;
        return true;
    }
    fields = std::sscanf(
        rest.c_str(),
        "%*3s %3s %2u %2d:%2d:%2d %4d%n",
        month,
        &d.day,
        &d.hour,
        &d.minute,
        &d.second,
        &d.year,
        &used
    );
    return whole(fields);
}

std::optional<UtcTime> parse_http_date(std::string const& text) {
    DateFields d;
    if (!read_date_fields(text, d)) return std::nullopt;
    auto const month = month_of(d.month.data());
    if (!month || d.hour < 0 || d.hour > 23 || d.minute < 0 || d.minute > 59 || d.second < 0 ||
        d.second > 60)
        return std::nullopt;
    auto const date = std::chrono::year_month_day{
        std::chrono::year{d.year}, std::chrono::month{*month}, std::chrono::day{d.day}
    };
    if (!date.ok() || d.year < 1970 || d.year > 2200) return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{d.hour} +
           std::chrono::minutes{d.minute} + Seconds{d.second};
}

} // namespace

std::optional<std::string_view> find_header(Headers const& headers, std::string_view name) {
    for (auto const& header : headers)
        if (same_name(header.name, name)) return header.value;
    return std::nullopt;
}

std::string_view to_string(Method method) {
    switch (method) {
    case Method::get: return "GET";
    case Method::head: return "HEAD";
    case Method::post: return "POST";
    case Method::put: return "PUT";
    case Method::patch: return "PATCH";
    case Method::delete_: return "DELETE";
    }
    std::abort();
}

HttpRequest get_request(Url url, std::string group) {
    HttpRequest request;
    request.url = std::move(url);
    request.safe_to_repeat = true;
    request.group = std::move(group);
    return request;
}

std::optional<Fault> fault_of_status(int status) {
    if (status >= 200 && status < 300) return std::nullopt;
    switch (status) {
    case 418:
    case 429: return Fault::rate_limited;
    case 401:
    case 403:
    case 407: return Fault::auth;
    case 408:
    case 425: return Fault::transport;
    default: return status >= 500 ? Fault::transport : Fault::rejected;
    }
}

Result<HttpResponse> require_success(HttpResponse response, std::string where) {
    auto const fault = fault_of_status(response.status);
    if (!fault) return response;
    auto const is_redirect = response.status >= 300 && response.status < 400;
    auto detail = is_redirect
                      ? fmt::format(
                            "a redirect to '{}' was not followed; put the final URL into the "
                            "configuration",
                            excerpt(response.header("Location").value_or("?"))
                        )
                      : excerpt(response.body);
    return Failure{*fault, std::move(where), std::move(detail), response.status};
}

std::optional<Nanos> parse_retry_after(std::string_view value, UtcTime now) {
    value = trimmed(value);
    auto const clamped = [](Nanos wait) {
        return std::clamp<Nanos>(wait, Nanos{0}, Nanos{retry_after_max});
    };
    std::int64_t seconds = 0;
    auto const [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    if (end == value.data() + value.size() && end != value.data()) {
        auto const most = std::chrono::duration_cast<Seconds>(retry_after_max).count();
        if (error == std::errc::result_out_of_range) return Nanos{retry_after_max};
        if (seconds < 0) return std::nullopt;
        return Seconds{std::min(seconds, most)};
    }
    auto const date = parse_http_date(std::string{value});
    if (!date) return std::nullopt;
    return clamped(*date - now);
}

std::optional<Nanos> retry_after(HttpResponse const& response, UtcTime now) {
    auto const value = response.header("Retry-After");
    if (!value) return std::nullopt;
    return parse_retry_after(*value, now);
}

} // namespace polyquant::net
