#include "connectors/crypto/keystore_file.hpp"

#include "connectors/crypto/keccak.hpp"
#include "connectors/crypto/random.hpp"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <simdjson.h>

#include <bit>
#include <memory>

namespace polyquant::crypto {

namespace {

constexpr std::size_t derived_size = 32;

Failure not_v3(std::string const& where, std::string why) {
    return Failure{Fault::parse, where, "not a V3 keystore: " + why};
}

Result<SecretBytes> scrypt(
    SecretBytes const& passphrase, Bytes salt, ScryptCost const& cost, std::string const& where
) {
    std::unique_ptr<EVP_KDF, decltype(&EVP_KDF_free)> const kdf{
        EVP_KDF_fetch(nullptr, "SCRYPT", nullptr), EVP_KDF_free
    };
    ENSURE(kdf != nullptr, "OpenSSL has no scrypt");
    std::unique_ptr<EVP_KDF_CTX, decltype(&EVP_KDF_CTX_free)> const context{
        EVP_KDF_CTX_new(kdf.get()), EVP_KDF_CTX_free
    };
    auto const secret = passphrase.reveal();
    auto n = cost.n;
    auto r = cost.r;
    auto p = cost.p;
    // OpenSSL refuses more than 32 MB unless told otherwise.
    std::uint64_t memory = 128 * n * r + 128 * std::uint64_t{r} * p + (1u << 20);
    // OpenSSL takes a null pointer for "not given", so an empty passphrase needs an address.
    std::uint8_t empty = 0;
    auto* const pass = secret.empty() ? &empty : const_cast<std::uint8_t*>(secret.data());
    std::array const params{
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, pass, secret.size()),
        OSSL_PARAM_construct_octet_string(
            OSSL_KDF_PARAM_SALT, const_cast<std::uint8_t*>(salt.data()), salt.size()
        ),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
        OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
        OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
        OSSL_PARAM_construct_end(),
    };
    SecretBytes derived{derived_size};
    if (EVP_KDF_derive(context.get(), derived.writable().data(), derived_size, params.data()) != 1)
        return Failure{
            Fault::invalid,
            where,
            fmt::format("scrypt with n = {}, r = {}, p = {} failed: not enough memory?", n, r, p)
        };
    return derived;
}

// CTR mode is its own inverse.
SecretBytes aes_128_ctr(Bytes key, Bytes iv, Bytes input) {
    std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> const context{
        EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free
    };
    SecretBytes output{input.size()};
    int length = 0;
    auto const done =
        EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, key.data(), iv.data()) == 1 &&
        EVP_EncryptUpdate(
            context.get(),
            output.writable().data(),
            &length,
            input.data(),
            static_cast<int>(input.size())
        ) == 1;
    ENSURE(done && static_cast<std::size_t>(length) == input.size(), "AES-128-CTR failed");
    return output;
}

// keccak256(second half of the derived key || ciphertext).
Hash32 mac_of(SecretBytes const& derived, Bytes ciphertext) {
    SecretBytes message{16 + ciphertext.size()};
    auto const to = message.writable();
    std::copy_n(derived.reveal().data() + 16, 16, to.data());
    std::copy(ciphertext.begin(), ciphertext.end(), to.data() + 16);
    return keccak256(message.reveal());
}

struct ParsedKeystore {
    KeystoreHeader header;
    ScryptCost cost;
    std::vector<std::uint8_t> salt;
    std::vector<std::uint8_t> iv;
    std::vector<std::uint8_t> ciphertext;
    Hash32 mac{};
};

// ethers writes "Crypto", geth "crypto"; the format's own examples mix both.
simdjson::simdjson_result<simdjson::dom::element>
member(simdjson::dom::element object, std::string_view key) {
    return object.at_key_case_insensitive(key);
}

bool read_hex(simdjson::dom::element object, std::string_view key, std::vector<std::uint8_t>& to) {
    std::string_view text;
    if (object[key].get_string().get(text) != simdjson::SUCCESS) return false;
    auto bytes = parse_hex(text);
    if (!bytes) return false;
    to = std::move(*bytes);
    return true;
}

bool read_number(simdjson::dom::element object, std::string_view key, std::uint64_t& to) {
    return object[key].get_uint64().get(to) == simdjson::SUCCESS;
}

Result<ScryptCost> read_cost(simdjson::dom::element params, std::string const& where) {
    std::uint64_t n = 0;
    std::uint64_t r = 0;
    std::uint64_t p = 0;
    std::uint64_t length = 0;
    if (!read_number(params, "n", n) || !read_number(params, "r", r) ||
        !read_number(params, "p", p) || !read_number(params, "dklen", length))
        return not_v3(where, "kdfparams need n, r, p and dklen");
    if (length != derived_size) return not_v3(where, "dklen must be 32");
    if (n < 2 || !std::has_single_bit(n)) return not_v3(where, "n must be a power of two");
    if (n > scrypt_n_max || r == 0 || r > 16 || p == 0 || p > 16)
        return Failure{
            Fault::invalid,
            where,
            fmt::format(
                "scrypt with n = {}, r = {}, p = {} is beyond n <= {}, r <= 16, p <= 16",
                n,
                r,
                p,
                scrypt_n_max
            )
        };
    return ScryptCost{n, static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(p)};
}

