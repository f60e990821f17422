// Hands every event to its subscribers, on the engine's one thread, in the order they subscribed.
#pragma once

#include "engine/core/events.hpp"
#include "engine/runtime/event_kinds.hpp"
#include "engine/runtime/mailbox.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace polyquant::runtime {

// Publishing is synchronous: when publish() returns, every subscriber has seen the event. An event
// published from within a handler is delivered after the current one has reached everybody, in the
// order of publishing, before the outermost publish() returns. So all subscribers see one order.
//
// Publishing allocates nothing; an event published from within a handler is moved into a queue
// that keeps its memory. A handler that throws is a bug: the exception leaves publish() and what
// was queued behind it is discarded, which `discarded()` counts.
class Bus {
public:
    using Handler = std::function<void(Event const&)>;
    using SubscriptionId = std::uint32_t;

    Bus() = default;
    Bus(Bus const&) = delete;
    Bus& operator=(Bus const&) = delete;

    // Subscribing or unsubscribing inside a handler counts from the next event on; an unsubscribed
    // handler is not called any more at once. The name is for messages.
    SubscriptionId subscribe(std::string name, EventKinds kinds, Handler handler);
    void unsubscribe(SubscriptionId id);

    // Copies each event of these kinds into a mailbox; its type says what happens when it is full.
    template <class Policy>
    SubscriptionId subscribe(EventKinds kinds, Mailbox<Event, Policy>& box) {
        return subscribe(box.name(), kinds, [&box](Event const& event) { box.post(event); });
    }

    // A typed handler: bus.on<BookChange>("books", [](BookChange const& change) {...}).
    template <class Kind, class F>
    SubscriptionId on(std::string name, F handler) {
        return subscribe(
            std::move(name),
            EventKinds::of<Kind>(),
            [handler = std::move(handler)](Event const& event) { handler(std::get<Kind>(event)); }
        );
    }

    void publish(Event const& event);
    void publish(Event&& event);

    std::uint64_t published(std::size_t kind) const { return published_[kind]; }

    template <class Kind>
    std::uint64_t published() const {
        return published_[kind_of<Kind>];
    }

    std::uint64_t published_in_all() const;

    std::uint64_t discarded() const { return discarded_; }

private:
    struct Subscriber {
        SubscriptionId id;
        std::string name;
        EventKinds kinds;
        Handler handler;
        bool active = true;
    };

    class Delivering;

    void deliver(Event const& event);
    void deliver_queued();
    void sweep();

    std::deque<Subscriber> subscribers_{}; // stable addresses: handlers may subscribe
    std::array<std::vector<Subscriber*>, event_kind_count> by_kind_{};
    std::array<std::uint64_t, event_kind_count> published_{};
    std::vector<Event> queued_{};
    std::size_t next_queued_ = 0;
    std::uint64_t discarded_ = 0;
    SubscriptionId next_id_ = 1;
    bool delivering_ = false;
    bool swept_ = true;
};

} // namespace polyquant::runtime
