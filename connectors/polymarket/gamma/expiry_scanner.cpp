#include "connectors/polymarket/gamma/expiry_scanner.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

// What a trader would act on; prices are not part of a listing.
std::uint64_t fingerprint_of(Listing const& listing) {
    auto const& m = listing.market;
    auto const text = fmt::format(
        "{} {} {} {} {} {} {} {} {} {} {} {}",
        m.slug,
        m.question,
        unix_nanos(m.window.start),
        m.window.length.count(),
        to_string(m.up),
        m.tick.micros(),
        m.min_size.micros(),
        m.fee.rate_micros,
        m.fee.exponent,
        listing.refusal,
        listing.accepts_orders,
        listing.closed
    );
    return std::hash<std::string>{}(text);
}

} // namespace

ExpiryScanner::ExpiryScanner(net::NetContext& context, GammaClient& gamma, Options options)
    : context_{context}, gamma_{gamma}, options_{options} {}

void ExpiryScanner::forget_over(UtcTime now) {
    while (!by_end_.empty() && by_end_.begin()->first <= now) {
        known_.erase(by_end_.begin()->second);
        by_end_.erase(by_end_.begin());
    }
}

bool ExpiryScanner::is_fresh(Listing const& listing) {
    auto const& id = listing.market.condition;
    auto const fingerprint = fingerprint_of(listing);
    auto const [at, is_new] = known_.try_emplace(id);
    if (!is_new && at->second.fingerprint == fingerprint) return false;
    if (!is_new) by_end_.erase({at->second.end, id});
    at->second = {fingerprint, listing.market.window.end()};
    by_end_.insert({at->second.end, id});
    return true;
}

Task<Result<ScanReport>> ExpiryScanner::scan(Nanos within, OnPage on_page, Instant deadline) {
    auto const now = context_.clock.utc_now();
    auto const until = now + within;
    forget_over(now);
    ScanReport report;
    report.incremental = last_full_ && now - *last_full_ < options_.full_every && reach_ > now;
    auto const from = report.incremental ? reach_ : now;
    if (report.incremental && until <= reach_) co_return report;

    std::string cursor;
    std::vector<Listing> fresh;
    for (;;) {
        auto const page_end = std::min(deadline, context_.clock.now() + options_.page_max);
        auto page = co_await gamma_.ending_between(from, until, cursor, page_end);
        if (!page) {
            last_full_.reset();
            co_return page.error();
        }
        ++report.pages;
        report.rows += page->rows.size();
        fresh.clear();
        for (auto& listing : page->rows) {
            // A row without an end is known by nothing that would let it go again.
            if (listing.market.window.end() <= now || listing.market.condition.is_zero()) continue;
            if (known_.size() >= options_.markets_max &&
                !known_.contains(listing.market.condition)) {
                report.is_complete = false;
                continue;
            }
            if (is_fresh(listing)) fresh.push_back(std::move(listing));
        }
        report.fresh += fresh.size();
        if (!fresh.empty()) on_page(fresh);
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
