#include "models/sealed_json.hpp"

#include "models/fingerprint.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace polyquant::models {

namespace json = boost::json;

std::string sealed_checksum(json::value const& model) {
    Fingerprint print;
    print.add(std::string_view{json::serialize(model)});
    return print.hex();
}

std::string seal_json(Envelope const& envelope, json::value const& model) {
    return json::serialize(json::object{
               {"format", envelope.format},
               {"version", envelope.version},
               {"checksum", sealed_checksum(model)},
               {"model", model}
           }) +
           "\n";
}

Result<std::shared_ptr<json::object const>>
unseal_json(Envelope const& envelope, std::string_view text, std::string const& where) {
    auto const refuse = [&where](std::string detail) {
        return Failure{Fault::parse, where, std::move(detail)};
    };
    json::stream_parser parser;
    json::error_code ec;
    std::size_t const read = parser.write(text.data(), text.size(), ec);
    if (!ec) parser.finish(ec);
    if (ec)
        return refuse(
            fmt::format("no complete JSON: {} at byte {} of {}", ec.message(), read, text.size())
        );
    auto const value = parser.release();
    auto const* file = value.if_object();
    auto const* format = file == nullptr ? nullptr : file->if_contains("format");
    if (format == nullptr || *format != json::value(envelope.format))
        return refuse(std::string{envelope.not_ours});
    auto const* version = file->if_contains("version");
    if (version == nullptr || *version != json::value(envelope.version))
        return refuse(fmt::format(
            "format version {}, this program reads {}: train the model anew",
            version == nullptr ? "missing" : json::serialize(*version),
            envelope.version
        ));
    auto const* model = file->if_contains("model");
    auto const* checksum = file->if_contains("checksum");
    if (model == nullptr || !model->is_object() || checksum == nullptr || !checksum->is_string())
        return refuse("no model or no checksum in it");
    if (auto const actual = sealed_checksum(*model); checksum->get_string() != actual)
        return refuse(fmt::format(
            "damaged: checksum {} over contents that give {}",
            std::string_view{checksum->get_string()},
            actual
        ));
    return std::make_shared<json::object const>(model->get_object());
}

} // namespace polyquant::models
