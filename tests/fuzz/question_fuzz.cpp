#include "strategies/expiry/question.hpp"
#include "tests/fuzz/input.hpp"

using namespace polyquant;
using namespace polyquant::strategies::expiry;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const question = parse_question(fuzz::text_of(data, size));
    if (question.claim.has_value() == (question.defect != QuestionDefect::none)) std::abort();
    if (!question.claim) return 0;
    auto const& claim = *question.claim;
    if (claim.kind != ClaimKind::up_or_down && claim.low <= UsdPrice{}) std::abort();
    if (claim.kind == ClaimKind::between && claim.low >= claim.high) std::abort();
    (void)to_string(claim);
    (void)end_agrees(claim.time, fuzz::received_at);
    for (auto const outcome : {Outcome::up, Outcome::down})
        (void)margin_ppm(claim, UsdPrice::from_e8(64'000 * UsdPrice::scale), outcome);
    return 0;
}
