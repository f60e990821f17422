#include "connectors/polymarket/clob/presigned_orders.hpp"

namespace polyquant::polymarket {

PresignedOrders::Key PresignedOrders::key_of(PlaceOrder const& order) {
    return {order.token, order.side, order.limit, order.size, order.tif, order.post_only};
}

PresignedOrders::Terms PresignedOrders::terms_of(Market const& market) {
    return {market.tick, market.min_size, market.fee, market.version, market.neg_risk};
}

void PresignedOrders::want(PlaceOrder const& order, Market const& market, UtcTime now) {
    if (order.tif == TimeInForce::gtd) return;
    auto const key = key_of(order);
    if (auto const at = signed_.find(key); at != signed_.end()) {
        auto const young = now - at->second.signed_at < limits_.age_max / 2;
        if (at->second.terms == terms_of(market) && young) return;
        // An ageing one still serves until its successor is signed.
        if (at->second.terms != terms_of(market)) signed_.erase(at);
    }
    auto const [at, fresh] = wishes_.insert_or_assign(key, Wish{order, market});
    if (!fresh) return;
    queue_.push_back(key);
    while (queue_.size() > limits_.orders_max) {
        wishes_.erase(queue_.front());
        queue_.pop_front();
    }
}

bool PresignedOrders::sign_next(OrderSigner const& signer, Salt const& salt, UtcTime now) {
    if (queue_.empty()) return false;
    auto const key = queue_.front();
    queue_.pop_front();
    auto wish = wishes_.extract(key);
    if (wish.empty()) return true;
    auto const& [order, market] = wish.mapped();
    // What breaks a rule of the venue is told when somebody really wants to send it.
    auto signed_order = signer.sign(order, market, salt(), now);
    if (!signed_order) return true;
    if (signed_.size() >= limits_.orders_max)
        std::erase_if(signed_, [&](auto const& entry) {
            return now - entry.second.signed_at > limits_.age_max;
        });
    if (signed_.size() < limits_.orders_max)
        signed_.insert_or_assign(key, Entry{std::move(*signed_order), terms_of(market), now});
    return true;
}

std::optional<SignedOrder>
PresignedOrders::take(PlaceOrder const& order, Market const& market, UtcTime now) {
    auto entry = signed_.extract(key_of(order));
    auto const fits = !entry.empty() && entry.mapped().terms == terms_of(market) &&
                      now - entry.mapped().signed_at <= limits_.age_max;
    ++(fits ? hits_ : misses_);
    if (!fits) return std::nullopt;
    return std::move(entry.mapped().order);
}

void PresignedOrders::clear() {
    signed_.clear();
    wishes_.clear();
    queue_.clear();
}

} // namespace polyquant::polymarket
