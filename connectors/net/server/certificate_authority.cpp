#include "connectors/net/server/certificate_authority.hpp"

#include "connectors/crypto/private_file.hpp"
#include "connectors/net/url.hpp"
#include "engine/core/replace_file.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <iterator>
#include <memory>

namespace polyquant::net::server {

namespace {

namespace fs = std::filesystem;

constexpr auto where = "certificate authority";
constexpr auto authority_life = std::chrono::hours{24 * 3650};
constexpr auto renewal = std::chrono::hours{24 * 7};

template <auto free_function>
struct FreeWith {
    template <class T>
    void operator()(T* p) const {
        free_function(p);
    }
};

using Key = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using Memory = std::unique_ptr<BIO, FreeWith<BIO_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;

Failure failed(std::string what) {
    return {Fault::invalid, where, std::move(what)};
}

Memory reading(std::string const& text) {
    return Memory{BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
}

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

struct Pair {
    Certificate certificate;
    Key key;
};

Result<Pair> parse(Credentials const& credentials) {
    auto const c = reading(credentials.certificate_pem);
    auto const k = reading(credentials.key_pem);
    Pair pair{
        Certificate{PEM_read_bio_X509(c.get(), nullptr, nullptr, nullptr)},
        Key{PEM_read_bio_PrivateKey(k.get(), nullptr, nullptr, nullptr)}
    };
    if (!pair.certificate) return failed("the certificate is no PEM certificate");
    if (!pair.key) return failed("the key is no PEM key");
    if (X509_check_private_key(pair.certificate.get(), pair.key.get()) != 1) {
        return failed("certificate and key do not belong together");
    }
    return pair;
}

Result<Credentials> to_pem(Pair const& pair) {
    Memory const c{BIO_new(BIO_s_mem())};
    Memory const k{BIO_new(BIO_s_mem())};
    if (PEM_write_bio_X509(c.get(), pair.certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(k.get(), pair.key.get(), nullptr, nullptr, 0, nullptr, nullptr) !=
            1) {
        return failed("cannot write PEM");
    }
    return Credentials{text_of(c.get()), text_of(k.get())};
}

bool set_serial(X509* certificate) {
    // Random, because browsers refuse two certificates of one issuer with one serial.
    std::array<unsigned char, 16> bytes{};
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
    bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x01);
    std::unique_ptr<BIGNUM, FreeWith<BN_free>> const number{
        BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)
    };
    return BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_life(X509* certificate, UtcTime from, UtcTime until) {
    return ASN1_TIME_set(X509_getm_notBefore(certificate), unix_seconds(from)) != nullptr &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), unix_seconds(until)) != nullptr;
}

bool set_subject(X509* certificate, std::string const& name) {
    auto const* const bytes = reinterpret_cast<unsigned char const*>(name.c_str());
    return X509_NAME_add_entry_by_txt(
               X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, bytes, -1, -1, 0
           ) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    Extension const extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// Everything but issuer, extensions and signature.
std::optional<Pair> blank(std::string const& name, UtcTime from, UtcTime until) {
    Pair pair{Certificate{X509_new()}, Key{EVP_EC_gen("P-256")}};
    auto* const c = pair.certificate.get();
    if (!c || !pair.key || X509_set_version(c, 2) != 1 || !set_serial(c) ||
        !set_life(c, from, until) || !set_subject(c, name) ||
        X509_set_pubkey(c, pair.key.get()) != 1)
        return std::nullopt;
    return pair;
}

bool ends_before(X509 const* certificate, UtcTime t) {
    auto const seconds = static_cast<time_t>(unix_seconds(t));
    return ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), seconds) < 0;
}

Result<std::string> read_text(fs::path const& path) {
    std::ifstream file{path, std::ios::binary};
    if (!file) return failed("cannot read " + path.string());
    return std::string{std::istreambuf_iterator<char>{file}, {}};
}

