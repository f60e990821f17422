#include "connectors/crypto/passphrase.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <termios.h>
#include <unistd.h>

using namespace polyquant;
using namespace polyquant::crypto;

namespace {

// The reading end of a pipe that holds `text`.
class FilledPipe {
public:
    explicit FilledPipe(std::string_view text) {
        int ends[2];
        REQUIRE(pipe(ends) == 0);
        read_end_ = ends[0];
        REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        close(ends[1]);
    }

    FilledPipe(FilledPipe const&) = delete;
    FilledPipe& operator=(FilledPipe const&) = delete;

    ~FilledPipe() { close(read_end_); }

    int descriptor() const { return read_end_; }

private:
    int read_end_ = -1;
};

Result<SecretBytes> from_pipe(std::string_view text) {
    FilledPipe const pipe{text};
    PassphraseSource source;
    source.descriptor = pipe.descriptor();
    return read_passphrase(source);
}

struct Pty {
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    int slave = -1;

    Pty() {
        REQUIRE(grantpt(master) == 0);
        REQUIRE(unlockpt(master) == 0);
        char name[128];
        REQUIRE(ptsname_r(master, name, sizeof name) == 0);
        slave = open(name, O_RDWR | O_NOCTTY);
        REQUIRE(slave >= 0);
    }

    Pty(Pty const&) = delete;
    Pty& operator=(Pty const&) = delete;

    ~Pty() {
        close(slave);
        close(master);
    }

    bool echoes() const {
        termios state{};
        tcgetattr(slave, &state);
        return (state.c_lflag & ECHO) != 0;
    }
};

} // namespace

TEST_CASE("A passphrase is the first line of a descriptor", "[crypto][passphrase]") {
    CHECK(from_pipe("secret words\nmore").value().reveal_text() == "secret words");
    CHECK(from_pipe("secret words").value().reveal_text() == "secret words");
    CHECK(from_pipe("secret words\r\n").value().reveal_text() == "secret words");
}

TEST_CASE("An empty, endless or closed descriptor is no passphrase", "[crypto][passphrase]") {
    PassphraseSource closed;
    closed.descriptor = 987;

    CHECK_FALSE(from_pipe(""));
    CHECK_FALSE(from_pipe("\n"));
    CHECK_FALSE(from_pipe(std::string(2000, 'x')));
    CHECK_FALSE(read_passphrase(closed));
}

TEST_CASE("A passphrase in the environment is removed once read", "[crypto][passphrase]") {
    setenv("PQ_TEST_PASSPHRASE", "secret words", 1);
    auto const* const left = std::getenv("PQ_TEST_PASSPHRASE");
    PassphraseSource source;
    source.environment = "PQ_TEST_PASSPHRASE";

    auto const secret = read_passphrase(source);

    CHECK(secret.value().reveal_text() == "secret words");
    CHECK(std::getenv("PQ_TEST_PASSPHRASE") == nullptr);
    CHECK(std::strlen(left) == 0);
    CHECK_FALSE(read_passphrase(source));
}

TEST_CASE("A prompt reads a line without echo and restores the terminal", "[crypto][passphrase]") {
    Pty const pty;
    // The prompt flushes what was typed before it, so the typing waits until echo is off.
    auto const typist = fork();
    if (typist == 0) {
        while (pty.echoes())
            sched_yield();
        auto const n = write(pty.master, "secret words\n", 13);
        _exit(n == 13 ? 0 : 1);
    }

    auto const secret = prompt_secret(pty.slave, "Passphrase: ");

    REQUIRE(secret);
    CHECK(secret.value().reveal_text() == "secret words");
    CHECK(pty.echoes());
    char shown[256] = {};
    auto const n = read(pty.master, shown, sizeof shown - 1);
    CHECK(n > 0);
    CHECK(std::string{shown}.find("Passphrase: ") != std::string::npos);
    CHECK(std::string{shown}.find("secret") == std::string::npos);
}

TEST_CASE("A prompt refuses what is not a terminal", "[crypto][passphrase]") {
    FilledPipe const pipe{"secret words\n"};

    CHECK_FALSE(prompt_secret(pipe.descriptor(), "Passphrase: "));
}

TEST_CASE("A plaintext key in the environment needs the explicit flag", "[crypto][passphrase]") {
    auto const* const key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    setenv("PQ_TEST_KEY", key, 1);

    auto const refused = private_key_from_environment("PQ_TEST_KEY", false);
    auto const taken = private_key_from_environment("PQ_TEST_KEY", true);

    REQUIRE_FALSE(refused);
    CHECK(refused.error().detail.find("explicit flag") != std::string::npos);
    CHECK(taken.value().size() == 32);
    CHECK(std::getenv("PQ_TEST_KEY") == nullptr);
    CHECK_FALSE(private_key_from_environment("PQ_TEST_KEY", true));
}
