// Carries notices to their channels. Each channel has a queue and a task of its own, so that one
// that hangs holds up no other; each call has a deadline.
#pragma once

#include "connectors/net/net_context.hpp"
#include "engine/alerts/channel.hpp"
#include "engine/runtime/mailbox.hpp"

#include <map>
#include <memory>

namespace polyquant::alerts {

class Sender {
public:
    struct Counts {
        std::uint64_t sent = 0;
        std::uint64_t failed = 0;  // given up after the last attempt
        std::uint64_t dropped = 0; // the queue was full, or the program ended
    };

    struct Options {
        std::string engine = "polyquant"; // what it is called in messages
        Nanos call_max = Seconds{10};
        Nanos retry_first = Seconds{5}; // doubles
        int attempts_max = 6;           // about five minutes in all
        std::size_t queue_max = 64;     // the oldest goes first
    };

    Sender(
        net::NetContext context,
        std::vector<Channel> channels,
        Options options,
        std::function<void(std::string const&)> say
    );
    ~Sender();

    // Starts a task for each channel.
    void start(runtime::Supervisor& supervisor);

    // To every channel; never blocks.
    void post(Notice const& notice);

    // One message to one channel, without the queue: for a test by hand.
    Task<Result<void>> send_now(std::size_t channel, Notice notice);

    std::size_t channels() const { return lanes_.size(); }

    std::string_view name(std::size_t channel) const { return lanes_[channel]->channel.name(); }

    std::map<std::string, Counts> counts() const;

private:
    struct Lane {
        Channel channel;
        runtime::CountMailbox<Notice> queue;
        Counts counts{};
    };

    Task<void> run(Lane& lane);
    Task<Result<void>> send(Lane& lane, Notice const& notice);

    net::NetContext context_;
    Options options_;
    std::function<void(std::string const&)> say_;
    std::vector<std::unique_ptr<Lane>> lanes_;
};

} // namespace polyquant::alerts
