#include "connectors/chain/outbox/nonce_stream.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::chain;

namespace {

using Kind = NonceStream::Outcome::Kind;

Hash32 hash_of(std::uint8_t n) {
    Hash32 hash{};
    hash[31] = n;
    return hash;
}

Attempt attempt(std::uint8_t n, bool cancels = false) {
    return {hash_of(n), ByteString{n}, cancels};
}

Receipt receipt(std::uint8_t n, std::uint64_t block) {
    Receipt r;
    r.transaction = hash_of(n);
    r.block = block;
    r.succeeded = true;
    return r;
}

struct Fixture {
    NonceStream stream{{3, Seconds{45}}};
    Instant now{Seconds{1'000}};

    explicit Fixture() { add(7, "r1", attempt(1)); }

    void add(std::uint64_t nonce, std::string const& task, Attempt const& a) {
        REQUIRE(stream.apply(NonceStream::signed_record(nonce, task, a)).value());
    }
};

} // namespace

TEST_CASE("A signed transaction is unsent until a node has taken it", "[chain][outbox]") {
    Fixture f;

    CHECK(f.stream.unsent() == std::vector<std::uint64_t>{7});
    f.stream.taken(7, f.now);

    CHECK(f.stream.unsent().empty());
    CHECK(f.stream.next_nonce(7) == 8);
    CHECK(f.stream.next_nonce(12) == 12);
}

TEST_CASE("A receipt counts once it has enough blocks on top", "[chain][outbox]") {
    Fixture f;

    auto const early = f.stream.observe({102, 8, {receipt(1, 100)}});
    auto const late = f.stream.observe({103, 8, {receipt(1, 100)}});

    CHECK(early.empty());
    REQUIRE(late.size() == 1);
    CHECK(late.front().kind == Kind::final);
    CHECK(late.front().task == "r1");
    CHECK_FALSE(late.front().cancelled);
}

TEST_CASE("A receipt that vanishes is told and sends its transaction again", "[chain][outbox]") {
    Fixture f;
    f.stream.taken(7, f.now);
    REQUIRE(f.stream.observe({101, 8, {receipt(1, 100)}}).empty());
    CHECK(f.stream.unsent().empty());

    auto const gone = f.stream.observe({101, 7, {}});

    REQUIRE(gone.size() == 1);
    CHECK(gone.front().kind == Kind::reorged);
    CHECK(f.stream.unsent() == std::vector<std::uint64_t>{7});
}

TEST_CASE("A nonce used by somebody else is lost only when that is certain", "[chain][outbox]") {
    Fixture f;
    f.stream.taken(7, f.now);

    auto const at_once = f.stream.observe({100, 8, {}});
    auto const later = f.stream.observe({103, 8, {}});

    CHECK(at_once.empty());
    REQUIRE(later.size() == 1);
    CHECK(later.front().kind == Kind::lost);
}

TEST_CASE("A node that lags behind does not lose a nonce", "[chain][outbox]") {
    Fixture f;
    f.stream.taken(7, f.now);
    REQUIRE(f.stream.observe({100, 8, {}}).empty());

    auto const back = f.stream.observe({101, 7, {}});
    auto const again = f.stream.observe({103, 8, {}});

    CHECK(back.empty());
    CHECK(again.empty());
}

TEST_CASE("Whichever attempt is mined ends its nonce", "[chain][outbox]") {
    Fixture f;
    f.add(7, "r1", attempt(2, true));

    auto const first = f.stream.observe({200, 8, {receipt(1, 100)}});
    auto const second = f.stream.observe({200, 8, {receipt(2, 100)}});

    REQUIRE(first.size() == 1);
    CHECK_FALSE(first.front().cancelled);
    REQUIRE(second.size() == 1);
    CHECK(second.front().cancelled);
}

TEST_CASE("A transaction in no block for long is stuck", "[chain][outbox]") {
    Fixture f;
    f.stream.taken(7, f.now);

    CHECK(f.stream.stuck(f.now + Seconds{44}).empty());
    CHECK(f.stream.stuck(f.now + Seconds{45}) == std::vector<std::uint64_t>{7});
}

TEST_CASE("Records restore what was open and nothing that ended", "[chain][outbox]") {
    Fixture f;
    f.add(8, "r2", attempt(3));
    f.add(9, "r3", attempt(4));

    REQUIRE(f.stream.apply(NonceStream::final_record(7)).value());
    REQUIRE(f.stream.apply(NonceStream::lost_record(9)).value());

    CHECK(f.stream.open() == 1);
    CHECK(f.stream.has_task("r2"));
    CHECK(f.stream.find(8)->attempts.front().raw == ByteString{3});
}

TEST_CASE("Other people's records are left alone, broken ones refused", "[chain][outbox]") {
    Fixture f;

    CHECK_FALSE(f.stream.apply("planned r1 adapter 5").value());
    CHECK(f.stream.apply("signed 9 r1 act zz 00").error().fault == Fault::storage);
    CHECK(f.stream.apply("final").error().fault == Fault::storage);
}