std::string alternatives_of(std::vector<std::string> const& names) {
    std::string list;
    for (auto const& name : names)
        list +=
            (list.empty() ? "" : ",") + std::string{is_ip_address(name) ? "IP:" : "DNS:"} + name;
    return list;
}

bool are_plain(std::vector<std::string> const& names) {
    constexpr auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-*:_";
    return !names.empty() && std::ranges::none_of(names, [&](std::string const& name) {
        return name.empty() || name.find_first_not_of(allowed) != std::string::npos;
    });
}

} // namespace

Result<CertificateAuthority> CertificateAuthority::make(std::string const& name, UtcTime now) {
    auto const pair = blank(name, now - std::chrono::hours{1}, now + authority_life);
    if (!pair) return failed("OpenSSL cannot make a certificate");
    auto* const c = pair->certificate.get();
    auto const made = X509_set_issuer_name(c, X509_get_subject_name(c)) == 1 &&
                      add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                      add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                      add_extension(c, c, NID_subject_key_identifier, "hash") &&
                      X509_sign(c, pair->key.get(), EVP_sha256()) > 0;
    if (!made) return failed("OpenSSL cannot sign a certificate");
    auto pem = to_pem(*pair);
    if (!pem) return pem.error();
    return CertificateAuthority{std::move(*pem)};
}

Result<CertificateAuthority>
CertificateAuthority::open_or_create(fs::path const& directory, UtcTime now) {
    auto const certificate = directory / "ca.pem";
    auto const key = directory / "ca.key";
    std::error_code error;
    fs::create_directories(directory, error);
    if (error) return failed("cannot create " + directory.string() + ": " + error.message());
    if (fs::exists(certificate) && fs::exists(key)) {
        auto certificate_pem = read_text(certificate);
        if (!certificate_pem) return certificate_pem.error();
        auto key_pem = crypto::read_private_file(key);
        if (!key_pem) return key_pem.error();
        Credentials own{std::move(*certificate_pem), std::move(*key_pem)};
        auto const pair = parse(own);
        if (!pair) {
            return failed(
                pair.error().detail + "; move " + certificate.string() + " and " + key.string() +
                " away to have new ones made"
            );
        }
        if (!ends_before(pair->certificate.get(), now + renewal)) {
            return CertificateAuthority{std::move(own)};
        }
    }
    auto made = make("polyquant sandbox authority", now);
    if (!made) return made;
    auto const kept = crypto::write_private_file(key, made->own_.key_pem, true);
    if (!kept) return kept.error();
    auto const published = replace_file(certificate, made->own_.certificate_pem);
    if (!published) return published.error();
    return made;
}

Result<Credentials> CertificateAuthority::issue(CertificateRequest const& request) const {
    if (!are_plain(request.names)) return failed("a certificate needs host names or addresses");
    auto const ca = parse(own_);
    if (!ca) return ca.error();
    auto const pair = blank(request.names.front(), request.valid_from, request.valid_until);
    if (!pair) return failed("OpenSSL cannot make a certificate");
    auto* const c = pair->certificate.get();
    auto* const issuer = ca->certificate.get();
    auto const made =
        X509_set_issuer_name(c, X509_get_subject_name(issuer)) == 1 &&
        add_extension(c, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
        add_extension(c, issuer, NID_key_usage, "critical,digitalSignature") &&
        add_extension(c, issuer, NID_ext_key_usage, "serverAuth") &&
        add_extension(c, issuer, NID_authority_key_identifier, "keyid") &&
        add_extension(c, issuer, NID_subject_alt_name, alternatives_of(request.names)) &&
        X509_sign(c, ca->key.get(), EVP_sha256()) > 0;
    if (!made) return failed("OpenSSL cannot sign a certificate");
    return to_pem(*pair);
}

CertificateRequest loopback_certificate(UtcTime now) {
    return {
        {"localhost", "127.0.0.1"}, now - std::chrono::hours{1}, now + std::chrono::hours{24 * 90}
    };
}

} // namespace polyquant::net::server
