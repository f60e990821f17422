#include "engine/runtime/journal_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <iterator>
#include <nmmintrin.h>
#include <system_error>
#include <unistd.h>

namespace polyquant::runtime {

namespace {

constexpr std::string_view version = "1";
constexpr std::size_t checksum_length = 10; // " ~0b12e6f7"

std::uint32_t crc_of(std::string_view text) {
    std::uint64_t crc = 0xffffffff;
    for (; text.size() >= 8; text.remove_prefix(8)) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, text.data(), 8);
        crc = _mm_crc32_u64(crc, eight);
    }
    auto rest = static_cast<std::uint32_t>(crc);
    for (auto const c : text)
        rest = _mm_crc32_u8(rest, static_cast<unsigned char>(c));
    return ~rest;
}

void close_line(std::string& out, std::size_t line_begin) {
    auto const crc = crc_of(std::string_view{out}.substr(line_begin));
    fmt::format_to(std::back_inserter(out), " ~{:08x}\n", crc);
}

void append_digits(std::string& out, std::int64_t value, std::size_t digits) {
    std::array<char, 9> text{};
    for (auto i = digits; i-- > 0; value /= 10)
        text[i] = static_cast<char>('0' + value % 10);
    out.append(text.data(), digits);
}

void append_utc(std::string& out, UtcTime t) {
    using namespace std::chrono;
    auto const day = floor<days>(t);
    auto const date = year_month_day{day};
    auto const second_of_day = floor<seconds>(t - day).count();
    append_digits(out, static_cast<int>(date.year()), 4);
    out.push_back('-');
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out.push_back('-');
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out.push_back('T');
    append_digits(out, second_of_day / 3600, 2);
    out.push_back(':');
    append_digits(out, second_of_day / 60 % 60, 2);
    out.push_back(':');
    append_digits(out, second_of_day % 60, 2);
    out.push_back('.');
    append_digits(out, (t - floor<seconds>(t)).count(), 9);
    out.push_back('Z');
}

void append_escaped(std::string& out, std::string_view payload) {
    for (;;) {
        auto const n = std::min(payload.find_first_of("\\\n\r"), payload.size());
        out.append(payload.substr(0, n));
        if (n == payload.size()) return;
        out.push_back('\\');
        out.push_back(payload[n] == '\n' ? 'n' : payload[n] == '\r' ? 'r' : '\\');
        payload.remove_prefix(n + 1);
    }
}

std::optional<std::string> unescape(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out.push_back(text[i]);
            continue;
        }
        if (++i == text.size()) return std::nullopt;
        switch (text[i]) {
        case 'n': out.push_back('\n'); break;
        case 'r': out.push_back('\r'); break;
        case '\\': out.push_back('\\'); break;
        default: return std::nullopt;
        }
    }
    return out;
}

// The line without its checksum, when that is right.
std::optional<std::string_view> checked_body(std::string_view line) {
    if (line.size() < checksum_length) return std::nullopt;
    auto const body = line.substr(0, line.size() - checksum_length);
    return line.substr(body.size()) == fmt::format(" ~{:08x}", crc_of(body)) ? std::optional{body}
                                                                             : std::nullopt;
}

std::optional<std::string_view> take_field(std::string_view& rest) {
    auto const blank = rest.find(' ');
    if (blank == std::string_view::npos || blank == 0) return std::nullopt;
    auto const field = rest.substr(0, blank);
    rest.remove_prefix(blank + 1);
    return field;
}

