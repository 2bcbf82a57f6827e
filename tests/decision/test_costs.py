"""What the routes cost, and what failing would."""

from __future__ import annotations

import pytest
from genai_prices import Usage, calc_price
from hypothesis import given
from hypothesis import strategies as st

from escalation.analysis.facts import ChangeFacts, FileFacts, gather
from escalation.decision.assessment import Costs, Route
from escalation.decision.costs import costs, estimate, failure_probability, routes
from escalation.decision.prices import Rate, Tokens, rate, rates
from escalation.settings.schema import Endpoint, Models, Settings
from tests.decision.notation import change_of
from tests.decision.specification import edited


def facts(lines: int = 3, files: int = 1, task: str = "", planned: tuple[str, ...] = ()) -> ChangeFacts:
    return gather(change_of(edited([f"src{n}/a.py" for n in range(files)], lines), task, planned))


def priced(known: ChangeFacts, settings: Settings, route: Route, failure: float) -> Costs:
    return costs(known, settings, rates(settings), route, failure)


def test_ranges_are_around_their_middle():
    worth = priced(facts(), Settings(), "L4->L3", 0.4)
    assert [cost.route for cost in worth.routes] == ["L3", "L4", "L4->L3", "L3->L4->L3"]
    for cost in worth.routes:
        assert cost.p10 is not None
        assert 0 < cost.p10 < cost.p50 < cost.p90
        assert cost.p10 / cost.p50 == pytest.approx(0.4, rel=0.01)
        assert cost.p90 / cost.p50 == pytest.approx(3.2, rel=0.01)
    by_route = {cost.route: cost.p50 for cost in worth.routes}
    assert by_route["L3"] < by_route["L4"] < by_route["L4->L3"] < by_route["L3->L4->L3"]


def test_models_of_the_routes():
    models = Models(default="small", escalation="large")
    assert routes(Settings(models=models)) == {
        "L3": ("small",),
        "L4": ("large",),
        "L4->L3": ("large", "small"),
        "L3->L4->L3": ("small", "large", "small"),
    }


def test_an_unknown_price_is_unknown_and_never_nothing():
    worth = priced(facts(), Settings(models=Models(escalation="a-model-nobody-knows")), "L4->L3", 0.4)
    by_route = {cost.route: cost for cost in worth.routes}
    assert by_route["L3"].p50 is not None
    assert (by_route["L4"].p10, by_route["L4"].p50, by_route["L4"].p90) == (None, None, None)
    assert worth.expected_saving is None
    assert worth.within_threshold
    assert worth.note == "the price of a-model-nobody-knows is unknown; no cost is given"


def test_a_provider_that_does_not_sell_a_model_has_no_price():
    assert rate("claude-opus-5-5", "anthropic") is not None
    assert rate("claude-opus-5-5", "nobody") is None
    assert rate("", "") is None


def test_a_rate_is_that_of_the_price_list():
    tokens = Tokens(written=20_000, read=30_000, output=5_000, input=1_000)
    usage = Usage(input_tokens=51_000, cache_write_tokens=20_000, cache_read_tokens=30_000, output_tokens=5_000)
    listed = calc_price(usage, model_ref="claude-opus-5-5", provider_id="anthropic").total_price
    found = rate("claude-opus-5-5", "anthropic")
    assert found is not None
    assert found.price(tokens) == pytest.approx(float(listed))
    assert Rate(4.0, 1.0, 2.0, 3.0).price(Tokens(1_000_000, 500_000, 0)) == 2.0


ZAI = Endpoint(price_provider="zai")
OWN = Endpoint(prices={"glm-4.5": (1.0, 2.0), "mine": (3, 4)}, price_provider="zai")
SPECS = {
    "a model at the endpoint that is set": ("claude-opus-5-5", {}, rate("claude-opus-5-5", "anthropic")),
    "a model at another": ("zai:glm-4.5", {}, Rate(0.6, 0.6, 0.11, 2.2)),
    "one that only its own endpoint sells": ("glm-4.5", {}, None),
    "one with a price of your own": ("x:mine", {"x": OWN}, Rate(3, 3, 3, 4)),
    "your own price before the list's": ("x:glm-4.5", {"x": OWN}, Rate(1, 1, 1, 2)),
    "one of the list beside your own": ("x:glm-4.6", {"x": OWN}, rate("glm-4.6", "zai")),
    "an endpoint without a price list": ("x:claude-opus-5-5", {"x": Endpoint()}, None),
    "a colon that belongs to the name": ("y:glm-4.5", {"x": ZAI}, None),
}


@pytest.mark.parametrize(("spec", "endpoints", "expected"), SPECS.values(), ids=SPECS)
def test_rates_are_found_by_how_the_settings_name_a_model(spec, endpoints, expected):
    settings = Settings(models=Models(default=spec, escalation=spec, fallback=spec), endpoints=endpoints)
    assert rates(settings) == ({} if expected is None else {spec: expected})


def test_models_of_an_endpoint_nobody_described_have_no_price():
    assert rates(Settings(models=Models(endpoint="nowhere"))) == {}


def test_the_threshold_is_a_hard_limit():
    worth = priced(facts(), Settings(cost_threshold=0.01), "L4->L3", 0.99)
    assert not worth.within_threshold
    assert "is over cost_threshold (0.01 USD)" in worth.note


def test_the_saving_is_what_failing_costs_less_the_price():
    cheap, dear = (priced(facts(), Settings(failure_cost=cost), "L4->L3", 0.5) for cost in (0.0, 100.0))
    assert cheap.expected_saving is not None
    assert cheap.expected_saving < 0 < dear.expected_saving
    assert dear.expected_saving - cheap.expected_saving == pytest.approx(0.5 * 0.3 * 100, abs=1e-3)


SIZES = st.tuples(st.integers(1, 400), st.integers(1, 30), st.floats(0, 9))


@given(SIZES, SIZES)
def test_larger_and_harder_fails_more_often(size, more):
    lines, files, hard = (a + b for a, b in zip(size, more, strict=True))
    small, large = facts_of(size[0], size[1]), facts_of(lines, files)
    assert 0 < failure_probability(small, size[2]) <= failure_probability(large, hard) < 1


def facts_of(lines: int, files: int) -> ChangeFacts:
    """Facts of a size, without a text to examine."""
    each = [FileFacts(f"{n}.py", "source", "modified", lines_added=lines) for n in range(files)]
    return ChangeFacts(tuple(each))


def test_planned_files_count_and_nothing_hardly_fails():
    assert failure_probability(facts(task="Add it", files=0), 0.0) == 0.03
    one = failure_probability(facts(files=0, task="Add it", planned=("a.py",)), 0.0)
    two = failure_probability(facts(files=0, task="Add it", planned=("a.py", "b.py")), 0.0)
    assert 0.03 < one < two


def test_tokens_grow_with_the_change_but_stay_bounded():
    assert estimate(facts(3)).output < estimate(facts(300)).output
    huge = estimate(facts_of(10_000_000, 1_000))
    assert huge.output <= 50_000


def test_equal_questions_are_rounded_to_the_same():
    assert estimate(facts(100)) == estimate(facts(100))
    assert len(str(estimate(facts(123)).written).rstrip("0")) <= 2
