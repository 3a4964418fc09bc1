"""One program: without a word it opens the window, with one it runs that command."""

import os
import sys

from app.commands.registry import COMMANDS, Command, find

_READER_LEFT = 141
"""What a shell tells of a program that ended because its pipe was closed."""


def usage() -> str:
    """The text of `relevo --help`."""
    lines = [f"  {command.word:<11} {command.summary}" for command in COMMANDS if not command.internal]
    return "\n".join([
        "usage: relevo [COMMAND] [--help]",
        "",
        "Without a command the window opens.",
        "",
        *lines,
    ])  # fmt: skip


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns its exit code."""
    try:
        try:
            return _run_words(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read along has enough, as `head` has; Python would flush once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_LEFT


def _run_words(arguments: list[str] | None) -> int:
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in {"--profile", "--workspace"}:
        from app.startup import main as open_window

        return open_window(words)
    word = words[0]
    if word in {"-h", "--help", "help"}:
        print(usage())  # noqa: T201 - the answer to --help
        return 0
    command = find(word)
    if command is None:
        print(f"relevo: there is no command {word!r}\n\n{usage()}", file=sys.stderr)  # noqa: T201
        return 2
    return run(command, words[1:])


def run(command: Command, arguments: list[str]) -> int:
    """Run one command; what a person can act on is told in words, never as a trace."""
    from services.errors import RelevoError

    try:
        return command.run(arguments)
    except RelevoError as error:
        text = f"relevo {command.word}: {error.message}"
        print(f"{text}\n{error.remedy}" if error.remedy else text, file=sys.stderr)  # noqa: T201
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    # A packaged program starts helper processes by running itself again.
    import multiprocessing

    multiprocessing.freeze_support()
    sys.exit(main())
