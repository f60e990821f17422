#include "strategies/expiry/question_words.hpp"

namespace polyquant::strategies::expiry {

namespace {

// The characters beyond ASCII that titles really use, and the plain ones they stand for. '\2' and
// '\3' are "at least" and "at most" from here on.
struct Plain {
    std::string_view utf8;
    char plain;
};

constexpr std::array plain_forms{
    Plain{"\xC2\xA0", ' '},      // no-break space
    Plain{"\xE2\x80\x89", ' '},  // thin space
    Plain{"\xE2\x80\xAF", ' '},  // narrow no-break space
    Plain{"\xE2\x80\x90", '-'},  // hyphen
    Plain{"\xE2\x80\x91", '-'},  // no-break hyphen
    Plain{"\xE2\x80\x93", '-'},  // en dash
    Plain{"\xE2\x80\x94", '-'},  // em dash
    Plain{"\xE2\x80\x99", '\''}, // right single quote
    Plain{"\xE2\x89\xA5", '\2'}, // greater than or equal to
    Plain{"\xE2\x89\xA4", '\3'}, // less than or equal to
};

constexpr bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || c == '\'';
}

constexpr bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

QuestionWords::QuestionWords(std::string_view text) {
    if (text.size() > length_max) {
        defect_ = QuestionDefect::too_long;
        return;
    }
    for (std::size_t i = 0; i < text.size();) {
        auto const byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            if ((byte < 0x20 && !is_blank(text[i])) || byte == 0x7F) {
                defect_ = QuestionDefect::foreign_text;
                return;
            }
            text_[size_++] = lower(text[i++]);
            continue;
        }
        Plain const* found = nullptr;
        for (auto const& form : plain_forms)
            if (text.substr(i).starts_with(form.utf8)) found = &form;
        if (found == nullptr) {
            defect_ = QuestionDefect::foreign_text;
            return;
        }
        text_[size_++] = found->plain;
        i += found->utf8.size();
    }
    cut();
}

void QuestionWords::cut() {
    std::string_view const all{text_.data(), size_};
    bool glued = false;
    for (std::size_t i = 0; i < all.size();) {
        if (is_blank(all[i])) {
            glued = false;
            ++i;
            continue;
        }
        auto const from = i;
        auto kind = Word::Kind::sign;
        if (is_letter(all[i])) {
            kind = Word::Kind::letters;
            while (i < all.size() && is_letter(all[i]))
                ++i;
        } else if (is_digit(all[i])) {
            kind = Word::Kind::digits;
            // A separator belongs to the number only with a digit right behind it.
            while (i < all.size() &&
                   (is_digit(all[i]) || ((all[i] == ',' || all[i] == '.' || all[i] == ':') &&
                                         i + 1 < all.size() && is_digit(all[i + 1]))))
                ++i;
        } else {
            ++i;
        }
        words_[count_++] = {kind, all.substr(from, i - from), glued};
        glued = true;
    }
}

} // namespace polyquant::strategies::expiry
