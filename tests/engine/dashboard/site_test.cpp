#include "engine/dashboard/site.hpp"
#include "tests/connectors/net/server/server_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::dashboard;

namespace {

constexpr auto token = "0123456789abcdef0123";

struct Dashboard : net::testing::ServerWorld {
    std::unique_ptr<Site> site{};

    explicit Dashboard(bool with_token = true, std::size_t clients_max = 2) {
        net::server::Access::Options options;
        if (with_token) {
            std::string_view const text{token};
            options.token.emplace(
                crypto::Bytes{reinterpret_cast<std::uint8_t const*>(text.data()), text.size()}
            );
        }
        options.cookie = "pq";
        options.login_path = "/login";
        auto access = std::make_shared<net::server::Access>(std::move(options));
        site = std::make_unique<Site>(clock, std::move(access), clients_max);
        serve(site->router());
    }

    net::HttpResponse ask(std::string const& target, net::Headers headers = {}) {
        auto request = net::get_request(url(target));
        request.headers = std::move(headers);
        return run(client.send(std::move(request), in(Seconds{60}))).value();
    }

    net::HttpResponse ask_with_token(std::string const& target) {
        return ask(target, {{"Authorization", std::string{"Bearer "} + token}});
    }
};

} // namespace

TEST_CASE("A request without the token gets nothing of the page", "[dashboard][site]") {
    Dashboard world;

    for (auto const* target : {"/", "/board.js", "/state.json", "/live", "/nothing"}) {
        INFO(target);
        auto const answer = world.ask(target);
        CHECK(answer.status == 401);
        CHECK(answer.body == "A token is needed.\n");
    }
    world.stop();
}

TEST_CASE("Without a token a page of another name is refused", "[dashboard][site]") {
    Dashboard world{false};

    CHECK(world.ask("/state.json").status == 403); // asked for as venue.test
    world.stop();
}

TEST_CASE("Every answer forbids what is not of this origin", "[dashboard][site]") {
    Dashboard world;

    for (auto const* target : {"/", "/board.js", "/state.json", "/nothing"}) {
        INFO(target);
        auto const answer = world.ask_with_token(target);
        auto const policy = answer.header("Content-Security-Policy").value_or("");
        CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
        CHECK(policy.find("unsafe") == std::string_view::npos);
        CHECK(answer.header("X-Content-Type-Options") == "nosniff");
        CHECK(answer.header("Cache-Control") == "no-store");
    }
    world.stop();
}

TEST_CASE("The page names nothing outside of its own server", "[dashboard][site]") {
    Dashboard world;

    auto const page = world.ask_with_token("/");
    auto const script = world.ask_with_token("/board.js");

    CHECK(page.status == 200);
    CHECK(page.body.find("//") == std::string::npos);
    CHECK(script.status == 200);
    CHECK(script.body.find("https://") == std::string::npos);
    CHECK(script.body.find("innerHTML") == std::string::npos);
    world.stop();
}

TEST_CASE("Nothing of the page can be written to", "[dashboard][site]") {
    Dashboard world;

    for (auto const method : {net::Method::post, net::Method::put, net::Method::delete_}) {
        auto request = world.posting("/state.json", "{}");
        request.method = method;
        request.headers = {{"Authorization", std::string{"Bearer "} + token}};
        CHECK(
            world.run(world.client.send(std::move(request), world.in(Seconds{60})))->status == 405
        );
    }
    world.stop();
}

TEST_CASE("The token in the login address becomes a cookie", "[dashboard][site]") {
    Dashboard world;

    auto const in = world.ask(std::string{"/login?token="} + token);
    CHECK(in.status == 303);
    CHECK(world.ask("/state.json", {{"Cookie", std::string{"pq="} + token}}).status == 200);
    CHECK(world.ask("/login?token=guess").status == 401);
    world.stop();
}

TEST_CASE("Another page's script is refused the socket, and so are too many", "[dashboard][site]") {
    Dashboard world;
    net::server::HttpCall call;
    call.headers = {{"Host", "127.0.0.1:9180"}, {"Origin", "http://127.0.0.1:9180"}};

    CHECK_FALSE(world.site->refuse(call).has_value());
    call.headers[1].value = "https://attacker.example";
    CHECK(world.site->refuse(call)->status == 403);
    call.headers[1].value = "null";
    CHECK(world.site->refuse(call)->status == 403);
    world.stop();
}
