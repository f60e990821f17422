#include "tests/connectors/net/test_certificate.hpp"

#include "connectors/net/url.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace polyquant::net::testing {

namespace {

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

void require(bool ok, char const* what) {
    if (!ok) throw std::runtime_error{std::string{"test certificate: "} + what};
}

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    auto const size = BIO_get_mem_data(memory, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Credentials to_pem(X509* certificate, EVP_PKEY* key) {
    Memory const c{BIO_new(BIO_s_mem())};
    Memory const k{BIO_new(BIO_s_mem())};
    require(PEM_write_bio_X509(c.get(), certificate) == 1, "write certificate");
    require(
        PEM_write_bio_PrivateKey(k.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "write key"
    );
    return {text_of(c.get()), text_of(k.get())};
}

Certificate blank(std::string const& name, EVP_PKEY* key, long serial) {
    Certificate certificate{X509_new()};
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
    X509_set_pubkey(certificate.get(), key);
    auto* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(
        subject, "CN", MBSTRING_ASC, reinterpret_cast<unsigned char const*>(name.c_str()), -1, -1, 0
    );
    return certificate;
}

void add_extension(X509* certificate, X509* issuer, int nid, std::string const& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    require(extension != nullptr, "extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

} // namespace

Credentials make_authority(std::string const& name) {
    Key const key{EVP_EC_gen("P-256")};
    auto const certificate = blank(name, key.get(), 1);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(certificate.get()));
    add_extension(certificate.get(), certificate.get(), NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate.get(), certificate.get(), NID_subject_key_identifier, "hash");
    require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0, "sign");
    return to_pem(certificate.get(), key.get());
}

Credentials make_certificate(Credentials const& authority, std::vector<std::string> const& names) {
    Memory const ca_text{BIO_new_mem_buf(authority.certificate_pem.data(), -1)};
    Memory const key_text{BIO_new_mem_buf(authority.key_pem.data(), -1)};
    Certificate const ca{PEM_read_bio_X509(ca_text.get(), nullptr, nullptr, nullptr)};
    Key const ca_key{PEM_read_bio_PrivateKey(key_text.get(), nullptr, nullptr, nullptr)};
    require(ca && ca_key, "read authority");

    Key const key{EVP_EC_gen("P-256")};
    auto const certificate = blank(names.front(), key.get(), 2);
    X509_set_issuer_name(certificate.get(), X509_get_subject_name(ca.get()));
    std::string alternatives;
    for (auto const& name : names) {
        if (!alternatives.empty()) alternatives += ",";
        alternatives += (is_ip_address(name) ? "IP:" : "DNS:") + name;
    }
    add_extension(certificate.get(), ca.get(), NID_subject_alt_name, alternatives);
    require(X509_sign(certificate.get(), ca_key.get(), EVP_sha256()) > 0, "sign");
    return to_pem(certificate.get(), key.get());
}

} // namespace polyquant::net::testing
