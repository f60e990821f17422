#include "connectors/net/tls_context.hpp"

#include "connectors/net/tls_native.hpp"

#include <boost/asio/ssl/verify_mode.hpp>

namespace polyquant::net {

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

} // namespace polyquant::net
