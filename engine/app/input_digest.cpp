#include "engine/app/input_digest.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>

namespace polyquant::app {

namespace {

// A strong 64-bit mixer (splitmix64's finaliser); not cryptographic, the tape has its own
// checksums.
std::uint64_t mix(std::uint64_t h, std::uint64_t v) {
    h = (h ^ v) * 0x9E3779B97F4A7C15ULL;
    h ^= h >> 32;
    h *= 0xD6E8FEB86659FD93ULL;
    return h ^ (h >> 32);
}

template <class Id>
std::uint64_t tail(Id const& id) {
    std::uint64_t v = 0;
    std::memcpy(&v, id.bytes.data() + 24, sizeof v);
    return v;
}

std::uint64_t number(std::int64_t v) {
    return static_cast<std::uint64_t>(v);
}

struct Fold {
    std::uint64_t h;

    void add(std::uint64_t v) { h = mix(h, v); }

    void operator()(BookChange const& e) {
        add(tail(e.token));
        add(number(e.price.micros()) << 2 | static_cast<std::uint64_t>(e.side) << 1 |
            (e.end_of_frame ? 1 : 0));
        add(number(e.size.micros()));
    }

    void operator()(BookSnapshot const& e) {
        add(tail(e.token));
        for (auto const* side : {&e.bids, &e.asks}) {
            add(side->size());
            for (auto const& level : *side) {
                add(number(level.price.micros()));
                add(number(level.size.micros()));
            }
        }
    }

    void operator()(BarUpdate const& e) {
        add(index_of(e.asset) << 1 | (e.closed ? 1 : 0));
        add(number(unix_nanos(e.bar.open_time)));
        add(number(e.bar.length.count()));
        for (double v :
             {e.bar.open,
              e.bar.high,
              e.bar.low,
              e.bar.close,
              e.bar.volume,
              e.bar.trades,
              e.bar.taker_buy_base})
            add(std::bit_cast<std::uint64_t>(v));
    }

    void operator()(PriceTick const& e) {
        add(index_of(e.asset) << 8 | static_cast<std::uint64_t>(e.source));
        add(number(e.twap_length.count()));
        add(number(e.price.e8()));
    }

    // Its one-line text does not say what the market's money depends on.
    void operator()(MarketListed const& e) {
        auto const& m = e.market;
        for (auto const* id : {&m.up, &m.down})
            add(tail(*id));
        add(tail(m.condition));
        text(m.slug);
        text(m.question);
        add(m.asset ? index_of(*m.asset) + 1 : 0);
        for (auto v :
             {unix_nanos(m.window.start),
              m.window.length.count(),
              static_cast<std::int64_t>(m.rule.kind),
              m.rule.twap_length.count(),
              m.fee.rate_micros,
              static_cast<std::int64_t>(m.fee.exponent),
              m.tick.micros(),
              m.min_size.micros(),
              m.taker_delay.count(),
              static_cast<std::int64_t>(m.version),
              static_cast<std::int64_t>(m.neg_risk)})
            add(number(v));
    }

    void operator()(TickSizeChanged const& e) {
        add(tail(e.token));
        add(number(e.old_tick.micros()));
        add(number(e.new_tick.micros()));
    }

    void operator()(PublicTrade const& e) {
        add(tail(e.token));
        add(static_cast<std::uint64_t>(e.taker_side));
        add(number(e.price.micros()));
        add(number(e.size.micros()));
    }

    void operator()(MarketResolved const& e) {
        add(tail(e.market));
        add(e.winner ? static_cast<std::uint64_t>(*e.winner) + 1 : 0);
        add(static_cast<std::uint64_t>(e.source));
    }

    // Rare kinds: their one-line text.
    template <class Other>
    void operator()(Other const& e) {
        text(describe(Event{e}));
    }

    void text(std::string const& s) {
        add(s.size());
        for (char c : s)
            add(static_cast<unsigned char>(c));
    }
};

} // namespace

Result<void> InputDigest::on(Event const& event) {
    auto const& at = stamp_of(event);
    auto const minute = unix_seconds(at.received_at) / 60;
    if (minute != minute_ && minute_ >= 0) {
        auto const written = write(utc_from_seconds(minute * 60));
        if (!written) return written;
    }
    minute_ = minute;
    auto fold = Fold{mix(hash_, event.index())};
    fold.add(number(unix_nanos(at.received_at)));
    fold.add(number(unix_nanos(at.venue_time)));
    std::visit(fold, event);
    hash_ = fold.h;
    ++events_;
    last_seq_ = at.seq;
    return boost::system::in_place_value;
}

Result<void> InputDigest::finish(UtcTime now) {
    return write(now);
}

Result<void> InputDigest::write(UtcTime at) {
    if (events_ == written_events_) return boost::system::in_place_value;
    written_events_ = events_;
    auto const text = fmt::format("through {} events {} hash {:016x}", last_seq_, events_, hash_);
    auto const written = journal_.append(at, "input", text);
    return written ? Result<void>{boost::system::in_place_value} : Result<void>{written.error()};
}

} // namespace polyquant::app
