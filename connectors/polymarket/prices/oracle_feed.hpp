// The prices that settle the markets: PolyBolt with API credentials, RTDS without or in its
// absence.
#pragma once

#include "connectors/crypto/clob_auth.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/net/ws_session.hpp"
#include "connectors/polymarket/prices/oracle_ticks.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace polyquant::polymarket {

// Publishes PriceTick chainlink_twap and chainlink_spot, stamped with the oracle's own time, each
// second of a series once. Both sources give the minutes before the subscription, so that a program
// started within two minutes of a window's beginning still learns its strike; a second that never
// came at a boundary, or a gap in PolyBolt's numbers, is asked for again the same way.
//
// RTDS is connected when there are no credentials, when they are refused, or when PolyBolt has been
// away for `fallback_after`; from then on both run.
class OracleFeed final : public LiveFeed {
public:
    // Called until it returns some; the frame made of them is sent and forgotten.
    using Credentials = std::function<std::optional<crypto::ApiCredentials>()>;

    struct Options {
        net::Url polybolt;
        std::optional<net::Url> rtds; // empty: no fallback
        std::vector<Asset> assets{all_assets.begin(), all_assets.end()};
        Seconds twap_length{60};
        Nanos silence_max = Seconds{10};    // of a series; they tick every second
        Nanos all_silent_max = Seconds{20}; // of all: the connections are made anew
        Nanos fallback_after = Seconds{10};
        Nanos boundary_grace = Seconds{3}; // for the tick of a boundary to come by itself
        net::ReconnectMachine::Limits reconnect{};
    };

    struct Counts {
        std::uint64_t bad_frames = 0;
        std::uint64_t refusals = 0;        // error answers of either source
        std::uint64_t gaps = 0;            // frames missing by PolyBolt's numbers
        std::uint64_t dropped = 0;         // frames PolyBolt says it dropped
        std::uint64_t boundary_misses = 0; // averages that had to be asked for again
        std::uint64_t restarts = 0;        // because every series was silent
    };

    OracleFeed(net::NetContext& context, Options options, Credentials credentials, EventSink sink);
    ~OracleFeed() override;

    std::string_view name() const override { return "oracle"; }

    Task<void> run() override;

    Counts const& counts() const { return counts_; }

    OracleTicks const& ticks() const { return ticks_; }

    bool uses_rtds() const { return rtds_ != nullptr; }

    // "polybolt", "rtds", "polybolt+rtds" or "" by what is connected now.
    std::string connected() const;

private:
    class PolyBolt;
    class Rtds;

    void start_polybolt();
    void start_rtds(std::string const& why);
    void lost(std::string const& why);
    bool is_any_up() const;
    void repair(std::span<Asset const> assets);
    void check_boundary();
    void check_silence();
    void say(std::string topic, bool healthy, std::string reason);

    net::NetContext& context_;
    Options options_;
    Credentials credentials_;
    EventSink sink_;
    OracleTicks ticks_;
    std::unique_ptr<PolyBolt> polybolt_;
    std::unique_ptr<Rtds> rtds_;
    Counts counts_;
    Instant began_{};
    std::optional<Instant> silent_since_;
    UtcTime next_boundary_{};
};

} // namespace polyquant::polymarket
