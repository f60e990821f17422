#include "engine/app/doctor_venue.hpp"

#include "connectors/binance/parse/klines.hpp"
#include "connectors/net/ws_client.hpp"
#include "connectors/polymarket/contracts.hpp"
#include "connectors/polymarket/gamma/vetting.hpp"
#include "connectors/polymarket/gamma/window_series.hpp"
#include "connectors/polymarket/parse/order_answer.hpp"
#include "engine/runtime/deadline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace polyquant::app {

namespace {

using namespace polymarket;

constexpr Nanos look_every = Millis{100};
constexpr Seconds bars_age_max{180};
constexpr Seconds price_age_max{15};

// The file that was read has been checked: every URL in it parses.
net::Url url_of(std::string const& text) {
    return net::parse_url(text).value();
}

net::Url stream_of(std::string const& text) {
    auto url = url_of(text);
    auto const base = url.target == "/" ? std::string{} : url.target;
    return net::with_target(std::move(url), base + "/ws/market");
}

std::string milliseconds(Nanos time) {
    return fmt::format("{} ms", std::chrono::duration_cast<Millis>(time).count());
}

std::string names_of(std::vector<Asset> const& assets) {
    std::string text;
    for (auto const asset : assets)
        text += (text.empty() ? "" : ", ") + std::string{to_string(asset)};
    return text;
}

template <class List>
std::vector<Asset> assets_of(List const& list) {
    return {list.begin(), list.end()};
}

} // namespace

VenueChecks::VenueChecks(
    net::NetContext& context,
    runtime::SidePool& names,
    config::RunConfig const& config,
    Lookup lookup,
    OracleFeed::Credentials credentials
)
    : context_{context}, names_{names}, config_{config}, lookup_{std::move(lookup)},
      credentials_{std::move(credentials)},
      gamma_{
          context,
          {url_of(config.endpoints.gamma),
           url_of(config.endpoints.clob),
           contracts_of(polygon_chain_id).value().ctf_collateral}
      },
      clock_{
          context,
          {url_of(config.endpoints.clob)},
          [](Event const&) {
          }
      },
      data_{context, {url_of(config.endpoints.data_api), url_of(config.endpoints.website)}},
      website_{
          context,
          {url_of(config.endpoints.website)},
          [](Event const&) {
          }
      },
      channel_{
          context,
          {stream_of(config.endpoints.clob_stream), url_of(config.endpoints.clob)},
          [](Event const&) {
          }
      },
      oracle_{
          context,
          [&] {
              OracleFeed::Options options{
                  url_of(config.endpoints.polybolt), url_of(config.endpoints.rtds)
              };
              options.assets = assets_of(config.run.assets);
              return options;
          }(),
          credentials_,
          [this](Event const& event) {
              auto const* const tick = std::get_if<PriceTick>(&event);
              if (tick && tick->source == PriceSource::chainlink_twap)
                  averages_[tick->asset] = *tick;
          }
      } {}

VenueChecks::~VenueChecks() = default;

std::vector<DoctorCheck> VenueChecks::all() {
    auto checks = host_checks();
    using Member = Answer (VenueChecks::*)(Instant);
    auto const add = [&](std::string name, Member member, std::string fix) {
        checks.push_back(
            {std::move(name),
             [this, member](Instant deadline) { return (this->*member)(deadline); },
             std::move(fix)}
        );
    };
    add("clock", &VenueChecks::clock, "the CLOB's /time must be reachable");
    add("binance bars",
        &VenueChecks::binance_bars,
        "where Binance refuses your country use the data-only hosts: [endpoints] binance_rest = "
        "\"https://data-api.binance.vision\"");
    add("binance stream",
        &VenueChecks::binance_stream,
        "try [endpoints] binance_stream = \"wss://data-stream.binance.vision\"");
    add("window",
        &VenueChecks::window,
        "see the host's line above; without markets there is no trading");
    add("clob version", &VenueChecks::clob_version, "see the host's line above");
    add("book", &VenueChecks::book, "without books there is no trading");
    add("market channel",
        &VenueChecks::channel,
        "firewalls and proxies must let WebSockets pass for minutes");
    add("oracle",
        &VenueChecks::oracle,
        "without oracle prices strikes are unknown: store API credentials for PolyBolt "
        "(polyquant keys)");
    add("website strike", &VenueChecks::website, "optional: only a second opinion on strikes");
    add("geoblock", &VenueChecks::geoblock, "the venue must say that it serves this place");
    return checks;
}

