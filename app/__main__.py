"""One program: without a word it opens the window, with one it runs that command."""

import sys
from importlib import import_module

COMMANDS = {
    "platform": "set up, look at, upgrade and take down a platform on a Docker Engine",
    "demo": "an embedded platform with two example projects and live traffic",
    "gateway": "the service that clients call: routes, answers, records",
    "supervisor": "the process that keeps rollups and carries the rules out",
    "serve": "a model service for one version, from its deploy folder",
    "describe": "what a model file of any maker carries, and its deploy folder",
    "publish": "register a deploy folder as a version and start serving it",
    "status": "what runs, which version is champion, how much is labelled",
    "conformance": "whether a model service fulfils the contract, and what it lacks",
    "client": "a typed client of a project, for applications in .NET",
    "prepare": "",  # what a platform's set-up does from inside its network
    "train": "",  # started by a model service for its own retraining
    "script": "",  # how a packaged program runs the example projects' scripts
}


def usage() -> str:
    """The text of `relevo --help`."""
    lines = [f"  {word:<11} {text}" for word, text in COMMANDS.items() if text]
    return "\n".join([
        "usage: relevo [COMMAND] [--help]",
        "",
        "Without a command the window opens.",
        "",
        *lines,
    ])  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in {"--profile", "--workspace"}:
        from app.startup import main as open_window

        return open_window(words)
    word = words[0]
    if word in {"-h", "--help", "help"}:
        print(usage())  # noqa: T201 - the answer to --help
        return 0
    if word not in COMMANDS:
        print(f"relevo: there is no command {word!r}\n\n{usage()}", file=sys.stderr)  # noqa: T201
        return 2
    return run(word, words[1:])


def run(word: str, arguments: list[str]) -> int:
    """Run one command; what a person can act on is told in words, never as a trace."""
    from services.errors import RelevoError

    try:
        code: int = import_module(f"app.commands.{word}").main(arguments)
    except RelevoError as error:
        text = f"relevo {word}: {error.message}"
        print(f"{text}\n{error.remedy}" if error.remedy else text, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    # A packaged program starts helper processes by running itself again.
    import multiprocessing

    multiprocessing.freeze_support()
    sys.exit(main())
