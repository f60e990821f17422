#include "connectors/crypto/secret_bytes.hpp"
#include "tests/support/catch.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <type_traits>

using namespace polyquant;
using namespace polyquant::crypto;

namespace {

// VmFlags of the mapping that holds `at`, from the kernel.
std::string mapping_flags(void const* at) {
    std::ifstream smaps{"/proc/self/smaps"};
    std::string line;
    bool inside = false;
    while (std::getline(smaps, line)) {
        unsigned long from = 0;
        unsigned long to = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2)
            inside = reinterpret_cast<unsigned long>(at) >= from &&
                     reinterpret_cast<unsigned long>(at) < to;
        if (inside && line.starts_with("VmFlags:")) return line + " ";
    }
    return {};
}

} // namespace

TEST_CASE("SecretBytes are kept out of core dumps, swap and child processes", "[crypto][secret]") {
    SecretBytes secret{bytes_of("hunter2")};

    auto const flags = mapping_flags(secret.reveal().data());

    CHECK(flags.find(" dd ") != std::string::npos);
    CHECK(flags.find(" wf ") != std::string::npos);
#if !__has_feature(address_sanitizer) // which makes mlock do nothing
    CHECK((!secret.is_locked() || flags.find(" lo ") != std::string::npos));
#endif
}

TEST_CASE("SecretBytes move without leaving the secret behind", "[crypto][secret]") {
    SecretBytes first{bytes_of("hunter2")};
    auto second = std::move(first);

    CHECK(first.empty()); // NOLINT(bugprone-use-after-move): that is the point
    CHECK(second.reveal_text() == "hunter2");

    second = SecretBytes{bytes_of("other")};

    CHECK(second.reveal_text() == "other");
}

TEST_CASE("SecretBytes can neither be copied nor formatted", "[crypto][secret]") {
    CHECK_FALSE(std::is_copy_constructible_v<SecretBytes>);
    CHECK_FALSE(fmt::is_formattable<SecretBytes>::value);
}

TEST_CASE("SecretBytes wipe what they shrink away", "[crypto][secret]") {
    SecretBytes secret{bytes_of("hunter2")};
    auto const* const at = secret.reveal().data();

    secret.shrink(2);

    CHECK(secret.reveal_text() == "hu");
    CHECK(at[2] == 0);
    CHECK(at[6] == 0);
}

TEST_CASE("equal_constant_time compares contents and length", "[crypto][secret]") {
    CHECK(equal_constant_time(bytes_of("abc"), bytes_of("abc")));
    CHECK_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("abd")));
    CHECK_FALSE(equal_constant_time(bytes_of("abc"), bytes_of("abcd")));
    CHECK(equal_constant_time({}, {}));
}
