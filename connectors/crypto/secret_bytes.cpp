#include "connectors/crypto/secret_bytes.hpp"

#include <openssl/crypto.h>

#include <cstring>
#include <new>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>

namespace polyquant::crypto {

SecretBytes::SecretBytes(std::size_t size) {
    if (size == 0) return;
    auto const page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    auto const length = (size + page - 1) / page * page;
    auto* const at =
        mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc{};
    data_ = static_cast<std::uint8_t*>(at);
    size_ = size;
    mapped_ = length;
    locked_ = mlock(at, length) == 0;
    // Both are refusals of conveniences, not of correctness, so an old kernel's "no" is accepted.
    (void)madvise(at, length, MADV_DONTDUMP);
    (void)madvise(at, length, MADV_WIPEONFORK);
}

SecretBytes::SecretBytes(Bytes from) : SecretBytes{from.size()} {
    if (!from.empty()) std::memcpy(data_, from.data(), from.size());
}

SecretBytes::SecretBytes(SecretBytes&& other) noexcept
    : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)},
      mapped_{std::exchange(other.mapped_, 0)}, locked_{std::exchange(other.locked_, false)} {}

SecretBytes& SecretBytes::operator=(SecretBytes&& other) noexcept {
    if (this == &other) return *this;
    release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    mapped_ = std::exchange(other.mapped_, 0);
    locked_ = std::exchange(other.locked_, false);
    return *this;
}

SecretBytes::~SecretBytes() {
    release();
}

void SecretBytes::shrink(std::size_t size) {
    ENSURE(size <= size_, "a secret can only shrink");
    wipe(writable().subspan(size));
    size_ = size;
}

void SecretBytes::release() noexcept {
    if (data_ == nullptr) return;
    OPENSSL_cleanse(data_, mapped_);
    munmap(data_, mapped_);
    data_ = nullptr;
    size_ = 0;
    mapped_ = 0;
    locked_ = false;
}

bool equal_constant_time(Bytes a, Bytes b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::uint8_t> bytes) {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

void wipe(std::string& text) {
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

} // namespace polyquant::crypto
