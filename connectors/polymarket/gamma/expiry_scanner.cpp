#include "connectors/polymarket/gamma/expiry_scanner.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

// What a strategy would act on, without what moves all the time: prices and liquidity.
std::uint64_t fingerprint_of(MarketListing const& row) {
    auto const& m = row.market;
    auto const text = fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {}",
        m.slug,
        m.question,
        unix_nanos(m.window.start),
        m.window.length.count(),
        std::string_view{reinterpret_cast<char const*>(m.up.bytes.data()), m.up.bytes.size()},
        m.tick.micros(),
        m.min_size.micros(),
        m.fee.rate_micros,
        m.fee.exponent,
        m.neg_risk,
        row.refusal,
        row.active,
        row.accepts_orders,
        row.closed,
        row.tags,
        row.event,
        row.tokens_checked
    );
    return std::hash<std::string>{}(text);
}

Price favourite_of(MarketListing const& row) {
    return std::max(row.up_price.value_or(Price{}), row.down_price.value_or(Price{}));
}

} // namespace

Result<ScanPage> ScanPageReader::read(std::string_view body, Price favourites_from) {
    auto rows = parse_scan_page(body, collateral_, favourites_from, &proofs_);
    if (!rows) return rows.error();
    return ScanPage{std::move(*rows), parse_next_cursor(body)};
}

ExpiryScanner::ExpiryScanner(
    net::NetContext& context, GammaClient& gamma, ReadPage read, Options options
)
    : context_{context}, gamma_{gamma}, read_{std::move(read)}, options_{options} {}

void ExpiryScanner::forget_over(UtcTime now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        known_.erase(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
    }
}

bool ExpiryScanner::is_news(MarketListing const& row, Price favourites_from) {
    auto const& id = row.market.condition;
    auto const fingerprint = fingerprint_of(row);
    auto const favourite = favourite_of(row) >= favourites_from;
    auto const [at, is_new] = known_.try_emplace(id);
    auto& known = at->second;
    // One that was a favourite is told once more when it is none, so that it is let go.
    if (!is_new && known.fingerprint == fingerprint && !favourite && !known.favourite) return false;
    if (!is_new) by_end_.erase({known.end, id});
    known = {fingerprint, row.market.window.end(), favourite};
    by_end_.insert({known.end, id});
    return true;
}

Task<Result<ScanReport>> ExpiryScanner::scan(ScanReach reach, OnRow on_row, Instant deadline) {
    auto const now = context_.clock.utc_now();
    auto const until = now + reach.within;
    forget_over(now);
    ScanReport report;
    report.incremental = last_full_ && now - *last_full_ < reach.full_every && reach_ > now;
    auto const from = report.incremental ? reach_ : now;
    if (report.incremental && until <= reach_) co_return report;

    std::string cursor;
    for (;;) {
        auto const page_end = std::min(deadline, context_.clock.now() + options_.page_max);
        auto body = co_await gamma_.page_ending_between(from, until, cursor, page_end);
        auto page = body ? co_await read_(std::move(*body), reach.favourites_from)
                         : Result<ScanPage>{body.error()};
        if (!page) {
            last_full_.reset();
            co_return page.error();
        }
        ++report.pages;
        report.rows += page->rows.size();
        std::size_t at_once = 0;
        for (auto const& row : page->rows) {
            // A row without an end is known by nothing that would let it go again.
            if (row.market.window.end() <= now || row.market.condition.is_zero()) continue;
            if (known_.size() >= options_.markets_max && !known_.contains(row.market.condition)) {
                report.is_complete = false;
                continue;
            }
            if (!is_news(row, reach.favourites_from)) continue;
            ++report.handed_on;
            on_row(row);
            if (++at_once % options_.rows_at_once == 0) co_await asio::post(asio::use_awaitable);
        }
        if (page->next_cursor.empty()) break;
        // A venue that ignores the cursor would hand out its first page for ever.
        if (page->next_cursor == cursor) {
            last_full_.reset();
            co_return Failure{
                Fault::parse,
                "gamma.scan",
                "the cursor does not advance after page " + std::to_string(report.pages)
            };
        }
        if (report.pages >= options_.pages_max) {
            report.is_complete = false;
            break;
        }
        cursor = std::move(page->next_cursor);
    }
    if (!report.incremental) last_full_ = now;
    if (!report.is_complete) last_full_.reset();
    reach_ = until;
    co_return report;
}

} // namespace polyquant::polymarket
