#include "engine/app/recovery.hpp"

#include "engine/ledger/fact_text.hpp"
#include "engine/runtime/journal.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

namespace polyquant::app {

namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

// The order a fact is about; empty for facts about other things.
std::optional<OrderId> order_of(FactBody const& fact) {
    return std::visit(
        Overloaded{
            [](OrderPlaced const& f) -> std::optional<OrderId> { return f.order; },
            [](OrderChanged const& f) -> std::optional<OrderId> { return f.order; },
            [](TradeMatched const& f) -> std::optional<OrderId> { return f.trade.order; },
            [](TradeChanged const& f) -> std::optional<OrderId> { return f.order; },
            [](auto const&) -> std::optional<OrderId> { return std::nullopt; },
        },
        fact
    );
}

constexpr std::size_t batch_size = 512;

} // namespace

std::string fact_record(Fact const& fact) {
    return fmt::format("{} {} {}", fact.seq, name_of(fact.body), ledger::encode(fact.body));
}

Result<Fact> parse_fact_record(runtime::JournalRecord const& record) {
    auto const bad = [&](std::string_view what) {
        return Failure{Fault::storage, "journal", fmt::format("record {}: {}", record.seq, what)};
    };
    std::string_view const text{record.payload};
    Fact fact;
    fact.at = record.at;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), fact.seq);
    auto const first = static_cast<std::size_t>(end - text.data());
    auto const second = text.find(' ', first + 1);
    if (error != std::errc{} || second == std::string_view::npos)
        return bad("is no fact this version can read");
    auto body =
        ledger::decode_fact(text.substr(first + 1, second - first - 1), text.substr(second + 1));
    if (!body) return bad(describe(body.error()));
    fact.body = std::move(*body);
    return fact;
}

Result<std::uint64_t>
book_missing_facts(std::filesystem::path const& journal, ledger::Ledger& ledger) {
    std::vector<Fact> missing;
    std::optional<Failure> failure;
    auto const known = ledger.applied_seq();
    auto const scanned = runtime::scan_journal(journal, [&](runtime::JournalRecord const& record) {
        if (failure || record.kind != fact_record_kind) return;
        auto fact = parse_fact_record(record);
        if (!fact) {
            failure = fact.error();
            return;
        }
        if (fact->seq > known) missing.push_back(std::move(*fact));
    });
    if (!scanned) return scanned.error();
    if (failure) return *failure;
    if (!missing.empty() && missing.front().seq != known + 1)
        return Failure{
            Fault::invalid,
            "recovery",
            fmt::format(
                "{} goes on with fact {}, the ledger ends with {}: facts are missing in between",
                journal.string(),
                missing.front().seq,
                known
            )
        };
    std::span<Fact const> rest{missing};
    while (!rest.empty()) {
        auto const batch = rest.first(std::min(batch_size, rest.size()));
        if (auto const booked = ledger.apply_batch(batch); !booked) return booked.error();
        rest = rest.subspan(batch.size());
    }
    return missing.size();
}

void UnfinishedBusiness::on(FactBody const& fact) {
    auto const id = order_of(fact);
    if (!id) return;
    if (auto const* placed = std::get_if<OrderPlaced>(&fact)) {
        slugs_[placed->intent.market] = placed->slug;
        orders_[*id] = {*placed, {fact}};
        return;
    }
    auto const found = orders_.find(*id);
    if (found == orders_.end()) return;
    found->second.history.push_back(fact);
    auto const* changed = std::get_if<OrderChanged>(&fact);
    if (changed != nullptr && is_terminal(changed->to)) orders_.erase(found);
}

std::vector<OpenOrder> UnfinishedBusiness::take(ConditionId const& market) {
    std::vector<OpenOrder> taken;
    for (auto at = orders_.begin(); at != orders_.end();) {
        if (at->second.placed.intent.market != market) {
            ++at;
            continue;
        }
        taken.push_back(std::move(at->second));
        at = orders_.erase(at);
    }
    return taken;
}

std::string UnfinishedBusiness::slug_of(ConditionId const& market) const {
    auto const found = slugs_.find(market);
    return found == slugs_.end() ? std::string{} : found->second;
}

std::vector<std::string> UnfinishedBusiness::slugs_with_orders() const {
    std::set<std::string> slugs;
    for (auto const& [id, order] : orders_)
        slugs.insert(order.placed.slug);
    return {slugs.begin(), slugs.end()};
}

} // namespace polyquant::app
