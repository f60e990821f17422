#include "engine/report/page_parts.hpp"
#include "engine/report/report.hpp"

namespace polyquant::report {

namespace {

// Fills the template's marks in their order; what was put in is not searched again.
class Filling {
public:
    explicit Filling(std::string_view template_text) : rest_{template_text} {}

    void put(std::string_view mark, std::string_view text) {
        auto const at = rest_.find(mark);
        ENSURE(at != std::string_view::npos, "the page's template has every mark");
        page_ += rest_.substr(0, at);
        page_ += text;
        rest_.remove_prefix(at + mark.size());
    }

    std::string finish() {
        page_ += rest_;
        return std::move(page_);
    }

private:
    std::string_view rest_;
    std::string page_;
};

// Inside a script element "</" and "<!--" would end what they must not.
std::string for_script(std::string_view json) {
    std::string out;
    out.reserve(json.size());
    for (char c : json)
        if (c == '<')
            out += "\\u003c";
        else
            out += c;
    return out;
}

} // namespace

std::string make_page(std::string_view title, std::string_view script, std::string const& json) {
    Filling filling{page::report_html};
    filling.put("<!--TITLE-->", title);
    filling.put("/*UPLOT_CSS*/", page::uplot_css);
    filling.put("/*CSS*/", page::report_css);
    filling.put("/*JSON*/", for_script(json));
    filling.put("/*UPLOT*/", page::uplot_js);
    filling.put("/*COMMON*/", page::common_js);
    filling.put("/*SCRIPT*/", script);
    return filling.finish();
}

std::string report_html(std::string const& json) {
    return make_page("polyquant report", page::report_js, json);
}

} // namespace polyquant::report
