#include "connectors/polymarket/market/market_channel_feed.hpp"
#include "engine/market/market_board.hpp"
#include "tests/connectors/polymarket/stub_channel.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

struct Fixture : FeedWorld {
    Window window = window_at(clock.utc_now());
    Market btc = updown_market(Asset::btc, window, 1);
    Market eth = updown_market(Asset::eth, window, 2);
    StubChannel channel{*this};
    MarketChannelFeed feed;
    market::MarketBoard board{};

    explicit Fixture(std::size_t lanes = 1, std::size_t per_socket = 200)
        : feed{context, options(lanes, per_socket), [this](Event event) {
                   board.on(event);
                   events.push_back(std::move(event));
               }} {
        start_feed(feed);
        for (auto const& m : {btc, eth})
            board.on(MarketListed{Stamp{clock.utc_now(), clock.utc_now(), 0}, m});
    }

    MarketChannelFeed::Options options(std::size_t lanes, std::size_t per_socket) {
        MarketChannelFeed::Options o{channel.url(), venue.url()};
        o.limits.lanes = lanes;
        o.tokens_per_socket = per_socket;
        return o;
    }

    std::int64_t ms() const { return unix_millis(clock.utc_now()); }

    BookText book(TokenId const& token) const {
        auto const& m = btc.outcome_of(token) ? btc : eth;
        return {
            m,
            token,
            ms(),
            {{cents(40), shares(10)}, {cents(45), shares(20)}},
            {{cents(60), shares(7)}, {cents(55), shares(30)}}
        };
    }

    std::string change(Price bid, std::string best_bid) const {
        return changes_json(
            btc, ms(), {{btc.up, BookSide::bid, bid, shares(9), std::move(best_bid), "0.55"}}
        );
    }

    // The channel is up and the first book of btc's Up token has come.
    void begin() {
        feed.follow(btc);
        channel.wait_for_talks(feed.sockets());
        for (std::size_t n = 0; n < feed.sockets(); ++n)
            channel.send(n, book(btc.up).json());
    }

    BookState state() const { return board.view(btc.condition, clock.utc_now())->up->state(); }

    bool is_live() const { return feed.is_live(btc.up); }
};

} // namespace

TEST_CASE("The feed subscribes both tokens and publishes their books", "[polymarket][market]") {
    Fixture f;

    f.begin();
    f.channel.send(0, f.change(cents(46), "0.46"));

    CHECK(
        f.channel.talks[0].heard.front() ==
        fmt::format(
            R"({{"type":"market","assets_ids":["{}","{}"],"custom_feature_enabled":true}})",
            to_string(f.btc.up),
            to_string(f.btc.down)
        )
    );
    REQUIRE(f.count<BookSnapshot>() == 1);
    REQUIRE(f.count<BookChange>() == 1);
    CHECK(f.feed.book_counts().hashes_proven == 1);
    CHECK(f.state() == BookState::live);
    CHECK(f.states().empty());
    f.stop();
    CHECK(f.failures.empty());
}

TEST_CASE("Markets are added and dropped on an open socket", "[polymarket][market]") {
    Fixture f;
    f.begin();

    f.feed.follow(f.eth);
    f.channel.settle();
    f.feed.unfollow(f.btc.condition);
    f.channel.settle();

    auto const& heard = f.channel.talks[0].heard;
    REQUIRE(heard.size() == 3);
    CHECK_THAT(
        heard[1],
        Catch::Contains(to_string(f.eth.up)) && Catch::Contains(R"("operation":"subscribe")")
    );
    CHECK_THAT(
        heard[2],
        Catch::Contains(to_string(f.btc.down)) && Catch::Contains(R"("operation":"unsubscribe")")
    );
    CHECK(f.channel.talks.size() == 1);
    CHECK(f.feed.tokens() == 2);
    f.stop();
}

TEST_CASE("A socket whose last market went keeps one token for its life", "[polymarket][market]") {
    Fixture f;
    f.begin();

    f.feed.unfollow(f.btc.condition);
    f.channel.settle();
    f.channel.reset(0);
    f.channel.wait_for_talks(2);

    CHECK_THAT(f.channel.talks[0].heard[1], !Catch::Contains(to_string(f.btc.down)));
    CHECK_THAT(f.channel.talks[1].heard[0], Catch::Contains(to_string(f.btc.down)));
    f.channel.send(1, f.book(f.btc.down).json());
    CHECK(f.count<BookSnapshot>() == 1);
    CHECK(f.feed.book_counts().unknown_tokens == 1);
    f.stop();
}

