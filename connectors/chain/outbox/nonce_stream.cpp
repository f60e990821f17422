#include "connectors/chain/outbox/nonce_stream.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

namespace polyquant::chain {

namespace {

Failure broken(std::string const& record) {
    return {Fault::storage, "nonce stream", "no record: " + record.substr(0, 60)};
}

} // namespace

std::string
NonceStream::signed_record(std::uint64_t nonce, std::string const& task, Attempt const& attempt) {
    return fmt::format(
        "signed {} {} {} {} {}",
        nonce,
        task,
        attempt.cancels ? "cancel" : "act",
        crypto::to_hex(attempt.hash),
        crypto::to_hex(attempt.raw)
    );
}

std::string NonceStream::final_record(std::uint64_t nonce) {
    return fmt::format("final {}", nonce);
}

std::string NonceStream::lost_record(std::uint64_t nonce) {
    return fmt::format("lost {}", nonce);
}

Result<bool> NonceStream::apply(std::string const& record) {
    std::istringstream in{record};
    std::string word;
    std::uint64_t nonce = 0;
    in >> word;
    if (word == "final" || word == "lost") {
        if (!(in >> nonce)) return broken(record);
        slots_.erase(nonce);
        return true;
    }
    if (word != "signed") return false;
    std::string task;
    std::string kind;
    std::string hash;
    std::string raw;
    if (!(in >> nonce >> task >> kind >> hash >> raw)) return broken(record);
    Attempt attempt;
    auto bytes = crypto::parse_hex(raw);
    if (!crypto::parse_hex_into(hash, attempt.hash) || !bytes) return broken(record);
    attempt.raw = std::move(*bytes);
    attempt.cancels = kind == "cancel";
    auto& slot = slots_[nonce];
    slot.nonce = nonce;
    slot.task = task;
    slot.attempts.push_back(std::move(attempt));
    slot.sent_at.reset();
    return true;
}

std::uint64_t NonceStream::next_nonce(std::uint64_t pending) const {
    // What we signed and then lost or finished is below what the chain counts.
    return slots_.empty() ? pending : std::max(pending, slots_.rbegin()->first + 1);
}

std::vector<NonceStream::Outcome> NonceStream::observe(Observation const& seen) {
    std::vector<Outcome> outcomes;
    for (auto& [nonce, slot] : slots_)
        if (auto outcome = judge(slot, seen)) outcomes.push_back(std::move(*outcome));
    return outcomes;
}

std::optional<NonceStream::Outcome> NonceStream::judge(Slot& slot, Observation const& seen) const {
    auto const attempt = std::ranges::find_if(slot.attempts, [&](Attempt const& a) {
        return std::ranges::find(seen.receipts, a.hash, &Receipt::transaction) !=
               seen.receipts.end();
    });
    if (attempt == slot.attempts.end()) {
        auto const was_mined = slot.mined.has_value();
        slot.mined.reset();
        if (was_mined) {
            // A block that is gone does not put its transactions back: it is sent again.
            slot.sent_at.reset();
            return Outcome{Outcome::Kind::reorged, slot.nonce, slot.task, {}, false};
        }
        if (seen.nonce <= slot.nonce) {
            slot.overtaken.reset();
            return std::nullopt;
        }
        if (!slot.overtaken) slot.overtaken = seen.head;
        if (seen.head < *slot.overtaken + limits_.confirmations) return std::nullopt;
        return Outcome{Outcome::Kind::lost, slot.nonce, slot.task, {}, false};
    }
    auto const receipt = std::ranges::find(seen.receipts, attempt->hash, &Receipt::transaction);
    slot.overtaken.reset();
    slot.mined = *receipt;
    if (seen.head < receipt->block + limits_.confirmations) return std::nullopt;
    return Outcome{Outcome::Kind::final, slot.nonce, slot.task, *receipt, attempt->cancels};
}

std::vector<std::uint64_t> NonceStream::unsent() const {
    std::vector<std::uint64_t> nonces;
    for (auto const& [nonce, slot] : slots_)
        if (!slot.sent_at && !slot.mined && !slot.overtaken) nonces.push_back(nonce);
    return nonces;
}

std::vector<std::uint64_t> NonceStream::stuck(Instant now) const {
    std::vector<std::uint64_t> nonces;
    for (auto const& [nonce, slot] : slots_)
        if (slot.sent_at && !slot.mined && !slot.overtaken &&
            now - *slot.sent_at >= limits_.stuck_after) {
            nonces.push_back(nonce);
        }
    return nonces;
}

void NonceStream::taken(std::uint64_t nonce, Instant now) {
    if (auto const at = slots_.find(nonce); at != slots_.end()) at->second.sent_at = now;
}

Slot const* NonceStream::find(std::uint64_t nonce) const {
    auto const at = slots_.find(nonce);
    return at == slots_.end() ? nullptr : &at->second;
}

std::vector<Hash32> NonceStream::hashes() const {
    std::vector<Hash32> all;
    for (auto const& [nonce, slot] : slots_)
        for (auto const& attempt : slot.attempts)
            all.push_back(attempt.hash);
    return all;
}

bool NonceStream::has_task(std::string const& task) const {
    return std::ranges::any_of(slots_, [&](auto const& entry) {
        return entry.second.task == task;
    });
}

} // namespace polyquant::chain
