"""The errors a person may see, and the exit code each one ends with.

::

    LandcoverError                 1  the run failed; it can be resumed
    ├── InputError                 2  the job or the call is wrong
    │   ├── JobError               2  the job file: every problem at once
    │   ├── ZoneError              2  a zone file
    │   ├── PlanError              2  over budget, nothing to compute
    │   └── FolderError            2  OUT is not writable, or in use
    ├── CatalogError               1  a catalog did not answer, or answered nonsense
    │   ├── NoScenesError          1  nothing found
    │   └── OffsetError            1  pixels deny what their items declare
    ├── NetworkError               1  an address did not answer, or may not be asked
    ├── DiskFullError              1
    ├── WorkerError                1  workers lost
    └── SceneError                 -  one scene cannot be used; never ends a run
        ├── HostileFileError       -  a file that is not what its item says
        └── OverviewError          -  a file without the overview that is asked for

Each message reads ``where: what is wrong. What to do.``
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "CatalogError",
    "DiskFullError",
    "FolderError",
    "HostileFileError",
    "InputError",
    "JobError",
    "LandcoverError",
    "NetworkError",
    "NoScenesError",
    "OffsetError",
    "OverviewError",
    "PlanError",
    "Problem",
    "SceneError",
    "WorkerError",
    "ZoneError",
]


def _sentence(text: str) -> str:
    """Close a sentence with one full stop, whatever it came with; a question keeps its mark."""
    text = text.rstrip(" .")
    return text if text.endswith("?") else f"{text}."


class LandcoverError(Exception):
    """The root of all errors that a user may see.

    Parameters
    ----------
    where : str
        File, key, scene or place.
    what : str
        What is wrong, as one clause.
    remedy : str
        What to do, as one sentence.
    """

    exit_code = 1

    def __init__(self, where: str, what: str, remedy: str = "") -> None:
        self.where, self.what, self.remedy = where, what, remedy
        super().__init__(where, what, remedy)

    def __str__(self) -> str:
        text = f"{self.where}: {_sentence(self.what)}"
        return f"{text} {_sentence(self.remedy)}" if self.remedy else text


class InputError(LandcoverError):
    """The job or the call is wrong."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a job file, at its place in the text (1-based)."""

    file: str
    line: int
    column: int
    key: str
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.key}: {_sentence(self.what)}"
        return f"{text} {_sentence(self.remedy)}" if self.remedy else text


class JobError(InputError):
    """A job file with one or more problems, all told at once."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first = problems[0]
        super().__init__(first.file, first.what, first.remedy)
        self.args = (problems,)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ZoneError(InputError):
    """A zone file that cannot be used as it is."""


class PlanError(InputError):
    """A plan that cannot be run: over budget, or nothing to compute."""


class FolderError(InputError):
    """The output folder cannot be written, or another run is using it."""


class CatalogError(LandcoverError):
    """A catalog did not answer, or its answer cannot be understood."""


class NoScenesError(CatalogError):
    """No source has a scene for the zones and the period."""


class OffsetError(CatalogError):
    """The pixels of some scenes cannot have the offset that their items declare."""


class NetworkError(LandcoverError):
    """An address did not answer, answered too much, or may not be asked.

    `state` is the HTTP state that a server refused with; 408 stands for our patience, too.
    """

    state = 0


class DiskFullError(LandcoverError):
    """The disk filled up; what was finished is kept."""


class WorkerError(LandcoverError):
    """Workers were lost more often than a run can bear."""


class SceneError(LandcoverError):
    """One scene cannot be used. It is listed in ``failures.csv``; the run goes on."""


class HostileFileError(SceneError):
    """A file that is not what its item says it is."""


class OverviewError(SceneError):
    """A file without the overview that is asked for, or with one that cannot be trusted."""
