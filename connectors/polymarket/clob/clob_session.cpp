#include "connectors/polymarket/clob/clob_session.hpp"

#include "connectors/json/dom.hpp"
#include "connectors/polymarket/parse/order_answer.hpp"

#include <fmt/format.h>
#include <simdjson.h>

namespace polyquant::polymarket {

namespace {

// Domain versions of the order struct this program can sign.
constexpr int known_order_version = 2;

net::Headers common_headers() {
    return {{"Content-Type", "application/json"}, {"Accept", "*/*"}};
}

void add(net::Headers& to, crypto::Headers from) {
    for (auto& [name, value] : from)
        to.push_back({std::string{name}, std::move(value)});
}

} // namespace

Result<crypto::ApiCredentials> parse_api_credentials(std::string_view body) {
    simdjson::dom::parser parser;
    // The failure quotes nothing: what cannot be read may still hold a secret.
    Failure const unreadable{Fault::parse, "clob.api_key", "no API credentials in the answer"};
    auto const root = json::parse(parser, body, "clob.api_key");
    if (!root) return unreadable;
    auto const key = json::text(*root, "apiKey");
    auto const secret = json::text(*root, "secret");
    auto const passphrase = json::text(*root, "passphrase");
    if (key.empty() || secret.empty() || passphrase.empty()) return unreadable;
    return crypto::ApiCredentials{
        std::string{key},
        crypto::SecretBytes{crypto::bytes_of(secret)},
        crypto::SecretBytes{crypto::bytes_of(passphrase)}
    };
}

ClobSession::ClobSession(
    net::NetContext context,
    ClobAccount account,
    ClobOptions options,
    Contracts const& contracts,
    crypto::Address const& funder
)
    : context_{std::move(context)},
      transport_{[https = &context_.https](
                     net::HttpRequest request, Instant deadline, net::Exchange* exchange
                 ) {
          return https->send(std::move(request), deadline, exchange);
      }},
      account_{std::move(account)}, options_{std::move(options)}, contracts_{contracts},
      funder_{funder}, state_{options_.state} {
    context_.groups.add("clob.order", {.rate = options_.order_rate});
    context_.groups.add("clob.cancel", {.rate = options_.cancel_rate});
    context_.groups.add("clob.read", {.rate = options_.read_rate});
}

Result<std::unique_ptr<ClobSession>>
ClobSession::create(net::NetContext context, ClobAccount account, ClobOptions options) {
    ENSURE(account.signer != nullptr, "a session needs a key");
    auto const contracts = contracts_of(account.chain_id);
    if (!contracts) return contracts.error();
    auto const funder = account.funder.value_or(account.signer->address());
    // The signer's own checks of account and funder, before anything is sent.
    auto const checked =
        OrderSigner::create(account.signer, {account.wallet, funder}, *contracts, "check");
    if (!checked) return checked.error();
    auto credentials = std::move(account.credentials);
    account.credentials.reset();
    std::unique_ptr<ClobSession> session{new ClobSession{
        std::move(context), std::move(account), std::move(options), *contracts, funder
    }};
    if (credentials)
        if (auto const good = session->use_credentials(std::move(*credentials)); !good)
            return good.error();
    return session;
}

Result<void> ClobSession::use_credentials(crypto::ApiCredentials credentials) {
    auto l2 = crypto::RequestSigner::create(account_.signer->address(), std::move(credentials));
    if (!l2) return l2.error();
    l2_.emplace(std::move(*l2));
    orders_.reset();
    return {};
}

Task<Result<void>> ClobSession::open(Instant deadline) {
    auto const clock = co_await read_clock(deadline);
    if (!clock) co_return clock.error();
    auto const version = co_await read_version(deadline);
    if (!version) co_return version.error();
    if (!l2_) {
        auto const made = co_await make_credentials(deadline);
        if (!made) co_return made.error();
    }
    auto checked = co_await check_account(deadline);
    if (!checked && checked.error().fault == Fault::auth) {
        // Stored credentials that the venue does not know any more.
        auto const made = co_await make_credentials(deadline);
        if (!made) co_return made.error();
        checked = co_await check_account(deadline);
    }
    if (!checked) co_return checked.error();
    auto signer = OrderSigner::create(
        account_.signer, {account_.wallet, funder_}, contracts_, l2_->api_key()
    );
    if (!signer) co_return signer.error();
    orders_.emplace(std::move(*signer));
    co_return Result<void>{};
}

Task<void> ClobSession::run() {
    auto next_check = context_.clock.now() + options_.account_check;
    for (;;) {
        auto const now = context_.clock.now();
        auto const clock = co_await read_clock(now + options_.call_max);
        // A venue that does not answer is what the breakers and the orders' own deadlines are for.
        static_cast<void>(clock);
        if (!version_) {
            auto const version = co_await read_version(context_.clock.now() + options_.call_max);
            static_cast<void>(version);
        }
        if (is_open() && context_.clock.now() >= next_check) {
            next_check = context_.clock.now() + options_.account_check;
            auto const checked = co_await check_account(context_.clock.now() + options_.call_max);
            static_cast<void>(checked);
        }
        auto const rang = co_await context_.clock.wait_until(now + options_.keep_alive);
        if (!rang) co_return;
    }
}

Task<Result<net::HttpResponse>>
ClobSession::call(Call call, Instant deadline, net::Exchange* exchange) {
    if (!l2_)
        co_return Failure{
            Fault::auth, call.group, "the session is not open: no API credentials yet"
        };
    net::HttpRequest request;
    request.method = call.method;
    request.url = net::with_target(options_.base, net::with_query(call.path, call.query));
    request.headers = common_headers();
    add(request.headers,
        l2_->headers(unix_seconds(venue_now()), net::to_string(call.method), call.path, call.body));
    request.body = std::move(call.body);
    request.safe_to_repeat = call.method == net::Method::get;
    request.group = std::move(call.group);
    request.cost = call.cost;
    auto answer = co_await transport_(std::move(request), deadline, exchange);
    co_return answer;
}

Task<Result<std::string>> ClobSession::read(Call c, Instant deadline) {
    auto const where = c.path;
    auto answer = co_await call(std::move(c), deadline);
    if (!answer) co_return answer.error();
    if (answer->status < 200 || answer->status >= 300)
        co_return to_failure(parse_error(answer->status, answer->body), where);
    co_return std::move(answer->body);
}

Task<Result<std::string>> ClobSession::read_public(std::string path, Instant deadline) {
    auto request = net::get_request(net::with_target(options_.base, path), "clob.read");
    request.headers = common_headers();
    auto answer = co_await transport_(std::move(request), deadline, nullptr);
    if (!answer) co_return answer.error();
    if (answer->status < 200 || answer->status >= 300)
        co_return to_failure(parse_error(answer->status, answer->body), path);
    co_return std::move(answer->body);
}

Task<Result<Price>> ClobSession::tick_size(TokenId token, Instant deadline) {
    auto const path = net::with_query("/tick-size", {{"token_id", to_string(token)}});
    auto const body = co_await read_public(path, deadline);
    if (!body) co_return body.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, *body, "clob.tick_size");
    if (!root) co_return root.error();
    bool bad = false;
    auto const tick = json::decimal(*root, "minimum_tick_size", 6, bad);
    if (bad || !tick || *tick <= 0 || *tick > cents(10).micros())
        co_return Failure{Fault::parse, "clob.tick_size", "no tick in " + json::excerpt(*body)};
    co_return Price::from_micros(*tick);
}

