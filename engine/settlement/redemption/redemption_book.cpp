#include "engine/settlement/redemption/redemption_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <utility>

namespace polyquant::settlement {

namespace {

__extension__ using Wide = __int128;

Failure broken(std::string const& record) {
    return {Fault::storage, "redemption", "no record: " + record.substr(0, 80)};
}

char letter_of(RedeemTask::Kind kind) {
    switch (kind) {
    case RedeemTask::Kind::redeem: return 'r';
    case RedeemTask::Kind::allow_onramp: return 'a';
    case RedeemTask::Kind::wrap: return 'w';
    }
    std::abort();
}

std::optional<RedeemTask::Kind> kind_of(std::string const& id) {
    if (id.empty()) return std::nullopt;
    for (auto const kind :
         {RedeemTask::Kind::redeem, RedeemTask::Kind::allow_onramp, RedeemTask::Kind::wrap})
        if (letter_of(kind) == id.front()) return kind;
    return std::nullopt;
}

std::optional<RedeemPath> parse_path(std::string const& text) {
    for (auto const path : {RedeemPath::adapter, RedeemPath::ctf, RedeemPath::router})
        if (text == to_string(path)) return path;
    return std::nullopt;
}

Seconds pause_after(RedeemLimits const& limits, int failures) {
    auto pause = limits.retry;
    for (int i = 1; i < failures && pause < limits.retry_max; ++i)
        pause *= 2;
    return std::min(pause, limits.retry_max);
}

} // namespace

std::string_view to_string(RedeemPath path) {
    switch (path) {
    case RedeemPath::adapter: return "adapter";
    case RedeemPath::ctf: return "ctf";
    case RedeemPath::router: return "router";
    }
    std::abort();
}

Usdc expected_payout(ConditionView const& view) {
    Usdc sum;
    if (view.denominator == 0) return sum;
    for (std::size_t i = 0; i < 2; ++i) {
        auto const paid = Wide{view.held[i].micros()} * view.numerators[i] / view.denominator;
        sum += Usdc::from_micros(static_cast<std::int64_t>(paid));
    }
    return sum;
}

void RedemptionBook::add(RedeemTarget const& target) {
    auto& market = markets_[target.condition];
    market.target = target;
}

std::vector<RedeemTarget> RedemptionBook::wanted(UtcTime now) const {
    std::vector<Market const*> due;
    for (auto const& [condition, market] : markets_) {
        if (market.state == State::under_way) continue;
        auto const is_open = market.state == State::unresolved || market.state == State::waiting;
        auto const pause = is_open ? limits_.look_again : limits_.look_again_done;
        if (!market.seen || now >= *market.seen + pause) due.push_back(&market);
    }
    std::ranges::sort(due, {}, [](Market const* market) {
        return std::pair{market->seen, market->target.condition};
    });
    if (due.size() > limits_.looks_max) due.resize(limits_.looks_max);
    std::vector<RedeemTarget> targets;
    for (auto const* const market : due)
        targets.push_back(market->target);
    return targets;
}

// Paid and empty markets stay under observation: shares may arrive late, by a trade that settled
// after the first redemption.
void RedemptionBook::observe(ConditionView const& view, WalletView const& wallet, UtcTime now) {
    auto const at = markets_.find(view.condition);
    if (at == markets_.end() || at->second.state == State::under_way) return;
    auto& market = at->second;
    market.view = view;
    market.seen = now;
    if (view.denominator == 0) {
        market.state = State::unresolved;
        market.seen_resolved.reset();
        return;
    }
    if (!market.seen_resolved) market.seen_resolved = now;
    if (expected_payout(view).is_zero()) {
        if (market.state != State::paid) market.state = State::empty;
        return;
    }
    auto const operator_turn =
        wallet.operator_approved && now < *market.seen_resolved + limits_.operator_wait;
    market.state = operator_turn || now < market.not_before ? State::waiting : State::ready;
}

RedeemPath RedemptionBook::path_of(Market const& market, WalletView const& wallet) const {
    if (market.target.version == ProtocolVersion::v2) return RedeemPath::router;
    return wallet.adapter_approved && !market.adapter_refused ? RedeemPath::adapter
                                                              : RedeemPath::ctf;
}

std::vector<RedeemTask> RedemptionBook::plan(WalletView const& wallet, UtcTime now) const {
    std::vector<RedeemTask> tasks;
    auto number = next_task_;
    auto room = limits_.tasks_max - std::min(limits_.tasks_max, tasks_.size());
    for (auto const path : {RedeemPath::adapter, RedeemPath::ctf, RedeemPath::router}) {
        RedeemTask task;
        task.path = path;
        auto const close = [&] {
            if (task.markets.empty() || room == 0) return;
            task.id = fmt::format("r{}", number++);
            tasks.push_back(std::exchange(task, RedeemTask{}));
            task.path = path;
            --room;
        };
        for (auto const& [condition, market] : markets_) {
            if (market.state != State::ready || path_of(market, wallet) != path) continue;
            task.markets.push_back(market.view);
            task.amount += expected_payout(market.view);
            // One refused market would refuse its whole batch again: it tries alone.
            if (task.markets.size() >= limits_.markets_per_task || market.failures > 0) close();
            if (room == 0) break;
        }
        close();
    }
    if (auto wrap = wrap_task(wallet, now); wrap && room > 0) {
        wrap->id = fmt::format("{}{}", letter_of(wrap->kind), number);
        tasks.push_back(std::move(*wrap));
    }
    return tasks;
}

// When nothing more is coming in for now: one allowance and one wrap for many redemptions.
std::optional<RedeemTask> RedemptionBook::wrap_task(WalletView const& wallet, UtcTime now) const {
    if (limits_.wraps_at_once || to_wrap_.is_zero() || !tasks_.empty()) return std::nullopt;
    if (now < wrap_not_before_) return std::nullopt;
    auto const ready = std::ranges::any_of(markets_, [](auto const& entry) {
        return entry.second.state == State::ready;
    });
    if (ready) return std::nullopt;
    RedeemTask task;
    task.amount = std::min(to_wrap_, wallet.usdc_e);
    if (task.amount.is_zero()) return std::nullopt;
    task.kind = wallet.onramp_allowance < task.amount ? RedeemTask::Kind::allow_onramp
                                                      : RedeemTask::Kind::wrap;
    return task;
}

std::string RedemptionBook::planned_record(RedeemTask const& task) {
    auto record =
        fmt::format("planned {} {} {}", task.id, to_string(task.path), task.amount.micros());
    for (auto const& view : task.markets)
        record += fmt::format(
            " {}:{}:{}:{}:{}:{}",
            to_string(view.condition),
            view.denominator,
            view.numerators[0],
            view.numerators[1],
            view.held[0].micros(),
            view.held[1].micros()
        );
    return record;
}

std::string RedemptionBook::paid_record(std::string const& task, Usdc received) {
    return fmt::format("paid {} {}", task, received.micros());
}

std::string
RedemptionBook::failed_record(std::string const& task, UtcTime now, std::string reason) {
    std::ranges::replace(reason, '\n', ' ');
    return fmt::format("failed {} {} {}", task, unix_seconds(now), reason);
}

std::string RedemptionBook::dropped_record(std::string const& task) {
    return fmt::format("dropped {}", task);
}

namespace {

std::optional<ConditionView> view_of(std::string text) {
    std::ranges::replace(text, ':', ' ');
    std::istringstream in{text};
    std::string condition;
    ConditionView view;
    std::int64_t up = 0;
    std::int64_t down = 0;
    if (!(in >> condition >> view.denominator >> view.numerators[0] >> view.numerators[1] >> up >>
          down)) {
        return std::nullopt;
    }
    auto const id = parse_condition_id(condition);
    if (!id) return std::nullopt;
    view.condition = *id;
    view.held = {Shares::from_micros(up), Shares::from_micros(down)};
    return view;
}

std::optional<RedeemTask> task_of(std::istream& in) {
    RedeemTask task;
    std::string path;
    std::int64_t amount = 0;
    if (!(in >> task.id >> path >> amount)) return std::nullopt;
    auto const kind = kind_of(task.id);
    auto const known_path = parse_path(path);
    if (!kind || !known_path) return std::nullopt;
    task.kind = *kind;
    task.path = *known_path;
    task.amount = Usdc::from_micros(amount);
    for (std::string word; in >> word;) {
        auto const view = view_of(word);
        if (!view) return std::nullopt;
        task.markets.push_back(*view);
    }
    return task;
}

} // namespace

Result<bool> RedemptionBook::apply(std::string const& record) {
    std::istringstream in{record};
    std::string word;
    in >> word;
    if (word == "planned") {
        auto task = task_of(in);
        if (!task) return broken(record);
        next_task_ = std::max<std::uint64_t>(next_task_, std::stoull(task->id.substr(1)) + 1);
        for (auto const& view : task->markets) {
            auto& market = markets_[view.condition];
            market.target.condition = view.condition;
            if (task->path == RedeemPath::router) market.target.version = ProtocolVersion::v2;
            market.view = view;
            market.state = State::under_way;
        }
        tasks_[task->id] = std::move(*task);
        return true;
    }
    if (word != "paid" && word != "failed" && word != "dropped") return false;
    std::string id;
    std::int64_t number = 0;
    if (!(in >> id)) return broken(record);
    if (word != "dropped" && !(in >> number)) return broken(record);
    if (!ended_.insert(id).second) return true;
    auto const at = tasks_.find(id);
    if (at == tasks_.end()) return broken(record);
    auto const task = at->second;
    tasks_.erase(at);
    if (word == "paid") {
        settle(task, Usdc::from_micros(number));
    } else if (word == "failed") {
        std::string reason;
        std::getline(in >> std::ws, reason);
        refuse(task, utc_from_seconds(number), reason);
    } else {
        for (auto const& view : task.markets) {
            markets_[view.condition].state = State::waiting;
            markets_[view.condition].seen.reset();
        }
    }
    return true;
}

void RedemptionBook::settle(RedeemTask const& task, Usdc received) {
    if (task.kind == RedeemTask::Kind::allow_onramp) return;
    if (task.kind == RedeemTask::Kind::wrap) {
        to_wrap_ -= received;
        wrap_failures_ = 0;
        return;
    }
    paid_ += received;
    if (task.path == RedeemPath::ctf && !limits_.wraps_at_once) to_wrap_ += received;
    for (auto const& view : task.markets) {
        auto& market = markets_[view.condition];
        market.state = State::paid;
        market.seen.reset();
        market.failures = 0;
        market.refusal.clear();
    }
}

void RedemptionBook::refuse(RedeemTask const& task, UtcTime now, std::string const& reason) {
    if (task.kind != RedeemTask::Kind::redeem)
        wrap_not_before_ = now + pause_after(limits_, ++wrap_failures_);
    for (auto const& view : task.markets) {
        auto& market = markets_[view.condition];
        market.state = State::waiting;
        market.seen.reset();
        market.refusal = reason;
        // The other way is tried at once, the same way after a pause.
        if (task.path == RedeemPath::adapter) {
            market.adapter_refused = true;
            market.not_before = now;
            ++market.failures;
        } else {
            market.not_before = now + pause_after(limits_, ++market.failures);
            market.adapter_refused = false;
        }
    }
}

std::vector<std::string> RedemptionBook::open_tasks() const {
    std::vector<std::string> ids;
    for (auto const& [id, task] : tasks_)
        ids.push_back(id);
    return ids;
}

RedeemTask const* RedemptionBook::find(std::string const& task) const {
    auto const at = tasks_.find(task);
    return at == tasks_.end() ? nullptr : &at->second;
}

RedeemProgress RedemptionBook::progress() const {
    RedeemProgress p;
    p.known = markets_.size();
    for (auto const& [condition, market] : markets_) {
        switch (market.state) {
        case State::unresolved: ++(market.seen ? p.unresolved : p.unseen); break;
        case State::waiting:
        case State::ready: ++p.waiting; break;
        case State::under_way: ++p.under_way; break;
        case State::empty: ++p.empty; break;
        case State::paid: ++p.paid; break;
        }
    }
    p.paid_amount = paid_;
    p.to_wrap = to_wrap_;
    return p;
}

std::string RedemptionBook::refusal_of(ConditionId const& condition) const {
    auto const at = markets_.find(condition);
    return at == markets_.end() ? std::string{} : at->second.refusal;
}

} // namespace polyquant::settlement
