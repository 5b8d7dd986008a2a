from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from dext_tasks.formats.gaps import Gaps
from dext_tasks.formats.github_workflow import WorkflowStep, steps


def read(text: str, **known: str) -> tuple[list[WorkflowStep], Gaps]:
    gaps = Gaps()
    return list(steps(text.encode(), gaps, known)), gaps


def runs(text: str) -> list[str]:
    found, gaps = read(text)
    return [gaps.shown(each.run) for each in found]


class TestExpressions:
    def test_variables_of_all_levels(self) -> None:
        steps_ = "[{env: {C: c}, run: '${{env.B}}${{ env.C }}'}]"
        assert runs(f"env: {{A: a}}\njobs: {{j: {{env: {{B: '${{{{ env.A }}}}b'}}, steps: {steps_}}}}}") == ["abc"]

    def test_the_first_that_is_known(self) -> None:
        assert runs("jobs: {j: {steps: [{run: \"${{ inputs.tag || 'latest' }}\"}]}}") == ["latest"]

    def test_others_are_gaps(self) -> None:
        assert runs("jobs: {j: {steps: [{run: 'a ${{ secrets.B }} ${{ open'}]}}") == ["a <secrets.B> ${{ open"]


class TestMatrix:
    def job(self, matrix: str) -> list[str]:
        job = f"{{strategy: {{matrix: {matrix}}}, steps: [{{run: '${{{{ matrix.a }}}}-${{{{ matrix.b }}}}'}}]}}"
        return runs(f"jobs: {{j: {job}}}")

    def test_all_combinations(self) -> None:
        assert self.job("{a: [1, 2], b: [x]}") == ["1-x", "2-x"]

    def test_entries_that_are_included(self) -> None:
        assert self.job("{include: [{a: 1, b: x}, {a: 2, b: y}]}") == ["1-x", "2-y"]
        assert self.job("{a: [1, 2], include: [{a: 2, b: y}, {a: 3, b: z}]}") == ["1-<matrix.b>", "2-y", "3-z"]

    def test_many_have_an_end(self) -> None:
        axis = str(list(range(50)))
        assert len(self.job(f"{{a: {axis}, b: {axis}}}")) == 24


class TestSteps:
    def test_where_a_script_runs(self) -> None:
        text = "defaults: {run: {working-directory: a}}\njobs: {j: {steps: [{run: x}, {run: x, working-directory: b}]}}"
        assert [each.folder for each in read(text)[0]] == ["a", "b"]

    def test_an_action_without_its_version(self) -> None:
        text = "jobs:\n  j:\n    steps:\n      - uses: docker/login-action@v3\n        with:\n          push: true\n"
        (step,), _ = read(text)
        assert (step.uses, step.inputs, step.lines) == ("docker/login-action", {"push": "true"}, {"push": 6})

    def test_lines_of_a_script(self) -> None:
        (one, two), _ = read("jobs:\n  j:\n    steps:\n      - run: a\n      - run: |\n          b\n")
        assert (one.run_line, two.run_line) == (4, 6)


KEYS = ("jobs", "steps", "env", "run", "with", "strategy", "matrix", "include", "uses", "defaults")
DOCUMENTS = st.recursive(
    st.none() | st.text("ab${} .|'", max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


class TestHostile:
    @given(st.binary(max_size=300))
    def test_any_bytes_are_read(self, content: bytes) -> None:
        list(steps(content, Gaps(), {}))

    @given(DOCUMENTS)
    def test_anything_like_a_workflow_is_read(self, document: object) -> None:
        list(steps(json.dumps({"jobs": {"j": document}, "env": document}).encode(), Gaps(), {}))

    def test_values_that_double_have_an_end(self) -> None:
        lines = [f"  A{number}: '${{{{ env.A{number - 1} }}}}${{{{ env.A{number - 1} }}}}'" for number in range(1, 60)]
        text = "\n".join(["env:", "  A0: xxxxxxxxxx", *lines, "jobs: {j: {steps: [{run: '${{ env.A59 }}'}]}}"])
        (run,) = runs(text)
        assert len(run) <= 4096
