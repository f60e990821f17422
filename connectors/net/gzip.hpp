// Compressed answers, with a bound on what they may become.
#pragma once

#include "engine/core/failure.hpp"

#include <string>
#include <string_view>

namespace polyquant::net {

// The whole of a gzip or zlib stream. Fault::parse when it is damaged, truncated, followed by
// other bytes, or would exceed `bytes_max`; no more than that is ever allocated.
Result<std::string> gunzip(std::string_view compressed, std::size_t bytes_max);

} // namespace polyquant::net
