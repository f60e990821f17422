#include "connectors/binance/bar_sequence.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <numeric>
#include <random>

using namespace polyquant;
using namespace polyquant::binance;

namespace {

constexpr Seconds minute{60};
constexpr auto noon = utc_from_seconds(1'776'081'600);

BarUpdate update(int minutes, bool closed, Nanos event_at = Seconds{30}) {
    BarUpdate u;
    u.bar.open_time = noon + minutes * minute;
    u.bar.open = u.bar.high = u.bar.low = u.bar.close = 100.0 + minutes;
    u.closed = closed;
    u.at.venue_time = closed ? u.bar.close_time() : u.bar.open_time + event_at;
    u.at.received_at = u.at.venue_time + Millis{50};
    return u;
}

std::vector<int> closed_minutes(std::vector<BarUpdate> const& out) {
    std::vector<int> minutes;
    for (auto const& u : out)
        if (u.closed) minutes.push_back(static_cast<int>((u.bar.open_time - noon) / minute));
    return minutes;
}

} // namespace

TEST_CASE("BarSequence publishes whatever order two connections bring", "[binance][bars]") {
    auto const seed = GENERATE(range(1U, 200U));
    std::minstd_rand random{seed};
    std::vector<BarUpdate> frames;
    for (auto i = 0; i < 20; ++i)
        for (auto copy = 0; copy < 2; ++copy) {
            if (random() % 4 == 0) continue; // lost
            frames.push_back(update(i, false, Seconds{1 + random() % 50}));
            frames.push_back(update(i, true));
        }
    // Each frame comes up to eight places early or late.
    for (std::size_t i = 0; i + 1 < frames.size(); ++i)
        std::swap(frames[i], frames[std::min(frames.size() - 1, i + random() % 8)]);
    frames.push_back(update(20, false));
    BarSequence bars{minute};
    bars.start_after(noon - minute);
    std::vector<BarUpdate> out;

    for (auto const& frame : frames) {
        bars.on_stream(frame, out);
        if (auto const hole = bars.hole(); hole && random() % 3 == 0) {
            std::vector<Bar> filled;
            for (auto t = hole->from; t < hole->until; t += minute)
                filled.push_back(update(static_cast<int>((t - noon) / minute), true).bar);
            bars.on_filled(Asset::btc, filled, frame.at.received_at, out);
        }
    }
    while (auto const hole = bars.hole()) {
        std::vector<Bar> filled;
        for (auto t = hole->from; t < hole->until; t += minute)
            filled.push_back(update(static_cast<int>((t - noon) / minute), true).bar);
        bars.on_filled(Asset::btc, filled, noon + 21 * minute, out);
    }

    std::vector<int> all(20);
    std::iota(all.begin(), all.end(), 0);
    CHECK(closed_minutes(out) == all);
    auto last = noon - minute;
    for (auto const& u : out) {
        CHECK(u.bar.open_time == last + minute);
        if (u.closed) last = u.bar.open_time;
    }
}

TEST_CASE("BarSequence publishes news of the open bar only", "[binance][bars]") {
    BarSequence bars{minute};
    std::vector<BarUpdate> out;

    bars.on_stream(update(0, false, Seconds{10}), out);
    bars.on_stream(update(0, false, Seconds{9}), out);
    bars.on_stream(update(0, false, Seconds{10}), out);
    bars.on_stream(update(0, false, Seconds{12}), out);

    REQUIRE(out.size() == 2);
    CHECK(out[1].at.venue_time == noon + Seconds{12});
}

TEST_CASE("BarSequence bounds what waits behind a hole", "[binance][bars]") {
    BarSequence bars{minute};
    bars.start_after(noon);
    std::vector<BarUpdate> out;
    auto const most = static_cast<int>(BarSequence::waiting_max);

    for (auto i = 2; i < most + 100; ++i)
        bars.on_stream(update(i, true), out);

    CHECK(out.empty());
    REQUIRE(bars.hole());
    CHECK(bars.hole()->from == noon + minute);
    CHECK(bars.hole()->until == noon + 100 * minute);
}
