#include "connectors/tape/codec.hpp"
#include "connectors/tape/fields.hpp"
#include "connectors/tape/scalars.hpp"

#include <cstring>

namespace polyquant::tape {

struct EncodeFields {
    RecordEncoder& encoder;
    std::int64_t received;

    ByteSink& out() { return encoder.body_; }

    void id(RawId const& bytes) { out().varint(encoder.number_of(bytes)); }

    void word(std::string const& text) { out().varint(encoder.number_of(text)); }

    void text(std::string const& text) { out().text(text); }

    void flag(bool value) { out().byte(value ? 1 : 0); }

    void integer(std::int64_t value) { out().zigzag(value); }

    template <class T>
    void choice(T value, std::size_t) {
        out().byte(static_cast<std::uint8_t>(value));
    }

    template <class T>
    void optional_choice(std::optional<T> const& value, std::size_t) {
        out().byte(value ? static_cast<std::uint8_t>(static_cast<std::uint8_t>(*value) + 1) : 0);
    }

    template <class Rep, class Period>
    void duration(std::chrono::duration<Rep, Period> value) {
        out().zigzag(value.count());
    }

    void time(UtcTime value) {
        put_scaled(out(), wrapping_difference(unix_nanos(value), received), time_units);
    }

    void price(Price value) { put_scaled(out(), value.micros(), price_units); }

    template <class T>
    void size(T value) {
        put_scaled(out(), value.micros(), size_units);
    }

    void levels(std::vector<Level> const& levels) {
        out().varint(levels.size());
        std::int64_t last = 0;
        for (auto const& level : levels) {
            auto const micros = level.price.micros();
            put_scaled(out(), wrapping_difference(micros, last), price_units);
            put_scaled(out(), level.size.micros(), size_units);
            last = micros;
        }
    }

    void coin_price(Asset asset, UsdPrice price) {
        auto& last = encoder.state_.tick[index_of(asset)];
        put_scaled(out(), wrapping_difference(price.e8(), last), coin_units);
        last = price.e8();
    }

    void real(double value) {
        std::int64_t mantissa = 0;
        for (int decimals = 0; decimals <= decimals_max; ++decimals) {
            if (!to_decimal(value, decimals, mantissa)) continue;
            out().byte(static_cast<std::uint8_t>(decimals));
            return out().zigzag(mantissa);
        }
        out().byte(not_decimal);
        out().fixed(value);
    }

    // Four prices of one bar with common decimals, each next to the one before.
    void candle(Asset asset, Bar const& bar) {
        double const prices[] = {bar.open, bar.high, bar.low, bar.close};
        std::int64_t mantissa[4];
        for (int decimals = 0; decimals <= decimals_max; ++decimals) {
            auto fits = true;
            for (int i = 0; i < 4; ++i)
                fits = fits && to_decimal(prices[i], decimals, mantissa[i]);
            if (!fits) continue;
            out().byte(static_cast<std::uint8_t>(decimals));
            auto& close = encoder.state_.close[index_of(asset)];
            auto last = close;
            for (auto value : mantissa) {
                out().zigzag(wrapping_difference(value, last));
                last = value;
            }
            close = last;
            return;
        }
        out().byte(not_decimal);
        for (auto price : prices)
            out().fixed(price);
    }
};

std::size_t RecordEncoder::IdHash::operator()(RawId const& id) const noexcept {
    std::uint64_t tail = 0;
    std::memcpy(&tail, id.data() + 24, sizeof tail);
    return tail;
}

void RecordEncoder::start_block() {
    body_.clear();
    state_ = {};
    new_ids_.clear();
    new_words_.clear();
    new_words_bytes_ = 0;
}

void RecordEncoder::add(Record const& record) {
    auto const* event = std::get_if<Event>(&record);
    if (event != nullptr)
        if (auto const* change = std::get_if<BookChange>(event)) return put_change(*change);
    auto const& at = stamp_of(record);
    put_tag(kind_of(record), at, 0);
    EncodeFields fields{*this, unix_nanos(at.received_at)};
    if (event == nullptr) return transfer(fields, std::get<RawFrame>(record));
    std::visit(
        [&fields]<class E>(E const& e) {
            if constexpr (!std::same_as<E, BookChange>) transfer(fields, e);
        },
        *event
    );
}

// One byte: the kind, whether the times are those of the record before, three flags of the kind.
void RecordEncoder::put_tag(std::size_t kind, Stamp const& at, std::uint8_t flags) {
    auto const received = unix_nanos(at.received_at);
    auto const offset = wrapping_difference(unix_nanos(at.venue_time), received);
    auto const same = received == state_.received && offset == state_.offset;
    body_.byte(static_cast<std::uint8_t>(kind | (same ? 0x10U : 0U) | flags));
    if (same) return;
    put_scaled(body_, wrapping_difference(received, state_.received), time_units);
    put_scaled(body_, wrapping_difference(offset, state_.offset), time_units);
    state_.received = received;
    state_.offset = offset;
}

void RecordEncoder::put_change(BookChange const& change) {
    auto const token = number_of(change.token.bytes);
    auto const same = token == state_.token;
    auto const flags = static_cast<std::uint8_t>(
        (same ? 0x20U : 0U) | (change.side == BookSide::ask ? 0x40U : 0U) |
        (change.end_of_frame ? 0x80U : 0U)
    );
    put_tag(kind_number<BookChange>(), change.at, flags);
    if (!same) body_.varint(token);
    put_scaled(body_, wrapping_difference(change.price.micros(), state_.price), price_units);
    put_scaled(body_, change.size.micros(), size_units);
    state_.token = token;
    state_.price = change.price.micros();
}

std::uint32_t RecordEncoder::number_of(RawId const& id) {
    auto const [entry, added] = ids_.try_emplace(id, static_cast<std::uint32_t>(ids_.size()));
    if (added) new_ids_.push_back(id);
    return entry->second;
}

std::uint32_t RecordEncoder::number_of(std::string const& word) {
    auto const [entry, added] = words_.try_emplace(word, static_cast<std::uint32_t>(words_.size()));
    if (added) {
        new_words_.push_back(word);
        new_words_bytes_ += word.size() + 2;
    }
    return entry->second;
}

std::string RecordEncoder::definitions() const {
    ByteSink out;
    out.varint(new_ids_.size());
    for (auto const& id : new_ids_)
        out.raw({reinterpret_cast<char const*>(id.data()), id.size()});
    out.varint(new_words_.size());
    for (auto const& word : new_words_)
        out.text(word);
    return out.bytes();
}

} // namespace polyquant::tape
