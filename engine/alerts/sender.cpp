#include "engine/alerts/sender.hpp"

#include <fmt/format.h>

namespace polyquant::alerts {

namespace {

// These will be the same at the next attempt.
bool is_hopeless(Fault fault) {
    return fault == Fault::auth || fault == Fault::rejected || fault == Fault::invalid;
}

} // namespace

Sender::Sender(
    net::NetContext context,
    std::vector<Channel> channels,
    Options options,
    std::function<void(std::string const&)> say
)
    : context_{std::move(context)}, options_{std::move(options)}, say_{std::move(say)} {
    for (auto& channel : channels) {
        auto name = "alerts." + std::string{channel.name()};
        context_.groups.add(name, {});
        lanes_.push_back(std::make_unique<Lane>(Lane{
            std::move(channel),
            runtime::CountMailbox<Notice>{context_.executor, std::move(name), options_.queue_max}
        }));
    }
}

Sender::~Sender() = default;

void Sender::start(runtime::Supervisor& supervisor) {
    for (auto& lane : lanes_)
        supervisor.start(runtime::Stage::close, lane->queue.name(), run(*lane));
}

void Sender::post(Notice const& notice) {
    for (auto& lane : lanes_)
        if (!lane->queue.post(notice)) ++lane->counts.dropped;
}

Task<void> Sender::run(Lane& lane) {
    for (;;) {
        auto const notice = co_await lane.queue.next();
        if (!notice) co_return;
        auto pause = options_.retry_first;
        for (int attempt = 1;; ++attempt) {
            auto const sent = co_await send(lane, *notice);
            if (sent) {
                ++lane.counts.sent;
                break;
            }
            if (sent.error().fault == Fault::cancelled) co_return;
            if (attempt == options_.attempts_max || is_hopeless(sent.error().fault)) {
                ++lane.counts.failed;
                say_(fmt::format("{}: not told: {}", lane.queue.name(), describe(sent.error())));
                break;
            }
            if (!co_await context_.clock.wait_until(context_.clock.now() + pause)) co_return;
            pause *= 2;
        }
    }
}

Task<Result<void>> Sender::send(Lane& lane, Notice const& notice) {
    auto request = lane.channel.request(notice, options_.engine);
    auto const deadline = context_.clock.now() + options_.call_max;
    auto const answer = co_await context_.https.send(std::move(request), deadline);
    if (!answer) co_return answer.error();
    auto const fault = net::fault_of_status(answer->status);
    if (!fault) co_return Result<void>{};
    // The answer's body may quote the request: it stays out.
    co_return Failure{
        *fault, lane.queue.name(), fmt::format("it answered {}", answer->status), answer->status
    };
}

Task<Result<void>> Sender::send_now(std::size_t channel, Notice notice) {
    auto sent = co_await send(*lanes_[channel], notice);
    co_return sent;
}

std::map<std::string, Sender::Counts> Sender::counts() const {
    std::map<std::string, Counts> all;
    for (auto const& lane : lanes_)
        all[std::string{lane->channel.name()}] = lane->counts;
    return all;
}

} // namespace polyquant::alerts
