// The wordings in which the venue asks about a coin's price, and some about anything else.
#pragma once

#include "connectors/sandbox/world/market_list.hpp"

#include <string>

namespace polyquant::sandbox {

enum class QuestionForm : std::uint8_t {
    above_at,      // Will Bitcoin be above $64,000 on November 23, 9:05PM ET?
    less_than,     // Will the price of Bitcoin be less than $64,000 on November 23 at 9:05PM ET?
    between,       // Will the price of Bitcoin be between $64,000 and $65,000 on ...?
    reach,         // Will Bitcoin reach $65,000 by November 23, 9:05PM ET?
    dip_to,        // Will Bitcoin dip to $63,000 by ...?
    hit,           // Will Bitcoin hit $64k by ...? The side is not said.
    short_form,    // Bitcoin above 64,000 on November 23, 9:05PM ET?
    or_higher,     // Will the price of Bitcoin be $64,000 or higher on ...?
    up_or_down,    // Bitcoin Up or Down - November 23, 8:05PM-9:05PM ET
    relative_date, // Will Bitcoin be above $64,000 today?
    weather,
    sports,
    mentions,
};
inline constexpr std::size_t question_form_count =
    static_cast<std::size_t>(QuestionForm::mentions) + 1;

// What decides about a market asked in this form; touch_up or touch_down of a hit lies with the
// strike.
Claim claim_of(QuestionForm form, bool strike_is_above);
// "reach", as in slugs.
std::string_view short_name(QuestionForm form);
std::string_view tags_of(QuestionForm form);

// `low` is the only price of all forms but between.
std::string
question_text(QuestionForm form, Asset asset, UsdPrice low, UsdPrice high, UtcTime end, int number);

std::string_view full_name(Asset asset); // "Bitcoin"
std::string dollars(UsdPrice price);     // "64,000", "0.625"
std::string moment_text(UtcTime at);     // "November 23, 9:05PM ET"
std::string date_text(UtcTime at);       // "November 23", in New York
// "November 23, 9:05PM-9:10PM ET", as the venue's titles say it.
std::string eastern_range(Window window);

} // namespace polyquant::sandbox
