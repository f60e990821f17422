// What the venue's own pages show as a window's strike and final price: a second opinion on ours.
#pragma once

#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/parse/price_feed.hpp"
#include "engine/ports/live_feed.hpp"

#include <map>
#include <optional>

namespace polyquant::polymarket {

// Publishes PriceTick source website, stamped with the window's start (strike) and end (final). An
// undocumented endpoint that may change or shut us out at any time: it is asked a few times a
// window at most, rests for ten minutes after five failures in a row, and nothing depends on it
// alone. Endpoint group "website"; FeedState "website"/"price".
class WebsitePrices final : public LiveFeed {
public:
    struct Options {
        net::Url website;
        Nanos first_after_start = Seconds{4};
        Nanos first_after_end = Seconds{45}; // it converges only by then
        int questions_max = 5;               // for each of the two prices
        Nanos call_max = Seconds{5};
    };

    struct Counts {
        std::uint64_t questions = 0;
        std::uint64_t failures = 0;
        std::uint64_t prices = 0;
    };

    WebsitePrices(net::NetContext& context, Options options, EventSink sink);

    std::string_view name() const override { return "website"; }

    Task<void> run() override;

    // Windows of our coins of 5 and 15 minutes; others are ignored.
    void follow(Market const& market);

    Task<Result<WebsitePrice>> price_of(Market market, Instant deadline);

    Counts const& counts() const { return counts_; }

private:
    struct Watch {
        Market market;
        bool wants_close = false; // the strike is known, or given up
        int asked = 0;
        UtcTime next_at{};
    };

    Task<void> ask(ConditionId id);
    void publish(Market const& market, UtcTime at, UsdPrice price);
    void failed(std::string const& why);

    net::NetContext& context_;
    Options options_;
    EventSink sink_;
    std::map<ConditionId, Watch> watches_;
    int failures_in_a_row_ = 0;
    UtcTime rests_until_{};
    bool reported_bad_ = false;
    Counts counts_;
};

} // namespace polyquant::polymarket
