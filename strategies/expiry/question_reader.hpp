// Numbers and dates out of a question's words: the parts of the grammar below the sentence.
#pragma once

#include "strategies/expiry/question_words.hpp"

namespace polyquant::strategies::expiry {

// Walks over words and remembers the first defect. Nothing is consumed by an `accept` that fails.
class QuestionReader {
public:
    explicit QuestionReader(std::span<Word const> words) : words_{words} {}

    bool at_end() const { return next_ == words_.size(); }

    bool accept(std::string_view text);

    // All of these, one after the other.
    template <class... Text>
    bool accept_all(Text... text) {
        auto const start = next_;
        if ((accept(std::string_view{text}) && ...)) return true;
        next_ = start;
        return false;
    }

    bool accept_any(std::initializer_list<std::string_view> texts);

    // "$64,000", "118000", "104K", "$1.5m", "110,000$", "64000 USD"
    struct Amount {
        UsdPrice price;
        bool scaled = false; // had a k, m or b
    };

    std::optional<Amount> amount();

    // The part after the claim: "on March 11", "by December 31, 2026", "April 13-19" ...
    std::optional<ClaimTime> date();
    // " - June 7, 10:00PM-10:05PM ET", "- March 12, 4AM ET", "on August 22"
    std::optional<ClaimTime> window();

    // The first one, so that the most telling one is kept.
    void fail(QuestionDefect defect) {
        if (defect_ == QuestionDefect::none) defect_ = defect;
    }

    QuestionDefect defect() const { return defect_; }

private:
    Word const* peek(std::size_t ahead = 0) const {
        return next_ + ahead < words_.size() ? &words_[next_ + ahead] : nullptr;
    }

    template <class T>
    std::optional<T> refuse(QuestionDefect defect) {
        fail(defect);
        return std::nullopt;
    }

    std::optional<int> whole(int digits_min, int digits_max);
    std::optional<unsigned> month();
    std::optional<CivilDay> day();
    void optional_year(CivilDay& day);
    std::optional<int> minute_of_day();
    std::optional<Zone> zone();
    bool day_exists(CivilDay const& day) const;
    std::optional<ClaimTime> on();
    std::optional<ClaimTime> at();
    std::optional<ClaimTime> by(bool before);
    std::optional<ClaimTime> in();
    std::optional<ClaimTime> range();

    std::span<Word const> words_;
    std::size_t next_ = 0;
    QuestionDefect defect_ = QuestionDefect::none;
};

} // namespace polyquant::strategies::expiry
