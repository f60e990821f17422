#include "engine/app/livetest.hpp"

#include "engine/execution/order_machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace polyquant::app {

namespace {

constexpr Nanos look_every = Millis{20};
constexpr Usdc least_marketable = usd(1);

std::string milliseconds(Nanos time) {
    return fmt::format("{} ms", std::chrono::duration_cast<Millis>(time).count());
}

// Sizes at the venue have two decimals.
Shares whole_hundredths(Shares size) {
    constexpr std::int64_t hundredth = 10'000;
    return Shares::from_micros(size.micros() / hundredth * hundredth);
}

Price buy_limit(Market const& market, Price ask, int ticks) {
    return std::min(ask + market.tick * ticks, cents(100) - market.tick);
}

} // namespace

config::RunConfig livetest_config(config::RunConfig config, Usdc most) {
    config.strategies.clear();
    config.run.console = config::ConsoleStyle::lines;
    config.risk.kill_switch = Usdc{};
    // It promises nothing and always pays the spread: streaks and promises say nothing about it.
    config.risk.calibration_watch = false;
    config.risk.loss_streak_max = std::numeric_limits<int>::max();
    config.risk.order_max = most;
    config.risk.exposure_per_window_max = std::max(config.risk.exposure_per_window_max, most);
    config.risk.exposure_per_asset_max = std::max(config.risk.exposure_per_asset_max, most);
    config.risk.exposure_total_max = std::max(config.risk.exposure_total_max, most);
    config.execution.fok_fallback = false;
    return config;
}

Livetest::Livetest(
    Engine& engine, OrderVenue const& venue, runtime::Clock& clock, LivetestLimits limits, Say say
)
    : engine_{engine}, venue_{venue}, clock_{clock}, limits_{limits}, say_{std::move(say)} {
    engine_.listen_facts([this](Fact const& fact) { on(fact); });
}

void Livetest::on(Fact const& fact) {
    auto const now = clock_.now();
    if (auto const* changed = std::get_if<OrderChanged>(&fact.body)) {
        if (changed->order != watched_.id) return;
        watched_.state = changed->to;
        if (changed->to != OrderState::journaled && changed->to != OrderState::sent &&
            !watched_.answered)
            watched_.answered = now;
        if (is_terminal(changed->to)) watched_.settled = now;
        watched_.text = std::string{to_string(changed->reason)};
    } else if (auto const* trade = std::get_if<TradeMatched>(&fact.body)) {
        if (trade->trade.order == watched_.id && !watched_.matched) watched_.matched = now;
    }
}

MarketView Livetest::view_of(Place const& place) const {
    return engine_.view(place.asset, place.window);
}

// At least what the venue takes: its minimum of shares, and a dollar for what matches at once.
Shares Livetest::least_size(Market const& market, Price price) const {
    auto size = std::max(market.min_size, shares(1));
    while (cost_rounded_down(price, size) < least_marketable)
        size += shares(1);
    return size;
}

// The cheapest place where the smallest order, reaching `ticks` beyond the best ask, fits the bound
// and somebody would buy it back.
std::optional<Livetest::Place> Livetest::choose(int ticks) const {
    std::optional<Place> best;
    Usdc best_cost = limits_.most;
    auto const now = clock_.utc_now();
    for (auto const asset : engine_.config().run.assets) {
        auto const window = window_at(now);
        if (window.end() - now < limits_.least_left) continue;
        for (auto const outcome : {Outcome::up, Outcome::down}) {
            Place const place{asset, outcome, window};
            auto const view = view_of(place);
            auto const& book = view.book(outcome);
            if (view.market == nullptr || !book || !book->is_live()) continue;
            if (book->depth(BookSide::ask) == 0 || book->depth(BookSide::bid) == 0) continue;
            auto const ask = book->level(BookSide::ask, 0).price;
            if (ask < limits_.ask_min || ask > limits_.ask_max) continue;
            auto const limit = buy_limit(*view.market, ask, ticks);
            auto const size = least_size(*view.market, ask);
            if (book->size_within(BookSide::ask, limit) < size) continue;
            auto const order = order_for(place, Side::buy, limit, size);
            auto const cost = execution::worst_cost(order, view.market->fee, size);
            if (cost > best_cost) continue;
            best = place;
            best_cost = cost;
        }
    }
    return best;
}

PlaceOrder Livetest::order_for(Place const& place, Side side, Price limit, Shares size) const {
    auto const view = view_of(place);
    PlaceOrder order;
    order.strategy = livetest_strategy;
    if (view.market != nullptr) {
        order.market = view.market->condition;
        order.token = view.market->token(place.outcome);
    }
    order.outcome = place.outcome;
    order.asset = place.asset;
    order.side = side;
    order.limit = limit;
    order.size = size;
    order.seen_price = limit;
    order.decided_at = clock_.utc_now();
    return order;
}

