"""The invoke layer: each module a verb, which reads flags, calls a feature and shows what came of it.

Type checkers read `__init__.pyi` beside it, which says what each verb takes.
"""

from __future__ import annotations

import sys

from invoke.collection import Collection

from dext_tasks.tasks.abort import abort
from dext_tasks.tasks.adopt import adopt
from dext_tasks.tasks.build import build
from dext_tasks.tasks.check import check
from dext_tasks.tasks.ci import github, gitlab, matrix
from dext_tasks.tasks.clean import clean
from dext_tasks.tasks.config import config
from dext_tasks.tasks.doctor import doctor
from dext_tasks.tasks.fix import fix
from dext_tasks.tasks.labels import labels
from dext_tasks.tasks.manual import manual
from dext_tasks.tasks.new import new
from dext_tasks.tasks.program import host
from dext_tasks.tasks.published import list_versions, verify
from dext_tasks.tasks.release import release, resume, status
from dext_tasks.tasks.smoke import smoke
from dext_tasks.tasks.upgrade import upgrade

namespace = Collection("dext", new, adopt, upgrade, build, check, fix, labels, smoke, doctor, config, clean, manual)
_releases = Collection("release", status, resume, list_versions, verify, abort)
_releases.add_task(release, default=True)
namespace.add_collection(_releases)
namespace.add_collection(Collection("ci", matrix, github, gitlab))

host(sys.modules.get("invoke.main"))

__all__ = [
    "abort",
    "adopt",
    "build",
    "check",
    "clean",
    "config",
    "doctor",
    "fix",
    "github",
    "gitlab",
    "labels",
    "list_versions",
    "manual",
    "matrix",
    "namespace",
    "new",
    "release",
    "resume",
    "smoke",
    "status",
    "upgrade",
    "verify",
]
