#include "connectors/polymarket/prices/oracle_feed.hpp"

#include "connectors/polymarket/prices/oracle_frames.hpp"

#include <fmt/format.h>

namespace polyquant::polymarket {

namespace {

constexpr Nanos tick = Millis{500};
constexpr Seconds boundary_grid{300};
constexpr Nanos repair_pause = Seconds{30}; // between two for gaps
constexpr Nanos auth_retry = Seconds{60};

// Close codes of PolyBolt's documentation.
net::ReconnectAction polybolt_policy(net::Loss const& loss) {
    using Kind = net::ReconnectAction::Kind;
    if (loss.close_code == 4001) return {Kind::stop, Nanos{0}};
    if (loss.close_code == 4003) return {Kind::spread, Seconds{10}};
    return net::default_reconnect_action(loss);
}

} // namespace

class OracleFeed::PolyBolt final : public net::WsListener {
public:
    explicit PolyBolt(OracleFeed& feed)
        : feed_{feed},
          session_{
              feed.context_.dialer,
              feed.context_.supervisor,
              feed.context_.random,
              [url = feed.options_.polybolt] { return net::WsRequest{url}; },
              *this,
              options(feed.options_)
          },
          away_since_{feed.context_.clock.now()} {}

    static net::WsSession::Options options(Options const& from) {
        net::WsSession::Options options;
        options.name = "polybolt";
        options.reconnect = from.reconnect;
        options.policy = polybolt_policy;
        return options;
    }

    std::vector<std::string> on_up(UtcTime) override {
        is_authed_ = false;
        seq_.clear();
        auto const credentials = feed_.credentials_();
        if (!credentials) return {};
        return {polybolt_auth(*credentials)};
    }

    void on_frame(net::WsFrame const& frame) override {
        auto const parsed = parse_polybolt(frame.payload, frame.received_utc);
        if (!parsed) {
            ++feed_.counts_.bad_frames;
            return;
        }
        if (parsed->control == "authed") return on_authed();
        if (parsed->control == "error") return on_error(parsed->code);
        if (!parsed->control.empty()) return;
        feed_.counts_.dropped +=
            static_cast<std::uint64_t>(std::max<std::int64_t>(0, parsed->dropped));
        if (parsed->seq) check_seq(parsed->channel, *parsed->seq, frame.received_at);
        feed_.ticks_.take(*parsed, frame.received_utc, frame.received_at);
    }

    void on_down(net::Loss const& loss) override {
        is_authed_ = false;
        away_since_ = feed_.context_.clock.now();
        if (loss.close_code == 4001) on_error("auth_invalid");
        feed_.lost("PolyBolt: " + describe(loss.failure));
    }

    void on_attempt_failed(net::Loss const& loss, bool stopped) override {
        if (stopped) auth_failed_at_ = feed_.context_.clock.now();
        if (stopped) feed_.start_rtds("PolyBolt refused the connection: " + describe(loss.failure));
    }

    net::WsSession& session() { return session_; }

    net::WsSession const& session() const { return session_; }

    // Since when it gives no prices; empty while it does.
    std::optional<Instant> away_since() const { return is_authed_ ? std::nullopt : away_since_; }

    void repair(std::span<Asset const> assets) {
        if (!is_authed_) return;
        session_.send(polybolt_request("unsubscribe", assets, feed_.options_.twap_length));
        session_.send(polybolt_request("subscribe", assets, feed_.options_.twap_length));
    }

    void retry_auth(Instant now) {
        if (!auth_failed_at_ || now - *auth_failed_at_ < auth_retry) return;
        auth_failed_at_ = now;
        session_.retry_now();
        session_.restart("another try to authenticate");
    }

private:
    void on_authed() {
        is_authed_ = true;
        away_since_.reset();
        auth_failed_at_.reset();
        feed_.ticks_.restarted(feed_.context_.clock.now());
        feed_.say("polybolt", true, "authenticated");
        session_.send(
            polybolt_request("subscribe", feed_.options_.assets, feed_.options_.twap_length)
        );
    }

    // auth_required, auth_invalid and auth_unavailable leave the socket open and mute.
    void on_error(std::string const& code) {
        ++feed_.counts_.refusals;
        feed_.say("polybolt", false, "refused: " + code);
        if (!code.starts_with("auth")) return;
        auth_failed_at_ = feed_.context_.clock.now();
        feed_.start_rtds("PolyBolt refused the credentials: " + code);
    }

    void check_seq(std::string const& channel, std::int64_t seq, Instant now) {
        auto const [at, is_first] = seq_.try_emplace(channel, seq);
        auto const missing = is_first ? 0 : seq - at->second - 1;
        at->second = seq;
        if (missing <= 0) return;
        feed_.counts_.gaps += static_cast<std::uint64_t>(missing);
        if (repaired_at_ && now - *repaired_at_ < repair_pause) return;
        repaired_at_ = now;
        repair(feed_.options_.assets);
    }

    OracleFeed& feed_;
    net::WsSession session_;
    bool is_authed_ = false;
    std::optional<Instant> away_since_;
    std::optional<Instant> auth_failed_at_;
    std::optional<Instant> repaired_at_;
    std::map<std::string, std::int64_t> seq_;
};

class OracleFeed::Rtds final : public net::WsListener {
public:
    explicit Rtds(OracleFeed& feed)
        : feed_{feed}, session_{
                           feed.context_.dialer,
                           feed.context_.supervisor,
                           feed.context_.random,
                           [url = *feed.options_.rtds] { return net::WsRequest{url}; },
                           *this,
                           options(feed.options_)
                       } {}

