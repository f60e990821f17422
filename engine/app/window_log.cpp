#include "engine/app/window_log.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace polyquant::app {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view windows_header =
    "slug,window_start,window_end,state,winner,strike,final,condition,up_token,down_token,rule,"
    "price_rows";
constexpr std::string_view prices_header = "slug,time,up_price";

Failure unusable(fs::path const& path, std::string what) {
    return {Fault::storage, path.string(), std::move(what)};
}

Result<std::string> text_of(fs::path const& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return unusable(path, "cannot be read");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

Result<void> append_text(fs::path const& path, std::string const& text) {
    std::ofstream file{path, std::ios::binary | std::ios::app};
    file << text << std::flush;
    if (!file) return unusable(path, "cannot be written: disk full?");
    return {};
}

// Makes the file, or cuts it behind its first `lines` whole lines; all of them where empty.
Result<std::vector<std::string>>
settle(fs::path const& path, std::string_view header, std::optional<std::size_t> lines) {
    if (!fs::exists(path))
        if (auto made = append_text(path, fmt::format("{}\n", header)); !made) return made.error();
    auto const text = text_of(path);
    if (!text) return text.error();
    if (!text->starts_with(header))
        return Failure{Fault::invalid, path.string(), "is not what fetch writes: another header"};
    std::vector<std::string> rows;
    std::size_t kept = 0;
    for (auto end = text->find('\n'); end != std::string::npos; end = text->find('\n', kept)) {
        if (lines && rows.size() > *lines) break;
        rows.push_back(text->substr(kept, end - kept));
        kept = end + 1;
    }
    std::error_code ec;
    fs::resize_file(path, kept, ec);
    if (ec) return unusable(path, "cannot be cut: " + ec.message());
    if (rows.empty())
        return Failure{Fault::invalid, path.string(), "is not what fetch writes: no header line"};
    rows.erase(rows.begin());
    return rows;
}

std::string usd_text(std::optional<UsdPrice> price) {
    return price ? to_string(*price) : std::string{};
}

} // namespace

Result<WindowLog>
WindowLog::open(fs::path const& folder, polymarket::WindowSeries series, Asset asset) {
    std::error_code ec;
    fs::create_directories(folder, ec);
    if (ec) return unusable(folder, "cannot be made: " + ec.message());
    WindowLog log;
    auto const name = fmt::format("{}-{}.csv", to_string(series), to_string(asset));
    log.windows_path_ = folder / ("windows-" + name);
    log.prices_path_ = folder / ("prices-" + name);
    auto const rows = settle(log.windows_path_, windows_header, std::nullopt);
    if (!rows) return rows.error();
    for (auto const& row : *rows) {
        auto const start = row.find(',') + 1;
        auto const end = row.find(',', start) + 1;
        auto const until = parse_utc(row.substr(end, row.find(',', end) - end));
        std::size_t count = 0;
        auto const* const tail = row.data() + row.rfind(',') + 1;
        auto const parsed = std::from_chars(tail, row.data() + row.size(), count);
        if (!until || parsed.ec != std::errc{})
            return Failure{
                Fault::invalid,
                log.windows_path_.string(),
                "holds a row fetch did not write: " + row
            };
        log.done_until_ = *until;
        log.price_rows_ += count;
    }
    log.windows_ = rows->size();
    auto const prices = settle(log.prices_path_, prices_header, log.price_rows_);
    if (!prices) return prices.error();
    if (prices->size() < log.price_rows_)
        return Failure{
            Fault::invalid,
            log.prices_path_.string(),
            fmt::format(
                "holds {} of {} rows: move both files away", prices->size(), log.price_rows_
            )
        };
    return log;
}

Result<void> WindowLog::append(
    std::string const& slug,
    Window window,
    std::optional<polymarket::Listing> const& listing,
    std::span<polymarket::PastPrice const> prices
) {
    std::string rows;
    for (auto const& past : prices)
        rows += fmt::format("{},{},{}\n", slug, format_utc(past.at), to_string(past.price));
    if (auto written = append_text(prices_path_, rows); !written) return written;

    std::string_view state = "unknown";
    if (listing) state = listing->resolved ? "resolved" : "unresolved";
    std::string winner;
    if (listing && listing->resolved)
        winner = listing->winner ? std::string{to_string(*listing->winner)} : "split";
    auto const has_tokens = listing && listing->has_tokens;
    auto const row = fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{}\n",
        slug,
        format_utc(window.start),
        format_utc(window.end()),
        state,
        winner,
        listing ? usd_text(listing->price_to_beat) : "",
        listing ? usd_text(listing->final_price) : "",
        listing ? to_string(listing->market.condition) : "",
        has_tokens ? to_string(listing->market.up) : "",
        has_tokens ? to_string(listing->market.down) : "",
        listing ? to_string(listing->market.rule) : "",
        prices.size()
    );
    if (auto written = append_text(windows_path_, row); !written) return written;
    done_until_ = window.end();
    ++windows_;
    price_rows_ += prices.size();
    return {};
}

} // namespace polyquant::app
