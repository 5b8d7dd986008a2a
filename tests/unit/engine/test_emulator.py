from __future__ import annotations

import pytest

from dext_tasks.engine.emulator import crash_in, is_crash

SAID = "qemu: uncaught target signal 11 (Segmentation fault) - core dumped"


class TestProgram:
    @pytest.mark.parametrize("code", [132, 135, 139])
    def test_that_ends_by_a_signal_of_the_emulator_s(self, code: int) -> None:
        assert is_crash("", code)

    @pytest.mark.parametrize("number", [4, 5, 6, 7, 11])
    def test_whose_emulator_says_so(self, number: int) -> None:
        assert is_crash(f"starting\nqemu: uncaught target signal {number} (whatever) - core dumped", 1)

    # An abort, a kill for want of memory and SIGTERM are the program's or the engine's.
    @pytest.mark.parametrize("code", [0, 1, 2, 126, 127, 130, 134, 137, 143, 255])
    def test_that_ends_for_another_reason(self, code: int) -> None:
        assert not is_crash("Segmentation fault is what I am looking for", code)


def log(*steps: str) -> list[str]:
    return "\n".join(steps).splitlines()


STEP = """#7 [2/2] RUN make
#7 0.215 {said}
#7 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: {code}
------
 > [2/2] RUN make:
0.215 {said}
------
ERROR: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: {code}"""


class TestBuild:
    @pytest.mark.parametrize("code", [132, 135, 139])
    def test_by_the_exit_code_of_the_step(self, code: int) -> None:
        assert crash_in(log(STEP.format(said="compiling", code=code))) == f"exit code {code}"

    @pytest.mark.parametrize("signal", ["11 (Segmentation fault)", "4 (Illegal instruction)", "7 (Bus error)"])
    def test_by_what_the_emulator_said_whatever_the_shell_made_of_it(self, signal: str) -> None:
        said = f"qemu: uncaught target signal {signal} - core dumped"
        assert crash_in(log(STEP.format(said=said, code=1))) == said

    @pytest.mark.parametrize("code", [1, 2, 127, 134, 137])
    def test_a_step_that_fails_by_itself_is_none(self, code: int) -> None:
        assert crash_in(log(STEP.format(said="error: no rule to make target", code=code))) == ""

    def test_a_crash_in_a_step_that_went_well_all_the_same_is_none(self) -> None:
        survived = f"#5 [base 1/1] RUN apt-get install man-db\n#5 1.0 {SAID}\n#5 DONE 2.0s"
        assert crash_in(log(survived, STEP.format(said="error", code=2))) == ""

    def test_a_log_of_no_step_is_none(self) -> None:
        assert crash_in([]) == crash_in(["ERROR: failed to solve: exit code: 139", SAID, "#", "#1"]) == ""

    def test_a_command_that_names_such_an_exit_code_is_none(self) -> None:
        step = '#7 [2/2] RUN test "$code" = "exit code: 139" || exit 3'
        failed = '#7 ERROR: process "/bin/sh -c test" did not complete successfully: exit code: 3'
        assert crash_in([step, failed]) == ""
