#include "connectors/polymarket/market/market_channel_feed.hpp"

#include "connectors/net/https_client.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace polyquant::polymarket {

namespace {

constexpr auto book_group = "clob.book";
constexpr Nanos tick = Seconds{1};
// Between two restarts of one connection for frames that cannot be read.
constexpr Nanos bad_frame_pause = Seconds{10};

std::string token_list(std::vector<TokenId> const& tokens) {
    std::string text;
    for (auto const& token : tokens) {
        if (!text.empty()) text += ',';
        text += '"';
        text += to_string(token);
        text += '"';
    }
    return text;
}

std::string first_subscription(std::vector<TokenId> const& tokens) {
    return fmt::format(
        R"({{"type":"market","assets_ids":[{}],"custom_feature_enabled":true}})", token_list(tokens)
    );
}

std::string change_of_subscription(std::vector<TokenId> const& tokens, std::string_view operation) {
    return fmt::format(
        R"({{"assets_ids":[{}],"operation":"{}","custom_feature_enabled":true}})",
        token_list(tokens),
        operation
    );
}

} // namespace

// One connection of a shard.
class MarketChannelFeed::Lane final : public net::WsListener {
public:
    Lane(MarketChannelFeed& feed, Shard& shard, std::size_t number, std::string name);

    std::vector<std::string> on_up(UtcTime now) override;

    void on_frame(net::WsFrame const& frame) override { feed_.on_frame(shard_, number_, frame); }

    void on_down(net::Loss const& loss) override;

    void on_attempt_failed(net::Loss const&, bool) override {}

    net::WsSession& session() { return session_; }

    std::optional<Instant> last_bad_frame{};

private:
    MarketChannelFeed& feed_;
    Shard& shard_;
    std::size_t number_;
    net::WsSession session_;
};

struct MarketChannelFeed::Shard {
    std::size_t number = 0;
    std::vector<TokenId> tokens{}; // in the order of their subscription
    // Kept subscribed while nobody follows a token here: the venue closes sockets without any.
    std::optional<TokenId> parting{};
    std::vector<std::unique_ptr<Lane>> lanes{};

    std::vector<TokenId> on_the_wire() const {
        if (tokens.empty() && parting) return {*parting};
        return tokens;
    }
};

MarketChannelFeed::Lane::Lane(
    MarketChannelFeed& feed, Shard& shard, std::size_t number, std::string name
)
    : feed_{feed}, shard_{shard}, number_{number},
      session_{
          feed.context_.dialer,
          feed.context_.supervisor,
          feed.context_.random,
          [url = feed.options_.stream] { return net::WsRequest{url}; },
          *this,
          [&] {
              auto options = feed.options_.session;
              options.name = std::move(name);
              return options;
          }()
      } {}

std::vector<std::string> MarketChannelFeed::Lane::on_up(UtcTime) {
    feed_.keeper_.subscribed(shard_.tokens, number_, feed_.context_.clock.now());
    return {first_subscription(shard_.on_the_wire())};
}

void MarketChannelFeed::Lane::on_down(net::Loss const& loss) {
    ++feed_.counts_.connections_lost;
    auto const utc = feed_.context_.clock.utc_now();
    feed_.keeper_.lane_down(shard_.tokens, number_, describe(loss.failure), utc);
}

net::WsSession::Options MarketChannelFeed::session_defaults() {
    net::WsSession::Options options;
    options.ping_every = Seconds{10};
    options.pong_max = Seconds{30};
    return options;
}

MarketChannelFeed::MarketChannelFeed(net::NetContext& context, Options options, EventSink sink)
    : context_{context}, options_{std::move(options)},
      keeper_{
          options_.limits,
          {std::move(sink),
           [this](TokenId const& token) { queue_reading(token); },
           [this](std::size_t shard, std::string const& why) {
               restart(shard, why);
           }}
      } {
    net::GroupLimits limits;
    // A third of the documented 1500 in 10 s.
    limits.rate = net::TokenRate::of(500, Seconds{10});
    context_.groups.add(book_group, limits);
    for (std::size_t reader = 0; reader < options_.readers; ++reader)
        wake_.push_back(
            std::make_unique<runtime::CountMailbox<char>>(context_.executor, "clob.book.wake", 1)
        );
}

MarketChannelFeed::~MarketChannelFeed() = default;

std::size_t MarketChannelFeed::sockets() const {
    std::size_t count = 0;
    for (auto const& shard : shards_)
        count += shard->lanes.size();
    return count;
}

// The first with room, so that sockets empty from the back.
std::size_t MarketChannelFeed::shard_with_room(std::size_t tokens) {
    for (auto const& shard : shards_)
        if (shard->tokens.size() + tokens <= options_.tokens_per_socket) return shard->number;
    auto shard = std::make_unique<Shard>();
    shard->number = shards_.size();
    shards_.push_back(std::move(shard));
    return shards_.size() - 1;
}

void MarketChannelFeed::open(std::size_t number) {
    auto& shard = *shards_[number];
    for (std::size_t lane = 0; lane < options_.limits.lanes; ++lane) {
        auto name = fmt::format("clob.market.{}{}", number, lane == 0 ? "a" : "b");
        shard.lanes.push_back(std::make_unique<Lane>(*this, shard, lane, name));
        context_.supervisor.start(
            runtime::Stage::feeds, std::move(name), shard.lanes.back()->session().run()
        );
    }
}

