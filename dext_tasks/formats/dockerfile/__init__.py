"""A Dockerfile's labels without building it: the file in, the labels BuildKit would set out."""

from __future__ import annotations

from dext_tasks.formats.dockerfile.document import Dockerfile, parse
from dext_tasks.formats.dockerfile.instructions import Instruction
from dext_tasks.formats.dockerfile.refusals import DockerfileRefusedError
from dext_tasks.formats.dockerfile.stages import Label, Stage

__all__ = ["Dockerfile", "DockerfileRefusedError", "Instruction", "Label", "Stage", "parse"]
