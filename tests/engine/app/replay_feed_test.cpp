#include "engine/app/replay_feed.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

namespace {

class Given final : public RunInput {
public:
    explicit Given(std::vector<Event> events) : events_{std::move(events)} {}

    std::optional<UtcTime> next_at() override {
        if (next_ == events_.size()) return std::nullopt;
        return stamp_of(events_[next_]).received_at;
    }

    Event* next() override { return next_ == events_.size() ? nullptr : &events_[next_++]; }

    std::uint64_t events() const override { return next_; }

    std::vector<std::string> problems() const override { return {}; }

private:
    std::vector<Event> events_;
    std::size_t next_ = 0;
};

UtcTime minute(int n) {
    return first_window.start + Seconds{60 * n};
}

// Of the minute that ends at minute(closes).
Event bar(int closes, UtcTime received, Asset asset = Asset::btc) {
    Bar bar;
    bar.open_time = minute(closes - 1);
    bar.open = bar.high = bar.low = bar.close = 100;
    return BarUpdate{{bar.close_time(), received, 0}, asset, bar, true};
}

struct Played {
    std::vector<std::size_t> batches; // bars in each
    std::vector<std::string> order;   // "history BTC", "bar_update"
};

Played play(std::vector<Event> events) {
    Played played;
    Given input{std::move(events)};
    runtime::Bus bus;
    bus.subscribe("test", runtime::EventKinds::all(), [&](Event const& e) {
        played.order.emplace_back(name_of(e));
    });
    ReplayFeed feed{
        input,
        [](std::uint64_t) {},
        [&](Asset asset, std::vector<Bar> const& bars) {
            played.batches.push_back(bars.size());
            played.order.push_back("history " + std::string{to_string(asset)});
        }
    };
    while (feed.next_at())
        feed.publish_one(bus);
    return played;
}

} // namespace

TEST_CASE("The bars a session began with are handed over at once", "[app][replay]") {
    auto const came = minute(20) + Seconds{7};

    auto const played = play(
        {bar(18, came),
         bar(19, came),
         bar(20, came),
         bar(18, came, Asset::eth),
         bar(19, came, Asset::eth),
         bar(21, minute(21))}
    );

    CHECK(played.batches == std::vector<std::size_t>{3, 2});
    CHECK(played.order == std::vector<std::string>{"history BTC", "history ETH", "bar_update"});
}

TEST_CASE("Bars that come as they close are published", "[app][replay]") {
    auto const played = play({bar(18, minute(18)), bar(19, minute(19)), bar(20, minute(20))});

    CHECK(played.batches.empty());
    CHECK(played.order.size() == 3);
}

TEST_CASE("Late bars behind live ones fill a gap and are no history", "[app][replay]") {
    auto const played =
        play({bar(10, minute(10)), bar(11, minute(20)), bar(12, minute(20)), bar(20, minute(20))});

    CHECK(played.batches.empty());
    CHECK(played.order.size() == 4);
}

TEST_CASE("A history at the tape's end is handed over, too", "[app][replay]") {
    auto const played = play({bar(17, minute(20)), bar(18, minute(20))});

    CHECK(played.batches == std::vector<std::size_t>{2});
}
