// An answer as bytes. For the .cpp files of this folder only.
#pragma once

#include "connectors/net/server/http_call.hpp"

namespace polyquant::net::server {

std::string_view reason_of(int status);

// "Mon, 23 Nov 2026 03:00:00 GMT"
std::string http_date(UtcTime t);

// Status line and headers up to the empty line. A Date among the reply's headers goes before
// `now`.
std::string head_of(HttpReply const& reply, UtcTime now, bool keep_alive);

} // namespace polyquant::net::server