std::vector<DoctorCheck> VenueChecks::host_checks() {
    auto const& e = config_.endpoints;
    std::vector<DoctorCheck> checks;
    std::set<std::string> seen;
    for (auto const& text :
         {e.gamma,
          e.clob,
          e.clob_stream,
          e.website,
          e.data_api,
          e.rtds,
          e.polybolt,
          e.binance_rest,
          e.binance_stream}) {
        auto url = url_of(text);
        if (!seen.insert(url.authority()).second) continue;
        auto name = "host " + url.authority();
        checks.push_back(
            {std::move(name),
             [this, url = std::move(url)](Instant deadline) { return host(url, deadline); },
             "check DNS, firewall, proxy (HTTPS_PROXY) and the system's certificates"}
        );
    }
    return checks;
}

VenueChecks::Answer VenueChecks::host(net::Url url, Instant deadline) {
    if (!net::is_ip_address(url.host)) {
        std::function<Result<std::size_t>()> const work =
            [lookup = lookup_, name = url.host]() -> Result<std::size_t> {
            auto const addresses = lookup(name);
            if (!addresses) return addresses.error();
            return addresses->size();
        };
        auto const addresses = co_await runtime::within<std::size_t>(
            context_.clock, deadline, "dns", names_.submit<std::size_t>("dns " + url.host, work)
        );
        if (!addresses)
            co_return failed(
                "DNS: " + describe(addresses.error()),
                "check /etc/resolv.conf and the network; `getent hosts " + url.host + "`"
            );
    }
    auto const began = context_.clock.now();
    auto const wire = co_await context_.dialer.dial(url, deadline);
    if (!wire && wire.error().fault == Fault::invalid)
        co_return failed(
            "TLS: " + describe(wire.error()),
            "the certificate does not verify: check the machine's date, update ca-certificates, "
            "or set [endpoints] ca_file to the authority of your proxy or sandbox"
        );
    if (!wire) co_return wire.error();
    co_return passed(fmt::format(
        "{} in {}",
        url.is_encrypted() ? "connected, certificate verified" : "connected without TLS",
        milliseconds(context_.clock.now() - began)
    ));
}

VenueChecks::Answer VenueChecks::clock(Instant deadline) {
    auto& clock = context_.clock;
    auto const most = config_.risk.clock_offset_max;
    for (auto question = 0; question < 6; ++question) {
        auto const answer = co_await clock_.ask(deadline);
        if (!answer) co_return answer.error();
        auto const& bounds = clock_.bounds();
        if (bounds.width() < Nanos{most} / 4) break;
        auto const now = clock.utc_now();
        auto const at = bounds.next_question(now + Millis{100}, Nanos{0});
        auto const rang = co_await clock.wait_until(std::min(clock.now() + (at - now), deadline));
        if (!rang || clock.now() >= deadline) break;
    }
    auto const& bounds = clock_.bounds();
    auto const offset = std::chrono::duration_cast<Millis>(bounds.middle()).count();
    auto const text = fmt::format(
        "{:+d} ms against the exchange (within {} ms; at most {} ms)",
        offset,
        std::chrono::duration_cast<Millis>(bounds.width() / 2).count(),
        most.count()
    );
    if (bounds.least() > most || bounds.most() < -most)
        co_return failed(text, "synchronise the clock: timedatectl set-ntp true, or chrony");
    if (std::chrono::abs(bounds.middle()) > most)
        co_return warned(text, "the way to the exchange is too slow to say more; check NTP");
    co_return passed(text);
}

VenueChecks::Answer VenueChecks::binance_bars(Instant deadline) {
    auto const symbol = std::string{
        binance_symbol(config_.run.assets.empty() ? Asset::btc : config_.run.assets.front())
    };
    auto const url = net::with_target(
        url_of(config_.endpoints.binance_rest),
        net::with_query("/api/v3/klines", {{"symbol", symbol}, {"interval", "1m"}, {"limit", "2"}})
    );
    auto const answer = co_await context_.https.fetch(net::get_request(url), deadline);
    if (!answer) co_return answer.error();
    auto const klines = binance::parse_klines(answer->body, Seconds{60});
    if (!klines) co_return klines.error();
    if (klines->bars.empty()) co_return failed(symbol + ": no bars", "try another host");
    auto const age = context_.clock.utc_now() - klines->bars.back().open_time;
    auto const text = fmt::format(
        "{} bars, the newest began {} s ago",
        symbol,
        std::chrono::duration_cast<Seconds>(age).count()
    );
    if (age > bars_age_max)
        co_return failed(text, "the bars are old: check this machine's date, or try another host");
    co_return passed(text);
}