Result<KeystoreHeader> read_header(simdjson::dom::element root, std::string const& where) {
    std::uint64_t version = 0;
    if (member(root, "version").get_uint64().get(version) != simdjson::SUCCESS || version != 3)
        return not_v3(where, "\"version\" is not 3");
    KeystoreHeader header;
    std::string_view text;
    if (member(root, "id").get_string().get(text) == simdjson::SUCCESS) header.uuid = text;
    if (member(root, "address").get_string().get(text) == simdjson::SUCCESS && !text.empty()) {
        auto const address = parse_address(text);
        if (!address) return not_v3(where, address.error().detail);
        header.address = *address;
    }
    return header;
}

Result<ParsedKeystore> read_keystore(std::string_view json, std::string const& where) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (json.data() == nullptr) json = ""; // it copies from where it is told to, also nothing
    if (parser.parse(json.data(), json.size()).get(root) != simdjson::SUCCESS)
        return not_v3(where, "no valid JSON");
    auto header = read_header(root, where);
    if (!header) return header.error();

    ParsedKeystore parsed;
    parsed.header = *header;
    simdjson::dom::element crypto;
    if (member(root, "crypto").get(crypto) != simdjson::SUCCESS)
        return not_v3(where, "no \"crypto\" section");
    std::string_view text;
    if (crypto["cipher"].get_string().get(text) != simdjson::SUCCESS || text != "aes-128-ctr")
        return not_v3(where, "the cipher must be aes-128-ctr");
    if (crypto["kdf"].get_string().get(text) != simdjson::SUCCESS || text != "scrypt")
        return not_v3(
            where, fmt::format("kdf \"{}\" is not supported, only scrypt", text.substr(0, 20))
        );
    simdjson::dom::element params;
    simdjson::dom::element cipher_params;
    if (crypto["kdfparams"].get(params) != simdjson::SUCCESS ||
        crypto["cipherparams"].get(cipher_params) != simdjson::SUCCESS)
        return not_v3(where, "no kdfparams or cipherparams");
    auto const cost = read_cost(params, where);
    if (!cost) return cost.error();
    parsed.cost = *cost;
    if (!read_hex(params, "salt", parsed.salt)) return not_v3(where, "the salt is not hex");
    if (!read_hex(cipher_params, "iv", parsed.iv) || parsed.iv.size() != 16)
        return not_v3(where, "the iv is not 16 bytes of hex");
    if (!read_hex(crypto, "ciphertext", parsed.ciphertext) || parsed.ciphertext.empty())
        return not_v3(where, "the ciphertext is not hex");
    if (crypto["mac"].get_string().get(text) != simdjson::SUCCESS ||
        !parse_hex_into(text, parsed.mac))
        return not_v3(where, "the mac is not 32 bytes of hex");
    return parsed;
}

} // namespace

Result<std::string> encrypt_keystore(
    Bytes secret,
    SecretBytes const& passphrase,
    std::optional<Address> const& address,
    ScryptCost const& cost
) {
    Hash32 salt;
    std::array<std::uint8_t, 16> iv;
    fill_random(salt);
    fill_random(iv);
    auto const derived = scrypt(passphrase, salt, cost, "keystore");
    if (!derived) return derived.error();
    auto const ciphertext = aes_128_ctr(derived->reveal().first(16), iv, secret);
    return fmt::format(
        "{{\"version\":3,\"id\":\"{}\",{}\"crypto\":{{\"cipher\":\"aes-128-ctr\","
        "\"cipherparams\":{{\"iv\":\"{}\"}},\"ciphertext\":\"{}\",\"kdf\":\"scrypt\","
        "\"kdfparams\":{{\"dklen\":{},\"n\":{},\"p\":{},\"r\":{},\"salt\":\"{}\"}},"
        "\"mac\":\"{}\"}}}}\n",
        random_uuid(),
        address ? fmt::format("\"address\":\"{}\",", to_hex(address->bytes)) : "",
        to_hex(iv),
        to_hex(ciphertext.reveal()),
        derived_size,
        cost.n,
        cost.p,
        cost.r,
        to_hex(salt),
        to_hex(mac_of(*derived, ciphertext.reveal()))
    );
}

Result<SecretBytes>
decrypt_keystore(std::string_view json, SecretBytes const& passphrase, std::string const& where) {
    auto const parsed = read_keystore(json, where);
    if (!parsed) return parsed.error();
    auto const derived = scrypt(passphrase, parsed->salt, parsed->cost, where);
    if (!derived) return derived.error();
    if (!equal_constant_time(mac_of(*derived, parsed->ciphertext), parsed->mac))
        return Failure{Fault::auth, where, "wrong passphrase (or the file was altered)"};
    return aes_128_ctr(derived->reveal().first(16), parsed->iv, parsed->ciphertext);
}

Result<KeystoreHeader> read_keystore_header(std::string_view json, std::string const& where) {
    auto parsed = read_keystore(json, where);
    if (!parsed) return parsed.error();
    return std::move(parsed->header);
}

} // namespace polyquant::crypto