Task<Result<void>> ClobSession::read_clock(Instant deadline) {
    auto const sent = context_.clock.utc_now();
    auto const body = co_await read_public("/time", deadline);
    if (!body) co_return body.error();
    auto const time = parse_server_time(*body);
    if (!time) co_return time.error();
    clock_offset_.add(sent, context_.clock.utc_now(), *time);
    co_return Result<void>{};
}

Task<Result<void>> ClobSession::read_version(Instant deadline) {
    auto const body = co_await read_public("/version", deadline);
    if (!body) co_return body.error();
    auto const version = parse_order_version(*body);
    if (!version) co_return version.error();
    version_ = *version;
    if (*version != known_order_version)
        co_return Failure{
            Fault::invalid,
            "clob.version",
            fmt::format(
                "the venue wants orders of version {}, this program signs version {}: update it",
                *version,
                known_order_version
            )
        };
    co_return Result<void>{};
}

Task<Result<crypto::ApiCredentials>>
ClobSession::ask_for_credentials(net::Method method, std::string path, Instant deadline) {
    net::HttpRequest request;
    request.method = method;
    request.url = net::with_target(options_.base, path);
    request.headers = common_headers();
    add(request.headers,
        crypto::l1_headers(
            *account_.signer, unix_seconds(venue_now()), account_.api_nonce, account_.chain_id
        ));
    // Both are harmless to repeat: the same (address, nonce) has one key.
    request.safe_to_repeat = true;
    request.group = "clob.read";
    auto answer = co_await transport_(std::move(request), deadline, nullptr);
    if (!answer) co_return answer.error();
    if (answer->status < 200 || answer->status >= 300)
        co_return to_failure(parse_error(answer->status, answer->body), "clob.api_key");
    auto credentials = parse_api_credentials(answer->body);
    crypto::wipe(answer->body);
    co_return credentials;
}

Task<Result<void>> ClobSession::make_credentials(Instant deadline) {
    auto made = co_await ask_for_credentials(net::Method::post, "/auth/api-key", deadline);
    if (!made && is_retryable(made.error().fault)) co_return made.error();
    if (!made)
        made = co_await ask_for_credentials(net::Method::get, "/auth/derive-api-key", deadline);
    if (!made) co_return made.error();
    new_credentials_ = true;
    co_return use_credentials(std::move(*made));
}

Task<Result<void>> ClobSession::check_account(Instant deadline) {
    auto const body = co_await read(Call{.path = "/auth/ban-status/closed-only"}, deadline);
    if (!body) co_return body.error();
    simdjson::dom::parser parser;
    auto const root = json::parse(parser, *body, "clob.closed_only");
    if (!root) co_return root.error();
    auto const closed_only = json::flag(*root, "closed_only");
    if (!closed_only)
        co_return Failure{Fault::parse, "clob.closed_only", "no flag in " + json::excerpt(*body)};
    state_.set_closed_only(*closed_only);
    state_.on_credentials_proved();
    co_return Result<void>{};
}

} // namespace polyquant::polymarket
