"""All problems of a study, from its `study.yaml` to its log."""

import os
from collections.abc import Iterator

from procmine.assemble.mapping.study_file import all_mistakes
from procmine.assemble.reading.presence import require_file
from procmine.errors import ProcmineError
from procmine.problems.assembled import findings, set_aside, unmatched
from procmine.problems.declared import unlinked
from procmine.problems.exports import of_exports
from procmine.problems.problem import Problem, unusable
from procmine.project import EXPORTS, STUDY_FILE, study_folder
from procmine.study import Study


def study_problems(study: str | os.PathLike[str]) -> list[Problem]:
    """Everything that is wrong with a study, in order of harm: what makes it unusable, what is lost, what is in doubt.

    `study` is a name under `eventlogs/` or a folder. Unusable are mistakes in `study.yaml`, kinds of keys that nothing
    links, files and columns that are missing, exports that cannot be read, times of no known zone, a designed flow
    that cannot be used. Where there is none of that, the log is assembled, or the stored one taken: lost are its rows
    that were set aside though the study does not ask for it, by reason; in doubt are activities that only the log or
    only the flow has, and each of `Study.findings`. An empty list: all is well.

    Exports are only looked into where `study.yaml` can be read that far; so a second look, after the first mistakes are
    put right, may find more.

    Errors: `StudyError` where there is no such study.
    """
    folder = study_folder(study)
    path = folder / STUDY_FILE
    file, mistakes = all_mistakes(path)
    problems = [unusable(mistake, place=str(path)) for mistake in mistakes]
    if file is None:
        return problems
    opened = Study(folder, file)
    problems += unlinked(file, place=path)
    if not problems:
        try:
            opened.log()
            return [*_of_log(opened)]
        except ProcmineError as error:
            stopped = unusable(error, place=str(folder))
    problems += _of_files(opened, zones=not mistakes)
    return problems or [stopped]


def _of_log(study: Study) -> Iterator[Problem]:
    try:
        only = [*unmatched(study)]
    except ProcmineError as error:
        only = [unusable(error, place=str(study.designed_flow))]
    yield from (problem for problem in only if problem.harm == "unusable")
    yield from set_aside(study)
    yield from (problem for problem in only if problem.harm == "doubtful")
    yield from findings(study)


def _of_files(study: Study, *, zones: bool) -> Iterator[Problem]:
    if study.designed_flow is not None:
        try:
            require_file(study.designed_flow)
        except ProcmineError as error:
            yield unusable(error, place=str(study.designed_flow))
    yield from of_exports(study.file, study.folder / EXPORTS, zones=zones)
