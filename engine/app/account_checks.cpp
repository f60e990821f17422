#include "engine/app/account_checks.hpp"

#include "connectors/chain/approvals/approvals.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

namespace polyquant::app {

namespace {

using namespace polymarket;

constexpr Nanos look_every = Millis{50};

std::string dollars(std::int64_t micros) {
    return to_string(Usdc::from_micros(micros));
}

std::string allowance_text(std::int64_t micros) {
    // Nobody approves a trillion: it is the usual "unlimited".
    return micros > 1'000'000'000'000'000'000 / 1'000 ? "unlimited" : dollars(micros);
}

constexpr auto approve_hint =
    "`polyquant wallet approve` grants them; the website does it at a wallet's first trade";

chain::ApprovalNeeds approvals_needed(WalletNeeds const& needs) {
    chain::ApprovalNeeds wanted;
    wanted.protocol_v2 = true; // any market may be of either protocol
    wanted.neg_risk = needs.neg_risk;
    wanted.spend = needs.money;
    return wanted;
}

} // namespace

WalletNeeds wallet_needs(config::RunConfig const& config) {
    WalletNeeds needs;
    for (auto const& strategy : config.strategies) {
        if (!strategy.header.enabled) continue;
        needs.money += strategy.header.bankroll;
        if (!strategies::trades_windows(strategy)) needs.neg_risk = true;
    }
    return needs;
}

AccountChecks::AccountChecks(
    net::NetContext& context,
    config::RunConfig const& config,
    ClobAccount account,
    WalletNeeds needs
)
    : context_{context}, config_{config}, needs_{needs} {
    ClobOptions options;
    auto const base = net::parse_url(config.endpoints.clob);
    if (!base) {
        unusable_ = base.error();
        return;
    }
    options.base = *base;
    auto session = ClobSession::create(context, std::move(account), options);
    if (!session) {
        unusable_ = session.error();
        return;
    }
    session_ = std::move(*session);
    book_.emplace(
        *session_,
        [](ConditionId const&) -> Market const* { return nullptr; },
        ClobAccountBook::Options{}
    );
}

std::vector<DoctorCheck> AccountChecks::all() {
    std::vector<DoctorCheck> checks;
    using Member = Answer (AccountChecks::*)(Instant);
    auto const add = [&](std::string name, Member member, std::string fix) {
        checks.push_back(
            {std::move(name),
             [this, member](Instant deadline) { return (this->*member)(deadline); },
             std::move(fix)}
        );
    };
    add("account",
        &AccountChecks::account,
        "see the text; [wallet] must name the right key, type and funder");
    add("balance", &AccountChecks::balance, "see the account's line above");
    add("approvals", &AccountChecks::approvals, approve_hint);
    add("chain", &AccountChecks::chain, "set [endpoints] polygon_rpc to a node of Polygon");
    add("resting orders", &AccountChecks::resting, "see the account's line above");
    return checks;
}

std::optional<crypto::ApiCredentials> AccountChecks::new_credentials() const {
    if (!session_ || !session_->is_open() || !session_->has_new_credentials()) return std::nullopt;
    return session_->credentials().clone();
}

Task<bool> AccountChecks::is_open(Instant deadline) {
    auto& clock = context_.clock;
    while (!tried_ && clock.now() + look_every < deadline) {
        auto const rang = co_await clock.wait_until(clock.now() + look_every);
        if (!rang) co_return false;
    }
    co_return session_ != nullptr && session_->is_open();
}

AccountChecks::Answer AccountChecks::account(Instant deadline) {
    struct Tried {
        bool& flag;

        ~Tried() { flag = true; }
    } const tried{tried_};

    if (unusable_)
        co_return failed(describe(*unusable_), "mend [wallet]: type and funder must fit the key");
    auto const opened = co_await session_->open(deadline);
    if (!opened) {
        auto const& failure = opened.error();
        if (failure.fault == Fault::auth)
            co_return failed(
                "the venue refuses it: " + describe(failure),
                "a banned account cannot be mended from here; else check [wallet], this machine's "
                "clock, and `polyquant keys derive-api`"
            );
        co_return failure;
    }
    auto const& state = session_->state();
    if (state.is_closed_only())
        co_return failed(
            "the account may only close positions",
            "ask the venue's support: it takes no new orders from this account"
        );
    if (!state.account_block().empty())
        co_return failed(std::string{state.account_block()}, "ask the venue's support");
    co_return passed(fmt::format(
        "{}, {}",
        to_string(session_->wallet()),
        session_->has_new_credentials() ? "API credentials made just now" : "API credentials good"
    ));
}

AccountChecks::Answer AccountChecks::balance(Instant deadline) {
    if (!co_await is_open(deadline)) co_return skipped("the account could not be opened");
    // The venue answers from a cached copy: it is told to look at the chain first.
    auto const refreshed = co_await book_->refresh(deadline);
    if (!refreshed) co_return refreshed.error();
    auto const there = book_->last_collateral()->balance_micros;
    auto const text = fmt::format(
        "{} pUSD in the wallet, the strategies use {}", dollars(there), to_string(needs_.money)
    );
    if (there < needs_.money.micros())
        co_return failed(
            text, "deposit the difference, or lower the strategies' bankrolls to what is there"
        );
    co_return passed(text);
}

AccountChecks::Answer AccountChecks::approvals(Instant deadline) {
    if (!co_await is_open(deadline)) co_return skipped("the account could not be opened");
    auto const read = co_await book_->collateral(deadline);
    if (!read) co_return read.error();
    auto const of = [&](ProtocolVersion version, bool neg_risk) {
        return book_->allowance(version, neg_risk).value_or(0);
    };
    auto const windows = of(ProtocolVersion::v1, false);
    auto const neg_risk = of(ProtocolVersion::v1, true);
    auto const second = of(ProtocolVersion::v2, false);
    auto const text = fmt::format(
        "exchange {}, neg-risk exchange {}, exchange of protocol 2 {}",
        allowance_text(windows),
        allowance_text(neg_risk),
        allowance_text(second)
    );
    auto const needed = needs_.money.micros();
    if (windows < needed || (needs_.neg_risk && neg_risk < needed))
        co_return failed(
            text + fmt::format("; {} are needed", to_string(needs_.money)), approve_hint
        );
    if (second < needed)
        co_return warned(text, "markets of protocol 2 will be refused before an order is sent");
    co_return passed(text);
}

// The venue's own word, checked above, is what its exchange decides by: a node that does not serve
// is no reason not to trade.
AccountChecks::Answer AccountChecks::chain(Instant deadline) {
    auto const unread = [](chain::RpcError const& error) {
        return warned(
            "not read: " + describe(error),
            "optional: set [endpoints] polygon_rpc to a node of Polygon to compare with the chain"
        );
    };
    auto const node = net::parse_url(config_.endpoints.polygon_rpc);
    if (!node) co_return node.error();
    if (session_ == nullptr) co_return skipped("the account could not be opened");
    chain::RpcClient::Options nodes;
    nodes.first = *node;
    nodes.chain_id = session_->contracts().chain_id;
    chain::RpcClient client{context_, std::move(nodes)};
    chain::ChainRpc rpc{client};
    auto const wallet = session_->funder();
    if (session_->wallet() != SignatureType::eoa) {
        auto const deployed = co_await rpc.has_code(wallet, deadline);
        if (!deployed) co_return unread(deployed.error());
        if (!*deployed)
            co_return failed(
                "there is no contract at [wallet] funder",
                "deploy the wallet (the website does at the first deposit), or mend [wallet] type"
            );
    }
    auto const money = co_await chain::money_of(rpc, wallet, wallet, deadline);
    if (!money) co_return unread(money.error());
    auto const approvals =
        co_await chain::approvals_of(rpc, wallet, approvals_needed(needs_), deadline);
    if (!approvals) co_return unread(approvals.error());
    if (!co_await is_open(deadline)) co_return skipped("the account could not be opened");
    auto const venue = co_await book_->collateral(deadline);
    if (!venue) co_return venue.error();

    auto const text = to_string(money->pusd) + " pUSD on the chain";
    if (money->pusd < needs_.money)
        co_return failed(
            text,
            money->usdc_e.is_zero() ? "deposit the difference to this wallet"
                                    : fmt::format(
                                          "`polyquant wallet wrap all` makes pUSD of its {} USDC.e",
                                          to_string(money->usdc_e)
                                      )
        );
    if (money->pusd.micros() != venue->balance_micros)
        co_return warned(
            text + fmt::format(", {} by the venue", dollars(venue->balance_micros)),
            "the venue's copy lags, or trades are settling: run doctor again in a minute"
        );
    std::vector<std::string> missing;
    for (auto const& row : *approvals)
        if (!row.granted) missing.push_back(row.name);
    if (!missing.empty())
        co_return warned(
            fmt::format("{}; not granted: {}", text, fmt::join(missing, ", ")),
            needs_.neg_risk ? "`polyquant wallet approve --v2 --neg-risk` grants them"
                            : "`polyquant wallet approve --v2` grants them"
        );
    co_return passed(text + ", as the venue says; every approval granted");
}

AccountChecks::Answer AccountChecks::resting(Instant deadline) {
    if (!co_await is_open(deadline)) co_return skipped("the account could not be opened");
    auto const orders = co_await book_->open_orders(deadline);
    if (!orders) co_return orders.error();
    if (orders->empty()) co_return passed("none");
    co_return warned(
        fmt::format("{} orders of this account rest already", orders->size()),
        "orders that are not polyquant's keep it from trading: cancel them on the website"
    );
}

} // namespace polyquant::app
