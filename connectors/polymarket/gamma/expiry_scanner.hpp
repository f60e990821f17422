// Everything the venue lists that ends soon, page by page.
#pragma once

#include "connectors/polymarket/gamma/gamma_client.hpp"

#include <functional>
#include <set>
#include <span>
#include <unordered_map>

namespace polyquant::polymarket {

struct ScanReport {
    std::size_t pages = 0;
    std::size_t rows = 0;
    std::size_t fresh = 0;    // handed on: new, or changed since an earlier scan
    bool incremental = false; // asked only for what came into reach since the last one
    bool is_complete = true;  // false: pages_max or markets_max was reached
};

// Remembers a fingerprint of each listing until its end has passed, so that a page holds only what
// is new; the listings themselves are not kept. A scan soon after a complete one asks only for what
// ends beyond the last one's reach; every full_every all is asked again, because markets may be
// created with an early end and listings change.
class ExpiryScanner {
public:
    struct Options {
        Nanos full_every = Seconds{300};
        std::size_t pages_max = 300; // of a scan, 100 rows each
        std::size_t markets_max = 50'000;
        Nanos page_max = Seconds{8};
    };

    // May be called several times a scan; the listings are gone when it returns. Refused ones come,
    // too: Listing::refusal says why.
    using OnPage = std::function<void(std::span<Listing const> fresh)>;

    ExpiryScanner(net::NetContext& context, GammaClient& gamma, Options options);

    // Open markets that end between now and now + within. A failure leaves what was handed on valid
    // and makes the next scan a full one. One scan at a time.
    Task<Result<ScanReport>> scan(Nanos within, OnPage on_page, Instant deadline);

    std::size_t remembered() const { return known_.size(); }

private:
    struct Known {
        std::uint64_t fingerprint = 0;
        UtcTime end{};
    };

    void forget_over(UtcTime now);
    bool is_fresh(Listing const& listing);

    net::NetContext& context_;
    GammaClient& gamma_;
    Options options_;
    std::unordered_map<ConditionId, Known> known_;
    std::set<std::pair<UtcTime, ConditionId>> by_end_;
    std::optional<UtcTime> last_full_;
    UtcTime reach_{};
};

} // namespace polyquant::polymarket
