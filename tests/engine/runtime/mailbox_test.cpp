#include "engine/runtime/mailbox.hpp"
#include "tests/engine/runtime/run_tasks.hpp"
#include "tests/support/catch.hpp"

#include <boost/asio/post.hpp>

#include <memory>
#include <vector>

using namespace polyquant;
using namespace polyquant::runtime;
using namespace polyquant::runtime::testing;

namespace {

struct Quote {
    int token;
    int price;

    friend bool operator==(Quote const&, Quote const&) = default;
};

struct TokenOf {
    int operator()(Quote const& q) const { return q.token; }
};

template <class Box, class Msg>
Task<void> read_all(Box& box, std::vector<Msg>& out, bool& ended) {
    for (;;) {
        auto msg = co_await box.next();
        if (!msg) break;
        out.push_back(std::move(*msg));
    }
    ended = true;
}

template <class Box>
auto drain(Box& box) {
    std::vector<typename decltype(box.try_next())::value_type> out;
    while (auto msg = box.try_next())
        out.push_back(std::move(*msg));
    return out;
}

} // namespace

TEST_CASE("A Count mailbox drops the oldest and counts it", "[runtime][mailbox]") {
    asio::io_context io;
    CountMailbox<int> box{io.get_executor(), "trades", 3};

    for (auto i = 1; i <= 3; ++i)
        CHECK(box.post(i));
    CHECK_FALSE(box.post(4));
    CHECK_FALSE(box.post(5));

    CHECK(box.depth() == 3);
    CHECK(box.drops() == 2);
    CHECK(drain(box) == std::vector{3, 4, 5});
}

TEST_CASE(
    "A Conflate mailbox keeps the latest per key in the old one's place", "[runtime][mailbox]"
) {
    asio::io_context io;
    ConflateMailbox<Quote, TokenOf> box{io.get_executor(), "books", 4};

    box.post({1, 50});
    box.post({2, 60});
    box.post({1, 51});
    box.post({1, 52});

    CHECK(box.conflated() == 2);
    CHECK(box.drops() == 0);
    CHECK(drain(box) == std::vector<Quote>{{1, 52}, {2, 60}});
}

TEST_CASE("A Conflate mailbox with more keys than places counts the loss", "[runtime][mailbox]") {
    asio::io_context io;
    ConflateMailbox<Quote, TokenOf> box{io.get_executor(), "books", 2};

    box.post({1, 50});
    box.post({2, 60});
    CHECK_FALSE(box.post({3, 70}));

    CHECK(box.drops() == 1);
    CHECK(drain(box) == std::vector<Quote>{{2, 60}, {3, 70}});
}

TEST_CASE(
    "A full Fatal mailbox refuses the message and calls the halt handler", "[runtime][mailbox]"
) {
    asio::io_context io;
    std::vector<Failure> halts;
    FatalMailbox<int> box{io.get_executor(), "own_orders", 2, {[&](Failure f) {
                              halts.push_back(std::move(f));
                          }}};

    box.post(1);
    box.post(2);
    CHECK_FALSE(box.post(3));

    REQUIRE(halts.size() == 1);
    CHECK(halts[0].where == "mailbox.own_orders");
    CHECK(box.drops() == 1);
    CHECK(drain(box) == std::vector{1, 2});
}

TEST_CASE(
    "A reader gets every message in order, posted before or while it waits", "[runtime][mailbox]"
) {
    SimWorld world;
    CountMailbox<int> box{world.io.get_executor(), "ticks", 4};
    std::vector<int> seen;
    auto ended = false;
    box.post(1);
    world.spawn(read_all(box, seen, ended));
    world.poll();

    box.post(2);
    box.post(3);
    world.poll();
    box.post(4);
    world.poll();

    CHECK(seen == std::vector{1, 2, 3, 4});
    CHECK_FALSE(ended);
}

TEST_CASE("A message posted together with a cancellation stays queued", "[runtime][mailbox]") {
    SimWorld world;
    CountMailbox<int> box{world.io.get_executor(), "ticks", 4};
    std::vector<int> seen;
    auto ended = false;
    asio::cancellation_signal cancel;
    asio::co_spawn(
        world.io,
        read_all(box, seen, ended),
        asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {})
    );
    world.poll();
    auto const post_first = GENERATE(true, false);

    // Inside the loop, so that both have happened before the reader can run.
    asio::post(world.io, [&] {
        if (post_first) box.post(1);
        cancel.emit(asio::cancellation_type::terminal);
        if (!post_first) box.post(1);
    });
    world.poll();

    CHECK(ended);
    CHECK(seen.empty());
    CHECK(drain(box) == std::vector{1});
}

TEST_CASE("A mailbox carries messages that only move and have no default", "[runtime][mailbox]") {
    struct Msg {
        explicit Msg(int v) : value{std::make_unique<int>(v)} {}

        std::unique_ptr<int> value;
    };

    SimWorld world;
    CountMailbox<Msg> box{world.io.get_executor(), "moves", 2};
    std::vector<Msg> seen;
    auto ended = false;
    world.spawn(read_all(box, seen, ended));
    world.poll();

    box.post(Msg{5});
    world.poll();

    REQUIRE(seen.size() == 1);
    CHECK(*seen[0].value == 5);
}

TEST_CASE("A mailbox may go before the io_context of its waiting reader", "[runtime][mailbox]") {
    auto io = std::make_unique<asio::io_context>();
    auto box = std::make_unique<CountMailbox<int>>(io->get_executor(), "ticks", 2);
    std::vector<int> seen;
    auto ended = false;
    asio::co_spawn(*io, read_all(*box, seen, ended), [](std::exception_ptr) {});
    io->poll();

    box.reset();
    io.reset();

    CHECK_FALSE(ended);
}
