#include "connectors/chain/rpc/chain_rpc.hpp"
#include "tests/connectors/net/net_world.hpp"
#include "tests/support/catch.hpp"

using namespace polyquant;
using namespace polyquant::chain;
using namespace polyquant::net;
using namespace polyquant::net::testing;

namespace {

// A node that answers eth_chainId with `chain` and everything else with what the test says.
struct Node {
    using Reply = std::function<std::string(std::string const& method, std::string const& id)>;

    std::string chain = "\"0x89\"";
    Reply reply = [](auto const&, auto const& id) {
        return result(id, "\"0x10\"");
    };
    bool hangs = false;
    int asked = 0; // besides the chain id

    static std::string result(std::string const& id, std::string const& value) {
        return R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":)" + value + "}";
    }

    static std::string error(std::string const& id, int code, std::string const& words) {
        return R"({"jsonrpc":"2.0","id":)" + id + R"(,"error":{"code":)" + std::to_string(code) +
               R"(,"message":")" + words + "\"}}";
    }

    static std::string after(std::string const& text, std::string const& key, char const* ends) {
        auto const at = text.find(key) + key.size();
        return text.substr(at, text.find_first_of(ends, at) - at);
    }

    TestServer::Script script() {
        return [this](Peer& peer) -> Task<void> {
            for (;;) {
                auto const request = co_await peer.read_request();
                if (!request) co_return;
                auto const method = after(*request, "\"method\":\"", "\"");
                auto const id = after(*request, "\"id\":", ",}");
                if (method == "eth_chainId") {
                    co_await peer.write(http_answer(200, "", result(id, chain)));
                    continue;
                }
                ++asked;
                if (hangs) co_await peer.hang();
                auto const answer = reply(method, id);
                auto const status = answer.starts_with("{") || answer.starts_with("[") ? 200 : 429;
                co_await peer.write(http_answer(status, "", answer));
            }
        };
    }
};

struct Fixture : NetWorld {
    Node one{};
    Node two{};
    TestServer first{io, Trust::shared().venue, one.script()};
    TestServer second{io, Trust::shared().venue, two.script()};
    runtime::Supervisor supervisor{
        io.get_executor(),
        clock,
        [](std::string const&, Failure const&) {
        }
    };
    NetContext context{
        io.get_executor(), clock, supervisor, dialer, groups, client, random_from_seed(1)
    };
    RpcClient rpc{context, options()};
    ChainRpc chain{rpc};

    RpcClient::Options options() {
        RpcClient::Options o;
        o.first = url_of(first);
        o.second = url_of(second);
        return o;
    }

    template <class T>
    RpcResult<T> ask(Task<RpcResult<T>> call) {
        auto const pending = start(std::move(call));
        pass_until([&] { return pending->is_done(); });
        return finish(*pending);
    }

    Instant deadline() { return in(Seconds{30}); }
};

} // namespace

TEST_CASE("A call is answered by the first node", "[chain][rpc]") {
    Fixture f;

    auto const number = f.ask(f.chain.block_number(f.deadline()));

    CHECK(number.value() == 16);
    CHECK(f.one.asked == 1);
    CHECK(f.two.asked == 0);
}

TEST_CASE("A node that hangs is left for the second one in time", "[chain][rpc]") {
    Fixture f;
    f.one.hangs = true;
    auto const began = f.clock.now();

    auto const number = f.ask(f.chain.block_number(f.deadline()));

    CHECK(number.value() == 16);
    CHECK(f.two.asked == 1);
    CHECK(f.clock.now() - began <= Seconds{6});
    CHECK(f.rpc.counts().by_second == 1);
}

TEST_CASE(
    "A node that limits the rate, by status or by words, is left for a while", "[chain][rpc]"
) {
    Fixture f;
    auto const by_status = GENERATE(true, false);
    f.one.reply = [&](auto const&, auto const& id) {
        return by_status ? std::string{"slow down"} : Node::error(id, -32005, "limit exceeded");
    };

    auto const number = f.ask(f.chain.block_number(f.deadline()));

    CHECK(number.value() == 16);
    CHECK(f.rpc.counts().limited == 1);
    CHECK(f.groups.find("rpc.first")->limiter.blocked_until() > f.clock.now());
}

TEST_CASE(
    "What a node says of a transaction is an answer, not a reason to ask another", "[chain][rpc]"
) {
    Fixture f;
    f.one.reply = [](auto const&, auto const& id) {
        return Node::error(id, -32000, "nonce too low");
    };

    auto const sent = f.ask(f.chain.send_raw(ByteString{1}, f.deadline()));

    CHECK(sent.error().trouble == RpcTrouble::nonce_too_low);
    CHECK(f.two.asked == 0);
}

TEST_CASE("A node of another chain is never believed", "[chain][rpc]") {
    Fixture f;
    f.one.chain = "\"0x1\"";
    f.two.chain = "\"0x13882\"";

    auto const number = f.ask(f.chain.block_number(f.deadline()));

    CHECK(number.error().trouble == RpcTrouble::wrong_chain);
    CHECK(number.error().failure.detail.find("137") != std::string::npos);
    CHECK(f.one.asked + f.two.asked == 0);
}

TEST_CASE("Both nodes silent is no answer at the deadline", "[chain][rpc]") {
    Fixture f;
    f.one.hangs = f.two.hangs = true;
    auto const began = f.clock.now();

    auto const number = f.ask(f.chain.block_number(f.deadline()));

    CHECK(number.error().trouble == RpcTrouble::unavailable);
    CHECK(f.clock.now() - began <= Seconds{31});
}

TEST_CASE("Many calls go out in batches and come back in order", "[chain][rpc]") {
    Fixture f;
    f.one.reply = [](auto const&, auto const& id) {
        std::string body = "[";
        auto const from = std::stoi(id);
        for (int i = from; i < from + 40; ++i)
            body += (i > from ? "," : "") +
                    Node::result(std::to_string(i), "\"0x0" + std::to_string(i % 10) + "\"");
        return body + "]";
    };
    std::vector<Call> calls(80);

    auto const results = f.ask(f.chain.call_many({}, calls, f.deadline()));

    REQUIRE(results.has_value());
    REQUIRE(results->size() == 80);
    CHECK(f.one.asked == 2);
    for (std::size_t i = 0; i < 80; ++i)
        CHECK((*results)[i].value() == ByteString{static_cast<std::uint8_t>((i + 2) % 10)});
}

TEST_CASE("A receipt that is not there yet is empty, a broken one is an error", "[chain][rpc]") {
    Fixture f;
    f.one.reply = [](auto const&, auto const& id) {
        return Node::result(id, "null");
    };

    auto const none = f.ask(f.chain.receipt({}, f.deadline()));
    f.one.reply = [](auto const&, auto const& id) {
        return Node::result(id, R"({"status":"0x1"})");
    };
    auto const broken = f.ask(f.chain.receipt({}, f.deadline()));

    CHECK_FALSE(none.value().has_value());
    CHECK(broken.error().trouble == RpcTrouble::malformed);
}
