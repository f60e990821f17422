// The envelope of our model files, one for all kinds:
//
//   {"format":"polyquant-model","version":1,"checksum":"<16 hex>","model":{...}}
//
// The checksum covers the "model" value written without blanks.
#pragma once

#include "engine/core/failure.hpp"

#include <boost/json/fwd.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace polyquant::models {

struct Envelope {
    std::string_view format;
    int version = 0;
    std::string_view not_ours; // what to say of a file of another format
};

std::string sealed_checksum(boost::json::value const& model);

// One line.
std::string seal_json(Envelope const& envelope, boost::json::value const& model);

// Refuses text that is no complete JSON (with the offset), another format or version, and a wrong
// checksum (with both).
Result<std::shared_ptr<boost::json::object const>>
unseal_json(Envelope const& envelope, std::string_view text, std::string const& where);

} // namespace polyquant::models
