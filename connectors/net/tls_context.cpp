#include "connectors/net/tls_context.hpp"

#include "connectors/net/tls_native.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/verify_mode.hpp>

namespace polyquant::net {

namespace asio = boost::asio;

Result<TlsContext> TlsContext::create(Options const& options) {
    namespace ssl = boost::asio::ssl;
    auto native = std::make_shared<Native>();
    auto& context = native->context;
    boost::system::error_code error;
    context.set_options(ssl::context::no_compression, error);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.set_verify_mode(ssl::verify_peer, error);
    if (!error) context.set_default_verify_paths(error);
    if (error) return Failure{Fault::invalid, "tls", error.message()};
    if (!options.ca_file.empty()) {
        context.load_verify_file(options.ca_file, error);
        if (error) {
            return Failure{
                Fault::invalid,
                "tls",
                "cannot read certificates from '" + options.ca_file + "': " + error.message() +
                    "; it must be a PEM file"
            };
        }
    }
    return TlsContext{std::move(native)};
}

Result<TlsServerContext>
TlsServerContext::create(std::string const& certificate_pem, std::string const& key_pem) {
    namespace ssl = boost::asio::ssl;
    auto native = std::make_shared<Native>();
    auto& context = native->context;
    boost::system::error_code error;
    context.set_options(ssl::context::no_compression, error);
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    context.use_certificate_chain(asio::buffer(certificate_pem), error);
    if (error) return Failure{Fault::invalid, "tls", "no server certificate: " + error.message()};
    context.use_private_key(asio::buffer(key_pem), ssl::context::pem, error);
    if (error) return Failure{Fault::invalid, "tls", "no server key: " + error.message()};
    if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
        return Failure{Fault::invalid, "tls", "certificate and key do not belong together"};
    }
    return TlsServerContext{std::move(native)};
}

} // namespace polyquant::net
