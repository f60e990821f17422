#include "connectors/tape/event_source.hpp"

namespace polyquant::tape {

MergedSources::MergedSources(std::vector<std::unique_ptr<EventSource>> sources) {
    for (auto& source : sources) {
        auto& head = heads_.emplace_back();
        head.source = std::move(source);
        head.ended = !head.source->next(head.batch);
    }
}

bool MergedSources::next(std::vector<Event>& batch) {
    Head* first = nullptr;
    auto const at = [](Head const& head) {
        return stamp_of(head.batch.front()).received_at;
    };
    for (auto& head : heads_)
        if (!head.ended && (first == nullptr || at(head) < at(*first))) first = &head;
    if (first == nullptr) return false;
    batch.swap(first->batch);
    first->ended = !first->source->next(first->batch);
    return true;
}

} // namespace polyquant::tape
