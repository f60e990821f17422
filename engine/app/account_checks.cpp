#include "engine/app/account_checks.hpp"

#include "connectors/polymarket/clob/chain_reads.hpp"
#include "strategies/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>

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

char const* const approve_hint =
    "approve pUSD for the venue's exchange: the website does it at the wallet's first trade; for a "
    "wallet it never saw, call approve(exchange, amount) on pUSD";

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

AccountChecks::Answer AccountChecks::chain(Instant deadline) {
    auto const rpc = net::parse_url(config_.endpoints.polygon_rpc);
    if (!rpc) co_return rpc.error();
    if (session_ == nullptr) co_return skipped("the account could not be opened");
    auto const read = co_await read_chain_wallet(
        context_, *rpc, session_->funder(), session_->contracts(), deadline
    );
    // The venue's own word, checked above, is what its exchange decides by.
    if (!read)
        co_return warned(
            "not read: " + describe(read.error()),
            "optional: set [endpoints] polygon_rpc to a node of Polygon to compare with the chain"
        );
    if (session_->wallet() != SignatureType::eoa && !read->is_contract)
        co_return failed(
            "there is no contract at [wallet] funder",
            "deploy the wallet (the website does at the first deposit), or mend [wallet] type"
        );
    if (!co_await is_open(deadline)) co_return skipped("the account could not be opened");
    auto const venue = co_await book_->collateral(deadline);
    if (!venue) co_return venue.error();
    auto const text = fmt::format("{} pUSD on the chain", dollars(read->balance_micros));
    if (read->balance_micros < needs_.money.micros())
        co_return failed(text, "deposit pUSD (the venue's collateral), not USDC, to this wallet");
    if (read->balance_micros != venue->balance_micros)
        co_return warned(
            text + fmt::format(", {} by the venue", dollars(venue->balance_micros)),
            "the venue's copy lags, or trades are settling: run doctor again in a minute"
        );
    auto const sells = std::ranges::all_of(read->operators, [](auto const& o) { return o.second; });
    if (!sells)
        co_return warned(
            text + ", the exchanges may not move its outcome tokens",
            "needed only to sell before a window's end: setApprovalForAll on the conditional tokens"
        );
    co_return passed(text + ", as the venue says; outcome tokens approved");
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
