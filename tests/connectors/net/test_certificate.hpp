// Certificates made on the spot, so that no key is in the repository and none expires.
#pragma once

#include <string>
#include <vector>

namespace polyquant::net::testing {

struct Credentials {
    std::string certificate_pem;
    std::string key_pem;
};

// Its own issuer: an authority, or a server nobody vouches for.
Credentials make_authority(std::string const& name);
// `names` may be host names and addresses.
Credentials make_certificate(Credentials const& authority, std::vector<std::string> const& names);

} // namespace polyquant::net::testing