TEST_CASE("Tokens beyond a socket's share get a socket of their own", "[polymarket][market]") {
    Fixture f{1, 2};
    f.begin();

    f.feed.follow(f.eth);
    f.channel.wait_for_talks(2);

    CHECK(f.feed.sockets() == 2);
    CHECK_THAT(f.channel.talks[1].heard[0], Catch::Contains(to_string(f.eth.up)));
    f.stop();
}

TEST_CASE(
    "A lost connection makes books unhealthy until a fresh snapshot", "[polymarket][market]"
) {
    Fixture f;
    f.begin();

    f.channel.reset(0);
    CHECK(f.state() == BookState::quarantined);
    f.channel.wait_for_talks(2);
    f.channel.send(1, f.change(cents(46), "0.46"));
    CHECK(f.state() == BookState::quarantined);
    CHECK(f.count<BookChange>() == 0);
    f.channel.send(1, f.book(f.btc.up).json());

    CHECK(f.state() == BookState::live);
    REQUIRE(f.states().size() == 2);
    CHECK_THAT(
        f.states()[0],
        Catch::StartsWith("clob.market " + to_string(f.btc.up) + ": bad (connection lost")
    );
    CHECK_THAT(f.states()[1], Catch::EndsWith("ok (fresh snapshot)"));
    f.stop();
}

TEST_CASE(
    "A book whose hash is wrong is quarantined and read again by REST", "[polymarket][market]"
) {
    Fixture f;
    f.begin();
    f.venue.on("/book?token_id=", [&](std::string const&) {
        return net::testing::http_answer(200, "", f.book(f.btc.up).json());
    });
    auto bad = f.book(f.btc.up);
    bad.hash = std::string(40, 'a');

    f.channel.send(0, bad.json());
    CHECK(f.feed.book_counts().hashes_wrong == 1);
    f.pass_quickly_until([&] { return f.is_live(); });

    CHECK(f.venue.asked == std::vector<std::string>{"/book?token_id=" + to_string(f.btc.up)});
    CHECK(f.count<BookSnapshot>() == 2);
    CHECK(f.state() == BookState::live);
    CHECK_THAT(f.states().front(), Catch::EndsWith("bad (book hash is wrong)"));
    f.stop();
}

TEST_CASE("A book that REST gives wrongly too stays quarantined", "[polymarket][market]") {
    Fixture f;
    f.begin();
    auto bad = f.book(f.btc.up);
    bad.hash = std::string(40, 'a');
    f.venue.on("/book?token_id=", bad.json());

    f.channel.send(0, bad.json());
    f.pass(Seconds{20});

    CHECK_FALSE(f.is_live());
    CHECK(f.state() == BookState::quarantined);
    CHECK(f.count<BookSnapshot>() == 1);
    auto const asked = f.venue.count("/book?token_id=" + to_string(f.btc.up));
    CHECK(asked >= 4);
    CHECK(asked <= 6);
    f.channel.send(0, f.book(f.btc.up).json());
    CHECK(f.state() == BookState::live);
    f.stop();
}

TEST_CASE("Wrong hashes are only counted where that is asked for", "[polymarket][market]") {
    Fixture f;
    auto options = f.options(1, 200);
    options.limits.doubt_wrong_hashes = false;
    std::uint64_t snapshots = 0;
    BookKeeper keeper{
        options.limits,
        {[&](Event const& event) { snapshots += std::holds_alternative<BookSnapshot>(event); },
         [](TokenId const&) {},
         [](std::size_t, std::string const&) {
         }}
    };
    keeper.follow(f.btc, 0, f.clock.now());
    auto bad = f.book(f.btc.up);
    bad.hash = std::string(40, 'a');

    keeper.on(parse_book(bad.json(), f.clock.utc_now()).value(), 0, f.clock.now());

    CHECK(snapshots == 1);
    CHECK(keeper.counts().hashes_wrong == 1);
    CHECK(keeper.is_live(f.btc.up));
    f.stop();
}

