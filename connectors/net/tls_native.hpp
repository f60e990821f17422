// For the .cpp files of this folder only: what the contexts hide.
#pragma once

#include "connectors/net/tls_context.hpp"

#include <boost/asio/ssl/context.hpp>

namespace polyquant::net {

struct TlsContext::Native {
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_client};
};

struct TlsServerContext::Native {
    boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

} // namespace polyquant::net
