#include "connectors/polymarket/gamma/scan_feed.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr Nanos tick = Seconds{1};

} // namespace

ScanFeed::ScanFeed(
    net::NetContext& context,
    GammaClient& gamma,
    ExpiryScanner::ReadPage read,
    ScanWants wants,
    Options options,
    EventSink sink
)
    : context_{context}, scanner_{context, gamma, std::move(read), options.scanner}, wants_{wants},
      options_{options}, sink_{std::move(sink)} {}

void ScanFeed::want(ScanWants wants) {
    if (wants == wants_) return;
    wants_ = wants;
    scanner_.want_full();
    next_ = {};
}

Task<void> ScanFeed::run() {
    for (;;) {
        auto const& clock = context_.clock;
        if (wants_.wanted && clock.now() >= next_) {
            auto const began = clock.now();
            next_ = began + wants_.every;
            co_await scan();
            auto const state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none) co_return;
        }
        auto const rang = co_await context_.clock.wait_until(context_.clock.now() + tick);
        if (!rang) co_return;
    }
}

Task<void> ScanFeed::scan() {
    auto& clock = context_.clock;
    auto const report = co_await scanner_.scan(
        wants_.reach,
        [this](MarketListing const& row) {
            ++counts_.published;
            auto const now = context_.clock.utc_now();
            sink_(MarketScanned{Stamp{now, now, 0}, row});
        },
        clock.now() + options_.scan_max
    );
    if (!report) {
        if (report.error().fault == Fault::cancelled) co_return;
        ++counts_.failures;
        auto const pause = net::doubled(options_.retry_min, failed_in_a_row_++, wants_.every);
        next_ = std::min(next_, clock.now() + pause);
        say(false, describe(report.error()));
        co_return;
    }
    failed_in_a_row_ = 0;
    ++counts_.scans;
    counts_.rows += report->rows;
    if (!report->incremental) ++counts_.full;
    if (!report->is_complete) ++counts_.cut_short;
    if (report->is_complete)
        say(true, fmt::format("{} markets on {} pages", report->rows, report->pages));
    else
        say(false, fmt::format("the list goes on after {} markets", report->rows));
}

void ScanFeed::say(bool healthy, std::string reason) {
    if (healthy_ == healthy) return;
    healthy_ = healthy;
    auto const now = context_.clock.utc_now();
    sink_(FeedState{Stamp{now, now, 0}, std::string{name()}, "list", healthy, std::move(reason)});
}

} // namespace polyquant::polymarket
