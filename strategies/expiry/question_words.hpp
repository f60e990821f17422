// A question cut into words, numbers and signs, for the parser only.
#pragma once

#include "strategies/expiry/question.hpp"

#include <array>
#include <span>
#include <string_view>

namespace polyquant::strategies::expiry {

struct Word {
    enum class Kind : std::uint8_t { letters, digits, sign } kind = Kind::sign;
    std::string_view text; // letters in lower case; digits with inner , . :
    bool glued = false;    // no blank before it
};

// The words stay valid as long as the object; it is not copied.
class QuestionWords {
public:
    static constexpr std::size_t length_max = 300;

    explicit QuestionWords(std::string_view text);
    QuestionWords(QuestionWords const&) = delete;
    QuestionWords& operator=(QuestionWords const&) = delete;

    // none, too_long or foreign_text; without words in the latter two cases.
    QuestionDefect defect() const { return defect_; }

    std::span<Word const> words() const { return {words_.data(), count_}; }

private:
    void cut();

    std::array<char, length_max> text_{};
    std::size_t size_ = 0;
    std::array<Word, length_max> words_{};
    std::size_t count_ = 0;
    QuestionDefect defect_ = QuestionDefect::none;
};

} // namespace polyquant::strategies::expiry
