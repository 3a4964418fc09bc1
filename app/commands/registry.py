"""The words of the command line: to add one, write `app/commands/WORD.py` and a line here."""

from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True, slots=True)
class Command:
    """One word; its module has `main(arguments) -> exit code` and answers `--help`.

    Attributes:
        word: as it is typed, and the module's name in `app.commands`.
        summary: its line in `relevo --help`.
        internal: whether it is for the program's own processes, and not listed.
    """

    word: str
    summary: str
    internal: bool = False

    def run(self, arguments: list[str]) -> int:
        """Import the module and run it; its exit code."""
        code: int = import_module(f"app.commands.{self.word}").main(arguments)
        return code


COMMANDS = (
    Command("platform", "set up, look at, upgrade and take down a platform on a Docker Engine"),
    Command("demo", "an embedded platform with two example projects and live traffic"),
    Command("gateway", "the service that clients call: routes, answers, records"),
    Command("supervisor", "the process that keeps rollups and carries the rules out"),
    Command("serve", "a model service for one version, from its deploy folder"),
    Command("describe", "what a model file of any maker carries, and its deploy folder"),
    Command("publish", "register a deploy folder as a version and start serving it"),
    Command("status", "what runs, which version is champion, who does not answer"),
    Command("champion", "make another version the champion of a project"),
    Command("alerts", "send a test by the channels that alerts go by"),
    Command("conformance", "whether a model service fulfils the contract, and what it lacks"),
    Command("client", "a typed client of a project, for applications in .NET"),
    Command("prepare", "what a platform's set-up does from inside its network", internal=True),
    Command("train", "a model service's own retraining", internal=True),
    Command("script", "an example project's script, run by a packaged program", internal=True),
)


def find(word: str) -> Command | None:
    """The command of this word; None if there is none."""
    return next((command for command in COMMANDS if command.word == word), None)