VenueChecks::Answer VenueChecks::binance_stream(Instant deadline) {
    auto const symbol =
        std::string{lower_name(config_.run.assets.empty() ? Asset::btc : config_.run.assets.front())
        } +
        "usdt";
    auto url = url_of(config_.endpoints.binance_stream);
    auto const base = url.target == "/" ? std::string{} : url.target;
    url = net::with_target(std::move(url), base + "/ws/" + symbol + "@kline_1m");
    net::WsClient client{context_.dialer, context_.supervisor, "doctor.binance", {}};
    auto const began = context_.clock.now();
    auto const opened = co_await client.open({url}, deadline);
    if (!opened) co_return opened.error();
    auto const frame =
        co_await runtime::within<net::WsFrame>(context_.clock, deadline, "binance", client.next());
    if (!frame) co_return frame.error();
    co_return passed(fmt::format("first frame after {}", milliseconds(context_.clock.now() - began))
    );
}

VenueChecks::Answer VenueChecks::window(Instant deadline) {
    struct Known {
        bool& flag;

        ~Known() { flag = true; }
    } const known{market_known_};

    auto const now = context_.clock.utc_now();
    std::vector<Asset> tradeable;
    std::string trouble;
    for (auto const asset : config_.run.assets) {
        auto const series = WindowSeries::five_minutes;
        auto window = window_of(series, now);
        // Its last seconds are no good time to look at a market.
        if (window.end() - now < Seconds{20}) window = next_window(window);
        auto const slug = slug_of(series, asset, window);
        auto const listing = co_await gamma_.by_slug(slug, deadline);
        if (!listing) co_return listing.error();
        Vetted vetted;
        vetted.reason = "not listed";
        if (*listing) {
            auto const clob = co_await gamma_.clob_market((*listing)->market.condition, deadline);
            if (!clob) co_return clob.error();
            vetted = vet(**listing, *clob, context_.clock.utc_now());
        }
        if (vetted.verdict == Vetted::Verdict::tradeable) {
            tradeable.push_back(asset);
            if (!market_) market_ = vetted.market;
        } else {
            trouble += fmt::format("{}{}: {}", trouble.empty() ? "" : "; ", slug, vetted.reason);
        }
    }
    if (tradeable.empty())
        co_return failed(
            trouble.empty() ? "no assets configured" : trouble,
            "the venue may have changed its rules: refused markets are not traded until polyquant "
            "knows them"
        );
    if (!trouble.empty())
        co_return warned(
            names_of(tradeable) + " tradeable; " + trouble, "these coins will not be traded"
        );
    co_return passed(
        fmt::format("{} tradeable now ({})", names_of(tradeable), to_string(market_->rule))
    );
}

Task<bool> VenueChecks::wait_for(std::function<bool()> done, Instant deadline) {
    auto& clock = context_.clock;
    while (!done()) {
        if (clock.now() + look_every >= deadline) co_return false;
        auto const rang = co_await clock.wait_until(clock.now() + look_every);
        if (!rang) co_return false;
    }
    co_return true;
}

Task<Market const*> VenueChecks::found_market(Instant deadline) {
    co_await wait_for([this] { return market_known_; }, deadline);
    co_return market_ ? &*market_ : nullptr;
}

VenueChecks::Answer VenueChecks::clob_version(Instant deadline) {
    auto const url = net::with_target(url_of(config_.endpoints.clob), "/version");
    auto const answer = co_await context_.https.fetch(net::get_request(url), deadline);
    if (!answer) co_return answer.error();
    auto const version = parse_order_version(answer->body);
    if (!version) co_return version.error();
    if (*version != 2)
        co_return failed(
            fmt::format("the exchange wants orders of version {}", *version),
            "this polyquant signs version 2: do not trade live until it knows the new one"
        );
    co_return passed("orders of version 2");
}

