#include "tests/connectors/crypto/temporary_directory.hpp"
#include "tests/connectors/net/server/server_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::testing;
using server::CertificateAuthority;

namespace {

UtcTime real_now() {
    return std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now());
}

std::string text_of(std::filesystem::path const& path) {
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
}

// A client that trusts `ca`, and a server that shows `credentials`.
Result<HttpResponse> call(std::filesystem::path const& ca, server::Credentials credentials) {
    ServerWorld world;
    server::Router router;
    router.add_plain(Method::get, "/", [](server::HttpCall const&) {
        return server::json_reply("1");
    });
    server::HttpServer::Options options;
    options.credentials = std::move(credentials);
    world.serve(std::move(router), std::move(options));
    Dialer dialer{
        world.io.get_executor(),
        world.clock,
        world.resolver,
        TlsContext::create({ca.string()}).value()
    };
    HttpsClient client{dialer, world.groups, random_from_seed(1), {}};
    auto const url = parse_url(world.http->origin() + "/").value();
    return world.run(client.send(get_request(url), world.in(Seconds{60})));
}

} // namespace

TEST_CASE("CertificateAuthority vouches for a server that clients then trust", "[net][server]") {
    test::TemporaryDirectory const directory;
    auto const ca = CertificateAuthority::open_or_create(directory.path(), real_now()).value();
    auto const leaf = ca.issue(server::loopback_certificate(real_now())).value();

    auto const answer = call(directory.path() / "ca.pem", leaf);

    REQUIRE(answer.has_value());
    CHECK(answer->body == "1");
}

TEST_CASE("CertificateAuthority keeps its key to its owner", "[net][server]") {
    test::TemporaryDirectory const directory;
    auto const made = CertificateAuthority::open_or_create(directory.path(), real_now());
    REQUIRE(made.has_value());

    auto const mode = std::filesystem::status(directory.path() / "ca.key").permissions() &
                      std::filesystem::perms::mask;

    CHECK(static_cast<unsigned>(mode) == 0600);
    CHECK(text_of(directory.path() / "ca.pem").find("PRIVATE KEY") == std::string::npos);
}

TEST_CASE(
    "CertificateAuthority is the same one when its directory is opened again", "[net][server]"
) {
    test::TemporaryDirectory const directory;
    auto const first = CertificateAuthority::open_or_create(directory.path(), real_now()).value();

    auto const second = CertificateAuthority::open_or_create(directory.path(), real_now()).value();

    CHECK(second.certificate_pem() == first.certificate_pem());
    auto const leaf = second.issue(server::loopback_certificate(real_now())).value();
    CHECK(call(directory.path() / "ca.pem", leaf).has_value());
}

TEST_CASE("CertificateAuthority replaces one that is about to end", "[net][server]") {
    test::TemporaryDirectory const directory;
    auto const eleven_years = std::chrono::hours{24 * 365 * 11};
    auto const old =
        CertificateAuthority::open_or_create(directory.path(), real_now() - eleven_years).value();

    auto const fresh = CertificateAuthority::open_or_create(directory.path(), real_now()).value();

    CHECK(fresh.certificate_pem() != old.certificate_pem());
    CHECK(text_of(directory.path() / "ca.pem") == fresh.certificate_pem());
}

TEST_CASE(
    "CertificateAuthority refuses a directory with damaged files and names them", "[net][server]"
) {
    test::TemporaryDirectory const directory;
    REQUIRE(CertificateAuthority::open_or_create(directory.path(), real_now()).has_value());
    std::ofstream{directory.path() / "ca.pem"} << "not a certificate";

    auto const opened = CertificateAuthority::open_or_create(directory.path(), real_now());

    REQUIRE(opened.has_error());
    CHECK(opened.error().fault == Fault::invalid);
    CHECK(opened.error().detail.find("ca.pem") != std::string::npos);
}

TEST_CASE("A client refuses the certificates that faults present", "[net][server]") {
    test::TemporaryDirectory const directory;
    auto const now = real_now();
    auto const ca = CertificateAuthority::open_or_create(directory.path(), now).value();
    auto const stranger = CertificateAuthority::make("stranger", now).value();
    auto request = server::loopback_certificate(now);
    char const* why = nullptr;

    SECTION("for another host") {
        request.names = {"other.test"};
        why = "mismatch";
    }
    SECTION("out of date") {
        request.valid_from = now - std::chrono::hours{48};
        request.valid_until = now - std::chrono::hours{24};
        why = "expired";
    }
    SECTION("of an authority nobody knows") {
        why = "issuer";
    }
    auto const is_stranger = std::string_view{why} == "issuer";
    auto const leaf = (is_stranger ? stranger : ca).issue(request).value();
    auto const answer = call(directory.path() / "ca.pem", leaf);

    REQUIRE(answer.has_error());
    CHECK(answer.error().fault == Fault::invalid);
    INFO(answer.error().detail);
    CHECK(answer.error().detail.find(why) != std::string::npos);
}

TEST_CASE("CertificateAuthority refuses names that are none", "[net][server]") {
    auto const ca = CertificateAuthority::make("test", real_now()).value();

    CHECK(ca.issue({{}, real_now(), real_now()}).has_error());
    CHECK(ca.issue({{"a,IP:1.2.3.4"}, real_now(), real_now()}).has_error());
}
