// A private certificate authority in a directory, for servers on the loopback.
#pragma once

#include "engine/core/failure.hpp"
#include "engine/core/time.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace polyquant::net::server {

// A certificate (with its chain) and its private key, as PEM.
struct Credentials {
    std::string certificate_pem;
    std::string key_pem;
};

// What a server certificate says. Validity is in real UTC: clients check it with the machine's
// clock, whatever time a sandbox lives in.
struct CertificateRequest {
    std::vector<std::string> names; // host names and addresses
    UtcTime valid_from{};
    UtcTime valid_until{};
};

// P-256 throughout. The key never leaves the object except into its own file.
class CertificateAuthority {
public:
    // In memory only: nobody trusts it unless told.
    static Result<CertificateAuthority> make(std::string const& name, UtcTime now);
    // The one in `directory` (ca.pem, and ca.key with mode 0600), or a new one when there is none
    // or the old one ends within a week, so that a certificate once imported keeps working.
    // Fault::invalid when the directory holds something else under these names.
    static Result<CertificateAuthority>
    open_or_create(std::filesystem::path const& directory, UtcTime now);

    Result<Credentials> issue(CertificateRequest const& request) const;

    // What clients are told to trust.
    std::string const& certificate_pem() const { return own_.certificate_pem; }

private:
    explicit CertificateAuthority(Credentials own) : own_{std::move(own)} {}

    Credentials own_;
};

// For "localhost" and 127.0.0.1, valid from an hour before `now` for 90 days.
CertificateRequest loopback_certificate(UtcTime now);

} // namespace polyquant::net::server
