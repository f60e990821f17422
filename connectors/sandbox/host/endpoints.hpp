// The sandbox's addresses as a configuration file.
#pragma once

#include "config/endpoint_params.hpp"

#include <string>

namespace polyquant::sandbox {

// An [endpoints] section with every parameter, in the order of the table.
std::string endpoints_toml(config::EndpointParams const& endpoints);

} // namespace polyquant::sandbox
