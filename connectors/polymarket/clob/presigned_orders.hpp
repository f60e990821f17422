// Orders signed before anybody decided to send them: a decision then only has to be sent.
#pragma once

#include "connectors/polymarket/orders/order_signer.hpp"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <tuple>

namespace polyquant::polymarket {

// Pure but for the signing. An entry is used once; it is of no use any more when it is old, or when
// tick, minimum or fee of its market have changed. Bounded: the oldest wish goes first.
class PresignedOrders {
public:
    struct Limits {
        std::size_t orders_max = 512;
        // The signed time stamp is the signing's; the venue orders by it and documents no age.
        Nanos age_max = Seconds{60};
    };

    using Salt = std::function<std::uint64_t()>;

    explicit PresignedOrders(Limits limits) : limits_{limits} {}

    // An order that may be sent soon, or again after half its age; signed by sign_next() when its
    // turn comes. GTD orders carry their own expiry and are left out.
    void want(PlaceOrder const& order, Market const& market, UtcTime now);
    // Signs one wish, some 30 us. False: nothing to do.
    bool sign_next(OrderSigner const& signer, Salt const& salt, UtcTime now);
    // The signed order for this intent, if there is one that fits.
    std::optional<SignedOrder> take(PlaceOrder const& order, Market const& market, UtcTime now);

    void clear();

    bool has_work() const { return !wishes_.empty(); }

    std::size_t ready() const { return signed_.size(); }

    std::uint64_t hits() const { return hits_; }

    std::uint64_t misses() const { return misses_; }

private:
    // Everything the signature and the body depend on.
    using Key = std::tuple<TokenId, Side, Price, Shares, TimeInForce, bool>;

    struct Terms {
        Price tick;
        Shares min_size;
        FeeSchedule fee;
        ProtocolVersion version = ProtocolVersion::v1;
        bool neg_risk = false;

        friend bool operator==(Terms const&, Terms const&) = default;
    };

    struct Entry {
        SignedOrder order;
        Terms terms;
        UtcTime signed_at{};
    };

    struct Wish {
        PlaceOrder order;
        Market market;
    };

    static Key key_of(PlaceOrder const& order);
    static Terms terms_of(Market const& market);

    Limits limits_;
    std::map<Key, Entry> signed_;
    std::map<Key, Wish> wishes_;
    std::deque<Key> queue_;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
};

} // namespace polyquant::polymarket
