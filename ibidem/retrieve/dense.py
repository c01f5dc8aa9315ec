"""A question -> the chunks whose vectors are nearest, when the embedder knows its language and is quick enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ibidem.errors import IbidemError
from ibidem.index.lexical import Ranking
from ibidem.index.vectors import Vectors
from ibidem.models.embed import Embedder, checked
from ibidem.retrieve.language import knows, language
from ibidem.retrieve.timed import NotInTime, Pending, Timed
from ibidem.store.workspaces import Workspace


@dataclass(frozen=True, slots=True)
class DenseSearch:
    """A search that has been started, or the reason why there is none."""

    embedder: str = ""
    note: str = ""
    pending: Pending[Ranking] | None = None

    def result(self) -> tuple[Ranking, dict[str, str]]:
        """The ranking, empty where there is none to fuse, and what to say of it in the trace."""
        if self.pending is None:
            return [], {"embedder": self.embedder, "state": self.note}
        try:
            return self.pending.result(), {"embedder": self.embedder, "state": "used"}
        except NotInTime as error:
            return [], {"embedder": self.embedder, "state": str(error)}


class DenseChannel:
    """Asks the embedder whose vectors answer for a workspace; while another one's are being built, that is still the old."""

    def __init__(
        self, vectors: Vectors, open_embedder: Callable[[str], Embedder], timed: Timed, *, budget_ms: int
    ) -> None:
        self._vectors = vectors
        self._open = open_embedder
        self._timed = timed
        self._budget_ms = budget_ms

    def begin(self, question: str, workspace: Workspace) -> DenseSearch:
        """Start the search beside the lexical one. Never raises, never waits."""
        position = self._vectors.position(workspace.id)
        if position is None:
            return DenseSearch(note="no vectors yet")
        try:
            embedder = self._open(position.embedder)
        except IbidemError as error:
            return DenseSearch(position.embedder, f"failed: {error.message}")

        def search() -> Ranking:
            wanted = language(question)
            if not knows(embedder.languages, wanted):
                raise NotInTime(f"does not know the question's language ({wanted})")
            query = checked(embedder.embed([question], "query"), (1, position.dim), embedder.name)[0]
            return self._vectors.rank(workspace.id, workspace.owner, query, position)

        try:
            pending = self._timed.start(search, within_ms=self._budget_ms)
        except NotInTime as error:
            return DenseSearch(position.embedder, str(error))
        return DenseSearch(position.embedder, pending=pending)
