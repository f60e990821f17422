// Runs a fuzz target without a fuzzer: every seed as it is, then a fixed number of seeded
// mutations. Finds what a change broke within seconds, in any build; finding new things is the
// fuzzers' work.
//   market_channel_smoke ITERATIONS PATH...
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

constexpr std::size_t size_max = 16 * 1024;

void run(std::string const& input) {
    // A copy of exactly this size, so that a sanitizer sees the first byte read beyond it.
    std::vector<std::uint8_t> const bytes{input.begin(), input.end()};
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::vector<std::string> read_seeds(int count, char** paths) {
    std::vector<fs::path> files;
    for (auto i = 0; i < count; ++i) {
        if (fs::is_regular_file(paths[i])) files.emplace_back(paths[i]);
        if (!fs::is_directory(paths[i])) continue;
        for (auto const& entry : fs::recursive_directory_iterator{paths[i]})
            if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    std::vector<std::string> seeds;
    for (auto const& file : files) {
        std::ifstream in{file, std::ios::binary};
        seeds.emplace_back(std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{});
    }
    return seeds;
}

class Mutator {
public:
    explicit Mutator(std::vector<std::string> const& seeds) : seeds_{seeds} {}

    std::string next() {
        auto text = seeds_[below(seeds_.size())];
        for (auto times = 1 + below(4); times > 0 && !text.empty(); --times)
            mutate(text);
        if (text.size() > size_max) text.resize(size_max);
        return text;
    }

private:
    std::size_t below(std::size_t bound) { return random_() % bound; }

    void mutate(std::string& text) {
        static constexpr std::string_view pieces[]{
            "\"",
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\\",
            "\\u0000",
            "null",
            "true",
            "-1",
            "1e400",
            "0",
            "18446744073709551616",
            "9223372036854775807",
            "0.0000000000000000001",
            "\xff",
            "\"\""
        };
        auto const at = below(text.size());
        auto const length = 1 + below(std::min<std::size_t>(64, text.size() - at));
        switch (below(6)) {
        case 0: text[at] = static_cast<char>(random_()); return;
        case 1: text.erase(at, length); return;
        case 2: text.resize(at); return;
        case 3: text.insert(at, text.substr(at, length)); return;
        case 4: text.replace(at, length, pieces[below(std::size(pieces))]); return;
        default: {
            auto const& other = seeds_[below(seeds_.size())];
            if (other.empty()) return;
            auto const from = below(other.size());
            text.replace(at, length, other.substr(from, 1 + below(128)));
        }
        }
    }

    std::vector<std::string> const& seeds_;
    std::mt19937_64 random_{20261123};
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fputs("usage: smoke ITERATIONS PATH...\n", stderr);
        return 2;
    }
    auto const seeds = read_seeds(argc - 2, argv + 2);
    if (seeds.empty()) {
        std::fputs("no seeds\n", stderr);
        return 1;
    }
    for (auto const& seed : seeds)
        run(seed);
    Mutator mutator{seeds};
    auto const iterations = std::atol(argv[1]);
    for (auto i = 0L; i < iterations; ++i)
        run(mutator.next());
    std::printf("%zu seeds, %ld mutations\n", seeds.size(), iterations);
    return 0;
}
