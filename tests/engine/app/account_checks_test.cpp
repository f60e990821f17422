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

// Answers of a chain where the wallet holds `balance` (hex) and has approved everything.
std::string chain(std::string const& balance, std::string const& code = "0x") {
    std::string text = fmt::format(
        R"([{{"id":0,"result":"0x89"}},{{"id":1,"result":"{}"}},{{"id":2,"result":"{}"}})",
        code,
        balance
    );
    for (auto id = 3; id < 9; ++id)
        text += fmt::format(R"(,{{"id":{},"result":"0x{}"}})", id, std::string(63, '0') + "1");
    return text + "]";
}

// 100 USD in wallet and on the chain, 50 needed, until a test scripts otherwise.
struct Examined : ClobWorld {
    config::RunConfig config{};

    Examined() {
        clob.on("GET /balance-allowance/update", {.body = ""});
        clob.on("GET /balance-allowance", {.body = money("100000000", unlimited)});
        clob.on("GET /data/orders", {.body = R"({"data":[],"next_cursor":"LTE="})"});
        clob.on("POST /rpc", {.body = chain("0x5f5e100")});
        config.endpoints.clob = url_of(clob.server(), "/").to_string();
        config.endpoints.polygon_rpc = url_of(clob.server(), "/rpc").to_string();
    }

    std::map<std::string, CheckOutcome> examine(polymarket::ClobAccount account) {
        auto outside = context();
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
    CHECK(found.at("approvals").fix.find("approve pUSD") != std::string::npos);
}

TEST_CASE("The venue's copy of a balance is compared with the chain", "[app][doctor]") {
    Examined w;
    w.clob.on("POST /rpc", {.body = chain("0x5f5e0ff")});

    auto const found = w.examine();

    CHECK(found.at("chain").state == CheckState::warning);
    CHECK(found.at("chain").detail.find("100") != std::string::npos);
}

TEST_CASE("A Safe that was never deployed fails the doctor", "[app][doctor]") {
    Examined w;
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
    w.clob.on("POST /rpc", {.status = 500, .body = "{}"});

    CHECK(w.examine().at("chain").state == CheckState::warning);
}
