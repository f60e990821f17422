// How we trust the other side: always verified, never switched off.
#pragma once

#include "engine/core/failure.hpp"

#include <memory>
#include <string>

namespace polyquant::net {

// TLS 1.2 or newer; the chain is verified against the system's authorities (SSL_CERT_FILE and
// SSL_CERT_DIR are honoured, as OpenSSL does) plus, when given, those of one PEM file: the
// sandbox's, or a company proxy's. Host name or address are checked on every connection. There is
// no switch that turns any of it off.
class TlsContext {
public:
    struct Options {
        std::string ca_file; // empty: the system's authorities only
    };

    static Result<TlsContext> create(Options const& options);

    // Cheap to copy: one context serves all connections.
    struct Native;

    std::shared_ptr<Native> const& native() const { return native_; }

private:
    explicit TlsContext(std::shared_ptr<Native> native) : native_{std::move(native)} {}

    std::shared_ptr<Native> native_;
};

// Who we are to clients: one certificate with its chain and key.
class TlsServerContext {
public:
    static Result<TlsServerContext>
    create(std::string const& certificate_pem, std::string const& key_pem);

    struct Native;

    std::shared_ptr<Native> const& native() const { return native_; }

private:
    explicit TlsServerContext(std::shared_ptr<Native> native) : native_{std::move(native)} {}

    std::shared_ptr<Native> native_;
};

} // namespace polyquant::net
