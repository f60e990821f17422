// What a market's question claims about a coin's price, read by a strict grammar: every word of the
// text must be accounted for. A text that could mean two things, or holds a word we do not know, is
// refused with the reason and never guessed; a refused question is "unverifiable" to the strategy.
//
// Forms (documented on the venue's own pages, and those of the recorded corpus in
// tests/golden/questions.tsv):
//   Will the price of Bitcoin be above $64,000 on March 11?          above, below, between
//   Bitcoin above 118,000 on August 15, 12PM ET?                     the same, at an instant
//   Will Bitcoin reach $100,000 in November?                         touch_up
//   Will Bitcoin dip to $74,000 September 7-13?                      touch_down
//   Will Bitcoin hit $150k by December 31, 2026?                     touch, direction not said
//   Bitcoin Up or Down - June 7, 10:00PM-10:05PM ET                  up_or_down
#pragma once

#include "engine/core/market.hpp"
#include "strategies/expiry/question_time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace polyquant::strategies::expiry {

enum class ClaimKind : std::uint8_t {
    above,      // the price at the end is above `low`
    below,      // the price at the end is below `low`
    between,    // the price at the end lies from `low` to `high`
    touch_up,   // the price rises to `low` at any time
    touch_down, // the price falls to `low` at any time
    touch,      // "hit": the price gets to `low` from a side that the text does not name
    up_or_down, // against the price at the window's start
};
std::string_view to_string(ClaimKind kind);

// "Yes" and "Up" mean that the claim is true.
struct Claim {
    ClaimKind kind = ClaimKind::above;
    Asset asset = Asset::btc;
    UsdPrice low;  // the only price of all kinds but between; zero for up_or_down
    UsdPrice high; // of between only
    ClaimTime time;

    friend bool operator==(Claim const&, Claim const&) = default;
};

std::string to_string(Claim const& claim); // "above BTC 64000 on 03-11"

// Why a text was refused.
enum class QuestionDefect : std::uint8_t {
    none,
    too_long,         // over 300 bytes
    foreign_text,     // characters a price question has no use for: other scripts, controls, marks
    no_coin,          // not about the price of a coin we have a price of
    no_relation,      // no "above", "reach" and so on where one must stand
    bad_number,       // no number, badly grouped, zero or absurd
    ambiguous_number, // "64.000": a decimal point or a thousands separator?
    bad_range,        // low is not below high, or only one end has a "k"
    date_missing,     // when is it decided?
    relative_date,    // "today", "Friday", "this week": depends on when it was written
    bad_date,         // no such day or time, or its year cannot be told
    ambiguous_date,   // "above ... by March 11": at that time, or at any time before?
    unknown_zone,     // a time of day without a zone, or a zone that is not ET, EST, EDT, UTC, GMT
    leftover_words,   // something follows that the grammar has no place for
};
inline constexpr std::size_t question_defect_count =
    static_cast<std::size_t>(QuestionDefect::leftover_words) + 1;
std::string_view to_string(QuestionDefect defect);

struct Question {
    std::optional<Claim> claim; // present exactly when there is no defect
    QuestionDefect defect = QuestionDefect::none;
};

Question parse_question(std::string_view text);

// How far the price is on the side that makes `bought` win, in millionths of the nearest strike;
// negative when it is on the other side. Empty when the price cannot tell: a touch that has to
// happen (or may have happened), "hit" without a direction, Up or Down without its `strike`.
std::optional<std::int64_t>
margin_ppm(Claim const& claim, UsdPrice spot, Outcome bought, std::optional<UsdPrice> strike = {});

} // namespace polyquant::strategies::expiry