bool MarketChannelFeed::follow(Market const& market) {
    auto const now = context_.clock.now();
    if (auto const known = followed_.find(market.condition); known != followed_.end()) {
        keeper_.follow(market, known->second.first, now);
        return true;
    }
    if (keeper_.tokens() + 2 > options_.tokens_max) {
        ++counts_.markets_not_followed;
        return false;
    }
    auto const number = shard_with_room(2);
    auto& shard = *shards_[number];
    std::vector<TokenId> const tokens{market.up, market.down};
    keeper_.follow(market, number, now);
    followed_[market.condition] = {number, {market.up, market.down}};
    shard.tokens.insert(shard.tokens.end(), tokens.begin(), tokens.end());
    if (shard.lanes.empty()) {
        open(number);
        return true;
    }
    for (std::size_t lane = 0; lane < shard.lanes.size(); ++lane) {
        // False while it is down: coming up it subscribes to all.
        if (shard.lanes[lane]->session().send(change_of_subscription(tokens, "subscribe")))
            keeper_.subscribed(tokens, lane, now);
    }
    if (shard.parting) {
        for (auto const& lane : shard.lanes)
            lane->session().send(change_of_subscription({*shard.parting}, "unsubscribe"));
        shard.parting.reset();
    }
    return true;
}

void MarketChannelFeed::unfollow(ConditionId const& market) {
    auto const known = followed_.find(market);
    if (known == followed_.end()) return;
    auto& shard = *shards_[known->second.first];
    std::vector<TokenId> tokens{known->second.second.begin(), known->second.second.end()};
    followed_.erase(known);
    keeper_.unfollow(market);
    std::erase_if(shard.tokens, [&](TokenId const& token) {
        return std::ranges::find(tokens, token) != tokens.end();
    });
    if (shard.tokens.empty()) {
        shard.parting = tokens.back();
        tokens.pop_back();
    }
    for (auto const& lane : shard.lanes)
        lane->session().send(change_of_subscription(tokens, "unsubscribe"));
}

std::vector<TokenId> MarketChannelFeed::tokens_of(ConditionId const& market) const {
    auto const known = followed_.find(market);
    if (known == followed_.end()) return {};
    return {known->second.second.begin(), known->second.second.end()};
}

void MarketChannelFeed::refresh(TokenId const& token) {
    keeper_.want_reread(token, context_.clock.now());
    keeper_.pump(context_.clock.now());
}

void MarketChannelFeed::on_frame(Shard& shard, std::size_t lane, net::WsFrame const& frame) {
    ++counts_.frames;
    messages_.clear();
    auto const summary = parser_.parse(frame.payload, frame.received_utc, messages_);
    if (!summary) return on_bad_frame(shard, lane, summary.error());
    counts_.unknown_messages += summary->unknown;
    for (auto const& message : messages_)
        keeper_.on(message, lane, frame.received_at);
    keeper_.pump(frame.received_at);
}

// One change that cannot be read leaves its book in an unknown state, and nobody knows which book.
void MarketChannelFeed::on_bad_frame(Shard& shard, std::size_t lane, Failure const& failure) {
    ++counts_.bad_frames;
    auto const now = context_.clock.now();
    auto& line = *shard.lanes[lane];
    bool const again = line.last_bad_frame && now - *line.last_bad_frame < bad_frame_pause;
    line.last_bad_frame = now;
    auto const why = "unreadable frame: " + describe(failure);
    if (!again) return line.session().restart(why);
    // The venue goes on sending them: a new connection each time would be no better.
    keeper_.doubt_all(shard.tokens, why, context_.clock.utc_now(), now);
    keeper_.pump(now);
}

void MarketChannelFeed::restart(std::size_t number, std::string const& why) {
    for (auto const& lane : shards_[number]->lanes)
        lane->session().restart(why);
}

void MarketChannelFeed::queue_reading(TokenId const& token) {
    to_read_.push_back(token);
    for (auto const& wake : wake_)
        wake->post('!');
}

Task<void> MarketChannelFeed::read_books(std::size_t reader) {
    for (;;) {
        auto const woken = co_await wake_[reader]->next();
        if (!woken) co_return;
        while (!to_read_.empty()) {
            auto const token = to_read_.front();
            to_read_.pop_front();
            auto const goes_on = co_await read_book(token);
            if (!goes_on) co_return;
        }
    }
}

// False when cancelled.
Task<bool> MarketChannelFeed::read_book(TokenId token) {
    auto const url =
        net::with_target(options_.rest, net::with_query("/book", {{"token_id", to_string(token)}}));
    auto const deadline = context_.clock.now() + options_.reread_call_max;
    auto const answer = co_await context_.https.fetch(net::get_request(url, book_group), deadline);
    auto const utc = context_.clock.utc_now();
    auto const book = answer ? parse_book(answer->body, utc) : Result<BookMessage>{answer.error()};
    if (!book && book.error().fault == Fault::cancelled) co_return false;
    keeper_.reread_done(token, book, utc, context_.clock.now());
    co_return true;
}

Task<void> MarketChannelFeed::run() {
    for (std::size_t reader = 0; reader < options_.readers; ++reader) {
        auto name = fmt::format("clob.market.reader{}", reader);
        if (!context_.supervisor.start_job(
                runtime::Stage::feeds, std::move(name), read_books(reader)
            ))
            co_return;
    }
    for (;;) {
        auto const rang = co_await context_.clock.wait_until(context_.clock.now() + tick);
        if (!rang) co_return;
        auto const utc = context_.clock.utc_now();
        keeper_.check(utc, context_.clock.now());
        for (auto const& market : keeper_.over(utc, options_.keep_after_end))
            unfollow(market);
    }
}

} // namespace polyquant::polymarket