TEST_CASE("Changes that come while a book is read again are laid over it", "[polymarket][market]") {
    Fixture f;
    f.begin();
    auto const rest = f.book(f.btc.up);
    auto bad = rest;
    bad.hash = std::string(40, 'a');
    f.venue.on("/book?token_id=", [&](std::string const&) {
        f.channel.talks[0].heard.push_back("asked");
        return std::string{};
    });

    f.channel.send(0, bad.json());
    CHECK(f.channel.talks[0].heard.back() == "asked");
    f.channel.send(
        0,
        changes_json(
            f.btc, f.ms() - 5, {{f.btc.up, BookSide::bid, cents(45), shares(1), "0.45", "0.55"}}
        )
    );
    f.channel.send(
        0,
        changes_json(
            f.btc, f.ms() + 5, {{f.btc.up, BookSide::bid, cents(47), shares(3), "0.47", "0.55"}}
        )
    );
    f.venue.on("/book?token_id=", rest.json());
    f.pass_quickly_until([&] { return f.is_live(); });

    auto const bids = f.all<BookSnapshot>().back().bids;
    CHECK(bids.size() == 2);
    f.stop();
}

TEST_CASE("A top that is not ours twice in a row is a doubtful book", "[polymarket][market]") {
    Fixture f;
    f.begin();
    f.venue.on("/book?token_id=", [&](std::string const&) {
        return net::testing::http_answer(200, "", f.book(f.btc.up).json());
    });

    f.channel.send(0, f.change(cents(46), "0.48"));
    CHECK(f.is_live());
    f.channel.send(0, f.change(cents(46), "0.46"));
    f.channel.send(0, f.change(cents(45), "0.48"));
    CHECK(f.is_live());
    f.channel.send(0, f.change(cents(44), "0.48"));

    CHECK(f.feed.book_counts().top_misses == 3);
    CHECK(f.feed.book_counts().doubts == 1);
    f.pass_quickly_until([&] { return f.is_live(); });
    CHECK_THAT(f.states().front(), Catch::EndsWith("bad (best bid and ask are not the venue's)"));
    f.stop();
}

