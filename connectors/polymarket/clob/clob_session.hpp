// One account at the CLOB: its key, its API credentials, the venue's clock and version, and the
// signed calls that everything else is made of.
#pragma once

#include "connectors/crypto/clob_auth.hpp"
#include "connectors/net/net_context.hpp"
#include "connectors/polymarket/clob/trading_state.hpp"
#include "connectors/polymarket/data/clock_bounds.hpp"
#include "connectors/polymarket/orders/order_signer.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace polyquant::polymarket {

struct ClobAccount {
    std::shared_ptr<crypto::Signer const> signer;
    SignatureType wallet = SignatureType::eoa;
    std::optional<crypto::Address> funder; // required unless wallet is eoa
    std::uint64_t chain_id = polygon_chain_id;
    std::uint64_t api_nonce = 0;
    // Empty: created or derived when the session opens.
    std::optional<crypto::ApiCredentials> credentials;
};

struct ClobOptions {
    net::Url base;                     // https://clob.polymarket.com
    Nanos keep_alive = Seconds{10};    // between two small reads that keep a connection warm
    Nanos account_check = Seconds{60}; // between two reads of the closed-only flag
    Nanos call_max = Seconds{5};
    // Orders and cancels by signer, the venue's lowest tier; its headers lower ours when it says
    // so.
    net::TokenRate order_rate{60, Millis{25}};
    net::TokenRate cancel_rate{120, Nanos{12'500'000}};
    net::TokenRate read_rate = net::TokenRate::of(500, Seconds{10});
    TradingState::Limits state{};
};

class ClobSession {
public:
    // A call signed with the API credentials. The path is without query.
    struct Call {
        net::Method method = net::Method::get;
        std::string path{};
        net::Query query{};
        std::string body{};
        std::string group = "clob.read"; // "clob.order", "clob.cancel", "clob.read"
        int cost = 1;
    };

    // How a request travels; the context's HTTPS client unless a simulation brings its own.
    using Transport = std::function<
        Task<Result<net::HttpResponse>>(net::HttpRequest, Instant deadline, net::Exchange*)>;

    void set_transport(Transport transport) { transport_ = std::move(transport); }

    // Adds the endpoint groups. Fails on an account that cannot be (funder, chain).
    static Result<std::unique_ptr<ClobSession>>
    create(net::NetContext context, ClobAccount account, ClobOptions options);

    // Clock, version, API credentials (stored ones, else created, else derived), closed-only flag.
    // May be called again after a failure.
    Task<Result<void>> open(Instant deadline);

    // Keeps a connection warm, the clock measured and the account's flags current; until cancelled.
    Task<void> run();

    // GETs go again on a fresh connection when a pooled one proved dead. Any status is an answer.
    Task<Result<net::HttpResponse>>
    call(Call call, Instant deadline, net::Exchange* exchange = nullptr);
    // The body of a 2xx answer, else the failure that the venue's error means.
    Task<Result<std::string>> read(Call call, Instant deadline);

    // The grid of a token's prices as the exchange has it now.
    Task<Result<Price>> tick_size(TokenId token, Instant deadline);

    bool is_open() const { return orders_.has_value(); }

    // Valid once open.
    OrderSigner const& orders() const { return *orders_; }

    crypto::ApiCredentials const& credentials() const { return l2_->credentials(); }

    std::string const& api_key() const { return l2_->api_key(); }

    // True when open() had to make credentials that are not stored yet.
    bool has_new_credentials() const { return new_credentials_; }

    crypto::Address const& signing_address() const { return account_.signer->address(); }

    crypto::Address const& funder() const { return funder_; }

    SignatureType wallet() const { return account_.wallet; }

    Contracts const& contracts() const { return contracts_; }

    // The order version the venue expects for CTF orders; empty until read.
    std::optional<int> order_version() const { return version_; }

    // Reads it again at the next occasion: an order was refused for it.
    void doubt_version() { version_.reset(); }

    ClockBounds const& clock_offset() const { return clock_offset_; }

    UtcTime venue_now() const { return context_.clock.utc_now() - clock_offset_.middle(); }

    TradingState& state() { return state_; }

    TradingState const& state() const { return state_; }

    net::NetContext& context() { return context_; }

    ClobOptions const& options() const { return options_; }

private:
    ClobSession(
        net::NetContext context,
        ClobAccount account,
        ClobOptions options,
        Contracts const& contracts,
        crypto::Address const& funder
    );

    Task<Result<void>> read_clock(Instant deadline);
    Task<Result<void>> read_version(Instant deadline);
    Task<Result<void>> make_credentials(Instant deadline);
    Task<Result<crypto::ApiCredentials>>
    ask_for_credentials(net::Method method, std::string path, Instant deadline);
    Task<Result<void>> check_account(Instant deadline);
    Result<void> use_credentials(crypto::ApiCredentials credentials);
    Task<Result<std::string>> read_public(std::string path, Instant deadline);

    net::NetContext context_;
    Transport transport_;
    ClobAccount account_;
    ClobOptions options_;
    Contracts contracts_;
    crypto::Address funder_;
    TradingState state_;
    ClockBounds clock_offset_{};
    std::optional<int> version_{};
    std::optional<crypto::RequestSigner> l2_{};
    std::optional<OrderSigner> orders_{};
    bool new_credentials_ = false;
};

// {"apiKey":..,"secret":..,"passphrase":..}
Result<crypto::ApiCredentials> parse_api_credentials(std::string_view body);

} // namespace polyquant::polymarket