void Livetest::step(std::string const& name, Nanos took, std::string const& text) {
    say_(fmt::format("{:<20} {:>9}  {}", name, milliseconds(took), text));
}

Task<bool> Livetest::wait_for(std::function<bool()> done, Nanos most) {
    auto const deadline = clock_.now() + most;
    while (!done()) {
        if (clock_.now() >= deadline) co_return false;
        auto const rang = co_await clock_.wait_until(clock_.now() + look_every);
        if (!rang) co_return false;
    }
    co_return true;
}

Task<std::optional<Livetest::Place>> Livetest::ready() {
    auto const began = clock_.now();
    std::string why = "no market with a book was found";
    std::optional<Place> place;
    auto const may = [&] {
        place = choose(1);
        if (!place) return false;
        auto const order = order_for(*place, Side::buy, limits_.ask_min, shares(5));
        auto const refused = venue_.refusal(order, clock_.utc_now());
        if (refused) why = refused->text;
        return !refused && engine_.clock_offset().has_value();
    };
    // A window may have to end first.
    auto const most = limits_.ready_max + limits_.least_left;
    if (!co_await wait_for(may, most)) {
        say_("not ready: " + why);
        co_return std::nullopt;
    }
    step(
        "ready",
        clock_.now() - began,
        fmt::format(
            "books compared; {} {}", view_of(*place).market->slug, to_string(place->outcome)
        )
    );
    co_return place;
}

bool Livetest::send(PlaceOrder const& order, Place const& place, std::string const& what) {
    execution::RiskView risk;
    auto const view = view_of(place);
    risk.now = view.now;
    risk.market = view.market;
    auto const& book = view.book(place.outcome);
    if (book && book->is_live()) risk.book_age = view.now - book->updated_at();
    // A livetest believes nothing about the coin.
    risk.spot_age = Nanos{0};
    risk.signal_age = Nanos{0};
    risk.clock_offset = engine_.clock_offset();
    watched_ = {};
    sent_ = clock_.now();
    auto const submitted = engine_.execution().submit(order, risk);
    if (submitted.reason != Reason::order_sent) {
        say_(fmt::format("{} refused: {} {}", what, to_string(submitted.reason), submitted.text));
        return false;
    }
    watched_.id = submitted.order;
    return true;
}

// Until the order is over, with each of its moments told.
Task<bool> Livetest::finish_order(std::string what) {
    auto const answered =
        co_await wait_for([this] { return watched_.answered.has_value(); }, limits_.answer_max);
    if (!answered) {
        say_(what + ": the venue did not answer");
        co_return false;
    }
    step(what + ": answer", *watched_.answered - sent_, std::string{to_string(watched_.state)});
    auto const ended =
        co_await wait_for([this] { return watched_.settled.has_value(); }, limits_.settle_max);
    if (watched_.matched) step(what + ": fill", *watched_.matched - sent_, "told by the venue");
    if (!ended) {
        say_(fmt::format(
            "{}: not settled after {} s, its state is {}",
            what,
            limits_.settle_max.count(),
            to_string(watched_.state)
        ));
        co_return false;
    }
    step(
        what + ": end",
        *watched_.settled - sent_,
        fmt::format("{} {}", to_string(watched_.state), watched_.text)
    );
    co_return true;
}

// Far from the market, so that it can only rest.
Task<bool> Livetest::rest_and_cancel(Place place) {
    auto const view = view_of(place);
    if (view.market == nullptr) co_return false;
    auto order = order_for(
        place,
        Side::buy,
        std::max(view.market->tick, engine_.config().risk.price_min),
        view.market->min_size
    );
    order.tif = TimeInForce::gtc;
    order.post_only = true;
    if (!send(order, place, "rest")) co_return false;
    auto const live = co_await wait_for(
        [this] { return watched_.state == OrderState::live || watched_.settled; },
        limits_.answer_max
    );
    if (!live || watched_.settled) {
        say_(fmt::format("rest: it is {} {}", to_string(watched_.state), watched_.text));
        co_return false;
    }
    step("rest: answer", *watched_.answered - sent_, "live");
    auto const began = clock_.now();
    if (!engine_.execution().cancel({livetest_strategy, watched_.id})) co_return false;
    auto const gone =
        co_await wait_for([this] { return watched_.settled.has_value(); }, limits_.answer_max);
    if (!gone) {
        say_("cancel: the venue did not confirm it");
        co_return false;
    }
    step("cancel: confirmed", *watched_.settled - began, std::string{to_string(watched_.state)});
    co_return watched_.state == OrderState::cancelled;
}

