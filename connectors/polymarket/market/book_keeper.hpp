// The books of the market channel: what may be published, what must be doubted, and what has to be
// read again.
#pragma once

#include "connectors/polymarket/market/book_proof.hpp"
#include "connectors/polymarket/market/lane_merge.hpp"
#include "engine/ports/live_feed.hpp"

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

namespace polyquant::polymarket {

struct BookKeeperLimits {
    std::size_t lanes = 1;           // connections that carry each token
    Nanos snapshot_max = Seconds{5}; // from the subscription to the first book
    // Silence of a coin's token before its book is doubted and read by REST. Markets on other
    // things are silent for hours: the age of their books tells.
    Nanos silence_in_window = Seconds{15};
    Nanos silence_before = Seconds{90};
    // False: a wrong hash is counted and the book used, for the day the venue changes how it
    // hashes.
    bool doubt_wrong_hashes = true;
    int top_misses_max = 2; // frames in a row whose top is not ours
    Nanos reread_pause_min = Seconds{1};
    Nanos reread_pause_max = Seconds{30};
    Nanos proof_pause = Seconds{30};   // between two readings for an unproven hash
    Nanos restart_pause = Seconds{30}; // between two restarts for a frozen topic
    std::size_t held_max = 1'024;      // changes of one token while it is read again
};

struct BookKeeperCounts {
    std::uint64_t snapshots = 0;
    std::uint64_t changes = 0;
    std::uint64_t trades = 0;
    std::uint64_t copies = 0;          // dropped: the other lane was first
    std::uint64_t stale_copies = 0;    // dropped: older than what the other lane brought
    std::uint64_t unknown_tokens = 0;  // messages of tokens nobody follows
    std::uint64_t dropped_changes = 0; // without a trusted book
    std::uint64_t hashes_proven = 0;
    std::uint64_t hashes_unproven = 0;
    std::uint64_t hashes_wrong = 0; // doubted or not
    std::uint64_t top_misses = 0;
    std::uint64_t doubts = 0; // tokens that became unhealthy
    std::uint64_t rereads = 0;
    std::uint64_t reread_failures = 0;
    std::uint64_t harmless_silences = 0; // read again: nothing had changed
    std::uint64_t frozen_topics = 0;     // read again: the stream had kept it from us
    std::uint64_t tick_changes = 0;
    std::uint64_t resolutions = 0;
};

// Pure: told of messages, connections and time, it publishes events and says what to do. A token is
//   waiting   no book yet
//   live      its book is the venue's, as far as anything shows
//   doubtful  reported as an unhealthy topic; nothing of it is published until a whole book comes,
//             by the channel or by REST
// FeedState topics are token ids, feed "clob.market".
class BookKeeper {
public:
    struct Actions {
        EventSink publish;
        std::function<void(TokenId const&)> reread;                             // GET /book, please
        std::function<void(std::size_t shard, std::string const& why)> restart; // its connections
    };

    BookKeeper(BookKeeperLimits limits, Actions actions);

    void follow(Market const& market, std::size_t shard, Instant now);
    void unfollow(ConditionId const& market);

    bool follows(ConditionId const& market) const { return markets_.contains(market); }

    // The subscription of these tokens went out on this lane.
    void subscribed(std::vector<TokenId> const& tokens, std::size_t lane, Instant now);
    void lane_down(
        std::vector<TokenId> const& tokens, std::size_t lane, std::string const& why, UtcTime utc
    );
    // A frame that could not be read: what it said of whom is unknown.
    void
    doubt_all(std::vector<TokenId> const& tokens, std::string const& why, UtcTime utc, Instant now);

    void on(MarketMessage const& message, std::size_t lane, Instant now);
    void
    reread_done(TokenId const& token, Result<BookMessage> const& answer, UtcTime utc, Instant now);
    // On demand, whatever its state.
    void want_reread(TokenId const& token, Instant now);

    // Asks for the readings that are due. Cheap when there are none: call it after each frame.
    void pump(Instant now);
    // Silences and missing snapshots, then pump(): about once a second.
    void check(UtcTime utc, Instant now);

    // Markets over for `keep`, or resolved.
    std::vector<ConditionId> over(UtcTime utc, Nanos keep) const;

    bool is_live(TokenId const& token) const;
    Book const* book(TokenId const& token) const;

    BookKeeperCounts const& counts() const { return counts_; }

    std::size_t tokens() const { return tokens_.size(); }

private:
    struct Tracked;

    struct Followed {
        Market market;
        std::size_t shard = 0;
        bool resolved = false;
        std::array<Tracked*, 2> tokens{};
    };

    enum class State : std::uint8_t { waiting, live, doubtful };

    struct Tracked {
        TokenId id;
        Followed* of = nullptr;
        State state = State::waiting;
        Book book;
        BookTail tail;
        bool reported_bad = false;
        bool silent = false;         // doubted for silence alone: the book is kept to compare
        std::uint8_t up_lanes = 0;   // subscribed on these
        std::uint8_t book_lanes = 0; // of these: continuous since a snapshot
        bool frame_open = false;
        int top_misses = 0;
        UtcTime applied_to{};
        Instant heard_at{};
        Instant subscribed_at{};
        bool reread_wanted = false;
        bool rereading = false;
        int reread_attempts = 0;
        Instant next_reread{};
        Instant next_proof{};
        std::vector<BookChange> held; // while rereading
        bool held_overflow = false;
    };

    void take(BookMessage const& message, std::size_t lane, Instant now);
    void take(LevelChange const& message, std::size_t lane, Instant now);
    void take(PublicTrade const& trade, std::size_t lane, Instant now);
    void take(TickSizeChanged const& change, std::size_t lane, Instant now);
    void take(TopOfBook const& top, std::size_t lane, Instant now);
    void take(NewMarket const& message, std::size_t lane, Instant now);
    void take(ResolutionMessage const& message, std::size_t lane, Instant now);

    Tracked* find(TokenId const& token);
    bool is_copy(Tracked const& token, std::size_t lane, std::uint64_t fingerprint, UtcTime at);
    void check_top(
        Tracked& token, std::optional<Price> bid, std::optional<Price> ask, UtcTime utc, Instant now
    );
    // False when the book must not be used.
    bool check_proof(Tracked& token, BookMessage const& message, HashVerdict& verdict);
    void accept(Tracked& token, BookSnapshot const& snapshot, Instant now);
    void doubt(Tracked& token, std::string const& why, UtcTime utc);
    void ask_again(Tracked& token, Instant at);
    void reread_failed(Tracked& token, std::string const& why, UtcTime utc, Instant now);
    void check_silence(Tracked& token, UtcTime utc, Instant now);
    void say(Tracked const& token, bool healthy, std::string reason, UtcTime utc);

    BookKeeperLimits limits_;
    Actions actions_;
    std::map<ConditionId, std::unique_ptr<Followed>> markets_;
    std::unordered_map<TokenId, std::unique_ptr<Tracked>> tokens_;
    std::vector<TokenId> wanted_;              // to be read again
    std::vector<LaneMerge> merges_;            // by shard
    std::map<std::size_t, Instant> restarted_; // by shard
    BookKeeperCounts counts_;
};

} // namespace polyquant::polymarket
