#include "engine/runtime/bus.hpp"

#include <algorithm>
#include <numeric>

namespace polyquant::runtime {

namespace {

// Handlers answer events with a few events. More than this is a loop of handlers feeding each
// other.
constexpr std::size_t answers_max = 65'536;

} // namespace

// Marks the outermost publish and leaves the bus usable when a handler throws.
class Bus::Delivering {
public:
    explicit Delivering(Bus& bus) : bus_{bus} { bus_.delivering_ = true; }

    Delivering(Delivering const&) = delete;
    Delivering& operator=(Delivering const&) = delete;

    ~Delivering() {
        bus_.discarded_ += bus_.queued_.size() - bus_.next_queued_;
        bus_.queued_.clear();
        bus_.next_queued_ = 0;
        bus_.delivering_ = false;
        if (!bus_.swept_) bus_.sweep();
    }

private:
    Bus& bus_;
};

Bus::SubscriptionId Bus::subscribe(std::string name, EventKinds kinds, Handler handler) {
    ENSURE(handler != nullptr, "a subscription needs a handler");
    auto& added =
        subscribers_.emplace_back(Subscriber{next_id_++, std::move(name), kinds, std::move(handler)}
        );
    for (std::size_t kind = 0; kind < event_kind_count; ++kind)
        if (kinds.contains(kind)) by_kind_[kind].push_back(&added);
    return added.id;
}

void Bus::unsubscribe(SubscriptionId id) {
    auto const found = std::ranges::find(subscribers_, id, &Subscriber::id);
    ENSURE(found != subscribers_.end(), "unsubscribed a second time");
    found->active = false;
    swept_ = false;
    if (!delivering_) sweep();
}

void Bus::publish(Event const& event) {
    if (delivering_) {
        publish(Event{event});
        return;
    }
    Delivering const delivering{*this};
    deliver(event);
    deliver_queued();
}

void Bus::publish(Event&& event) {
    if (delivering_) {
        ENSURE(queued_.size() < answers_max, "bus handlers keep answering each other");
        queued_.push_back(std::move(event));
        return;
    }
    Delivering const delivering{*this};
    deliver(event);
    deliver_queued();
}

void Bus::deliver(Event const& event) {
    auto const kind = event.index();
    ++published_[kind];
    auto& subscribers = by_kind_[kind];
    // By index and with the size taken first: a handler may subscribe, which moves the vector.
    for (std::size_t i = 0, n = subscribers.size(); i < n; ++i) {
        auto& subscriber = *subscribers[i];
        if (subscriber.active) subscriber.handler(event);
    }
}

void Bus::deliver_queued() {
    while (next_queued_ < queued_.size()) {
        // Moved out, because the handlers may queue more.
        auto const event = std::move(queued_[next_queued_++]);
        deliver(event);
    }
}

// Drops what was unsubscribed. Addresses of the others must not change, so only the front and the
// back of the deque shrink; what stays in the middle is inactive and in no list.
void Bus::sweep() {
    for (auto& list : by_kind_)
        std::erase_if(list, [](Subscriber const* s) { return !s->active; });
    for (auto& subscriber : subscribers_)
        if (!subscriber.active) subscriber.handler = nullptr;
    while (!subscribers_.empty() && !subscribers_.back().active)
        subscribers_.pop_back();
    while (!subscribers_.empty() && !subscribers_.front().active)
        subscribers_.pop_front();
    swept_ = true;
}

std::uint64_t Bus::published_in_all() const {
    return std::accumulate(published_.begin(), published_.end(), std::uint64_t{0});
}

} // namespace polyquant::runtime
