#include "engine/settlement/redemption/redemption_book.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::settlement;

namespace {

using Kind = RedeemTask::Kind;

UtcTime const noon = utc_from_seconds(1'790'000'000);

ConditionId condition(std::uint8_t n) {
    ConditionId id;
    id.bytes[0] = n;
    id.bytes[31] = 1;
    return id;
}

ConditionView view(std::uint8_t n, std::int64_t up, std::int64_t down = 0) {
    return {condition(n), 1, {1, 0}, {shares(up), shares(down)}};
}

struct Fixture {
    RedemptionBook book;
    WalletView wallet{};

    explicit Fixture(RedeemLimits limits = {}) : book{limits} { wallet.adapter_approved = true; }

    void see(ConditionView const& v, UtcTime now = noon) {
        book.add({v.condition, ProtocolVersion::v1});
        book.observe(v, wallet, now);
    }

    void keep(std::string const& record) { REQUIRE(book.apply(record).value()); }

    RedeemTask begin(UtcTime now = noon) {
        auto const plan = book.plan(wallet, now);
        REQUIRE_FALSE(plan.empty());
        keep(RedemptionBook::planned_record(plan.front()));
        return plan.front();
    }
};

} // namespace

TEST_CASE("A payout is each outcome's fraction, rounded down by itself", "[redemption]") {
    ConditionView half{condition(1), 2, {1, 1}, {Shares::from_micros(3), Shares::from_micros(5)}};

    CHECK(expected_payout(half) == Usdc::from_micros(1 + 2));
    CHECK(expected_payout(view(1, 25, 7)) == usd(25));
    half.denominator = 0;
    CHECK(expected_payout(half) == Usdc{});
}

TEST_CASE("Only resolved markets with something to fetch are planned", "[redemption]") {
    Fixture f;
    f.see(view(1, 25));
    f.see(view(2, 0, 9)); // lost
    auto open = view(3, 5);
    open.denominator = 0;
    f.see(open);

    auto const plan = f.book.plan(f.wallet, noon);

    REQUIRE(plan.size() == 1);
    CHECK(plan.front().markets.front().condition == condition(1));
    CHECK(plan.front().path == RedeemPath::adapter);
    CHECK(plan.front().amount == usd(25));
    CHECK(f.book.progress().empty == 1);
    CHECK(f.book.progress().unresolved == 1);
}

TEST_CASE(
    "The venue's operator is waited for where it is approved, and no longer", "[redemption]"
) {
    Fixture f;
    f.wallet.operator_approved = true;
    f.see(view(1, 25));

    CHECK(f.book.plan(f.wallet, noon).empty());
    f.see(view(1, 25), noon + Seconds{179});
    CHECK(f.book.plan(f.wallet, noon + Seconds{179}).empty());
    f.see(view(1, 25), noon + Seconds{180});
    CHECK(f.book.plan(f.wallet, noon + Seconds{180}).size() == 1);
}

TEST_CASE("A wallet that can takes several markets in a transaction", "[redemption]") {
    RedeemLimits limits;
    limits.markets_per_task = 20;
    limits.tasks_max = 2;
    Fixture f{limits};
    for (std::uint8_t n = 1; n <= 50; ++n)
        f.see(view(n, 1));

    auto const plan = f.book.plan(f.wallet, noon);

    REQUIRE(plan.size() == 2);
    CHECK(plan[0].markets.size() == 20);
    CHECK(plan[1].amount == usd(20));
    CHECK(plan[0].id != plan[1].id);
}

TEST_CASE("A market under way is not planned again", "[redemption]") {
    Fixture f;
    f.see(view(1, 25));

    f.begin();
    f.see(view(1, 25));

    CHECK(f.book.plan(f.wallet, noon).empty());
    CHECK(f.book.wanted(noon + Seconds{1'000}).empty());
}

TEST_CASE("What the adapter refuses the CTF is asked for at once", "[redemption]") {
    Fixture f;
    f.see(view(1, 25));
    auto const first = f.begin();

    f.keep(RedemptionBook::failed_record(first.id, noon, "need operator approval"));
    f.see(view(1, 25));
    auto const second = f.begin();

    CHECK(second.path == RedeemPath::ctf);
    CHECK(f.book.refusal_of(condition(1)) == "need operator approval");
}

TEST_CASE("Refusals are tried again after pauses that double", "[redemption]") {
    Fixture f;
    f.wallet.adapter_approved = false;
    f.see(view(1, 25));
    auto const first = f.begin();
    f.keep(RedemptionBook::failed_record(first.id, noon, "no"));

    f.see(view(1, 25), noon + Seconds{59});
    CHECK(f.book.plan(f.wallet, noon + Seconds{59}).empty());
    f.see(view(1, 25), noon + Seconds{60});
    auto const second = f.begin(noon + Seconds{60});
    f.keep(RedemptionBook::failed_record(second.id, noon + Seconds{60}, "no"));
    f.see(view(1, 25), noon + Seconds{179});
    CHECK(f.book.plan(f.wallet, noon + Seconds{179}).empty());
    f.see(view(1, 25), noon + Seconds{180});
    CHECK(f.book.plan(f.wallet, noon + Seconds{180}).size() == 1);
}

TEST_CASE("What the CTF paid is allowed and wrapped, exactly and once", "[redemption]") {
    Fixture f;
    f.wallet.adapter_approved = false;
    f.see(view(1, 25));
    auto const redeem = f.begin();
    f.keep(RedemptionBook::paid_record(redeem.id, usd(25)));
    f.see(view(1, 0));
    f.wallet.usdc_e = usd(40); // some was there before

    auto const allow = f.begin();
    f.keep(RedemptionBook::paid_record(allow.id, usd(25)));
    f.wallet.onramp_allowance = usd(25);
    auto const wrap = f.begin();
    f.keep(RedemptionBook::paid_record(wrap.id, usd(25)));

    CHECK(allow.kind == Kind::allow_onramp);
    CHECK(wrap.kind == Kind::wrap);
    CHECK(wrap.amount == usd(25));
    CHECK(f.book.plan(f.wallet, noon).empty());
    CHECK(f.book.progress().paid_amount == usd(25));
}

TEST_CASE("A dropped task is planned again under another name", "[redemption]") {
    Fixture f;
    f.see(view(1, 25));
    auto const first = f.begin();

    f.keep(RedemptionBook::dropped_record(first.id));
    f.see(view(1, 25));
    auto const second = f.begin();

    CHECK(second.id != first.id);
    CHECK(second.amount == usd(25));
}

TEST_CASE("Records restore a book that was killed at any of them", "[redemption]") {
    Fixture f;
    f.see(view(1, 25));
    f.see(view(2, 5));
    auto const plan = f.book.plan(f.wallet, noon);
    REQUIRE(plan.size() == 2);
    std::vector<std::string> const records{
        RedemptionBook::planned_record(plan[0]),
        RedemptionBook::planned_record(plan[1]),
        RedemptionBook::paid_record(plan[0].id, usd(25)),
        RedemptionBook::failed_record(plan[1].id, noon, "no"),
    };

    for (std::size_t known = 0; known <= records.size(); ++known) {
        RedemptionBook restored{{}};
        for (std::size_t i = 0; i < known; ++i)
            REQUIRE(restored.apply(records[i]).value());
        // Whatever was recorded twice counts once.
        for (std::size_t i = 2; i < known; ++i)
            REQUIRE(restored.apply(records[i]).value());

        CHECK(restored.progress().paid_amount == (known >= 3 ? usd(25) : Usdc{}));
        CHECK(restored.open_tasks().size() == (known <= 2 ? known : 4 - known));
    }
}

TEST_CASE("Shares that arrive after a redemption are fetched as well", "[redemption]") {
    Fixture f;
    f.see(view(1, 25));
    auto const first = f.begin();
    f.keep(RedemptionBook::paid_record(first.id, usd(25)));
    f.see(view(1, 0));
    CHECK(f.book.plan(f.wallet, noon).empty());

    f.see(view(1, 3));

    CHECK(f.begin().amount == usd(3));
}

TEST_CASE("Markets are looked at when there may be news, not every time", "[redemption]") {
    Fixture f;
    f.book.add({condition(1), ProtocolVersion::v1});
    CHECK(f.book.wanted(noon).size() == 1);
    f.see(view(1, 25));
    CHECK(f.book.wanted(noon + Seconds{299}).empty());
    CHECK(f.book.wanted(noon + Seconds{300}).size() == 1);

    auto const task = f.begin();
    f.keep(RedemptionBook::paid_record(task.id, usd(25)));

    CHECK(f.book.wanted(noon).size() == 1);
    auto open = view(2, 5);
    open.denominator = 0;
    f.see(open);
    f.see(view(1, 0));
    CHECK(f.book.wanted(noon + Seconds{14}).empty());
    CHECK(f.book.wanted(noon + Seconds{15}).size() == 1);
}

TEST_CASE("Many markets are looked at in portions, those longest unseen first", "[redemption]") {
    RedeemLimits limits;
    limits.looks_max = 2;
    RedemptionBook book{limits};
    for (std::uint8_t n = 1; n <= 5; ++n)
        book.add({condition(n), ProtocolVersion::v1});
    CHECK(book.progress().unseen == 5);

    std::set<ConditionId> seen;
    for (auto const expected : {2U, 2U, 1U, 0U}) {
        auto const portion = book.wanted(noon);
        CHECK(portion.size() == expected);
        for (auto const& target : portion) {
            auto open = view(1, 5);
            open.condition = target.condition;
            open.denominator = 0;
            book.observe(open, {}, noon);
            seen.insert(target.condition);
        }
    }

    CHECK(seen.size() == 5);
    CHECK(book.progress().unseen == 0);
    CHECK(book.progress().unresolved == 5);
}

TEST_CASE("Records that make no sense are refused", "[redemption]") {
    RedemptionBook book{{}};

    for (auto const* record : {"planned", "planned r1 boat 5", "planned q1 adapter 5", "paid r9 5"})
        CHECK(book.apply(record).error().fault == Fault::storage);
    CHECK_FALSE(book.apply("signed 1").value());
}
