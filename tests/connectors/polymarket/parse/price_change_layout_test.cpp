#include "connectors/polymarket/parse/market_channel.hpp"
#include "connectors/polymarket/parse/price_change_layout.hpp"
#include "tests/connectors/polymarket/parse/payloads.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/seeded_check.hpp"

using namespace polyquant;
using namespace polyquant::polymarket;
using namespace polyquant::test;

namespace {

std::string top_text(std::optional<Price> const& price) {
    return price ? to_string(*price) : std::string{"none"};
}

// Everything a parse says, in words.
std::string reading(std::string const& frame) {
    auto const parsed = parse_market_frame(frame, received_at);
    if (!parsed) return "refused";
    std::string text;
    for (auto const& message : *parsed) {
        auto const* level = std::get_if<LevelChange>(&message);
        if (level == nullptr) return "another kind";
        text += describe(Event{level->change}) + (level->change.end_of_frame ? " end " : " ") +
                top_text(level->best_bid) + " " + top_text(level->best_ask) +
                (level->hash ? " hashed\n" : "\n");
    }
    return text;
}

// A blank that JSON allows and the layout does not: the general parser reads it.
std::string outside_the_layout(std::string frame) {
    return frame.insert(1, " ");
}

std::string const token(77, '7');

std::string frame_of(std::vector<ChangeText> const& changes, std::string_view timestamp) {
    std::string text =
        R"({"market":"0x78443f961b9a65869dcb39359de9960165c7e5cbad0904eac7f29cd77872a63b",)"
        R"("price_changes":[)";
    for (auto const& c : changes) {
        if (&c != changes.data()) text += ',';
        for (auto const& [key, value] :
             {std::pair{R"({"asset_id":")", c.asset_id},
              std::pair{R"(","price":")", c.price},
              std::pair{R"(","size":")", c.size},
              std::pair{R"(","side":")", c.side},
              std::pair{R"(","hash":")", c.hash},
              std::pair{R"(","best_bid":")", c.best_bid},
              std::pair{R"(","best_ask":")", c.best_ask}}) {
            text += key;
            text += value;
        }
        text += R"("})";
    }
    text += R"(],"timestamp":")";
    text += timestamp;
    text += R"(","event_type":"price_change"})";
    return text;
}

template <std::size_t N>
std::string_view one_of(std::array<std::string_view, N> const& values) {
    return values[*rc::gen::inRange<std::size_t>(0, N)];
}

ChangeText any_change() {
    // Good values mostly, so that whole frames are good often enough.
    return {
        one_of<4>(
            {token,
             "71183960810705820955071415844881728181970340514894896943812046065452395013351",
             "12",
             "x"}
        ),
        one_of<6>({"0.52", ".48", "1", "0.001", "-1", ""}),
        one_of<5>({"0", "150.5", "1234567.891", "1e3", "7."}),
        one_of<5>({"BUY", "SELL", "BUY", "sell", "HOLD"}),
        one_of<3>({"8627ee60d71055d4d6d3bee713c0cd3f860fd50a", "", "nothex"}),
        one_of<4>({"0.51", "", "0", "a\\u0062"}),
        one_of<4>({"0.53", "1", "", "0.5 3"}),
    };
}

} // namespace

TEST_CASE("The layout reader takes the venue's own frame", "[polymarket][parse][market]") {
    auto const frame = frame_of(
        {{token, "0.52", "10", "BUY", "8627ee60d71055d4d6d3bee713c0cd3f860fd50a", "0.51", "0.53"}},
        "1790000000123"
    );
    PriceChangeText text;

    auto const taken = read_price_change_layout(frame, text);

    REQUIRE(taken);
    CHECK(text.count == 1);
    CHECK(text.changes[0].asset_id == token);
    CHECK(text.changes[0].best_ask == "0.53");
    CHECK(text.timestamp == "1790000000123");
}

TEST_CASE(
    "The layout reader leaves whatever differs to the general parser", "[polymarket][parse][market]"
) {
    ChangeText const change{token, "0.52", "10", "BUY", "", "0.51", "0.53"};
    auto const frame = frame_of({change}, "1790000000123");
    std::vector<ChangeText> const many(PriceChangeText::changes_max + 1, change);
    PriceChangeText text;

    CHECK(read_price_change_layout(frame, text));
    CHECK_FALSE(read_price_change_layout(outside_the_layout(frame), text));
    CHECK_FALSE(read_price_change_layout("[" + frame + "]", text));
    CHECK_FALSE(read_price_change_layout(frame + " ", text));
    CHECK_FALSE(read_price_change_layout(frame_of({}, "1790000000123"), text));
    CHECK_FALSE(read_price_change_layout(frame_of(many, "1790000000123"), text));
    for (std::size_t size = 0; size < frame.size(); ++size)
        CHECK_FALSE(read_price_change_layout(std::string_view{frame}.substr(0, size), text));
}

TEST_CASE("Both ways of reading a price change say the same", "[polymarket][parse][market]") {
    CHECK(holds("layout == general", [] {
        auto const count = *rc::gen::inRange<std::size_t>(1, 5);
        std::vector<ChangeText> changes;
        for (std::size_t i = 0; i < count; ++i)
            changes.push_back(any_change());
        auto const frame =
            frame_of(changes, one_of<4>({"1790000000123", "", "x", "99999999999999999999"}));

        RC_CLASSIFY(reading(frame) != "refused");
        RC_ASSERT(reading(frame) == reading(outside_the_layout(frame)));
    }));
}
