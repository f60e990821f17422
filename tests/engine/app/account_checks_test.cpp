#include "connectors/chain/contracts.hpp"
#include "connectors/crypto/wallets.hpp"
#include "engine/app/account_checks.hpp"
#include "tests/connectors/polymarket/clob/clob_world.hpp"

using namespace polyquant;
using namespace polyquant::app;
using namespace polyquant::polymarket::testing;

namespace {

constexpr auto exchange = "0xe111180000d2663c0091e4f400237545b87b996b";
constexpr auto neg_risk_exchange = "0xe2222d279d744050d28e00520010520000310f59";
constexpr auto second_exchange = "0xe3333700ca9d93003f00f0f71f8515005f6c00aa";
constexpr auto unlimited =
    "115792089237316195423570985008687907853269984665640564039457584007913129639935";

std::string money(std::string const& balance, std::string const& allowed) {
    return fmt::format(
        R"({{"balance":"{}","allowances":{{"{}":"{}","{}":"{}","{}":"{}"}}}})",
        balance,
        exchange,
        allowed,
        neg_risk_exchange,
        unlimited,
        second_exchange,
        unlimited
    );
}

// What a node knows of one wallet, in words of JSON-RPC.
struct Node {
    std::string pusd = "5f5e100"; // micros, hex
    std::string usdc_e = "0";
    bool deployed = true;
    std::string refused{}; // a spender that nothing was granted to, as its address ends

    static std::string after(std::string_view text, std::string_view key, char const* ends) {
        auto const at = text.find(key) + key.size();
        return std::string{text.substr(at, text.find_first_of(ends, at) - at)};
    }

    static std::string word(std::string const& hex) {
        return "\"0x" + std::string(64 - hex.size(), '0') + hex + "\"";
    }

    std::string result(std::string_view request) const {
        auto const method = after(request, "\"method\":\"", "\"");
        if (method == "eth_chainId") return "\"0x89\"";
        if (method == "eth_getBalance") return "\"0x0\"";
        if (method == "eth_getCode") {
            auto const of_wallet = request.find("\"0xe") == std::string_view::npos;
            return !deployed && of_wallet ? "\"0x\"" : "\"0x60\"";
        }
        auto const data = after(request, "\"data\":\"0x", "\"");
        if (data.starts_with("70a08231")) { // balanceOf(address)
            auto const to = after(request, "\"to\":\"", "\"");
            auto const bridged =
                crypto::to_0x_hex(chain::polygon_settlement_contracts().usdc_e.bytes);
            return word(to == bridged ? usdc_e : pusd);
        }
        if (!refused.empty() && data.ends_with(refused)) return word("0");
        // allowance(address,address) or isApprovedForAll(address,address)
        return data.starts_with("dd62ed3e") ? word(std::string(64, 'f')) : word("1");
    }

    std::string answer(std::string const& body) const {
        std::string text;
        for (auto at = body.find("{\"jsonrpc"); at != std::string::npos;) {
            auto const next = body.find("{\"jsonrpc", at + 1);
            auto const request = std::string_view{body}.substr(at, next - at);
            text +=
                (text.empty() ? "" : ",") +
                fmt::format(
                    R"({{"id":{},"result":{}}})", after(request, "\"id\":", ",}"), result(request)
                );
            at = next;
        }
        return body.starts_with('[') ? "[" + text + "]" : text;
    }
};

// 100 USD in wallet and on the chain, 50 needed, until a test scripts otherwise.
struct Examined : ClobWorld {
    Node node{};
    config::RunConfig config{};
    // The checks open a session of their own, which adds its groups; the world's has added them,
    // and the client looks at the world's.
    net::EndpointGroups own_groups{[](std::string const&, BreakerState) {
    }};

    Examined() {
        groups.add("rpc.first", {});
        clob.on("GET /balance-allowance/update", {.body = ""});
        clob.on("GET /balance-allowance", {.body = money("100000000", unlimited)});
        clob.on("GET /data/orders", {.body = R"({"data":[],"next_cursor":"LTE="})"});
        clob.answer("POST /rpc", [this](Request const& asked) {
            return Reply{.body = node.answer(asked.body)};
        });
        config.endpoints.clob = url_of(clob.server(), "/").to_string();
        config.endpoints.polygon_rpc = url_of(clob.server(), "/rpc").to_string();
    }

    std::map<std::string, CheckOutcome> examine(polymarket::ClobAccount account) {
        net::NetContext outside{
            io.get_executor(),
            clock,
            supervisor,
            dialer,
            own_groups,
            client,
            net::random_from_seed(7)
        };
        AccountChecks checks{outside, config, std::move(account), {usd(50), false}};
        std::map<std::string, CheckOutcome> found;
        auto const all = checks.all();
        std::size_t left = all.size();
        auto const one = [&](DoctorCheck const& check) -> Task<bool> {
            auto const answer = co_await check.run(in(5s));
            found[check.name] = answer ? *answer : failed(describe(answer.error()), check.fix);
            --left;
            co_return true;
        };
        std::vector<std::shared_ptr<Pending<bool>>> running;
        for (auto const& check : all)
            running.push_back(start(one(check)));
        pass_until([&] { return left == 0; });
        return found;
    }

