#include "engine/app/sandbox_evidence.hpp"

#include "connectors/json/decimal.hpp"
#include "connectors/json/dom.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <set>

namespace polyquant::app {

namespace {

using json::Element;

constexpr auto source = "sandbox";
constexpr auto where = std::string_view{"sandbox account"};

Failure bad(std::string_view what) {
    return Failure{Fault::parse, std::string{where}, std::string{what}};
}

struct Entry {
    std::string kind;
    std::string number;
    Usdc cash;
    Shares shares;
    TokenId token;
    TradeId trade;
    OrderId order;
};

Result<Entry> read_entry(Element row) {
    Entry entry;
    entry.kind = json::text(row, "kind");
    entry.number = json::text_or_number(row, "number");
    std::int64_t cash = 0;
    std::int64_t shares = 0;
    auto const signed_micros = [](std::string_view text, std::int64_t& to) {
        auto const negative = text.starts_with('-');
        if (negative) text.remove_prefix(1);
        if (!json::parse_decimal(text, 6, false, to)) return false;
        if (negative) to = -to;
        return true;
    };
    if (!signed_micros(json::text(row, "cash"), cash) ||
        !signed_micros(json::text(row, "shares"), shares))
        return bad("an entry with an unreadable amount");
    entry.cash = Usdc::from_micros(cash);
    entry.shares = Shares::from_micros(shares);
    if (auto const text = json::text(row, "token"); !text.empty()) {
        auto const token = parse_token_id(text);
        if (!token) return token.error();
        entry.token = *token;
    }
    entry.trade = TradeId{std::string{json::text(row, "trade")}};
    if (auto const text = json::text(row, "order"); !text.empty()) {
        auto const order = parse_order_id(text);
        if (!order) return order.error();
        entry.order = *order;
    }
    return entry;
}

// Entries of one fill (purchase or sale, its fee, its reversal) become one fill.
class Reader {
public:
    Result<void> add(Entry const& entry) {
        if (entry.kind == "deposit") {
            auto const cause =
                entry.cash.micros() < 0 ? WalletCause::withdrawal : WalletCause::deposit;
            moves_.push_back({cause, entry.cash, "entry " + entry.number});
        } else if (entry.kind == "payout") {
            auto& payout = payouts_[entry.token];
            payout.amount += entry.cash;
            payout.size -= entry.shares;
        } else if (entry.kind == "buy" || entry.kind == "sell") {
            auto& fill = fills_[{entry.order, entry.trade}];
            fill.order = entry.order;
            fill.trade = entry.trade;
            fill.token = entry.token;
            fill.side = entry.kind == "buy" ? Side::buy : Side::sell;
            fill.size = entry.kind == "buy" ? entry.shares : -entry.shares;
            fill.cost = entry.kind == "buy" ? -entry.cash : entry.cash;
            if (!fill.fee) fill.fee = Usdc{};
        } else if (entry.kind == "fee") {
            fills_[{entry.order, entry.trade}].fee = -entry.cash;
        } else if (entry.kind == "reversed") {
            fills_[{entry.order, entry.trade}].failed = true;
        } else {
            return bad("an entry of unknown kind " + entry.kind);
        }
        return {};
    }

    void finish(accounting::Evidence& into) {
        into.fills.emplace();
        for (auto& [key, fill] : fills_)
            into.fills->push_back(std::move(fill));
        into.payouts = std::move(payouts_);
        into.moves = std::move(moves_);
    }

private:
    std::map<std::pair<OrderId, TradeId>, accounting::VenueFill> fills_;
    std::map<TokenId, accounting::VenuePayout> payouts_;
    std::vector<accounting::VenueMove> moves_;
};

Result<accounting::Evidence> read_account(Element account) {
    accounting::Evidence evidence;
    evidence.source = source;
    std::int64_t cash = 0;
    if (!json::parse_decimal(json::text(account, "cash"), 6, false, cash)) return bad("no cash");
    evidence.collateral = Usdc::from_micros(cash);
    evidence.tokens.emplace();
    simdjson::dom::array rows;
    if (account["tokens"].get_array().get(rows) != simdjson::SUCCESS) return bad("no tokens");
    for (auto const row : rows) {
        auto const token = parse_token_id(json::text(row, "token"));
        std::int64_t shares = 0;
        if (!token || !json::parse_decimal(json::text(row, "shares"), 6, false, shares))
            return bad("an unreadable token");
        evidence.tokens->emplace(*token, Shares::from_micros(shares));
    }
    if (account["statement"].get_array().get(rows) != simdjson::SUCCESS) return bad("no statement");
    Reader reader;
    for (auto const row : rows) {
        auto const entry = read_entry(row);
        if (!entry) return entry.error();
        if (auto const added = reader.add(*entry); !added) return added.error();
    }
    reader.finish(evidence);
    return evidence;
}

} // namespace

Result<accounting::Evidence> parse_sandbox_account(std::string_view text) {
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, text, where);
    if (!root) return root.error();
    return read_account(*root);
}

Task<Result<accounting::Evidence>>
ask_sandbox(net::NetContext& context, net::Url clob, crypto::Address wallet, Instant deadline) {
    net::Query const query{{"address", crypto::to_string(wallet)}};
    auto const url = net::with_target(std::move(clob), net::with_query("/sandbox/account", query));
    auto const answer = co_await context.https.fetch(net::get_request(url, "data"), deadline);
    if (!answer) co_return answer.error();
    co_return parse_sandbox_account(answer->body);
}

Result<accounting::Evidence>
read_sandbox_accounts(std::filesystem::path const& file, crypto::Address const& wallet) {
    std::ifstream in{file, std::ios::binary};
    if (!in)
        return Failure{
            Fault::invalid,
            file.string(),
            "cannot be read; a sandbox writes it when it ends in order"
        };
    std::string const text{std::istreambuf_iterator<char>{in}, {}};
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, text, file.string());
    if (!root) return root.error();
    simdjson::dom::array accounts;
    if ((*root)["accounts"].get_array().get(accounts) != simdjson::SUCCESS)
        return bad("no accounts in " + file.string());
    for (auto const account : accounts) {
        auto const address = crypto::parse_address(json::text(account, "address"));
        if (address && *address == wallet) return read_account(account);
    }
    return Failure{Fault::invalid, file.string(), "holds no account of this wallet"};
}

} // namespace polyquant::app
