#include "strategies/expiry/token_memory.hpp"

namespace polyquant::strategies::expiry {

void TokenMemory::ordered(TokenId const& token) {
    pending_.insert(token);
    paused_.erase(token);
}

void TokenMemory::not_filled(TokenId const& token, UtcTime until) {
    pending_.erase(token);
    paused_[token] = until;
}

void TokenMemory::finished(TokenId const& token) {
    pending_.erase(token);
    paused_.erase(token);
    if (done_.insert(token).second) done_order_.push_back(token);
    trim();
}

TokenStatus TokenMemory::status(TokenId const& token, UtcTime now) const {
    if (pending_.contains(token)) return TokenStatus::pending;
    if (done_.contains(token)) return TokenStatus::done;
    auto const paused = paused_.find(token);
    return paused != paused_.end() && now < paused->second ? TokenStatus::paused
                                                           : TokenStatus::fresh;
}

void TokenMemory::forget_old(UtcTime now) {
    std::erase_if(paused_, [now](auto const& entry) { return entry.second <= now; });
}

void TokenMemory::set_bound(std::size_t remembered_max) {
    remembered_max_ = remembered_max;
    trim();
}

void TokenMemory::trim() {
    while (done_order_.size() > remembered_max_) {
        done_.erase(done_order_.front());
        done_order_.pop_front();
    }
}

} // namespace polyquant::strategies::expiry
