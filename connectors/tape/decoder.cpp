#include "connectors/tape/codec.hpp"
#include "connectors/tape/fields.hpp"
#include "connectors/tape/scalars.hpp"

#include <cstring>
#include <utility>

namespace polyquant::tape {

struct DecodeFields {
    RecordDecoder& decoder;
    std::int64_t received;

    ByteSource& in() { return decoder.body_; }

    void id(RawId& bytes) {
        auto const number = in().varint();
        if (number < decoder.ids_.size())
            bytes = decoder.ids_[static_cast<std::size_t>(number)];
        else
            in().fail();
    }

    void word(std::string& text) {
        auto const number = in().varint();
        if (number < decoder.words_.size())
            text = decoder.words_[static_cast<std::size_t>(number)];
        else
            in().fail();
    }

    void text(std::string& text) { text.assign(in().text()); }

    void flag(bool& value) {
        auto const byte = in().byte();
        if (byte > 1) in().fail();
        value = byte == 1;
    }

    template <class T>
    void integer(T& value) {
        auto const wide = in().zigzag();
        if (!std::in_range<T>(wide)) in().fail();
        value = static_cast<T>(wide);
    }

    template <class T>
    void choice(T& value, std::size_t count) {
        auto const byte = in().byte();
        if (byte >= count) return void(in().fail());
        value = static_cast<T>(byte);
    }

    template <class T>
    void optional_choice(std::optional<T>& value, std::size_t count) {
        auto const byte = in().byte();
        if (byte > count) return void(in().fail());
        if (byte == 0)
            value.reset();
        else
            value = static_cast<T>(byte - 1);
    }

    template <class Rep, class Period>
    void duration(std::chrono::duration<Rep, Period>& value) {
        value = std::chrono::duration<Rep, Period>{in().zigzag()};
    }

    void time(UtcTime& value) {
        value = UtcTime{Nanos{wrapping_sum(received, take_scaled(in(), time_units))}};
    }

    void price(Price& value) { value = Price::from_micros(take_scaled(in(), price_units)); }

    template <class T>
    void size(T& value) {
        value = T::from_micros(take_scaled(in(), size_units));
    }

    void levels(std::vector<Level>& levels) {
        auto const count = in().varint();
        levels.clear();
        // A level takes two bytes at least: a count beyond that is no count.
        if (count > in().remaining() / 2) return void(in().fail());
        std::int64_t last = 0;
        for (std::uint64_t i = 0; i < count; ++i) {
            last = wrapping_sum(last, take_scaled(in(), price_units));
            auto const size = Shares::from_micros(take_scaled(in(), size_units));
            levels.push_back({Price::from_micros(last), size});
        }
    }

    void coin_price(Asset asset, UsdPrice& price) {
        auto& last = decoder.state_.tick[index_of(asset)];
        last = wrapping_sum(last, take_scaled(in(), coin_units));
        price = UsdPrice::from_e8(last);
    }

    // The number of decimals, not_decimal, or a failure.
    int decimals() {
        auto const byte = in().byte();
        if (byte > decimals_max && byte != not_decimal) in().fail();
        return in().failed() ? not_decimal : byte;
    }

    void real(double& value) {
        auto const places = decimals();
        value = places == not_decimal ? in().fixed<double>() : from_decimal(in().zigzag(), places);
    }

    void candle(Asset asset, Bar& bar) {
        auto const places = decimals();
        double* const prices[] = {&bar.open, &bar.high, &bar.low, &bar.close};
        if (places == not_decimal) {
            for (auto* price : prices)
                *price = in().fixed<double>();
            return;
        }
        auto& last = decoder.state_.close[index_of(asset)];
        for (auto* price : prices) {
            last = wrapping_sum(last, in().zigzag());
            *price = from_decimal(last, places);
        }
    }
};

namespace {

// The alternative of that kind, as it is or made anew.
template <std::size_t I>
auto& alternative(Record& record) {
    auto* event = std::get_if<Event>(&record);
    if (event == nullptr) event = &record.emplace<Event>();
    if (event->index() != I) event->emplace<I>();
    return std::get<I>(*event);
}

template <std::size_t... I>
bool take_event(std::size_t kind, DecodeFields& fields, Stamp const& at, Record& into, std::index_sequence<I...>) {
    auto const take_one = [&]<std::size_t N>() {
        auto& event = alternative<N>(into);
        event.at = at;
        if constexpr (!std::same_as<std::remove_reference_t<decltype(event)>, BookChange>)
            transfer(fields, event);
        return true;
    };
    return ((kind == I && take_one.template operator()<I>()) || ...);
}

} // namespace

bool RecordDecoder::define(std::string_view definitions) {
    ByteSource in{definitions};
    auto const ids = in.varint();
    if (ids > in.remaining() / 32) return false;
    for (std::uint64_t i = 0; i < ids; ++i) {
        auto const bytes = in.take(32);
        std::memcpy(ids_.emplace_back().data(), bytes.data(), 32);
    }
    auto const words = in.varint();
    if (words > in.remaining()) return false;
    for (std::uint64_t i = 0; i < words; ++i)
        words_.emplace_back(in.text());
    return !in.failed() && in.remaining() == 0;
}

void RecordDecoder::start_block(std::string_view body) {
    body_ = ByteSource{body};
    state_ = {};
}

bool RecordDecoder::next(Record& into) {
    if (body_.remaining() == 0) return false;
    auto const tag = body_.byte();
    if ((tag & 0x10) == 0) {
        state_.received = wrapping_sum(state_.received, take_scaled(body_, time_units));
        state_.offset = wrapping_sum(state_.offset, take_scaled(body_, time_units));
    }
    Stamp const at{
        UtcTime{Nanos{wrapping_sum(state_.received, state_.offset)}},
        UtcTime{Nanos{state_.received}},
        0
    };
    std::size_t const kind = tag & 0x0f;
    if (kind == kind_number<BookChange>()) {
        take_change(tag, at, into);
        return !body_.failed();
    }
    if ((tag & 0xe0) != 0) body_.fail();
    DecodeFields fields{*this, state_.received};
    if (kind == raw_frame_kind) {
        if (into.index() != 1) into.emplace<RawFrame>();
        auto& frame = std::get<RawFrame>(into);
        frame.at = at;
        transfer(fields, frame);
    } else if (!take_event(kind, fields, at, into, std::make_index_sequence<event_kind_count>{})) {
        body_.fail();
    }
    return !body_.failed();
}

void RecordDecoder::take_change(std::uint8_t flags, Stamp const& at, Record& into) {
    auto& change = alternative<kind_number<BookChange>()>(into);
    if ((flags & 0x20) == 0) {
        auto const token = body_.varint();
        state_.token = token < ids_.size() ? static_cast<std::uint32_t>(token) : 0;
        if (token >= ids_.size()) body_.fail();
    }
    if (state_.token >= ids_.size()) return void(body_.fail());
    state_.price = wrapping_sum(state_.price, take_scaled(body_, price_units));
    change.at = at;
    change.token.bytes = ids_[state_.token];
    change.side = (flags & 0x40) != 0 ? BookSide::ask : BookSide::bid;
    change.end_of_frame = (flags & 0x80) != 0;
    change.price = Price::from_micros(state_.price);
    change.size = Shares::from_micros(take_scaled(body_, size_units));
}

} // namespace polyquant::tape
