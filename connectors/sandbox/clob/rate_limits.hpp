// The venue's two layers of limits: requests an endpoint in ten seconds, and orders a signer in
// token buckets. Pure.
#pragma once

#include "connectors/crypto/address.hpp"
#include "engine/core/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace polyquant::sandbox {

// Refills evenly; begins full.
class TokenBucket {
public:
    TokenBucket(double per_second, double burst)
        : per_second_{per_second}, burst_{burst}, left_{burst} {}

    // Takes `cost` when it is there; otherwise says how long until it would be.
    std::optional<Nanos> take(double cost, UtcTime now);

    double left() const { return left_; }

    double burst() const { return burst_; }

    // Until full again.
    Nanos refilled_in() const;

private:
    double per_second_;
    double burst_;
    double left_;
    std::optional<UtcTime> at_;
};

struct RateVerdict {
    std::optional<Nanos> retry_after; // refused when set
    // Of the signer's bucket, for the headers; empty for endpoints without one.
    std::optional<std::int64_t> remaining;
    std::int64_t reset_unix = 0;
    bool warning = false; // a fifth or less is left
};

class RateLimits {
public:
    // One request to `method path`.
    RateVerdict request(std::string_view method, std::string_view path, UtcTime now);
    // So many orders or cancels of one signer (standard tier: 40/s burst 60, 80/s burst 120).
    RateVerdict orders(crypto::Address const& signer, double count, UtcTime now);
    RateVerdict cancels(crypto::Address const& signer, double count, UtcTime now);

private:
    std::map<std::string, TokenBucket, std::less<>> endpoints_;
    std::map<crypto::Address, TokenBucket> orders_;
    std::map<crypto::Address, TokenBucket> cancels_;
};

} // namespace polyquant::sandbox
