// Everything the venue lists that ends soon, page by page.
#pragma once

#include "connectors/polymarket/gamma/gamma_client.hpp"
#include "engine/core/listing.hpp"

#include <functional>
#include <set>
#include <unordered_map>

namespace polyquant::polymarket {

struct ScanPage {
    std::vector<MarketListing> rows;
    std::string next_cursor; // empty: the last page
};

// Rows of a page as the venue wrote it; token ids are recomputed from `favourites_from` on, once a
// market. A page of favourites costs some 20 ms: a live engine does it on a side pool.
class ScanPageReader {
public:
    explicit ScanPageReader(crypto::Address const& ctf_collateral) : collateral_{ctf_collateral} {}

    Result<ScanPage> read(std::string_view body, Price favourites_from);

private:
    crypto::Address collateral_;
    TokenProofs proofs_;
};

struct ScanReport {
    std::size_t pages = 0;
    std::size_t rows = 0;
    std::size_t handed_on = 0;
    bool incremental = false; // asked only for what came into reach since the last one
    bool is_complete = true;  // false: pages_max or markets_max was reached
};

struct ScanReach {
    Nanos within = Seconds{6 * 3'600}; // markets that end within this
    // Rows with an outcome listed at this or more are handed on by every scan that reads them, so
    // that whoever follows them knows that they are still listed; others only when something
    // changed but their prices and liquidity.
    Price favourites_from = cents(88);
    Nanos full_every = Seconds{180};

    friend bool operator==(ScanReach const&, ScanReach const&) = default;
};

// Remembers a fingerprint of each row until its end has passed; the rows themselves are not kept. A
// scan soon after a complete one asks only for what ends beyond the last one's reach; every
// full_every all is asked again, because prices move, markets may be created with an early end and
// listings change.
class ExpiryScanner {
public:
    struct Options {
        std::size_t pages_max = 300; // of a scan, 100 rows each
        std::size_t markets_max = 50'000;
        Nanos page_max = Seconds{8};
        std::size_t rows_at_once = 20; // then others get their turn
    };

    using ReadPage = std::function<Task<Result<ScanPage>>(std::string body, Price favourites_from)>;
    using OnRow = std::function<void(MarketListing const&)>;

    ExpiryScanner(net::NetContext& context, GammaClient& gamma, ReadPage read, Options options);

    // Open markets that end between now and now + within, refused ones, too. A failure leaves what
    // was handed on valid and makes the next scan a full one. One scan at a time.
    Task<Result<ScanReport>> scan(ScanReach reach, OnRow on_row, Instant deadline);

    // The next scan asks for everything.
    void want_full() { last_full_.reset(); }

    std::size_t remembered() const { return known_.size(); }

private:
    struct Known {
        std::uint64_t fingerprint = 0;
        UtcTime end{};
        bool favourite = false; // when it was handed on last
    };

    void forget_over(UtcTime now);
    bool is_news(MarketListing const& row, Price favourites_from);

    net::NetContext& context_;
    GammaClient& gamma_;
    ReadPage read_;
    Options options_;
    std::unordered_map<ConditionId, Known> known_;
    std::set<std::pair<UtcTime, ConditionId>> by_end_;
    std::optional<UtcTime> last_full_;
    UtcTime reach_{};
};

} // namespace polyquant::polymarket