std::optional<std::uint64_t> to_number(std::string_view text) {
    std::uint64_t value = 0;
    auto const [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view or_dash(std::string const& value) {
    return value.empty() ? std::string_view{"-"} : std::string_view{value};
}

// "name=value" off the front.
std::optional<std::string_view> take_value(std::string_view& rest, std::string_view name) {
    if (!rest.starts_with(name) || rest.substr(name.size(), 1) != "=") return std::nullopt;
    rest.remove_prefix(name.size() + 1);
    auto const end = std::min(rest.find(' '), rest.size());
    auto const value = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return value;
}

} // namespace

void append_record_line(
    std::string& out, std::uint64_t seq, UtcTime at, std::string_view kind, std::string_view payload
) {
    ENSURE(
        !kind.empty() && kind.find_first_of(" \n\r\\") == std::string_view::npos,
        "a journal record's kind is one word"
    );
    auto const begin = out.size();
    fmt::format_to(std::back_inserter(out), "{} ", seq);
    append_utc(out, at);
    out.push_back(' ');
    out.append(kind);
    out.push_back(' ');
    append_escaped(out, payload);
    close_line(out, begin);
}

std::string header_line(RunIdentity const& identity) {
    auto out = fmt::format(
        "{}{} config={} tape={} seed={} code={}",
        journal_magic,
        version,
        or_dash(identity.config_hash),
        or_dash(identity.tape_hash),
        identity.seed,
        or_dash(identity.code_version)
    );
    close_line(out, 0);
    return out;
}

std::optional<JournalRecord> parse_record_line(std::string_view line) {
    auto const body = checked_body(line);
    if (!body) return std::nullopt;
    auto rest = *body;
    auto const seq_text = take_field(rest);
    auto const at_text = seq_text ? take_field(rest) : std::nullopt;
    auto const kind = at_text ? take_field(rest) : std::nullopt;
    if (!kind) return std::nullopt;
    auto const seq = to_number(*seq_text);
    auto const at = parse_utc(*at_text);
    auto payload = unescape(rest);
    if (!seq || !at || !payload) return std::nullopt;
    return JournalRecord{*seq, *at, std::string{*kind}, std::move(*payload)};
}

Result<RunIdentity> parse_header_line(std::string_view line) {
    auto const bad = [](std::string why) {
        return Failure{Fault::parse, "journal", std::move(why)};
    };
    if (!line.starts_with(journal_magic)) return bad("this is not a polyquant journal");
    auto rest = line.substr(journal_magic.size());
    auto const its_version = rest.substr(0, rest.find(' '));
    if (its_version != version) {
        return bad(fmt::format(
            "version {} of the journal; this program reads version {}", its_version, version
        ));
    }
    auto const body = checked_body(line);
    if (!body) return bad("the header's checksum is wrong");
    rest = body->substr(journal_magic.size() + version.size() + 1);
    auto const config = take_value(rest, "config");
    auto const tape = take_value(rest, "tape");
    auto const seed_text = take_value(rest, "seed");
    auto const code = take_value(rest, "code");
    auto const seed = seed_text ? to_number(*seed_text) : std::nullopt;
    if (!config || !tape || !seed || !code) return bad("the header lacks a field");
    return RunIdentity{std::string{*config}, std::string{*tape}, *seed, std::string{*code}};
}

Result<std::optional<LineReader::Line>> LineReader::next() {
    constexpr std::size_t chunk = 65'536;
    auto searched = used_;
    for (;;) {
        auto const feed = buffer_.find('\n', searched);
        auto const complete = feed != std::string::npos;
        auto const read_to = at_ + (buffer_.size() - used_);
        if (complete || read_to >= end_) {
            auto const length = (complete ? feed : buffer_.size()) - used_;
            if (length == 0 && !complete) return std::optional<Line>{};
            Line const line{std::string_view{buffer_}.substr(used_, length), at_, complete};
            used_ += length + (complete ? 1 : 0);
            at_ += length + (complete ? 1 : 0);
            return std::optional{line};
        }
        buffer_.erase(0, used_);
        used_ = 0;
        searched = buffer_.size();
        auto const want = static_cast<std::size_t>(std::min<std::uint64_t>(chunk, end_ - read_to));
        buffer_.resize(searched + want);
        auto const got = ::pread(fd_, buffer_.data() + searched, want, static_cast<off_t>(read_to));
        auto const code = errno;
        buffer_.resize(searched + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        if (got < 0 && code != EINTR) {
            return Failure{
                Fault::storage,
                "journal",
                fmt::format("read: {}", std::generic_category().message(code))
            };
        }
        // Somebody made the file shorter: what is there is all there is.
        if (got == 0) end_ = read_to;
    }
}

} // namespace polyquant::runtime