VenueChecks::Answer VenueChecks::book(Instant deadline) {
    auto const* const market = co_await found_market(deadline);
    if (market == nullptr) co_return skipped("no tradeable window found");
    auto const url = net::with_target(
        url_of(config_.endpoints.clob),
        net::with_query("/book", {{"token_id", to_string(market->up)}})
    );
    auto const answer = co_await context_.https.fetch(net::get_request(url), deadline);
    if (!answer) co_return answer.error();
    auto const message = parse_book(answer->body, context_.clock.utc_now());
    if (!message) co_return message.error();
    BookTail tail{market->min_size, market->tick, market->neg_risk, {}};
    auto const verdict = check_hash(*message, tail);
    auto const text = fmt::format(
        "{}: {} bids, {} asks{}",
        market->slug,
        message->book.bids.size(),
        message->book.asks.size(),
        verdict == HashVerdict::proven ? ", hash proven" : ""
    );
    if (verdict == HashVerdict::wrong)
        co_return failed(
            text + ", but its hash is another book's",
            "books with wrong hashes are not traded on; a proxy may be altering answers"
        );
    co_return passed(text);
}

VenueChecks::Answer VenueChecks::channel(Instant deadline) {
    auto const* const market = co_await found_market(deadline);
    if (market == nullptr) co_return skipped("no tradeable window found");
    auto const began = context_.clock.now();
    channel_.follow(*market);
    auto const came = co_await wait_for([&] { return channel_.is_live(market->up); }, deadline);
    auto const& counts = channel_.book_counts();
    if (!came)
        co_return failed(
            counts.hashes_wrong > 0 ? "the book's hash is wrong"
                                    : fmt::format("no book ({} frames)", channel_.counts().frames),
            "firewalls and proxies must let WebSockets pass"
        );
    co_return passed(fmt::format("first book after {}", milliseconds(context_.clock.now() - began))
    );
}

VenueChecks::Answer VenueChecks::oracle(Instant deadline) {
    auto const began = context_.clock.now();
    if (!context_.supervisor.start_job(runtime::Stage::feeds, "doctor.oracle", oracle_.run()))
        co_return failed("the engine is stopping", "");
    auto const& clock = context_.clock;
    auto const is_fresh = [&](Asset asset) {
        auto const tick = averages_.find(asset);
        return tick != averages_.end() &&
               clock.utc_now() - tick->second.at.venue_time < price_age_max;
    };
    auto const all = [&] {
        return std::ranges::all_of(config_.run.assets, is_fresh);
    };
    auto const came = co_await wait_for(all, deadline);
    auto const source = oracle_.connected();
    std::vector<Asset> missing;
    for (auto const asset : config_.run.assets)
        if (!is_fresh(asset)) missing.push_back(asset);
    if (!came && missing.size() == config_.run.assets.size())
        co_return failed(
            source.empty() ? "no connection to PolyBolt or RTDS" : "no prices from " + source,
            "without oracle prices strikes are unknown and nothing is traded: store API "
            "credentials for PolyBolt (polyquant keys)"
        );
    if (!came)
        co_return warned(
            fmt::format("{}: no prices of {}", source, names_of(missing)),
            "windows of these coins will not be traded"
        );
    auto const text = fmt::format(
        "60 s averages of {} by {} after {}",
        names_of(assets_of(config_.run.assets)),
        source,
        milliseconds(clock.now() - began)
    );
    if (source == "rtds")
        co_return warned(
            text, "RTDS is on its way out: store API credentials for PolyBolt (polyquant keys)"
        );
    co_return passed(text);
}

VenueChecks::Answer VenueChecks::website(Instant deadline) {
    auto const* const found = co_await found_market(deadline);
    if (found == nullptr) co_return skipped("no tradeable window found");
    // The window before: its strike has been known for minutes.
    auto market = *found;
    market.window = window_at(market.window.start - Nanos{1}, market.window.length);
    auto const price = co_await website_.price_of(market, deadline);
    if (!price)
        co_return warned(describe(price.error()), "optional: only a second opinion on strikes");
    if (!price->open)
        co_return warned("it names no strike", "optional: only a second opinion on strikes");
    co_return passed(fmt::format("strike {}", to_string(*price->open)));
}

VenueChecks::Answer VenueChecks::geoblock(Instant deadline) {
    auto const answer = co_await data_.geoblock(deadline);
    if (!answer) co_return answer.error();
    auto const place = answer->country.empty() ? "this place" : answer->country;
    if (answer->blocked)
        co_return failed(
            place + " is blocked by the venue",
            "trading from here breaks the venue's terms, so live mode refuses; paper is unaffected"
        );
    co_return passed(place + " is served");
}

} // namespace polyquant::app