// The venue holds a taker's order back for a moment in which the book may step away, so each
// attempt reaches a tick further.
Task<bool> Livetest::buy(Place& place) {
    for (auto attempt = 1; attempt <= limits_.attempts_max; ++attempt) {
        auto const next = choose(attempt);
        if (!next) {
            say_("buy: no place is left where the smallest order fits the bound");
            co_return false;
        }
        place = *next;
        auto const view = view_of(place);
        auto const ask = view.book(place.outcome)->level(BookSide::ask, 0).price;
        auto const limit = buy_limit(*view.market, ask, attempt);
        auto const size = least_size(*view.market, ask);
        auto order = order_for(place, Side::buy, limit, size);
        order.seen_price = ask;
        auto const what = fmt::format("buy {} at {}", to_string(size), to_string(limit));
        if (!send(order, place, what)) co_return false;
        if (!co_await finish_order("buy")) co_return false;
        if (watched_.state == OrderState::confirmed) co_return true;
        say_(fmt::format("buy: attempt {} found no match", attempt));
        if (!co_await clock_.wait_until(clock_.now() + limits_.attempt_pause)) co_return false;
    }
    co_return false;
}

Task<bool> Livetest::sell(Place place) {
    for (auto attempt = 1; attempt <= limits_.attempts_max; ++attempt) {
        auto const view = view_of(place);
        if (view.market == nullptr || clock_.utc_now() >= place.window.end()) {
            say_("sell: the window is over");
            co_return false;
        }
        auto const* account = engine_.portfolio().find(livetest_strategy);
        auto const free =
            account != nullptr
                ? whole_hundredths(account->sellable(view.market->token(place.outcome)))
                : Shares{};
        auto const& book = view.book(place.outcome);
        if (free.is_zero() || !book || !book->is_live() || book->depth(BookSide::bid) == 0) {
            auto const rang = co_await clock_.wait_until(clock_.now() + Seconds{1});
            if (!rang) co_return false;
            continue;
        }
        auto const bid = book->level(BookSide::bid, 0).price;
        auto const tick = view.market->tick;
        auto const limit = std::max(tick, bid - tick * attempt);
        auto order = order_for(place, Side::sell, limit, free);
        order.seen_price = bid;
        if (!send(order, place, fmt::format("sell {} at {}", to_string(free), to_string(limit))))
            co_return false;
        if (!co_await finish_order("sell")) co_return false;
        if (watched_.state == OrderState::confirmed) co_return true;
        say_(fmt::format("sell: attempt {} found no match", attempt));
        if (!co_await clock_.wait_until(clock_.now() + limits_.attempt_pause)) co_return false;
    }
    co_return false;
}

std::string Livetest::remained() const {
    auto const* account = engine_.portfolio().find(livetest_strategy);
    std::string text;
    if (account == nullptr) return "flat";
    for (auto const& [token, position] : account->positions) {
        if (position.exposure.is_zero()) continue;
        auto const* market = engine_.board().find(position.market);
        text += fmt::format(
            "{}{} shares {} of {}, worth 0 or {} USD when it settles",
            text.empty() ? "" : "; ",
            to_string(position.exposure),
            to_string(position.outcome),
            market != nullptr ? market->slug : short_text(position.market),
            to_string(position.exposure)
        );
    }
    if (engine_.execution().open_orders() > 0)
        text += fmt::format(
            "{}{} orders are not over", text.empty() ? "" : "; ", engine_.execution().open_orders()
        );
    return text.empty() ? "flat" : text;
}

// What it did not use belongs to nobody again, as before.
void Livetest::give_back() {
    auto const* account = engine_.portfolio().find(livetest_strategy);
    if (account != nullptr && account->cash > Usdc{})
        engine_.move_capital(livetest_strategy, -account->cash, "livetest over");
}

Task<LivetestResult> Livetest::run() {
    LivetestResult result;
    auto place = co_await ready();
    if (!place) {
        result.remained = remained();
        co_return result;
    }
    auto const* account = engine_.portfolio().find(livetest_strategy);
    auto const here = account != nullptr ? account->cash : Usdc{};
    if (here != limits_.most)
        engine_.move_capital(livetest_strategy, limits_.most - here, "livetest");
    auto const before = limits_.most;
    auto const cancels = co_await rest_and_cancel(*place);
    auto bought = false;
    auto sold = false;
    if (cancels) bought = co_await buy(*place);
    if (bought) sold = co_await sell(*place);
    account = engine_.portfolio().find(livetest_strategy);
    auto const paid = before - (account != nullptr ? account->cash + account->reserved : Usdc{});
    result.passed = cancels && bought;
    result.remained = remained();
    say_(fmt::format(
        "{}: {} USD spent; {}{}",
        result.passed ? "livetest passed" : "LIVETEST FAILED",
        to_string(paid),
        result.remained,
        bought && !sold ? " (it could not be sold; the next run follows it to its settlement)" : ""
    ));
    give_back();
    co_return result;
}

} // namespace polyquant::app
