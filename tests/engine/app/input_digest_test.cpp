#include "engine/app/input_digest.hpp"
#include "tests/engine/app/two_windows.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <functional>

namespace {

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::app::testing;

std::vector<std::string> digest_of(std::vector<Event> const& events) {
    runtime::testing::ScratchFolder const folder;
    auto const path = folder / "journal.log";
    auto journal = runtime::Journal::open(path, {"c", "t", 1, "v"}).value();
    InputDigest digest{*journal};
    for (auto const& event : events)
        digest.on(event).value();
    digest.finish(second_window.end()).value();
    std::vector<std::string> lines;
    for (auto const& record : journal->records_of("input").value())
        lines.push_back(record.payload);
    return lines;
}

std::string digest_of_one(Event const& event) {
    return digest_of({event}).at(0);
}

template <class E>
void check_fields(E const& base, std::vector<std::function<void(E&)>> const& changes) {
    auto const before = digest_of_one(base);
    for (std::size_t n = 0; n < changes.size(); ++n) {
        auto changed = base;
        changes[n](changed);
        INFO("change " << n);
        CHECK(digest_of_one(changed) != before);
    }
}

} // namespace

TEST_CASE("InputDigest is the same for the same input", "[app][digest]") {
    auto const events = two_windows();

    auto const lines = digest_of(events);

    CHECK(lines == digest_of(events));
    CHECK(lines.size() == 11); // one a minute, the last for the event at the second window's end
    CHECK(lines.back().find("events " + std::to_string(events.size())) != std::string::npos);
}

TEST_CASE("InputDigest differs from the minute on in which one event differs", "[app][digest]") {
    auto events = two_windows();
    auto const before = digest_of(events);
    auto const at = first_window.start + 150s;
    for (auto& event : events)
        if (auto* book = std::get_if<BookSnapshot>(&event); book && book->at.received_at == at)
            book->asks[0].size += Shares::from_micros(1);

    auto const after = digest_of(events);

    CHECK(after[0] == before[0]);
    CHECK(after[1] == before[1]);
    CHECK(after[2] != before[2]);
    CHECK(after.back() != before.back());
}

TEST_CASE("InputDigest differs when two events change places", "[app][digest]") {
    auto events = two_windows();
    auto const before = digest_of(events);

    std::swap(events[0], events[1]);

    CHECK(digest_of(events).back() != before.back());
}

TEST_CASE("InputDigest sees every field of a listing that money depends on", "[app][digest]") {
    using Change = std::function<void(MarketListed&)>;
    check_fields(
        MarketListed{stamp(first_window.start), market_of(first_window)},
        std::vector<Change>{
            [](MarketListed& e) { e.market.up = e.market.down; },
            [](MarketListed& e) { e.market.condition.bytes[31] = 9; },
            [](MarketListed& e) { e.market.fee.rate_micros += 1; },
            [](MarketListed& e) { e.market.fee.exponent = 2; },
            [](MarketListed& e) { e.market.tick = Price::from_micros(1'000); },
            [](MarketListed& e) { e.market.min_size = shares(1); },
            [](MarketListed& e) { e.market.taker_delay = Millis{250}; },
            [](MarketListed& e) { e.market.window = second_window; },
            [](MarketListed& e) { e.market.rule = twap_rule(Seconds{60}); },
            [](MarketListed& e) { e.market.asset = Asset::eth; },
            [](MarketListed& e) { e.market.neg_risk = true; },
            [](MarketListed& e) {
                e.market.slug += "x";
            }
        }
    );
}

TEST_CASE("InputDigest sees every field of a price", "[app][digest]") {
    using Change = std::function<void(PriceTick&)>;
    check_fields(
        tick_at(first_window.start, 95'000),
        std::vector<Change>{
            [](PriceTick& e) { e.asset = Asset::xrp; },
            [](PriceTick& e) { e.source = PriceSource::binance_trade; },
            [](PriceTick& e) { e.twap_length = Seconds{60}; },
            [](PriceTick& e) { e.price = UsdPrice::from_e8(e.price.e8() + 1); },
            [](PriceTick& e) { e.at.venue_time += 1ns; },
            [](PriceTick& e) {
                e.at.received_at += 1ns;
            }
        }
    );
}

TEST_CASE("InputDigest sees every field of a level change", "[app][digest]") {
    using Change = std::function<void(BookChange&)>;
    check_fields(
        BookChange{
            stamp(first_window.start),
            market_of(first_window).up,
            BookSide::bid,
            cents(18),
            shares(5),
            true
        },
        std::vector<Change>{
            [](BookChange& e) { e.token = market_of(first_window).down; },
            [](BookChange& e) { e.side = BookSide::ask; },
            [](BookChange& e) { e.price = cents(19); },
            [](BookChange& e) { e.size = shares(6); },
            [](BookChange& e) {
                e.end_of_frame = false;
            }
        }
    );
}

TEST_CASE("InputDigest sees every field of a bar", "[app][digest]") {
    using Change = std::function<void(BarUpdate&)>;
    check_fields(
        BarUpdate{stamp(first_window.start), Asset::btc, history().front(), true},
        std::vector<Change>{
            [](BarUpdate& e) { e.closed = false; },
            [](BarUpdate& e) { e.asset = Asset::sol; },
            [](BarUpdate& e) { e.bar.open_time += 1s; },
            [](BarUpdate& e) { e.bar.length = Seconds{300}; },
            [](BarUpdate& e) { e.bar.close += 0.01; },
            [](BarUpdate& e) {
                e.bar.taker_buy_base += 0.01;
            }
        }
    );
}

TEST_CASE("InputDigest writes nothing for no input", "[app][digest]") {
    CHECK(digest_of({}).empty());
}
