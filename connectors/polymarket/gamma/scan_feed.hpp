// The venue's list of all markets that end soon, as the expiry strategies want to see it.
#pragma once

#include "connectors/polymarket/gamma/expiry_scanner.hpp"
#include "engine/ports/live_feed.hpp"

namespace polyquant::polymarket {

// What the strategies want together. Without `wanted` nothing is asked.
struct ScanWants {
    bool wanted = false;
    Nanos every = Seconds{60};
    ScanReach reach{};

    friend bool operator==(ScanWants const&, ScanWants const&) = default;
};

// Publishes MarketScanned a row, and FeedState "gamma.scan" topic "list" when scans begin to fail
// or work again. A failed scan is tried again after retry_min, doubled up to `every`.
class ScanFeed final : public LiveFeed {
public:
    struct Options {
        ExpiryScanner::Options scanner{};
        Nanos scan_max = Seconds{120};
        Nanos retry_min = Seconds{5};
    };

    struct Counts {
        std::uint64_t scans = 0;
        std::uint64_t full = 0;
        std::uint64_t failures = 0;
        std::uint64_t cut_short = 0; // not all of the list was read: it is longer than the bounds
        std::uint64_t rows = 0;
        std::uint64_t published = 0;
    };

    ScanFeed(
        net::NetContext& context,
        GammaClient& gamma,
        ExpiryScanner::ReadPage read,
        ScanWants wants,
        Options options,
        EventSink sink
    );

    std::string_view name() const override { return "gamma.scan"; }

    Task<void> run() override;

    // Other wants from now on. What changes leads to a scan of everything at once, because rows
    // that were of no interest before are not remembered as such.
    void want(ScanWants wants);

    Counts const& counts() const { return counts_; }

    std::size_t remembered() const { return scanner_.remembered(); }

private:
    Task<void> scan();
    void say(bool healthy, std::string reason);

    net::NetContext& context_;
    ExpiryScanner scanner_;
    ScanWants wants_;
    Options options_;
    EventSink sink_;
    Counts counts_;
    Instant next_{};
    int failed_in_a_row_ = 0;
    std::optional<bool> healthy_;
};

} // namespace polyquant::polymarket
