#include "connectors/crypto/keystore.hpp"
#include "connectors/crypto/keystore_file.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const text = fuzz::text_of(data, size);
    // The header only: deriving keys would spend the whole run in scrypt.
    (void)crypto::read_keystore_header(text, "fuzz");
    (void)crypto::parse_private_key(text);
    (void)crypto::parse_address(text);
    std::vector<std::uint8_t> decoded;
    (void)crypto::decode_base64(text, decoded);
    return 0;
}
