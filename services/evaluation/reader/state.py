"""All that a reader knows of one project: cursors, what is held for joining, and the summaries."""

from dataclasses import dataclass, field
from typing import Self

from services.evaluation.join.joiner import Joiner, VersionPredictions
from services.evaluation.join.outcomes import LabelTexts, OutcomeEncoder
from services.evaluation.reader.buckets import Buckets
from services.registry.model import Project


@dataclass(slots=True, eq=False)
class ReaderState:
    """The state of a reader; a function of the log up to the cursors, however it was read.

    Attributes:
        cursors: up to where everything has been counted.
        writers: names in the order in which they were met; held labels name them by position.
        texts: codes of the texts that labels were given as.
        encoders: by version, how its results become numbers.
        generation: of the rollups that it was opened from, or last written as; 0 for none.
        newest_request: Unix milliseconds; 0 before the first.
        newest_label: Unix microseconds; 0 before the first.
        rebuilt: why it was made anew from the log, not from stored rollups, in words; empty if it was not.
    """

    cursors: dict[str, tuple[int, int]] = field(default_factory=dict)
    writers: list[str] = field(default_factory=list)
    texts: LabelTexts = field(default_factory=LabelTexts)
    encoders: dict[str, OutcomeEncoder] = field(default_factory=dict)
    joiner: Joiner = field(default_factory=Joiner)
    buckets: Buckets = field(default_factory=Buckets)
    newest_request: int = 0
    newest_label: int = 0
    generation: int = 0
    rebuilt: str = ""

    @classmethod
    def empty(cls, project: Project, held_rows: int) -> Self:
        """That of a reader which has read nothing, with room for so many rows to be joined."""
        state = cls(joiner=Joiner(capacity=held_rows))
        state.add_versions(project)
        return state

    def add_versions(self, project: Project) -> None:
        """Make room for versions that were not known yet."""
        for version in project.versions:
            if version.name not in self.encoders:
                encoder = OutcomeEncoder(version.signature, self.texts)
                self.encoders[version.name] = encoder
                self.joiner.versions[version.name] = VersionPredictions(encoder.classes)