    static net::WsSession::Options options(Options const& from) {
        net::WsSession::Options options;
        options.name = "rtds";
        options.reconnect = from.reconnect;
        // Some say it answers, some say not: send them, rely on the prices.
        options.ping_every = Seconds{5};
        return options;
    }

    std::vector<std::string> on_up(UtcTime) override {
        feed_.ticks_.restarted(feed_.context_.clock.now());
        return rtds_subscriptions(feed_.options_.assets, feed_.options_.twap_length);
    }

    void on_frame(net::WsFrame const& frame) override {
        auto const parsed = parse_rtds(frame.payload, frame.received_utc);
        if (!parsed) {
            ++feed_.counts_.bad_frames;
            return;
        }
        if (parsed->control == "error") {
            ++feed_.counts_.refusals;
            feed_.say("rtds", false, "refused: " + parsed->code);
            return;
        }
        feed_.ticks_.take(*parsed, frame.received_utc, frame.received_at);
    }

    void on_down(net::Loss const& loss) override { feed_.lost("RTDS: " + describe(loss.failure)); }

    void on_attempt_failed(net::Loss const&, bool) override {}

    net::WsSession& session() { return session_; }

    net::WsSession const& session() const { return session_; }

    void repair(std::span<Asset const> assets) {
        for (auto const asset : assets)
            for (auto& frame : rtds_backfill_requests(asset, feed_.options_.twap_length))
                session_.send(std::move(frame));
    }

private:
    OracleFeed& feed_;
    net::WsSession session_;
};

OracleFeed::OracleFeed(
    net::NetContext& context, Options options, Credentials credentials, EventSink sink
)
    : context_{context}, options_{std::move(options)}, credentials_{std::move(credentials)},
      sink_{sink},
      ticks_{options_.assets, options_.twap_length, options_.silence_max, std::move(sink)} {}

OracleFeed::~OracleFeed() = default;

std::string OracleFeed::connected() const {
    std::string text;
    if (polybolt_ && polybolt_->session().is_up()) text = "polybolt";
    if (rtds_ && rtds_->session().is_up()) text += text.empty() ? "rtds" : "+rtds";
    return text;
}

bool OracleFeed::is_any_up() const {
    return !connected().empty();
}

void OracleFeed::say(std::string topic, bool healthy, std::string reason) {
    auto const now = context_.clock.utc_now();
    sink_(FeedState{
        Stamp{now, now, 0}, std::string{name()}, std::move(topic), healthy, std::move(reason)
    });
}

void OracleFeed::start_polybolt() {
    polybolt_ = std::make_unique<PolyBolt>(*this);
    context_.supervisor.start(runtime::Stage::feeds, "oracle.polybolt", polybolt_->session().run());
}

void OracleFeed::start_rtds(std::string const& why) {
    if (rtds_ || !options_.rtds) return;
    if (polybolt_) say("polybolt", false, why + "; RTDS is connected as well");
    rtds_ = std::make_unique<Rtds>(*this);
    context_.supervisor.start(runtime::Stage::feeds, "oracle.rtds", rtds_->session().run());
}

void OracleFeed::lost(std::string const& why) {
    if (!is_any_up()) ticks_.all_lost(why, context_.clock.utc_now(), context_.clock.now());
}

void OracleFeed::repair(std::span<Asset const> assets) {
    if (polybolt_) polybolt_->repair(assets);
    if (rtds_) rtds_->repair(assets);
}

void OracleFeed::check_boundary() {
    auto const now = context_.clock.utc_now();
    if (now < next_boundary_ + options_.boundary_grace) return;
    auto const boundary = window_at(now - options_.boundary_grace, boundary_grid).start;
    next_boundary_ = boundary + boundary_grid;
    // Longer ago than the backfill reaches: nothing can be done.
    if (now - boundary > Seconds{110}) return;
    std::vector<Asset> missing;
    for (auto const asset : options_.assets)
        if (!ticks_.has_average(asset, boundary)) missing.push_back(asset);
    if (missing.empty()) return;
    counts_.boundary_misses += missing.size();
    repair(missing);
}

void OracleFeed::check_silence() {
    auto const now = context_.clock.now();
    ticks_.check(context_.clock.utc_now(), now);
    if (!ticks_.is_silent() || !is_any_up()) {
        silent_since_.reset();
        return;
    }
    if (!silent_since_) silent_since_ = now;
    if (now - *silent_since_ < options_.all_silent_max) return;
    silent_since_ = now;
    ++counts_.restarts;
    if (polybolt_) polybolt_->session().restart("every price is silent");
    if (rtds_) rtds_->session().restart("every price is silent");
    start_rtds("PolyBolt is silent");
}

Task<void> OracleFeed::run() {
    began_ = context_.clock.now();
    next_boundary_ = window_at(context_.clock.utc_now(), boundary_grid).end();
    for (;;) {
        auto const now = context_.clock.now();
        if (!polybolt_) {
            if (credentials_())
                start_polybolt();
            else
                start_rtds("no credentials");
        }
        if (polybolt_) {
            polybolt_->retry_auth(now);
            auto const away = polybolt_->away_since();
            if (away && now - *away >= options_.fallback_after)
                start_rtds("PolyBolt has been away");
        }
        check_silence();
        check_boundary();
        auto const rang = co_await context_.clock.wait_until(context_.clock.now() + tick);
        if (!rang) co_return;
    }
}

} // namespace polyquant::polymarket
