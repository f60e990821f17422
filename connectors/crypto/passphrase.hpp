// Where a passphrase or a plaintext key comes from: a file descriptor, the environment, or a
// prompt.
#pragma once

#include "connectors/crypto/secret_bytes.hpp"

#include <optional>

namespace polyquant::crypto {

// The first that is set counts, in this order. With none set the terminal is asked.
struct PassphraseSource {
    std::optional<int> descriptor; // read up to its first line's end or its end
    std::string environment;       // name of a variable; wiped and removed once read
    std::string prompt = "Passphrase: ";
    bool confirm = false; // at a prompt: ask twice, for new keys
};

// Blocks. Fails with a sentence that names the source when there is no passphrase or no terminal.
Result<SecretBytes> read_passphrase(PassphraseSource const& source);

// Without echo; restores the terminal however it ends. `terminal` is read and written.
Result<SecretBytes> prompt_secret(int terminal, std::string_view prompt);

// A plaintext private key in a variable is visible to the whole process tree, so it needs
// `allowed` (an explicit flag of the command line). The variable is wiped and removed.
Result<SecretBytes> private_key_from_environment(std::string const& variable, bool allowed);

} // namespace polyquant::crypto
