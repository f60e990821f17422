#include "connectors/net/server/router.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::server;

namespace {

PlainHandler nothing() {
    return [](HttpCall const&) {
        return HttpReply{};
    };
}

HttpCall call_to(std::string path, Method method = Method::get) {
    HttpCall call;
    call.method = method;
    call.path = std::move(path);
    return call;
}

} // namespace

TEST_CASE("Router hands decoded path parameters to the route", "[net][server]") {
    Router router;
    router.add_plain(Method::get, "/events/slug/{slug}", nothing());
    auto call = call_to("/events/slug/btc%2Dupdown/");
    std::string allowed;

    auto const* const route = router.find(call, allowed);

    REQUIRE(route != nullptr);
    CHECK(call.parameter("slug") == "btc-updown");
    CHECK(call.parameter("other").empty());
}

TEST_CASE("Router prefers the literal segment whatever came first", "[net][server]") {
    Router router;
    router.add_plain(Method::get, "/markets/{id}", nothing());
    router.add_plain(Method::get, "/markets/keyset", nothing());
    auto literal = call_to("/markets/keyset");
    auto any = call_to("/markets/17");
    std::string allowed;

    auto const* const first = router.find(literal, allowed);
    auto const* const second = router.find(any, allowed);

    REQUIRE(first != nullptr);
    CHECK(first->segments.back() == "keyset");
    CHECK(literal.parameters.empty());
    REQUIRE(second != nullptr);
    CHECK(any.parameter("id") == "17");
}

TEST_CASE("Router names the methods of a path that has others", "[net][server]") {
    Router router;
    router.add_plain(Method::post, "/order", nothing());
    router.add_plain(Method::delete_, "/order", nothing());
    auto call = call_to("/order");
    std::string allowed;

    auto const* const route = router.find(call, allowed);

    CHECK(route == nullptr);
    CHECK(allowed == "POST, DELETE");
}

TEST_CASE("Router serves HEAD where it serves GET", "[net][server]") {
    Router router;
    router.add_plain(Method::get, "/ok", nothing());
    auto call = call_to("/ok", Method::head);
    std::string allowed;

    CHECK(router.find(call, allowed) != nullptr);
}

TEST_CASE(
    "Query parsing decodes, keeps order and repeats, and leaves damage alone", "[net][server]"
) {
    auto const fields = parse_query("slug=a%20b&x=1+2&slug=c&flag&&bad=%zz&end=%4");

    CHECK(
        fields ==
        std::vector<QueryField>{
            {"slug", "a b"},
            {"x", "1 2"},
            {"slug", "c"},
            {"flag", ""},
            {"bad", "%zz"},
            {"end", "%4"}
        }
    );
}
