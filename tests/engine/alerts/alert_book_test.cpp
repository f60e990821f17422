#include "engine/alerts/alert_book.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::alerts;

namespace {

constexpr auto utc = utc_from_seconds(1'800'000'000);

struct Book {
    AlertBook book;
    Instant now{Seconds{1'000}};

    explicit Book(int per_hour = 20, Nanos patience = Seconds{30})
        : book{AlertBook::Limits{
              [patience](AlertKind kind) {
                  return kind == AlertKind::breaker_open ? patience : Nanos{0};
              },
              Seconds{60},
              Seconds{3'600},
              per_hour
          }} {}

    // What is told when this is wrong for `time`, looked at every second.
    std::vector<std::string> pass(Nanos time, std::vector<Condition> const& wrong) {
        std::vector<std::string> told;
        for (auto const end = now + time; now < end; now += Seconds{1})
            for (auto const& notice : book.update(wrong, now, utc))
                told.push_back(describe(notice));
        return told;
    }
};

Condition const halted{AlertKind::trading_halted, "", "kill switch"};
Condition const breaker{AlertKind::breaker_open, "clob", "no answer"};

using Told = std::vector<std::string>;

} // namespace

TEST_CASE("A trouble is told once, and its end once", "[alerts]") {
    Book book;

    CHECK(book.pass(Seconds{100}, {halted}) == Told{"CRITICAL trading_halted: kill switch"});
    CHECK(book.book.active(AlertKind::trading_halted) == 1);
    CHECK(book.pass(Seconds{200}, {}) == Told{"cleared trading_halted after 99s"});
    CHECK(book.book.active().empty());
}

TEST_CASE("A trouble that is over before anybody lost patience is not told", "[alerts]") {
    Book book;

    CHECK(book.pass(Seconds{30}, {breaker}).empty());
    CHECK(book.pass(Seconds{5}, {}).empty());
    CHECK(book.pass(Seconds{30}, {breaker}).empty());
    CHECK(book.pass(Seconds{2}, {breaker}) == Told{"WARNING breaker_open clob: no answer"});
}

TEST_CASE("A trouble that comes and goes within a minute is one trouble", "[alerts]") {
    Book book;

    CHECK(book.pass(Seconds{1}, {halted}).size() == 1);
    for (int i = 0; i < 20; ++i) {
        CHECK(book.pass(Seconds{50}, {}).empty());
        CHECK(book.pass(Seconds{1}, {halted}).empty());
    }
}

TEST_CASE("A trouble that stays is told again after hours", "[alerts]") {
    Book book;

    auto const told = book.pass(Seconds{2 * 3'600 + 1}, {halted});

    CHECK(
        told ==
        Told{
            "CRITICAL trading_halted: kill switch",
            "CRITICAL trading_halted (still): kill switch",
            "CRITICAL trading_halted (still): kill switch"
        }
    );
}

TEST_CASE("Above the limit messages are kept back, counted and told with the next", "[alerts]") {
    Book book{3};
    std::vector<Condition> flood;
    for (int i = 0; i < 10; ++i)
        flood.push_back(
            {AlertKind::alarm, "alarm " + std::to_string(i), "alarm " + std::to_string(i)}
        );

    CHECK(book.pass(Seconds{1}, flood).size() == 3);
    CHECK(book.pass(Seconds{3'598}, {}).empty());
    auto const later = book.pass(Seconds{2}, {halted});

    // Seven troubles, and the ends of the three that were told. The new one waits its turn.
    CHECK(later == Told{"CRITICAL trading_halted: kill switch (and 10 messages held back)"});
}

TEST_CASE("What was kept back is told as soon as there is room, if it still lasts", "[alerts]") {
    Book book{1};

    CHECK(book.pass(Seconds{1}, {breaker, halted}) == Told{"CRITICAL trading_halted: kill switch"});
    CHECK(book.pass(Seconds{3'599}, {breaker}).empty());
    CHECK(book.book.active(AlertKind::breaker_open) == 1);
    auto const later = book.pass(Seconds{2}, {breaker});

    CHECK(later == Told{"WARNING breaker_open clob: no answer (and 1 messages held back)"});
}

TEST_CASE("A flood of different troubles fills no memory", "[alerts]") {
    Book book;
    std::vector<Condition> flood;
    for (int i = 0; i < 5'000; ++i)
        flood.push_back({AlertKind::feed_silent, std::to_string(i), ""});

    book.pass(Seconds{1}, flood);

    CHECK(book.book.active().size() == 512);
}
