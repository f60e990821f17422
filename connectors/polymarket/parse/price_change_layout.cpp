#include "connectors/polymarket/parse/price_change_layout.hpp"

#include <cstring>

namespace polyquant::polymarket {

namespace {

class Cursor {
public:
    explicit Cursor(std::string_view text) : at_{text.data()}, end_{text.data() + text.size()} {}

    template <std::size_t N>
    bool skip(char const (&literal)[N]) {
        constexpr auto size = N - 1;
        if (left() < size || std::memcmp(at_, literal, size) != 0) return false;
        at_ += size;
        return true;
    }

    // Up to the next quote, which is skipped. An escape or a control character is not our layout.
    bool text(std::string_view& to) {
        auto const* const begin = at_;
        auto const* const quote =
            static_cast<char const*>(std::memchr(begin, '"', static_cast<std::size_t>(end_ - at_)));
        if (quote == nullptr) return false;
        to = {begin, static_cast<std::size_t>(quote - begin)};
        at_ = quote + 1;
        return is_plain(to);
    }

    // The same where the size is nearly always this: a hash, a condition.
    bool text_of(std::size_t size, std::string_view& to) {
        if (left() <= size || at_[size] != '"' || !is_plain({at_, size})) return text(to);
        to = {at_, size};
        at_ += size + 1;
        return true;
    }

    bool at_end() const { return at_ == end_; }

private:
    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    // Letters, digits and "." are all that these values are made of.
    static bool is_plain(std::string_view text) {
        auto odd = 0;
        for (char const c : text)
            odd |=
                static_cast<int>(c < '.') | static_cast<int>(c > 'z') | static_cast<int>(c == '\\');
        return odd == 0;
    }

    char const* at_;
    char const* end_;
};

bool read_change(Cursor& cursor, ChangeText& to) {
    return cursor.skip(R"({"asset_id":")") && cursor.text_of(77, to.asset_id) &&
           cursor.skip(R"(,"price":")") && cursor.text(to.price) && cursor.skip(R"(,"size":")") &&
           cursor.text(to.size) && cursor.skip(R"(,"side":")") && cursor.text(to.side) &&
           cursor.skip(R"(,"hash":")") && cursor.text_of(40, to.hash) &&
           cursor.skip(R"(,"best_bid":")") && cursor.text(to.best_bid) &&
           cursor.skip(R"(,"best_ask":")") && cursor.text(to.best_ask) && cursor.skip("}");
}

} // namespace

bool read_price_change_layout(std::string_view frame, PriceChangeText& to) {
    Cursor cursor{frame};
    std::string_view market;
    to.count = 0;
    if (!cursor.skip(R"({"market":")") || !cursor.text_of(66, market) ||
        !cursor.skip(R"(,"price_changes":[)"))
        return false;
    for (;;) {
        if (to.count == PriceChangeText::changes_max) return false;
        if (!read_change(cursor, to.changes[to.count])) return false;
        ++to.count;
        if (cursor.skip(",")) continue;
        if (cursor.skip("]")) break;
        return false;
    }
    return cursor.skip(R"(,"timestamp":")") && cursor.text(to.timestamp) &&
           cursor.skip(R"(,"event_type":"price_change"})") && cursor.at_end();
}

} // namespace polyquant::polymarket
