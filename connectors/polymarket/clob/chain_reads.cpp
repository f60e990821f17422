#include "connectors/polymarket/clob/chain_reads.hpp"

#include "connectors/json/dom.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <limits>

namespace polyquant::polymarket {

namespace {

// The first four bytes of the Keccak hash of the signature.
constexpr auto balance_of = "70a08231";          // balanceOf(address)
constexpr auto allowance = "dd62ed3e";           // allowance(address,address)
constexpr auto is_approved_for_all = "e985e9c5"; // isApprovedForAll(address,address)

// Places in the batch.
constexpr std::int64_t chain_at = 0;
constexpr std::int64_t code_at = 1;
constexpr std::int64_t balance_at = 2;
constexpr std::int64_t allowances_at = 3;
constexpr std::int64_t spender_count = 3;
constexpr std::int64_t operators_at = allowances_at + spender_count;

std::array<crypto::Address, spender_count> spenders_of(Contracts const& c) {
    return {c.exchange, c.neg_risk_exchange, c.exchange_v3};
}

// Lower case with 0x.
std::string hex_of(crypto::Address const& address) {
    auto text = crypto::to_string(address);
    for (char& c : text)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

std::string word_of(crypto::Address const& address) {
    return std::string(24, '0') + hex_of(address).substr(2);
}

std::string call(std::int64_t id, crypto::Address const& to, std::string const& data) {
    return fmt::format(
        R"({{"jsonrpc":"2.0","id":{},"method":"eth_call","params":[{{"to":"{}","data":"0x{}"}},"latest"]}})",
        id,
        hex_of(to),
        data
    );
}

// A big-endian hex number, at most the largest std::int64_t.
std::optional<std::int64_t> saturated(std::string_view hex) {
    if (!hex.starts_with("0x") || hex.size() < 3) return std::nullopt;
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    std::int64_t value = 0;
    for (char const c : hex.substr(2)) {
        auto const digit = c >= '0' && c <= '9'   ? c - '0'
                           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                  : -1;
        if (digit < 0) return std::nullopt;
        value = value > (most - digit) / 16 ? most : value * 16 + digit;
    }
    return value;
}

} // namespace

std::string chain_wallet_question(crypto::Address const& wallet, Contracts const& contracts) {
    auto text = fmt::format(
        R"([{{"jsonrpc":"2.0","id":{},"method":"eth_chainId","params":[]}},)"
        R"({{"jsonrpc":"2.0","id":{},"method":"eth_getCode","params":["{}","latest"]}},)",
        chain_at,
        code_at,
        hex_of(wallet)
    );
    text += call(balance_at, contracts.collateral, balance_of + word_of(wallet));
    auto const spenders = spenders_of(contracts);
    for (std::int64_t n = 0; n < spender_count; ++n) {
        auto const pair = word_of(wallet) + word_of(spenders[static_cast<std::size_t>(n)]);
        text += "," + call(allowances_at + n, contracts.collateral, allowance + pair);
        text +=
            "," + call(operators_at + n, contracts.conditional_tokens, is_approved_for_all + pair);
    }
    return text + "]";
}

Result<ChainWallet> parse_chain_wallet(std::string_view body, Contracts const& contracts) {
    Failure const unreadable{
        Fault::parse, "polygon_rpc", "no answer to a JSON-RPC batch: " + json::excerpt(body)
    };
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, body, "polygon_rpc");
    if (!root) return root.error();
    simdjson::dom::array rows;
    if (root->get(rows) != simdjson::SUCCESS) return unreadable;
    std::map<std::int64_t, std::string> results;
    for (auto const row : rows)
        if (auto const id = json::whole(row, "id"))
            if (auto const result = json::text(row, "result"); !result.empty())
                results[*id] = std::string{result};
    auto const number = [&](std::int64_t at) {
        auto const found = results.find(at);
        return found == results.end() ? std::nullopt : saturated(found->second);
    };
    auto const chain = number(chain_at);
    auto const balance = number(balance_at);
    auto const code = results.find(code_at);
    if (!chain || !balance || code == results.end()) return unreadable;
    ChainWallet wallet;
    wallet.chain_id = static_cast<std::uint64_t>(*chain);
    wallet.balance_micros = *balance;
    wallet.is_contract = code->second.size() > 2;
    auto const spenders = spenders_of(contracts);
    for (std::int64_t n = 0; n < spender_count; ++n) {
        auto const name = hex_of(spenders[static_cast<std::size_t>(n)]);
        if (auto const allowed = number(allowances_at + n)) wallet.allowances[name] = *allowed;
        if (auto const may = number(operators_at + n)) wallet.operators[name] = *may != 0;
    }
    return wallet;
}

Task<Result<ChainWallet>> read_chain_wallet(
    net::NetContext& context,
    net::Url rpc,
    crypto::Address const& wallet,
    Contracts const& contracts,
    Instant deadline
) {
    net::HttpRequest request;
    request.method = net::Method::post;
    request.url = std::move(rpc);
    request.headers = {{"Content-Type", "application/json"}};
    request.body = chain_wallet_question(wallet, contracts);
    request.safe_to_repeat = true; // it only reads
    auto answer = co_await context.https.send(std::move(request), deadline, nullptr);
    if (!answer) co_return answer.error();
    auto const good = net::require_success(std::move(*answer), "polygon_rpc");
    if (!good) co_return good.error();
    auto parsed = parse_chain_wallet(good->body, contracts);
    if (parsed && parsed->chain_id != contracts.chain_id)
        co_return Failure{
            Fault::invalid,
            "polygon_rpc",
            fmt::format("it serves chain {}, not {}", parsed->chain_id, contracts.chain_id)
        };
    co_return parsed;
}

} // namespace polyquant::polymarket
