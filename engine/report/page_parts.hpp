// The report page's template, style, scripts and chart library, compiled in from tools/web.
#pragma once

#include <string_view>

namespace polyquant::report::page {

extern std::string_view const report_html;
extern std::string_view const report_css;
extern std::string_view const common_js;
extern std::string_view const report_js;
extern std::string_view const sweep_js;
extern std::string_view const uplot_js;
extern std::string_view const uplot_css;

} // namespace polyquant::report::page