TEST_CASE("A changed tick size drops the book until a fresh snapshot", "[polymarket][market]") {
    Fixture f;
    f.begin();
    f.channel.send(
        0,
        fmt::format(
            R"({{"event_type":"tick_size_change","market":"{}","asset_id":"{}","old_tick_size":"0.01","new_tick_size":"0.001","timestamp":"{}"}})",
            to_string(f.btc.condition),
            to_string(f.btc.up),
            f.ms()
        )
    );

    CHECK(f.count<TickSizeChanged>() == 1);
    CHECK(f.state() == BookState::quarantined);
    CHECK(f.venue.asked.size() == 1);
    f.channel.send(0, f.book(f.btc.up).json());
    CHECK(f.state() == BookState::live);
    CHECK(f.board.find(f.btc.condition)->tick == Price::from_micros(1'000));
    f.stop();
}

TEST_CASE("A silent topic is doubted, and read again by REST", "[polymarket][market][silence]") {
    Fixture f;
    f.begin();
    auto const same = f.book(f.btc.up).json();
    f.venue.on("/book?token_id=" + to_string(f.btc.up), same);

    f.pass_quickly_until([&] { return f.feed.book_counts().harmless_silences == 1; });

    auto const of_up = [&](FeedState const& state) {
        return state.topic == to_string(f.btc.up);
    };
    auto const said = f.all<FeedState>();
    auto const doubted = std::ranges::find_if(said, of_up);
    REQUIRE(doubted != said.end());
    CHECK_THAT(doubted->reason, Catch::StartsWith("silent for 15"));
    CHECK(doubted->at.received_at - f.all<BookSnapshot>()[0].at.received_at <= Seconds{17});
    CHECK(f.state() == BookState::live);
    CHECK(f.feed.book_counts().harmless_silences == 1);
    CHECK(f.feed.counts().connections_lost == 0);
    f.stop();
}

TEST_CASE(
    "A topic that REST shows to be frozen renews the connection", "[polymarket][market][silence]"
) {
    Fixture f;
    f.begin();
    f.venue.on("/book?token_id=" + to_string(f.btc.up), [&](std::string const&) {
        auto moved = f.book(f.btc.up);
        moved.bids.back().size = shares(21);
        return net::testing::http_answer(200, "", moved.json());
    });

    f.channel.wait_for_talks(2);

    CHECK(f.feed.book_counts().frozen_topics == 1);
    CHECK(f.state() == BookState::quarantined);
    CHECK(f.count<BookSnapshot>() == 1);
    f.channel.send(1, f.book(f.btc.up).json());
    CHECK(f.state() == BookState::live);
    f.stop();
}

TEST_CASE("A first book that does not come is read by REST", "[polymarket][market]") {
    Fixture f;
    f.venue.on("/book?token_id=" + to_string(f.btc.up), [&](std::string const&) {
        return net::testing::http_answer(200, "", f.book(f.btc.up).json());
    });
    f.feed.follow(f.btc);

    f.pass_quickly_until([&] { return f.is_live(); });

    CHECK(f.count<BookSnapshot>() == 1);
    f.pass(Seconds{3});
    REQUIRE(f.states().size() == 1);
    CHECK_THAT(
        f.states()[0],
        Catch::StartsWith("clob.market " + to_string(f.btc.down) + ": bad (no book: rejected")
    );
    f.stop();
}

TEST_CASE("A frame that cannot be read renews the connection", "[polymarket][market]") {
    Fixture f;
    f.begin();

    f.channel.send(
        0, R"({"event_type":"price_change","market":"0x12","price_changes":[{"asset_id":"x"}]})"
    );

    CHECK(f.feed.counts().bad_frames == 1);
    CHECK(f.state() == BookState::quarantined);
    f.channel.wait_for_talks(2);
    f.channel.send(1, f.book(f.btc.up).json());
    CHECK(f.state() == BookState::live);
    f.channel.send(1, "garbage");
    CHECK(f.state() == BookState::quarantined);
    CHECK(f.channel.talks.size() == 2);
    f.stop();
}

TEST_CASE("The winner of a market is told by its token", "[polymarket][market]") {
    Fixture f;
    std::swap(f.btc.up, f.btc.down);
    f.begin();
    auto const text = fmt::format(
        R"({{"event_type":"market_resolved","market":"{}","assets_ids":["{}","{}"],"winning_asset_id":"{}","timestamp":"{}"}})",
        to_string(f.btc.condition),
        to_string(f.btc.down),
        to_string(f.btc.up),
        to_string(f.btc.down),
        f.ms()
    );

    f.channel.send(0, text);
    f.channel.send(0, text);

    REQUIRE(f.count<MarketResolved>() == 1);
    CHECK(f.all<MarketResolved>()[0].winner == Outcome::down);
    f.pass(Seconds{300});
    CHECK(f.feed.tokens() == 0);
    f.stop();
}

TEST_CASE("A dead connection is noticed by its missing PONG", "[polymarket][market]") {
    Fixture f;
    f.channel.answers_pings = false;
    f.begin();

    f.channel.wait_for_talks(2);

    CHECK(f.feed.counts().connections_lost == 1);
    f.stop();
}

TEST_CASE("Of two lanes the first copy counts", "[polymarket][market][lanes]") {
    Fixture f{2};
    f.begin();
    auto const first = f.change(cents(46), "0.46");
    auto const second = f.change(cents(47), "0.47");

    f.channel.send(0, first);
    f.channel.send(1, first);
    f.channel.send(1, second);
    f.channel.send(0, second);

    CHECK(f.count<BookSnapshot>() == 1);
    REQUIRE(f.count<BookChange>() == 2);
    CHECK(f.all<BookChange>()[1].price == cents(47));
    CHECK(f.feed.book_counts().copies == 3);
    f.stop();
}

TEST_CASE("The loss of one of two lanes is no loss of continuity", "[polymarket][market][lanes]") {
    Fixture f{2};
    f.begin();

    f.channel.reset(0);
    f.channel.send(1, f.change(cents(46), "0.46"));
    CHECK(f.is_live());
    CHECK(f.states().empty());
    f.channel.wait_for_talks(3);
    f.channel.reset(1);

    CHECK_FALSE(f.is_live());
    CHECK(f.state() == BookState::quarantined);
    f.stop();
}

TEST_CASE(
    "A lane that came back carries on once it had its snapshot", "[polymarket][market][lanes]"
) {
    Fixture f{2};
    f.begin();
    f.channel.reset(0);
    f.channel.wait_for_talks(3);

    f.channel.send(2, f.book(f.btc.up).json());
    f.channel.reset(1);
    f.channel.send(2, f.change(cents(46), "0.46"));

    CHECK(f.is_live());
    CHECK(f.states().empty());
    CHECK(f.count<BookChange>() == 1);
    f.stop();
}
