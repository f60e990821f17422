#include "engine/ledger/fact_text.hpp"
#include "engine/ledger/ledger.hpp"
#include "tests/engine/ledger/fact_history.hpp"
#include "tests/engine/ledger/scratch.hpp"
#include "tests/support/catch.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <csignal>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::ledger;
using polyquant::testing::FactHistory;
using polyquant::testing::Scratch;

namespace {

FactHistory history_of(std::uint64_t seed, int markets) {
    FactHistory history{seed};
    for (int n = 0; n < markets; ++n)
        history.play_market();
    return history;
}

Ledger open_new(std::filesystem::path const& path, LedgerOptions const& options = {}) {
    auto opened = Ledger::open(path, options);
    REQUIRE(opened.has_value());
    return std::move(*opened);
}

void require_same_books(Ledger const& ledger, FactHistory const& history) {
    auto const bankrolls = ledger.bankrolls().value();
    REQUIRE(bankrolls.size() == history.books().size());
    for (auto const& b : bankrolls) {
        auto const& plain = history.books().at(b.strategy.text);
        INFO(b.strategy.text);
        CHECK(b.capital.micros() == plain.capital);
        CHECK(b.cash.micros() == plain.cash);
        CHECK(b.reserved.micros() == plain.reserved);
        CHECK(b.fees.micros() == plain.fees);
        CHECK(b.realised.micros() == plain.realised);
        CHECK(b.orders == plain.orders);
        CHECK(b.wins == plain.wins);
        CHECK(b.losses == plain.losses);
    }
}

PlaceOrder buy_intent(char const* strategy) {
    PlaceOrder intent;
    intent.strategy = StrategyName{strategy};
    intent.market = testing::condition_of(1);
    intent.token = testing::token_of(1, Outcome::up);
    intent.asset = Asset::btc;
    intent.limit = cents(90);
    intent.size = shares(5);
    intent.seen_price = cents(90);
    intent.win_probability = 0.96;
    intent.edge = 0.0537;
    intent.decided_at = utc_from_seconds(1'776'000'290);
    intent.seen_spot = UsdPrice::from_e8(9'003'000'000'000);
    intent.seen_strike = UsdPrice::from_e8(9'000'000'000'000);
    return intent;
}

TradeMatched full_fill(PlaceOrder const& intent, OrderId order) {
    TradeMatched t;
    t.trade = TradeReport{
        TradeId{"t-1"}, order, intent.token, Side::buy, cents(89), intent.size, usd_cents(3)
    };
    t.strategy = intent.strategy;
    t.market = intent.market;
    t.cost = usd_cents(445);
    t.fill_latency = 320ms;
    t.seen_price = intent.seen_price;
    return t;
}

// Capital, one bought window, won.
std::vector<Fact> one_win() {
    auto const intent = buy_intent("scalp");
    auto const order = testing::order_of(1);
    Window const window = window_at(utc_from_seconds(1'776'000'000));
    WindowSettled settled{
        intent.market,
        updown_slug(Asset::btc, window),
        Asset::btc,
        window,
        spot_rule(),
        UsdPrice::from_e8(9'000'000'000'000),
        UsdPrice::from_e8(9'004'000'000'000),
        PriceSource::chainlink_spot,
        Outcome::up
    };
    PositionSettled paid{
        intent.strategy,
        intent.market,
        intent.token,
        Outcome::up,
        shares(5),
        usd(5),
        usd_cents(448),
        true
    };
    std::vector<FactBody> const bodies{
        CapitalMoved{intent.strategy, usd(100), "start"},
        OrderPlaced{order, intent, usd_cents(460), settled.slug},
        full_fill(intent, order),
        OrderChanged{
            order,
            intent.strategy,
            OrderState::sent,
            OrderState::matched,
            Reason::order_sent,
            {},
            {}
        },
        TradeChanged{
            TradeId{"t-1"}, order, intent.strategy, TradeState::matched, TradeState::confirmed
        },
        settled,
        paid
    };
    std::vector<Fact> facts;
    for (auto const& body : bodies)
        facts.push_back(Fact{facts.size() + 1, utc_from_seconds(1'776'000'300), body});
    return facts;
}

} // namespace

TEST_CASE("Ledger agrees with plain books on random histories", "[ledger][property]") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        Scratch scratch;
        auto const history = history_of(seed, 30);
        auto ledger = open_new(scratch / "ledger.db");

        for (auto const& fact : history.facts())
            REQUIRE(ledger.apply(fact));

        require_same_books(ledger, history);
        CHECK(ledger.check().value() == std::vector<std::string>{});
        CHECK(ledger.open_positions().value().empty());
        CHECK(ledger.applied_seq() == history.facts().size());
    }
}

TEST_CASE("Ledger's trades add up to what the strategies realised", "[ledger][property]") {
    for (std::uint64_t seed = 30; seed <= 36; ++seed) {
        INFO("seed " << seed);
        Scratch scratch;
        auto const history = history_of(seed, 40);
        auto ledger = open_new(scratch / "ledger.db");
        REQUIRE(ledger.apply_batch(history.facts()));

        std::map<std::string, std::int64_t> sums;
        for (auto const& row : ledger.trades().value())
            if (row.pnl) sums[row.strategy.text] += row.pnl->micros();

        for (auto const& [strategy, books] : history.books())
            CHECK(sums[strategy] == books.realised);
    }
}

TEST_CASE("Ledger rebuilt from its archive has the same content", "[ledger]") {
    Scratch scratch;
    auto const history = history_of(5, 40);
    auto first = open_new(scratch / "first.db");
    REQUIRE(first.apply_batch(history.facts()));
    auto second = open_new(scratch / "second.db");

    REQUIRE(first.for_each_fact(1, [&](Fact const& fact) { return second.apply(fact); }));

    CHECK(second.content_digest().value() == first.content_digest().value());
    auto other = open_new(scratch / "other.db");
    REQUIRE(other.apply_batch(history_of(6, 40).facts()));
    CHECK(other.content_digest().value() != first.content_digest().value());
}

TEST_CASE("Ledger skips facts it has and refuses a gap or another history", "[ledger]") {
    Scratch scratch;
    auto const facts = history_of(8, 6).facts();
    auto ledger = open_new(scratch / "ledger.db");
    REQUIRE(ledger.apply_batch({facts.data(), 10}));
    auto const before = ledger.content_digest().value();

    CHECK(ledger.apply_batch({facts.data(), 10}));
    CHECK(ledger.apply(facts[3]));
    auto const gap = ledger.apply(facts[11]);
    auto other = facts[4];
    other.at += 1s;
    auto const differs = ledger.apply(other);

    REQUIRE_FALSE(gap);
    CHECK(gap.error().detail.find("fact 12 came after fact 10") != std::string::npos);
    REQUIRE_FALSE(differs);
    CHECK(differs.error().detail.find("fact 5") != std::string::npos);
    CHECK(ledger.content_digest().value() == before);
    REQUIRE(ledger.apply_batch(facts));
    CHECK(ledger.applied_seq() == facts.size());
}

TEST_CASE("Ledger refuses facts that contradict it and books nothing of the batch", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    auto facts = one_win();
    REQUIRE(ledger.apply_batch({facts.data(), 3}));
    auto const before = ledger.content_digest().value();
    auto const next = [&](FactBody body) {
        return Fact{4, utc_from_seconds(1'776'000'301), body};
    };
    auto stranger = std::get<TradeMatched>(facts[2].body);
    stranger.trade.order = testing::order_of(77);
    auto thief = std::get<TradeMatched>(facts[2].body);
    thief.strategy = StrategyName{"other"};
    thief.trade.trade = TradeId{"t-2"};

    for (auto const& bad : std::vector<FactBody>{
             facts[1].body,
             facts[2].body,
             stranger,
             thief,
             TradeChanged{TradeId{"t-9"}, testing::order_of(1), StrategyName{"scalp"}}
         }) {
        std::vector<Fact> const batch{
            next(bad), Fact{5, utc_from_seconds(1'776'000'302), CapitalMoved{}}
        };
        auto const refused = ledger.apply_batch(batch);

        REQUIRE_FALSE(refused);
        INFO(describe(refused.error()));
        CHECK(refused.error().fault == Fault::invalid);
        CHECK(ledger.content_digest().value() == before);
    }
    CHECK(ledger.apply(facts[3]));
}

TEST_CASE("Ledger refuses to change a trade that is confirmed", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    auto const facts = one_win();
    REQUIRE(ledger.apply_batch({facts.data(), 5}));
    auto const before = ledger.content_digest().value();
    auto confirmed = std::get<TradeChanged>(facts[4].body);
    confirmed.to = TradeState::failed;

    auto const refused = ledger.apply(Fact{6, utc_from_seconds(1'776'000'301), confirmed});

    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("trade t-1 is confirmed and over") != std::string::npos);
    CHECK(ledger.content_digest().value() == before);
    auto const held = ledger.open_positions().value().at(0);
    CHECK(held.confirmed == shares(5));
}

TEST_CASE("Ledger lists a won trade with its prices, fee and bankroll", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    auto const facts = one_win();
    REQUIRE(ledger.apply_batch(facts));

    auto const rows = ledger.trades().value();

    REQUIRE(rows.size() == 1);
    CHECK(
        trade_csv_line(rows[0]) ==
        "scalp,2026-04-12T13:24:50Z,1776000000,BTC,UP,0.9,4.45,5,0.52,90000,90030,30,true,90040,"
        "true,0.52,100.52,BUY,btc-updown-5m-1776000000,0.89,0.960000,0.053700,0.03,320,matched," +
            to_string(testing::order_of(1)) + ",paid"
    );
    auto const b = ledger.bankrolls().value().at(0);
    CHECK(b.cash.micros() == 100'520'000);
    CHECK(b.realised == usd_cents(52));
    CHECK(b.wins == 1);
}

TEST_CASE("Ledger turns a corrected settlement into the money the venue paid", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    auto facts = one_win();
    auto settled = std::get<WindowSettled>(facts[5].body);
    settled.winner = Outcome::down;
    settled.source = PriceSource::venue;
    auto paid = std::get<PositionSettled>(facts[6].body);
    paid.size = Shares{};
    paid.cost = Usdc{};
    paid.payout = usd(-5);
    paid.won = false;
    facts.push_back(Fact{8, utc_from_seconds(1'776'000'400), settled});
    facts.push_back(Fact{9, utc_from_seconds(1'776'000'400), paid});

    REQUIRE(ledger.apply_batch(facts));

    auto const b = ledger.bankrolls().value().at(0);
    CHECK(b.cash.micros() == 95'520'000);
    CHECK(b.wins == 0);
    CHECK(b.losses == 1);
    auto const row = ledger.trades().value().at(0);
    CHECK(row.won == false);
    CHECK(row.pnl == usd_cents(-448));
    CHECK(ledger.check().value() == std::vector<std::string>{});
}

TEST_CASE("Ledger check says what disagrees", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    auto facts = one_win();
    std::get<PositionSettled>(facts[6].body).cost = usd(4);
    facts.pop_back();
    REQUIRE(ledger.apply_batch(facts));

    ExpectedMoney const belief{StrategyName{"scalp"}, usd(90), Usdc{}};
    auto const problems = ledger.check({&belief, 1}).value();

    REQUIRE(problems.size() == 2);
    CHECK(problems[0].find("still holds 5 UP") != std::string::npos);
    CHECK(problems[1].find("the portfolio has 90 free") != std::string::npos);
}

TEST_CASE("Ledger's database itself refuses unbalanced and changed postings", "[ledger]") {
    Scratch scratch;
    {
        REQUIRE(open_new(scratch / "ledger.db").apply_batch(one_win()));
    }
    SQLite::Database db{(scratch / "ledger.db").string(), SQLite::OPEN_READWRITE};
    db.exec("PRAGMA foreign_keys = ON");

    CHECK_THROWS(db.exec("UPDATE postings SET amount = 1"));
    CHECK_THROWS(db.exec("DELETE FROM facts"));
    CHECK_THROWS(db.exec("INSERT INTO postings VALUES (1, 3, 1, 5)"));
    CHECK_THROWS(db.exec("BEGIN; INSERT INTO facts VALUES (8, 0, 'x', ''); INSERT INTO postings "
                         "VALUES (8, 1, 1, 5), "
                         "(8, 2, 2, -4); INSERT INTO entries VALUES (8, 2); COMMIT"));
    db.exec("ROLLBACK");
    CHECK_THROWS(db.exec("BEGIN; INSERT INTO facts VALUES (8, 0, 'x', ''); INSERT INTO postings "
                         "VALUES (8, 1, 1, 5); "
                         "COMMIT"));
}

TEST_CASE("Ledger admits one writer, named to the second, and any reader", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    REQUIRE(ledger.apply_batch(one_win()));

    auto const second = Ledger::open(scratch / "ledger.db");
    auto const reader = Ledger::open(scratch / "ledger.db", {.read_only = true});

    REQUIRE_FALSE(second);
    CHECK(second.error().detail.find(fmt::format("process {}", ::getpid())) != std::string::npos);
    REQUIRE(reader);
    CHECK(reader->content_digest().value() == ledger.content_digest().value());
    auto writing = Ledger::open(scratch / "ledger.db", {.read_only = true});
    CHECK_FALSE(writing->apply(Fact{8, {}, CapitalMoved{}}));
}

TEST_CASE("Ledger files are readable by their owner only", "[ledger]") {
    Scratch scratch;
    auto const old_mask = ::umask(0);
    auto ledger = open_new(scratch / "ledger.db");
    REQUIRE(ledger.apply_batch(one_win()));
    REQUIRE(ledger.export_trades(scratch / "trades.csv").value() == 1);
    ::umask(old_mask);

    for (auto const* name :
         {"ledger.db", "ledger.db-wal", "ledger.db-shm", "ledger.db.lock", "trades.csv"}) {
        struct stat info{};
        INFO(name);
        REQUIRE(::stat((scratch / name).c_str(), &info) == 0);
        CHECK((info.st_mode & 0777) == 0600);
    }
}

TEST_CASE("Ledger refuses a newer schema and strange files", "[ledger][migration]") {
    Scratch scratch;
    {
        open_new(scratch / "newer.db");
    }
    {
        SQLite::Database db{(scratch / "newer.db").string(), SQLite::OPEN_READWRITE};
        db.exec("PRAGMA user_version = 99");
        SQLite::Database other{
            (scratch / "other.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE
        };
        other.exec("CREATE TABLE songs (title TEXT)");
        std::ofstream{scratch / "text.db"} << std::string(5000, 'x');
    }

    auto const newer = Ledger::open(scratch / "newer.db");
    auto const other = Ledger::open(scratch / "other.db");
    auto const text = Ledger::open(scratch / "text.db");
    auto const nowhere = Ledger::open(scratch / "no/such/folder.db");

    REQUIRE_FALSE(newer);
    CHECK(
        newer.error().detail.find("schema 99, this polyquant knows up to 4") != std::string::npos
    );
    REQUIRE_FALSE(other);
    CHECK(other.error().detail.find("another program") != std::string::npos);
    REQUIRE_FALSE(text);
    CHECK(text.error().detail.find("no ledger") != std::string::npos);
    REQUIRE_FALSE(nowhere);
    CHECK(nowhere.error().fault == Fault::storage);
}

TEST_CASE("Ledger keeps the old schema whole when a migration fails", "[ledger][migration]") {
    Scratch scratch;
    std::string before;
    {
        auto ledger = open_new(scratch / "ledger.db");
        REQUIRE(ledger.apply_batch(one_win()));
        before = ledger.content_digest().value();
    }
    Migration const broken[] = {
        ledger_migrations()[0],
        ledger_migrations()[1],
        ledger_migrations()[2],
        ledger_migrations()[3],
        {5, "good step", "CREATE TABLE extra (id INTEGER) STRICT"},
        {6, "bad step", "NONSENSE"}
    };

    auto const failed = Ledger::open(scratch / "ledger.db", {.migrations = broken});

    REQUIRE_FALSE(failed);
    CHECK(failed.error().detail.find("\"bad step\"") != std::string::npos);
    CHECK(open_new(scratch / "ledger.db").content_digest().value() == before);
    CHECK(open_new(scratch / "ledger.db.v4.backup").content_digest().value() == before);
}

TEST_CASE("Ledger migrates a non-empty file and keeps its facts", "[ledger][migration]") {
    Scratch scratch;
    {
        REQUIRE(open_new(scratch / "ledger.db").apply_batch(one_win()));
    }
    Migration const longer[] = {
        ledger_migrations()[0],
        ledger_migrations()[1],
        ledger_migrations()[2],
        ledger_migrations()[3],
        {5, "notes", "CREATE TABLE notes (id INTEGER PRIMARY KEY) STRICT"}
    };

    auto ledger = open_new(scratch / "ledger.db", {.migrations = longer});

    CHECK(ledger.applied_seq() == 7);
    CHECK(ledger.check().value() == std::vector<std::string>{});
    CHECK(std::filesystem::exists(scratch / "ledger.db.v4.backup"));
}

TEST_CASE("Ledger of schema 2 takes promises and outcomes once opened", "[ledger][migration]") {
    Scratch scratch;
    std::uint64_t before = 0;
    {
        auto old = open_new(scratch / "ledger.db", {.migrations = ledger_migrations().first(2)});
        REQUIRE(old.apply_batch(one_win()));
        before = old.applied_seq();
    }
    WindowForecast forecast;
    forecast.asset = Asset::btc;
    forecast.samples = {{Millis{60'000}, 0.7, cents(60), cents(62), std::nullopt, cents(40)}};

    auto ledger = open_new(scratch / "ledger.db");
    REQUIRE(ledger.apply(Fact{before + 1, {}, forecast}));

    CHECK(ledger.check().value() == std::vector<std::string>{});
    SQLite::Database raw{(scratch / "ledger.db").string()};
    CHECK(raw.execAndGet("SELECT COUNT(*) FROM forecasts").getInt() == 1);
    CHECK(raw.execAndGet("SELECT down_bid IS NULL FROM forecasts").getInt() == 1);
    CHECK(raw.execAndGet("SELECT up FROM accuracy").getDouble() == 0.7);
    CHECK(std::filesystem::exists(scratch / "ledger.db.v2.backup"));
}

TEST_CASE("Ledger of schema 3 is booked again with accounts for claims", "[ledger][migration]") {
    Scratch scratch;
    {
        auto old = open_new(scratch / "ledger.db", {.migrations = ledger_migrations().first(3)});
        REQUIRE(old.apply_batch(history_of(5, 60).facts()));
    }
    auto fresh = open_new(scratch / "fresh.db");
    REQUIRE(fresh.apply_batch(history_of(5, 60).facts()));

    auto ledger = open_new(scratch / "ledger.db");

    CHECK(ledger.content_digest().value() == fresh.content_digest().value());
    CHECK(ledger.check().value() == std::vector<std::string>{});
    CHECK(std::filesystem::exists(scratch / "ledger.db.v3.backup"));
}

TEST_CASE(
    "Ledger stops writing when its file may not grow and stays consistent", "[ledger][disk]"
) {
    Scratch scratch;
    auto const facts = history_of(3, 200).facts();
    std::uint64_t kept = 0;
    {
        auto ledger = open_new(scratch / "ledger.db", {.pages_max = 80});
        Result<void> last{};
        for (std::size_t n = 0; n < facts.size() && last; ++n)
            last = ledger.apply(facts[n]);
        REQUIRE_FALSE(last);
        CHECK(last.error().fault == Fault::storage);
        kept = ledger.applied_seq();
        CHECK(kept > 0);
        auto const again = ledger.apply(facts[kept]);
        REQUIRE_FALSE(again);
        CHECK(again.error().detail.find("stopped") != std::string::npos);
        CHECK(ledger.stopped_by().has_value());
    }

    auto ledger = open_new(scratch / "ledger.db");

    CHECK(ledger.applied_seq() == kept);
    CHECK(ledger.for_each_fact(1, [](Fact const&) { return Result<void>{}; }));
    REQUIRE(ledger.apply_batch(facts));
    CHECK(ledger.check().value() == std::vector<std::string>{});
}

TEST_CASE("Ledger survives the file size limit of the process", "[ledger][disk]") {
    Scratch scratch;
    auto const facts = history_of(4, 200).facts();
    auto const old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old_limit{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &old_limit) == 0);
    auto ledger = open_new(scratch / "ledger.db");
    rlimit const small{400'000, old_limit.rlim_max};

    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    Result<void> last{};
    for (std::size_t n = 0; n < facts.size() && last; ++n)
        last = ledger.apply(facts[n]);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &old_limit) == 0);
    std::signal(SIGXFSZ, old_handler);

    REQUIRE_FALSE(last);
    CHECK(last.error().fault == Fault::storage);
    auto const kept = ledger.applied_seq();
    auto const digest = ledger.content_digest().value();
    {
        auto const closed = std::move(ledger);
    }
    auto again = open_new(scratch / "ledger.db");
    CHECK(again.applied_seq() == kept);
    CHECK(again.content_digest().value() == digest);
    REQUIRE(again.apply_batch(facts));
    CHECK(again.check().value() == std::vector<std::string>{});
}

TEST_CASE("Ledger whose writer is killed goes on where it stood", "[ledger][disk]") {
    auto const facts = history_of(11, 25).facts();
    Scratch scratch;
    auto straight = open_new(scratch / "straight.db");
    REQUIRE(straight.apply_batch(facts));

    // Killed again and again, a few facts further each time.
    for (std::size_t stop = 3; stop < facts.size(); stop += 29) {
        int progress[2];
        REQUIRE(::pipe(progress) == 0);
        auto const child = ::fork();
        if (child == 0) {
            ::alarm(60); // an orphan of a failed test ends itself
            auto ledger = Ledger::open(scratch / "killed.db");
            for (std::size_t n = 0; ledger && n < facts.size(); ++n)
                if (!ledger->apply(facts[n]) || ::write(progress[1], "x", 1) != 1) ::_exit(1);
            for (;;)
                ::pause();
        }
        ::close(progress[1]);
        char byte = 0;
        for (std::size_t n = 0; n < stop; ++n)
            REQUIRE(::read(progress[0], &byte, 1) == 1);
        REQUIRE(::kill(child, SIGKILL) == 0);
        REQUIRE(::waitpid(child, nullptr, 0) == child);
        ::close(progress[0]);
    }

    auto again = open_new(scratch / "killed.db");
    CHECK(again.applied_seq() > 0);
    REQUIRE(again.apply_batch(facts));
    CHECK(again.content_digest().value() == straight.content_digest().value());
    CHECK(again.check().value() == std::vector<std::string>{});
}

TEST_CASE("Ledger counts the reasons of all evaluations", "[ledger]") {
    Scratch scratch;
    auto ledger = open_new(scratch / "ledger.db");
    WindowEvaluated one{
        StrategyName{"a"}, 1, Asset::eth, window_at(utc_from_seconds(600)), {}, Reason::no_ask
    };
    one.counts.add(Reason::no_ask, 3);
    auto two = one;
    two.strategy = StrategyName{"b"};
    two.counts.add(Reason::order_sent, 1);
    REQUIRE(ledger.apply(Fact{1, {}, one}));
    REQUIRE(ledger.apply(Fact{2, {}, two}));
    REQUIRE(ledger.apply(
        Fact{3, {}, TradingStateChanged{StrategyName{"a"}, true, Reason::kill_switch, "low"}}
    ));

    CHECK(ledger.reason_counts().value()[Reason::no_ask] == 6);
    CHECK(ledger.reason_counts(StrategyName{"b"}).value()[Reason::order_sent] == 1);
    CHECK(ledger.reason_counts(StrategyName{"a"}).value().total() == 3);
    CHECK(ledger.trading_states().value().at(0).halted);
}

TEST_CASE("Fact text reads back as the same fact", "[ledger][fact_text]") {
    auto facts = history_of(9, 30).facts();
    facts.push_back(
        Fact{1, {}, TradingStateChanged{StrategyName{}, true, Reason::daily_loss, "a\tb\nc\\d=e"}}
    );
    WindowForecast forecast;
    forecast.samples = {
        {Millis{60'000}, 0.1 / 3, cents(60), std::nullopt, std::nullopt, cents(41)},
        {Millis{30'000}, std::nullopt, std::nullopt, cents(1), std::nullopt, std::nullopt}
    };
    facts.push_back(Fact{1, {}, forecast});
    BetJudged bet;
    bet.promised = 0.1 / 7;
    bet.won = bet.first_of_asset = true;
    facts.push_back(Fact{1, {}, bet});
    CalibrationChanged change;
    change.asset = Asset::sol;
    change.to = CalibrationState::stopped;
    facts.push_back(Fact{1, {}, change});
    DailyVerdict verdict;
    verdict.low = -0.25;
    facts.push_back(Fact{1, {}, verdict});
    facts.push_back(
        Fact{1, {}, TradingStateChanged{{}, true, Reason::strike_disputed, "x", Asset::eth}}
    );
    OutcomeReported said;
    said.source = OutcomeSource::chain;
    said.ruling = Ruling::disputed;
    facts.push_back(Fact{1, {}, said});
    facts.push_back(Fact{1, {}, CaptureDiffered{}});
    facts.push_back(Fact{1, {}, PayoutClaimed{}});
    RedemptionChanged redemption;
    redemption.state = RedemptionState::undone;
    redemption.gas_wei = 4'000'000'000'000'000'000;
    facts.push_back(Fact{1, {}, redemption});
    facts.push_back(Fact{1, {}, PayoutCollected{}});
    facts.push_back(Fact{1, {}, WalletMoved{WalletCause::correction, usd(-1), "", ""}});

    for (auto const& fact : facts) {
        auto const text = encode(fact.body);
        auto const back = decode_fact(name_of(fact.body), text);

        REQUIRE(back.has_value());
        CHECK(encode(*back) == text);
        CHECK(text.find('\n') == std::string::npos);
    }
}

TEST_CASE("Fact written before it had a field reads without it", "[ledger][fact_text]") {
    auto const text = "strategy=a\thalted=1\treason=kill_switch\ttext=";

    auto const back = decode_fact("trading_state_changed", text);

    REQUIRE(back.has_value());
    CHECK_FALSE(std::get<TradingStateChanged>(*back).asset);
    CHECK(encode(*back) == text);
}

TEST_CASE("Fact text names what it cannot read", "[ledger][fact_text]") {
    auto const detail = [](std::string_view kind, std::string_view text) {
        auto const read = decode_fact(kind, text);
        REQUIRE_FALSE(read);
        return read.error().detail;
    };

    CHECK(detail("dance", "").find("no such kind") != std::string::npos);
    CHECK(detail("capital_moved", "strategy=a\tnote=") == "amount is missing");
    CHECK(
        detail("capital_moved", "strategy=a\tamount=1.5\tnote=").find("amount=\"1.5\"") !=
        std::string::npos
    );
    CHECK(detail("capital_moved", "strategy=a\tamount=1\tnote=\tx=1") == "unknown key x");
    CHECK(detail("capital_moved", "amount=1\tamount=1").find("key=value") != std::string::npos);
}
