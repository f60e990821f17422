#include "connectors/net/gzip.hpp"

#include <algorithm>
#include <limits>
#include <zlib.h>

namespace polyquant::net {

namespace {

constexpr std::size_t first_guess = 16 * 1024;
constexpr int any_header = 15 + 32; // the largest window; gzip or zlib by its header

struct Inflater {
    z_stream stream{};
    bool ready = inflateInit2(&stream, any_header) == Z_OK;

    Inflater() = default;
    Inflater(Inflater const&) = delete;
    Inflater& operator=(Inflater const&) = delete;

    ~Inflater() {
        if (ready) inflateEnd(&stream);
    }
};

Failure damaged(std::string why) {
    return {Fault::parse, "gzip", std::move(why)};
}

} // namespace

Result<std::string> gunzip(std::string_view compressed, std::size_t bytes_max) {
    Inflater inflater;
    if (!inflater.ready) return damaged("no memory for the decoder");
    auto& stream = inflater.stream;
    // zlib does not write through next_in; its type predates const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    if (compressed.size() > std::numeric_limits<uInt>::max()) return damaged("too long");
    stream.avail_in = static_cast<uInt>(compressed.size());

    std::string out;
    auto const limit = bytes_max + 1; // one more, to tell "exactly full" from "too much"
    for (;;) {
        auto const used = static_cast<std::size_t>(stream.total_out);
        if (used == out.size()) {
            if (used == limit) {
                return damaged(
                    "the decompressed body exceeds " + std::to_string(bytes_max) + " bytes"
                );
            }
            out.resize(std::min(limit, std::max(first_guess, out.size() * 2)));
        }
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
        stream.avail_out = static_cast<uInt>(out.size() - used);
        auto const code = inflate(&stream, Z_NO_FLUSH);
        if (code == Z_STREAM_END) break;
        if (code == Z_OK && (stream.avail_in > 0 || stream.avail_out == 0)) continue;
        if (code == Z_OK || code == Z_BUF_ERROR) {
            if (stream.avail_out == 0) continue;
            return damaged("the stream is truncated");
        }
        return damaged(stream.msg != nullptr ? stream.msg : "the stream is damaged");
    }
    if (stream.avail_in != 0) return damaged("bytes follow the end of the stream");
    if (stream.total_out > bytes_max) {
        return damaged("the decompressed body exceeds " + std::to_string(bytes_max) + " bytes");
    }
    out.resize(stream.total_out);
    return out;
}

} // namespace polyquant::net
