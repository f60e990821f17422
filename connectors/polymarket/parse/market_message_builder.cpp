#include "connectors/polymarket/parse/market_message_builder.hpp"

#include "connectors/polymarket/parse/book_hash.hpp"
#include "connectors/polymarket/parse/market_text.hpp"

#include <algorithm>

namespace polyquant::polymarket {

using namespace market_text;

namespace {

// Without event_type (answers of GET /book, recordings) the shape tells; empty when it does not.
std::string_view kind_of(MarketFields const& fields) {
    if (!fields.event_type.empty()) return fields.event_type;
    if (fields.has_changes) return "price_change";
    if (fields.has_bids && fields.has_asks) return "book";
    if (!fields.new_tick.empty()) return "tick_size_change";
    if (!fields.price.empty() && !fields.size.empty() && !fields.side.empty())
        return "last_trade_price";
    return {};
}

} // namespace

void MarketFields::clear() {
    auto room = std::move(*this);
    *this = {};
    bids = std::move(room.bids);
    asks = std::move(room.asks);
    assets = std::move(room.assets);
    outcomes = std::move(room.outcomes);
    bids.clear();
    asks.clear();
    assets.clear();
    outcomes.clear();
}

void MarketMessageBuilder::begin_frame(std::vector<MarketMessage>& out, UtcTime received_at) {
    out_ = &out;
    received_at_ = received_at;
    summary_ = {};
    defect_ = nullptr;
}

bool MarketMessageBuilder::fail(char const* what) {
    if (defect_ == nullptr) defect_ = what;
    return false;
}

void MarketMessageBuilder::shorten_to(std::size_t size) {
    out_->erase(out_->begin() + static_cast<std::ptrdiff_t>(size), out_->end());
}

bool MarketMessageBuilder::finish_changes(std::string_view timestamp, std::size_t first) {
    Stamp at;
    at.received_at = received_at_;
    if (!take_millis(timestamp, at.venue_time)) return fail("timestamp");
    end_changes(at, first);
    return true;
}

bool MarketMessageBuilder::add_change(ChangeText const& text) {
    auto& level = std::get<LevelChange>(out_->emplace_back(std::in_place_type<LevelChange>));
    auto& change = level.change;
    Side order_side{};
    if (!tokens_.find_or_parse(text.asset_id, change.token) ||
        !take_price(text.price, change.price) || !take_shares(text.size, change.size) ||
        !take_side(text.side, order_side) || !take_top(text.best_bid, level.best_bid) ||
        !take_top(text.best_ask, level.best_ask))
        return false;
    change.side = order_side == Side::buy ? BookSide::bid : BookSide::ask;
    change.end_of_frame = false;
    level.hash = parse_book_hash(text.hash);
    return true;
}

bool MarketMessageBuilder::finish(MarketFields const& fields, std::size_t first) {
    auto const kind = kind_of(fields);
    Stamp at;
    at.received_at = received_at_;
    at.venue_time = received_at_;
    auto const timed = fields.timestamp.empty() || take_millis(fields.timestamp, at.venue_time);
    if (!timed) return fail("timestamp");

    if (kind == "price_change") {
        end_changes(at, first);
        return true;
    }
    if (first != out_->size()) return fail("price_changes in a message of another type");
    if (kind == "book") return add_book(fields, at);
    if (kind == "last_trade_price") return add_trade(fields, at);
    if (kind == "tick_size_change") return add_tick_size(fields, at);
    if (kind == "best_bid_ask") return add_top(fields, at);
    if (kind == "new_market") return add_new_market(fields, at);
    if (kind == "market_resolved") return add_resolved(fields, at);
    ++summary_.unknown;
    summary_.unknown_type = kind.empty() ? "(no event_type)" : kind.substr(0, 40);
    return true;
}

void MarketMessageBuilder::end_changes(Stamp const& at, std::size_t first) {
    auto& messages = *out_;
    for (auto i = first; i < messages.size(); ++i) {
        auto& change = std::get<LevelChange>(messages[i]).change;
        change.at = at;
        // The last change of each token ends the frame for that token's book.
        auto const later = [&](std::size_t j) {
            return std::get<LevelChange>(messages[j]).change.token == change.token;
        };
        auto j = i + 1;
        while (j < messages.size() && !later(j))
            ++j;
        change.end_of_frame = j == messages.size();
    }
}

bool MarketMessageBuilder::add_book(MarketFields const& fields, Stamp const& at) {
    BookMessage message;
    message.book.at = at;
    if (!tokens_.find_or_parse(fields.asset_id, message.book.token)) return fail("asset_id");
    auto const market = parse_condition_id(fields.market);
    if (!market) return fail("market");
    if (!fields.has_bids && !fields.has_asks) return fail("no bids and no asks");
    message.market = *market;
    message.book.bids.assign(fields.bids.begin(), fields.bids.end());
    message.book.asks.assign(fields.asks.begin(), fields.asks.end());
    message.hash = parse_book_hash(fields.hash);
    message.neg_risk = fields.neg_risk;
    if (!take_optional_price(fields.tick_size, message.tick)) return fail("tick_size");
    if (!take_optional_price(fields.last_trade_price, message.last_trade))
        return fail("last_trade_price");
    if (!fields.min_order_size.empty()) {
        Shares size;
        if (!take_shares(fields.min_order_size, size)) return fail("min_order_size");
        message.min_order_size = size;
    }
    out_->emplace_back(std::move(message));
    return true;
}

bool MarketMessageBuilder::add_trade(MarketFields const& fields, Stamp const& at) {
    PublicTrade trade;
    trade.at = at;
    if (!tokens_.find_or_parse(fields.asset_id, trade.token)) return fail("asset_id");
    if (!take_price(fields.price, trade.price)) return fail("price");
    if (!take_shares(fields.size, trade.size)) return fail("size");
    if (!take_side(fields.side, trade.taker_side)) return fail("side");
    out_->emplace_back(trade);
    return true;
}

bool MarketMessageBuilder::add_tick_size(MarketFields const& fields, Stamp const& at) {
    TickSizeChanged change;
    change.at = at;
    if (!tokens_.find_or_parse(fields.asset_id, change.token)) return fail("asset_id");
    if (!take_price(fields.new_tick, change.new_tick)) return fail("new_tick_size");
    // The old tick is for the log only.
    (void)take_price(fields.old_tick, change.old_tick);
    out_->emplace_back(change);
    return true;
}

bool MarketMessageBuilder::add_top(MarketFields const& fields, Stamp const& at) {
    TopOfBook top;
    top.at = at;
    if (!tokens_.find_or_parse(fields.asset_id, top.token)) return fail("asset_id");
    if (!take_top(fields.best_bid, top.bid)) return fail("best_bid");
    if (!take_top(fields.best_ask, top.ask)) return fail("best_ask");
    out_->emplace_back(top);
    return true;
}

bool MarketMessageBuilder::add_new_market(MarketFields const& fields, Stamp const& at) {
    NewMarket message;
    message.at = at;
    auto const market =
        parse_condition_id(fields.market.empty() ? fields.condition_id : fields.market);
    if (!market) return fail("market");
    message.market = *market;
    message.slug = fields.slug;
    message.question = fields.question;
    for (auto asset : fields.assets) {
        TokenId token;
        if (!json::parse_token(asset, token)) return fail("assets_ids");
        message.tokens.push_back(token);
    }
    for (auto outcome : fields.outcomes)
        message.outcomes.emplace_back(outcome);
    out_->emplace_back(std::move(message));
    return true;
}

bool MarketMessageBuilder::add_resolved(MarketFields const& fields, Stamp const& at) {
    ResolutionMessage message;
    message.event.at = at;
    auto const market = parse_condition_id(fields.market);
    if (!market) return fail("market");
    message.event.market = *market;
    // Without a winner it would read as a 50/50 payout, which is too much to conclude from silence.
    if (fields.winner.empty()) return fail("winning_asset_id");
    auto const at_index = std::ranges::find(fields.assets, fields.winner) - fields.assets.begin();
    if (fields.assets.size() != 2 || at_index > 1)
        return fail("winning_asset_id is none of assets_ids");
    if (!tokens_.find_or_parse(fields.winner, message.winner)) return fail("winning_asset_id");
    message.event.winner = at_index == 0 ? Outcome::up : Outcome::down;
    out_->emplace_back(message);
    return true;
}

} // namespace polyquant::polymarket
