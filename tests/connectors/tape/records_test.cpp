#include "connectors/tape/codec.hpp"
#include "tests/connectors/tape/records.hpp"
#include "tests/support/catch.hpp"

#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sstream>
#include <tuple>

namespace polyquant::tape::testing {

namespace {

// Before rapidcheck first looks: the same cases in every run, unless RC_PARAMS says otherwise.
[[maybe_unused]] int const seeded = ::setenv("RC_PARAMS", "seed=20260414", 0);

std::int64_t any_integer() {
    using rc::gen::arbitrary;
    auto const n = *arbitrary<std::int64_t>();
    switch (*rc::gen::inRange(0, 6)) {
    case 0: return n % 100 * 10'000;
    case 1: return n % 1'000'000 * 1'000'000;
    case 2:
        return *rc::gen::element(
            std::int64_t{0},
            std::int64_t{1},
            std::numeric_limits<std::int64_t>::max(),
            std::numeric_limits<std::int64_t>::min()
        );
    case 3: return n % 1'000'000'000 * 1'000;
    default: return n;
    }
}

double any_real() {
    switch (*rc::gen::inRange(0, 4)) {
    case 0: return static_cast<double>(*rc::gen::inRange(0, 100'000'000)) / 100.0;
    case 1:
        return *rc::gen::element(
            0.0,
            -0.0,
            std::numeric_limits<double>::quiet_NaN(),
            std::numeric_limits<double>::infinity(),
            std::numeric_limits<double>::denorm_min(),
            0.1 + 0.2,
            1e300
        );
    case 2: return static_cast<double>(*rc::gen::arbitrary<std::int64_t>()) / 1e8;
    default: return *rc::gen::arbitrary<double>();
    }
}

UtcTime any_time() {
    return UtcTime{Nanos{any_integer()}};
}

std::string any_text() {
    return *rc::gen::arbitrary<std::string>();
}

template <class Id>
Id any_id() {
    Id id;
    // Few different ones, so that numbers of known ids come up as well as new ones.
    id.bytes.fill(*rc::gen::inRange<std::uint8_t>(0, 5));
    return id;
}

template <class E>
E any_of(int count) {
    return static_cast<E>(*rc::gen::inRange(0, count));
}

bool any_flag() {
    return *rc::gen::arbitrary<bool>();
}

std::vector<Level> any_levels() {
    std::vector<Level> levels(static_cast<std::size_t>(*rc::gen::inRange(0, 5)));
    for (auto& level : levels)
        level = {Price::from_micros(any_integer()), Shares::from_micros(any_integer())};
    return levels;
}

void fill(MarketListed& e) {
    auto& m = e.market;
    m.condition = any_id<ConditionId>();
    m.slug = any_text();
    m.question = any_text();
    if (any_flag()) m.asset = any_of<Asset>(4);
    m.window = {any_time(), Seconds{any_integer()}};
    m.up = any_id<TokenId>();
    m.down = any_id<TokenId>();
    m.rule = {any_of<SettlementRule::Kind>(2), Seconds{any_integer()}};
    m.fee = {any_integer(), *rc::gen::arbitrary<int>()};
    m.tick = Price::from_micros(any_integer());
    m.min_size = Shares::from_micros(any_integer());
    m.taker_delay = Millis{any_integer()};
    m.version = any_of<ProtocolVersion>(2);
    m.neg_risk = any_flag();
}

void fill(BookSnapshot& e) {
    e.token = any_id<TokenId>();
    e.bids = any_levels();
    e.asks = any_levels();
}

void fill(BookChange& e) {
    e.token = any_id<TokenId>();
    e.side = any_of<BookSide>(2);
    e.price = Price::from_micros(any_integer());
    e.size = Shares::from_micros(any_integer());
    e.end_of_frame = any_flag();
}

void fill(TickSizeChanged& e) {
    e.token = any_id<TokenId>();
    e.old_tick = Price::from_micros(any_integer());
    e.new_tick = Price::from_micros(any_integer());
}

void fill(PublicTrade& e) {
    e.token = any_id<TokenId>();
    e.taker_side = any_of<Side>(2);
    e.price = Price::from_micros(any_integer());
    e.size = Shares::from_micros(any_integer());
}

void fill(BarUpdate& e) {
    e.asset = any_of<Asset>(4);
    e.closed = any_flag();
    e.bar = {any_time(), Seconds{any_integer()}};
    for (auto* value : {&e.bar.open, &e.bar.high, &e.bar.low, &e.bar.close})
        *value = any_real();
    for (auto* value : {&e.bar.volume, &e.bar.trades, &e.bar.taker_buy_base})
        *value = any_real();
}

void fill(PriceTick& e) {
    e.asset = any_of<Asset>(4);
    e.source = any_of<PriceSource>(6);
    e.twap_length = Seconds{any_integer()};
    e.price = UsdPrice::from_e8(any_integer());
}

void fill(MarketResolved& e) {
    e.market = any_id<ConditionId>();
    if (any_flag()) e.winner = any_of<Outcome>(2);
    e.source = any_of<PriceSource>(6);
}

void fill(FeedState& e) {
    e = {e.at, any_text(), any_text(), any_flag(), any_text()};
}

void fill(BreakerChanged& e) {
    e = {e.at, any_text(), any_of<BreakerState>(3)};
}

void fill(OwnOrderReport& e) {
    auto& r = e.report;
    r.order = any_id<OrderId>();
    r.status = any_of<OrderReport::Status>(7);
    r.matched = Shares::from_micros(any_integer());
    r.reason = any_of<Reason>(static_cast<int>(reason_count));
    r.text = any_text();
}

void fill(OwnTradeReport& e) {
    auto& r = e.report;
    r.trade.text = any_text();
    r.order = any_id<OrderId>();
    r.token = any_id<TokenId>();
    r.side = any_of<Side>(2);
    r.price = Price::from_micros(any_integer());
    r.size = Shares::from_micros(any_integer());
    r.fee = Usdc::from_micros(any_integer());
    r.maker = any_flag();
    r.state = any_of<TradeState>(5);
    r.matched_at = any_time();
}

void fill(MarketScanned& e) {
    MarketListed listed;
    fill(listed);
    auto& l = e.listing;
    l.market = listed.market;
    l.defect = any_of<ListingDefect>(4);
    l.refusal = any_text();
    if (any_flag()) l.up_price = Price::from_micros(any_integer());
    if (any_flag()) l.down_price = Price::from_micros(any_integer());
    l.liquidity = Usdc::from_micros(any_integer());
    l.active = any_flag();
    l.closed = any_flag();
    l.accepts_orders = any_flag();
    l.tokens_checked = any_flag();
    l.tags = any_text();
    l.event = any_text();
}

auto bits(double value) {
    return std::bit_cast<std::uint64_t>(value);
}

auto values(MarketListed const& e) {
    return e.market;
}

auto values(BookSnapshot const& e) {
    return std::tuple{e.token, e.bids, e.asks};
}

auto values(BookChange const& e) {
    return std::tuple{e.token, e.side, e.price, e.size, e.end_of_frame};
}

auto values(TickSizeChanged const& e) {
    return std::tuple{e.token, e.old_tick, e.new_tick};
}

auto values(PublicTrade const& e) {
    return std::tuple{e.token, e.taker_side, e.price, e.size};
}

auto values(BarUpdate const& e) {
    auto const& b = e.bar;
    return std::tuple{
        e.asset,
        e.closed,
        b.open_time,
        b.length,
        std::array{
            bits(b.open),
            bits(b.high),
            bits(b.low),
            bits(b.close),
            bits(b.volume),
            bits(b.trades),
            bits(b.taker_buy_base)
        }
    };
}

auto values(PriceTick const& e) {
    return std::tuple{e.asset, e.source, e.twap_length, e.price};
}

auto values(MarketResolved const& e) {
    return std::tuple{e.market, e.winner, e.source};
}

auto values(FeedState const& e) {
    return std::tuple{e.feed, e.topic, e.healthy, e.reason};
}

auto values(BreakerChanged const& e) {
    return std::tuple{e.endpoint_group, e.state};
}

auto values(OwnOrderReport const& e) {
    auto const& r = e.report;
    return std::tuple{r.order, r.status, r.matched, r.reason, r.text};
}

auto values(OwnTradeReport const& e) {
    auto const& r = e.report;
    return std::tuple{
        r.trade, r.order, r.token, r.side, r.price, r.size, r.fee, r.maker, r.state, r.matched_at
    };
}

auto values(MarketScanned const& e) {
    return e.listing;
}

bool same_event(Event const& a, Event const& b) {
    if (a.index() != b.index()) return false;
    return std::visit(
        [&b]<class E>(E const& left) { return values(left) == values(std::get<E>(b)); }, a
    );
}

template <std::size_t I = 0>
Event event_of_kind(std::size_t kind) {
    if (kind != I) {
        if constexpr (I + 1 < event_kind_count)
            return event_of_kind<I + 1>(kind);
        else
            std::abort();
    }
    std::variant_alternative_t<I, Event> event;
    fill(event);
    return event;
}

} // namespace

Record any_record(std::size_t kind) {
    Record record;
    if (kind == raw_frame_kind)
        record = RawFrame{{}, any_text(), any_text(), any_text()};
    else
        record = event_of_kind(kind);
    stamp_of(record) = {any_time(), any_time(), 0};
    return record;
}

std::vector<std::size_t> every_kind() {
    std::vector<std::size_t> kinds;
    for (std::size_t kind = 0; kind < event_kind_count; ++kind)
        kinds.push_back(kind);
    kinds.push_back(raw_frame_kind);
    return kinds;
}

bool same(Record const& a, Record const& b) {
    auto const& left = stamp_of(a);
    auto const& right = stamp_of(b);
    if (left.received_at != right.received_at || left.venue_time != right.venue_time) return false;
    if (a.index() != b.index()) return false;
    if (auto const* event = std::get_if<Event>(&a)) return same_event(*event, std::get<Event>(b));
    auto const& x = std::get<RawFrame>(a);
    auto const& y = std::get<RawFrame>(b);
    return std::tie(x.feed, x.topic, x.bytes) == std::tie(y.feed, y.topic, y.bytes);
}

TokenId token(int n) {
    TokenId id;
    id.bytes[0] = static_cast<std::uint8_t>(n);
    id.bytes[31] = static_cast<std::uint8_t>(n);
    return id;
}

BookChange change(std::int64_t at_ms, int token_number, int price_cents, int size) {
    auto const at = utc_from_millis(at_ms);
    return {{at, at, 0}, token(token_number), BookSide::bid, cents(price_cents), shares(size)};
}

BarUpdate bar(std::int64_t open_ms, double close) {
    Bar values;
    values.open_time = utc_from_millis(open_ms);
    values.open = values.low = close - 1;
    values.high = values.close = close;
    values.trades = values.taker_buy_base = std::numeric_limits<double>::quiet_NaN();
    auto const at = values.close_time();
    return {{at, at, 0}, Asset::btc, values, true};
}

Scratch::Scratch(std::string const& name)
    : folder_{std::filesystem::path{PQ_BINARY_DIR} / "scratch" / ("tape-" + name)} {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::string slurp(std::filesystem::path const& path) {
    std::ifstream in{path, std::ios::binary};
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return std::move(bytes).str();
}

void spill(std::filesystem::path const& path, std::string const& bytes) {
    std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

} // namespace polyquant::tape::testing

using namespace polyquant;
using namespace polyquant::tape;

TEST_CASE("Records of every kind survive encoding and decoding", "[tape][codec]") {
    for (auto kind : testing::every_kind()) {
        INFO(kind_name(kind));
        CHECK(rc::check(std::string{kind_name(kind)}, [kind] {
            std::vector<Record> records;
            for (int i = *rc::gen::inRange(1, 6); i > 0; --i)
                records.push_back(testing::any_record(kind));
            RecordEncoder encoder;
            encoder.start_block();
            for (auto const& record : records)
                encoder.add(record);

            RecordDecoder decoder;
            RC_ASSERT(decoder.define(encoder.definitions()));
            decoder.start_block(encoder.body());
            Record decoded;
            for (auto const& record : records) {
                RC_ASSERT(decoder.next(decoded));
                RC_ASSERT(testing::same(record, decoded));
            }
            RC_ASSERT(!decoder.next(decoded));
            RC_ASSERT(!decoder.malformed());
        }));
    }
}

TEST_CASE("Records of mixed kinds survive encoding and decoding", "[tape][codec]") {
    CHECK(rc::check("mixed kinds", [] {
        auto const kinds = testing::every_kind();
        std::vector<Record> records;
        RecordEncoder encoder;
        encoder.start_block();
        for (int i = *rc::gen::inRange(1, 20); i > 0; --i)
            encoder.add(records.emplace_back(testing::any_record(*rc::gen::elementOf(kinds))));

        RecordDecoder decoder;
        RC_ASSERT(decoder.define(encoder.definitions()));
        decoder.start_block(encoder.body());
        Record decoded;
        for (auto const& record : records) {
            RC_ASSERT(decoder.next(decoded));
            RC_ASSERT(testing::same(record, decoded));
        }
        RC_ASSERT(!decoder.next(decoded));
    }));
}

TEST_CASE("Decoding any bytes at all ends without a crash", "[tape][codec]") {
    CHECK(rc::check("any bytes", [] {
        auto const bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
        RecordDecoder decoder;
        std::ignore = decoder.define(bytes);
        decoder.start_block(bytes);
        Record decoded;

        std::size_t taken = 0;
        while (decoder.next(decoded))
            ++taken;

        RC_ASSERT(taken <= bytes.size());
    }));
}

TEST_CASE("A book change of one frame costs few bytes before compression", "[tape][codec]") {
    RecordEncoder encoder;
    encoder.start_block();
    auto one = testing::change(1'776'000'000'000, 1, 52, 1200);
    encoder.add(Event{one});
    auto const before = encoder.body().size();

    for (int i = 0; i < 10; ++i) {
        one.price = cents(50 + i);
        encoder.add(Event{one});
    }

    CHECK((encoder.body().size() - before) / 10 <= 5);
}
