// A secret in memory: own pages, locked against swapping, left out of core dumps and of child
// processes, wiped on destruction. There is no formatter and no conversion to text on purpose.
#pragma once

#include "connectors/crypto/bytes.hpp"

#include <cstddef>

namespace polyquant::crypto {

class SecretBytes {
public:
    SecretBytes() = default;
    // Zero-filled.
    explicit SecretBytes(std::size_t size);
    // Copies; the caller wipes its own copy.
    explicit SecretBytes(Bytes from);
    SecretBytes(SecretBytes&& other) noexcept;
    SecretBytes& operator=(SecretBytes&& other) noexcept;
    SecretBytes(SecretBytes const&) = delete;
    SecretBytes& operator=(SecretBytes const&) = delete;
    ~SecretBytes();

    std::size_t size() const { return size_; }

    bool empty() const { return size_ == 0; }

    // False where the system's limit on locked memory was reached (ulimit -l).
    bool is_locked() const { return locked_; }

    std::span<std::uint8_t> writable() { return {data_, size_}; }

    Bytes reveal() const { return {data_, size_}; }

    std::string_view reveal_text() const { return {reinterpret_cast<char const*>(data_), size_}; }

    SecretBytes clone() const { return SecretBytes{reveal()}; }

    // Forgets the bytes after `size`, for buffers whose filling turned out shorter.
    void shrink(std::size_t size);

private:
    void release() noexcept;

    std::uint8_t* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;
    bool locked_ = false;
};

// Takes the same time whatever the contents; the lengths are not secret.
bool equal_constant_time(Bytes a, Bytes b);
// Not optimised away.
void wipe(std::span<std::uint8_t> bytes);
void wipe(std::string& text);

} // namespace polyquant::crypto
