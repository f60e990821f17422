#include "connectors/sandbox/fault_plan.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::sandbox;

namespace {

auto const start = utc_from_seconds(1'776'081'600);

FaultPlan plan_of(std::string_view script, std::uint64_t seed = 1) {
    return {parse_fault_script(script, "test").value(), start, seed};
}

FaultSubject order() {
    return {Service::clob, "POST", "/order", {}};
}

bool strikes(FaultPlan& plan, FaultKind kind, FaultSubject const& subject, Nanos after) {
    return plan.strike(kind, subject, start + after).has_value();
}

} // namespace

TEST_CASE("FaultPlan is on from its time for its duration", "[sandbox][fault]") {
    auto plan = plan_of("at 120s for 20s service=clob path=/order fault=hang_before");

    CHECK_FALSE(strikes(plan, FaultKind::hang_before, order(), Millis{119'999}));
    CHECK(strikes(plan, FaultKind::hang_before, order(), Seconds{120}));
    CHECK(strikes(plan, FaultKind::hang_before, order(), Millis{139'999}));
    CHECK_FALSE(strikes(plan, FaultKind::hang_before, order(), Seconds{140}));
}

TEST_CASE("FaultPlan strikes only what its line names", "[sandbox][fault]") {
    auto plan = plan_of("for 1h service=clob method=POST path=/order* topic=x fault=drip");
    auto const hit = [&](FaultSubject const& subject) {
        return strikes(plan, FaultKind::drip, subject, Seconds{1});
    };

    CHECK(hit({Service::clob, "POST", "/orders", "x"}));
    CHECK_FALSE(hit({Service::gamma, "POST", "/order", "x"}));
    CHECK_FALSE(hit({Service::clob, "GET", "/order", "x"}));
    CHECK_FALSE(hit({Service::clob, "POST", "/book", "x"}));
    CHECK_FALSE(hit({Service::clob, "POST", "/order", "xy"}));
    CHECK_FALSE(strikes(plan, FaultKind::garbage, order(), Seconds{1}));
}

TEST_CASE("FaultPlan counts strikes, not questions about phases", "[sandbox][fault]") {
    auto plan = plan_of("count=2 fault=lose");

    CHECK(plan.active(FaultKind::lose, order(), start));
    CHECK(strikes(plan, FaultKind::lose, order(), Seconds{0}));
    CHECK(strikes(plan, FaultKind::lose, order(), Seconds{9}));
    CHECK_FALSE(strikes(plan, FaultKind::lose, order(), Seconds{10}));
    CHECK_FALSE(plan.active(FaultKind::lose, order(), start + Seconds{10}));
}

TEST_CASE("FaultPlan begins again every so often, with a fresh count", "[sandbox][fault]") {
    auto plan = plan_of("at 10s every 60s for 30s count=1 fault=reset_socket");

    CHECK(strikes(plan, FaultKind::reset_socket, order(), Seconds{10}));
    CHECK_FALSE(strikes(plan, FaultKind::reset_socket, order(), Seconds{11}));
    CHECK_FALSE(strikes(plan, FaultKind::reset_socket, order(), Seconds{45}));
    CHECK(strikes(plan, FaultKind::reset_socket, order(), Seconds{71}));
}

TEST_CASE("FaultPlan draws its chances from the seed", "[sandbox][fault]") {
    auto const draw = [](std::uint64_t seed) {
        auto plan = plan_of("for 1h fault=duplicate p=0.3", seed);
        std::string pattern;
        for (auto i = 0; i < 200; ++i)
            pattern += strikes(plan, FaultKind::duplicate, order(), Seconds{1}) ? 'x' : '.';
        return pattern;
    };

    auto const pattern = draw(7);
    auto const hits = std::ranges::count(pattern, 'x');

    CHECK(draw(7) == pattern);
    CHECK(draw(8) != pattern);
    CHECK(hits > 30);
    CHECK(hits < 90);
}

TEST_CASE("FaultPlan hands out the numbers of its line", "[sandbox][fault]") {
    auto plan = plan_of("at 5s for 10s fault=rate_limit retry_after=7s status=503 offset=-5s "
                        "delay=2m drip=250ms");

    auto const detail = plan.strike(FaultKind::rate_limit, order(), start + Seconds{8}).value();

    CHECK(detail.retry_after == Seconds{7});
    CHECK(detail.status == 503);
    CHECK(detail.offset == Seconds{-5});
    CHECK(detail.delay == Seconds{120});
    CHECK(detail.drip_every == Millis{250});
    CHECK(detail.remaining == Seconds{7});
}

TEST_CASE("FaultPlan announces each beginning and end once", "[sandbox][fault]") {
    auto plan = plan_of("at 10s for 5s fault=lose\nat 12s for 1ms fault=garbage");
    auto const names = [&](Nanos after) {
        std::string text;
        for (auto const& change : plan.changes(start + after))
            text += std::string{change.begins ? "+" : "-"} +
                    std::string{to_string(change.line->kind)} + " ";
        return text;
    };

    CHECK(names(Seconds{9}).empty());
    CHECK(names(Seconds{11}) == "+lose ");
    CHECK(strikes(plan, FaultKind::lose, order(), Seconds{12}));
    CHECK(names(Seconds{13}) == "+garbage -garbage ");
    CHECK(names(Seconds{20}) == "-lose ");
    CHECK(names(Seconds{30}).empty());
}

TEST_CASE("A fault script names every bad line and what would be right", "[sandbox][fault]") {
    auto const script = parse_fault_script(
        "# comment\n"
        "at 5 for 20s fault=lose\n"
        "at 5s for 20s fault=explode\n"
        "for 20s fault=lose   # fine\n"
        "at 5s fault=lose\n"
        "for 1s fault=lose p=2\n"
        "for 1s service=nyse fault=lose\n"
        "every 1s for 2s fault=lose\n"
        "for 1s\n"
        "for 1s fault=clock_offset\n"
        "hello\n",
        "faults.txt"
    );

    REQUIRE(script.has_error());
    auto const text = script.error().detail;
    INFO(text);
    for (auto const line : {2, 3, 5, 6, 7, 8, 9, 10, 11})
        CHECK(text.find("faults.txt:" + std::to_string(line) + ": ") != std::string::npos);
    CHECK(text.find("faults.txt:4") == std::string::npos);
    CHECK(text.find("hang_before") != std::string::npos);
}

TEST_CASE("Every fault and service has a name that reads back", "[sandbox][fault]") {
    for (std::size_t i = 0; i < fault_kind_count; ++i) {
        auto const kind = static_cast<FaultKind>(i);
        CHECK(parse_fault_kind(to_string(kind)) == kind);
    }
    for (std::size_t i = 0; i < service_count; ++i) {
        auto const service = static_cast<Service>(i);
        CHECK(parse_service(to_string(service)) == service);
    }
    CHECK(to_string(FaultKind::restart) == "restart");
    CHECK(to_string(FaultKind::wrong_hash) == "wrong_hash");
    CHECK(to_string(Service::binance_stream) == "binance_stream");
}
