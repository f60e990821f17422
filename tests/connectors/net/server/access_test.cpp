#include "connectors/net/server/access.hpp"
#include "tests/engine/runtime/scratch_folder.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sys/stat.h>

using namespace polyquant;
using namespace polyquant::net;
using namespace polyquant::net::server;

namespace {

constexpr auto right = "0123456789abcdef0123";

crypto::SecretBytes secret(std::string_view text) {
    return crypto::SecretBytes{
        crypto::Bytes{reinterpret_cast<std::uint8_t const*>(text.data()), text.size()}
    };
}

HttpCall call(Headers headers, std::string path = "/") {
    HttpCall c;
    c.path = std::move(path);
    c.headers = std::move(headers);
    return c;
}

int status(std::optional<HttpReply> const& reply) {
    return reply ? reply->status : 200;
}

} // namespace

TEST_CASE("Without a token only the loopback's own names are answered", "[net][server][access]") {
    Access const access{{}};

    CHECK(status(access.refuse(call({{"Host", "127.0.0.1:9090"}}))) == 200);
    CHECK(status(access.refuse(call({{"Host", "localhost:9090"}}))) == 200);
    CHECK(status(access.refuse(call({{"Host", "[::1]:9090"}}))) == 200);
    CHECK(status(access.refuse(call({{"Host", "attacker.example:9090"}}))) == 403);
    CHECK(status(access.refuse(call({{"Host", "127.0.0.1.attacker.example"}}))) == 403);
    CHECK(status(access.refuse(call({}))) == 403);
}

TEST_CASE(
    "With a token every request brings it, in a header or the cookie", "[net][server][access]"
) {
    Access::Options options;
    options.token = secret(right);
    options.cookie = "pq";
    Access const access{std::move(options)};
    auto const bearer = [&](std::string const& token) {
        return status(access.refuse(call({{"Host", "x"}, {"Authorization", "Bearer " + token}})));
    };
    auto const cookies = [&](std::string const& text) {
        return status(access.refuse(call({{"Host", "x"}, {"Cookie", text}})));
    };

    CHECK(bearer(right) == 200);
    CHECK(bearer("0123456789abcdef0124") == 401);
    CHECK(bearer("") == 401);
    CHECK(cookies(std::string{"a=b; pq="} + right) == 200);
    CHECK(cookies(std::string{"xpq="} + right) == 401);
    CHECK(status(access.refuse(call({{"Host", "127.0.0.1"}}))) == 401);
}

TEST_CASE(
    "Login swaps the token in the address for a cookie that scripts cannot read",
    "[net][server][access]"
) {
    Access::Options options;
    options.token = secret(right);
    options.cookie = "pq";
    options.secure = true;
    options.login_path = "/login";
    Access const access{std::move(options)};
    auto good = call({}, "/login");
    good.query = {{"token", right}};
    auto bad = call({}, "/login");
    bad.query = {{"token", "guess"}};

    CHECK(status(access.refuse(good)) == 200);
    auto const in = access.login(good);
    CHECK(in.status == 303);
    CHECK(find_header(in.headers, "Location") == "/");
    CHECK(
        find_header(in.headers, "Set-Cookie") ==
        std::string{"pq="} + right + "; Path=/; HttpOnly; SameSite=Strict; Secure"
    );
    CHECK(access.login(bad).status == 401);
}

TEST_CASE("A token comes out of the owner's file, or the environment", "[net][server][access]") {
    runtime::testing::ScratchFolder const folder;
    auto const file = folder / "token";
    std::ofstream{file} << right << "\n";
    ::chmod(file.c_str(), 0600);

    auto const from_file = read_access_token(file, "PQ_TEST_TOKEN");
    REQUIRE(from_file);
    CHECK((*from_file)->reveal_text() == right);
    CHECK_FALSE(read_access_token("", "PQ_TEST_TOKEN").value().has_value());
    ::setenv("PQ_TEST_TOKEN", "sixteen-characters", 1);
    CHECK(read_access_token("", "PQ_TEST_TOKEN").value()->reveal_text() == "sixteen-characters");
    ::unsetenv("PQ_TEST_TOKEN");
}

TEST_CASE(
    "A token that is short, or that others can read, is refused without being shown",
    "[net][server][access]"
) {
    runtime::testing::ScratchFolder const folder;
    auto const file = folder / "token";
    std::ofstream{file} << "too-short-secret";
    ::chmod(file.c_str(), 0644);

    CHECK(describe(read_access_token(file, "X").error()).find("chmod") != std::string::npos);
    ::chmod(file.c_str(), 0600);
    std::ofstream{file} << "shortsecret";
    auto const text = describe(read_access_token(file, "X").error());
    CHECK(text.find("16 to 512") != std::string::npos);
    CHECK(text.find("shortsecret") == std::string::npos);
}
