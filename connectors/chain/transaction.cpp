#include "connectors/chain/transaction.hpp"

#include "connectors/crypto/keccak.hpp"

#include <algorithm>

namespace polyquant::chain {

namespace {

constexpr std::uint8_t dynamic_fee_type = 2;
// v of a legacy transaction is this, twice the chain id and the parity (EIP-155).
constexpr std::uint64_t legacy_v_base = 35;

Failure broken(char const* detail) {
    return {Fault::parse, "transaction", detail};
}

void append_common(ByteString& to, Transaction const& t) {
    rlp::append_whole(to, t.gas_limit);
    rlp::append_text(to, t.to.bytes);
    rlp::append_whole(to, t.value.value);
    rlp::append_text(to, t.data);
}

ByteString dynamic_fee_fields(Transaction const& t) {
    ByteString fields;
    rlp::append_whole(fields, t.chain_id);
    rlp::append_whole(fields, t.nonce);
    rlp::append_whole(fields, t.fees.tip);
    rlp::append_whole(fields, t.fees.price_max);
    append_common(fields, t);
    append(fields, rlp::list_of({})); // no access list
    return fields;
}

ByteString legacy_fields(Transaction const& t) {
    ByteString fields;
    rlp::append_whole(fields, t.nonce);
    rlp::append_whole(fields, t.fees.price_max);
    append_common(fields, t);
    return fields;
}

ByteString with_type(Bytes fields) {
    ByteString out{dynamic_fee_type};
    append(out, rlp::list_of(fields));
    return out;
}

// Numbers, so leading zeros are left out.
void append_scalar(ByteString& to, Bytes bytes) {
    auto const first = std::ranges::find_if(bytes, [](auto byte) { return byte != 0; });
    rlp::append_text(to, Bytes{first, bytes.end()});
}

void append_signature(ByteString& to, std::uint64_t v, crypto::Signature const& signature) {
    rlp::append_whole(to, v);
    append_scalar(to, Bytes{signature}.first(32));
    append_scalar(to, Bytes{signature}.subspan(32, 32));
}

struct Raw {
    Transaction transaction;
    crypto::Signature signature{};
};

Result<void> read_scalar(rlp::Reader& reader, std::span<std::uint8_t> to) {
    auto const bytes = reader.text();
    if (!bytes) return bytes.error();
    if (bytes->size() > to.size()) return broken("a signature is too long");
    std::ranges::copy(*bytes, to.end() - static_cast<std::ptrdiff_t>(bytes->size()));
    return Result<void>{};
}

// Walks the fields and remembers the first that failed, so that the layout reads as a list.
class FieldReader {
public:
    explicit FieldReader(rlp::Reader reader) : reader_{reader} {}

    std::uint64_t whole() { return take(reader_.whole64(), std::uint64_t{0}); }

    Wei wei() { return Wei{take(reader_.whole(), Wide{0})}; }

    Bytes text() { return take(reader_.text(), Bytes{}); }

    Address address() {
        Address out;
        auto const bytes = text();
        if (bytes.size() != out.bytes.size()) {
            fail(broken("the receiver is no address"));
        } else {
            std::ranges::copy(bytes, out.bytes.begin());
        }
        return out;
    }

    void empty_list() {
        auto const list = reader_.list();
        if (!list)
            fail(list.error());
        else if (!list->at_end())
            fail(broken("an access list"));
    }

    void signature_scalars(crypto::Signature& to) {
        for (auto const part : {std::span{to}.first(32), std::span{to}.subspan(32, 32)})
            if (auto const read = read_scalar(reader_, part); !read) fail(read.error());
    }

    std::optional<Failure> finish() {
        if (!failure_ && !reader_.at_end()) fail(broken("bytes are left over"));
        return failure_;
    }

    void fail(Failure failure) {
        if (!failure_) failure_ = std::move(failure);
    }

private:
    template <class T>
    T take(Result<T> result, T otherwise) {
        if (result) return *result;
        fail(result.error());
        return otherwise;
    }

    rlp::Reader reader_;
    std::optional<Failure> failure_{};
};

void read_common(FieldReader& reader, Transaction& t) {
    t.gas_limit = reader.whole();
    t.to = reader.address();
    t.value = reader.wei();
    auto const data = reader.text();
    t.data.assign(data.begin(), data.end());
}

Raw read_dynamic_fee(FieldReader& reader) {
    Raw raw;
    auto& t = raw.transaction;
    t.chain_id = reader.whole();
    t.nonce = reader.whole();
    t.fees.tip = reader.whole();
    t.fees.price_max = reader.whole();
    read_common(reader, t);
    reader.empty_list();
    auto const parity = reader.whole();
    if (parity > 1) reader.fail(broken("a parity is 0 or 1"));
    raw.signature[64] = static_cast<std::uint8_t>(27 + parity);
    reader.signature_scalars(raw.signature);
    return raw;
}

Raw read_legacy(FieldReader& reader) {
    Raw raw;
    auto& t = raw.transaction;
    t.fees.legacy = true;
    t.nonce = reader.whole();
    t.fees.price_max = reader.whole();
    read_common(reader, t);
    auto const v = reader.whole();
    if (v < legacy_v_base) {
        reader.fail(broken("a legacy transaction without a chain id"));
    } else {
        t.chain_id = (v - legacy_v_base) / 2;
        raw.signature[64] = static_cast<std::uint8_t>(27 + (v - legacy_v_base) % 2);
    }
    reader.signature_scalars(raw.signature);
    return raw;
}

} // namespace

ByteString unsigned_bytes(Transaction const& t) {
    if (!t.fees.legacy) return with_type(dynamic_fee_fields(t));
    auto fields = legacy_fields(t);
    rlp::append_whole(fields, t.chain_id);
    rlp::append_whole(fields, 0);
    rlp::append_whole(fields, 0);
    return rlp::list_of(fields);
}

Hash32 signing_hash(Transaction const& t) {
    return crypto::keccak256(unsigned_bytes(t));
}

SignedTransaction sign(Transaction const& t, crypto::Signer const& signer) {
    auto const signature = signer.sign(signing_hash(t));
    std::uint64_t const parity = signature[64] - std::uint64_t{27};
    SignedTransaction out;
    if (t.fees.legacy) {
        auto fields = legacy_fields(t);
        append_signature(fields, t.chain_id * 2 + legacy_v_base + parity, signature);
        out.raw = rlp::list_of(fields);
    } else {
        auto fields = dynamic_fee_fields(t);
        append_signature(fields, parity, signature);
        out.raw = with_type(fields);
    }
    out.hash = crypto::keccak256(out.raw);
    return out;
}

Result<DecodedTransaction> decode_transaction(Bytes raw) {
    if (raw.empty()) return broken("empty");
    auto const typed = raw[0] < 0xc0;
    if (typed && raw[0] != dynamic_fee_type) return broken("unknown type");
    rlp::Reader outer{typed ? raw.subspan(1) : raw};
    auto const list = outer.list();
    if (!list) return list.error();
    if (!outer.at_end()) return broken("bytes are left over");
    FieldReader reader{*list};
    auto const read = typed ? read_dynamic_fee(reader) : read_legacy(reader);
    if (auto const failure = reader.finish()) return *failure;
    auto const from = crypto::recover_address(signing_hash(read.transaction), read.signature);
    if (!from) return from.error();
    return DecodedTransaction{read.transaction, *from, crypto::keccak256(raw)};
}

} // namespace polyquant::chain