    std::map<std::string, CheckOutcome> examine() {
        polymarket::ClobAccount account;
        account.signer = anvil_signer();
        account.credentials = test_credentials();
        return examine(std::move(account));
    }
};

} // namespace

TEST_CASE("Account checks pass for an account that may trade", "[app][doctor]") {
    Examined w;

    auto const found = w.examine();

    CHECK(found.size() == 5);
    for (auto const& [name, outcome] : found) {
        INFO(name << ": " << outcome.detail);
        CHECK(outcome.state == CheckState::ok);
    }
}

TEST_CASE("A closed-only account fails the doctor", "[app][doctor]") {
    Examined w;
    w.clob.on("GET /auth/ban-status/closed-only", {.body = R"({"closed_only":true})"});

    auto const found = w.examine();

    CHECK(found.at("account").state == CheckState::failed);
    CHECK(found.at("account").detail == "the account may only close positions");
}

TEST_CASE("A banned account fails the doctor", "[app][doctor]") {
    Examined w;
    w.clob.on(
        "GET /auth/ban-status/closed-only", {.status = 403, .body = R"({"error":"address banned"})"}
    );

    auto const found = w.examine();

    CHECK(found.at("account").state == CheckState::failed);
    CHECK(found.at("account").detail.find("address banned") != std::string::npos);
    CHECK(found.at("balance").state == CheckState::skipped);
}

TEST_CASE("Less money than the strategies use fails the doctor", "[app][doctor]") {
    Examined w;
    w.clob.on("GET /balance-allowance", {.body = money("49999999", unlimited)});

    auto const found = w.examine();

    CHECK(found.at("balance").state == CheckState::failed);
    CHECK(found.at("balance").fix.find("deposit") != std::string::npos);
}

TEST_CASE("An approval below what is needed fails the doctor", "[app][doctor]") {
    Examined w;
    w.clob.on("GET /balance-allowance", {.body = money("100000000", "49999999")});

    auto const found = w.examine();

    CHECK(found.at("approvals").state == CheckState::failed);
    CHECK(found.at("approvals").fix.find("polyquant wallet approve") != std::string::npos);
}

TEST_CASE("The venue's copy of a balance is compared with the chain", "[app][doctor]") {
    Examined w;
    w.node.pusd = "5f5e0ff";

    auto const found = w.examine();

    CHECK(found.at("chain").state == CheckState::warning);
    CHECK(found.at("chain").detail.find("100") != std::string::npos);
}

TEST_CASE("An approval that the chain does not know is named with its command", "[app][doctor]") {
    Examined w;
    w.node.refused = std::string{second_exchange}.substr(2);

    auto const found = w.examine();

    auto const& chain = found.at("chain");
    CHECK(chain.state == CheckState::warning);
    CHECK(
        chain.detail == "100 pUSD on the chain; not granted: exchange v3 takes pUSD (to buy), "
                        "exchange v3 moves positions (to sell)"
    );
    CHECK(chain.fix == "`polyquant wallet approve --v2` grants them");
}

TEST_CASE("Money that is not wrapped yet is found with its command", "[app][doctor]") {
    Examined w;
    w.node.pusd = "2faf07f"; // a micro less than 50
    w.node.usdc_e = "1e8480";

    auto const found = w.examine();

    auto const& chain = found.at("chain");
    CHECK(chain.state == CheckState::failed);
    CHECK(chain.detail == "49.999999 pUSD on the chain");
    CHECK(chain.fix == "`polyquant wallet wrap all` makes pUSD of its 2 USDC.e");
}

TEST_CASE("A Safe that was never deployed fails the doctor", "[app][doctor]") {
    Examined w;
    w.node.deployed = false;
    polymarket::ClobAccount account;
    account.signer = anvil_signer();
    account.credentials = test_credentials();
    account.wallet = polymarket::SignatureType::safe;
    account.funder =
        crypto::safe_wallet(account.signer->address(), crypto::polygon_wallet_factories());

    auto const found = w.examine(std::move(account));

    CHECK(found.at("chain").state == CheckState::failed);
    CHECK(found.at("chain").detail == "there is no contract at [wallet] funder");
}

TEST_CASE("A chain that does not answer is a warning", "[app][doctor]") {
    Examined w;
    w.clob.answer("POST /rpc", [](Request const&) { return Reply{.status = 500, .body = "{}"}; });

    CHECK(w.examine().at("chain").state == CheckState::warning);
}
