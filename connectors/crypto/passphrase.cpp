#include "connectors/crypto/passphrase.hpp"

#include "connectors/crypto/keystore.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

namespace polyquant::crypto {

namespace {

constexpr std::size_t passphrase_size_max = 1024;

Failure no_passphrase(std::string why) {
    return Failure{Fault::invalid, "passphrase", std::move(why)};
}

// Up to the end of line or of input; the rest of the line stays unread only when it is too long.
Result<SecretBytes> read_line(int descriptor, std::string const& source) {
    SecretBytes line{passphrase_size_max};
    std::size_t size = 0;
    for (;;) {
        if (size == passphrase_size_max) return no_passphrase(source + " gives an endless line");
        auto* const at = line.writable().data() + size;
        auto const n = read(descriptor, at, 1);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return no_passphrase(fmt::format("cannot read {}", source));
        if (n == 0 || *at == '\n') break;
        ++size;
    }
    if (size > 0 && line.reveal()[size - 1] == '\r') --size;
    line.shrink(size);
    if (size == 0) return no_passphrase(source + " gives an empty passphrase");
    return line;
}

// Takes the value and overwrites it where /proc/PID/environ and children would see it.
Result<SecretBytes> take_variable(std::string const& name) {
    auto* const value = std::getenv(name.c_str()); // NOLINT(concurrency-mt-unsafe): start-up only
    if (value == nullptr || *value == '\0')
        return no_passphrase(fmt::format("the environment variable {} is not set", name));
    auto const length = std::strlen(value);
    SecretBytes secret{Bytes{reinterpret_cast<std::uint8_t const*>(value), length}};
    wipe({reinterpret_cast<std::uint8_t*>(value), length});
    unsetenv(name.c_str()); // NOLINT(concurrency-mt-unsafe): start-up only
    return secret;
}

class EchoOff {
public:
    explicit EchoOff(int terminal) : terminal_{terminal} {
        if (tcgetattr(terminal, &before_) != 0) return;
        auto silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHOE | ECHOK | ECHONL);
        silent.c_lflag |= ICANON;
        active_ = tcsetattr(terminal, TCSAFLUSH, &silent) == 0;
    }

    EchoOff(EchoOff const&) = delete;
    EchoOff& operator=(EchoOff const&) = delete;

    ~EchoOff() {
        if (active_) tcsetattr(terminal_, TCSAFLUSH, &before_);
    }

    bool is_active() const { return active_; }

private:
    int terminal_;
    termios before_{};
    bool active_ = false;
};

void say(int terminal, std::string_view text) {
    // A prompt that cannot be shown is no reason to stop reading.
    [[maybe_unused]] auto const n = write(terminal, text.data(), text.size());
}

Result<SecretBytes> ask(PassphraseSource const& source) {
    auto const terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (terminal < 0)
        return no_passphrase(
            "no terminal to ask on: give --passphrase-fd or an environment variable"
        );
    auto first = prompt_secret(terminal, source.prompt);
    if (first && source.confirm) {
        auto const second = prompt_secret(terminal, "Again: ");
        if (!second)
            first = second.error();
        else if (!equal_constant_time(first->reveal(), second->reveal()))
            first = no_passphrase("the two entries differ");
    }
    close(terminal);
    return first;
}

} // namespace

Result<SecretBytes> prompt_secret(int terminal, std::string_view prompt) {
    EchoOff const echo_off{terminal};
    if (!echo_off.is_active())
        return no_passphrase("the terminal cannot be told to hide what is typed");
    say(terminal, prompt);
    auto line = read_line(terminal, "the terminal");
    say(terminal, "\n");
    return line;
}

Result<SecretBytes> read_passphrase(PassphraseSource const& source) {
    if (source.descriptor)
        return read_line(*source.descriptor, fmt::format("descriptor {}", *source.descriptor));
    if (!source.environment.empty()) return take_variable(source.environment);
    return ask(source);
}

Result<SecretBytes> private_key_from_environment(std::string const& variable, bool allowed) {
    if (!allowed)
        return Failure{
            Fault::invalid,
            variable,
            "a plaintext key in the environment needs the explicit flag; better: polyquant keys "
            "import"
        };
    auto const text = take_variable(variable);
    if (!text) return Failure{Fault::invalid, variable, "is not set"};
    return parse_private_key(text->reveal_text());
}

} // namespace polyquant::crypto
