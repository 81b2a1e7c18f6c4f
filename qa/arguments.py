"""The grammar of the command line: its commands, their options, and the help on both."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from embeddings.errors import SanadError
from qa.filters import EVERYTHING, Filter
from qa.printing import version_text
from qa.settings import DEFAULTS, read_port, read_url

PASSAGES = 5  # shown where no other number is typed


@dataclass(frozen=True, slots=True)
class Arguments:
    """A command and what was typed after it; the options that it does not have are as they are here."""

    command: str
    folder: str | None = None
    index: str | None = None
    model: str | None = None
    json: bool = False
    watch: bool = False
    # build
    force: bool = False
    # ask
    question: str = ""
    k: int = PASSAGES
    within: Filter = EVERYTHING
    # eval
    questions: str = ""
    # serve
    host: str | None = None
    port: str | None = None
    allow_upload: str | None = None
    public_url: str | None = None
    # doctor
    repair: bool = False
    drop: str | None = None


def read_arguments(typed: Sequence[str] | None = None) -> Arguments:
    """Return what was typed, by default to this process; where it is wrong usage, say why and exit with status 2."""
    parser = build_parser()
    options, rest = parser.parse_known_args(typed)
    if len(rest) == 1 and not rest[0].startswith("-") and "folder" not in options:
        options.folder = rest[0]  # it may also follow the options, which argparse alone does not allow
    elif rest:
        quote = "" if any(word.startswith("-") for word in rest) else " (put a question of several words in quotes)"
        parser.error(f"unrecognized arguments: {' '.join(rest)}{quote}")
    try:
        return _checked(options)
    except SanadError as error:
        parser.error(str(error))


def _checked(options: argparse.Namespace) -> Arguments:
    """Return the options with their values checked; raise SanadError where one is invalid."""
    given = vars(options)
    conditions = {name: given.pop(name) for name in ("documents", "languages", "after", "before") if name in given}
    arguments = Arguments(within=Filter.of(**conditions), **given)
    if arguments.port:
        read_port(arguments.port)
    read_url(arguments.public_url or "")
    return arguments


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; what is not typed is not among the options that it finds."""
    parser = argparse.ArgumentParser(prog="sanad", description="Ask a folder of documents in any language.")
    parser.add_argument(
        "--version", action=_Version, nargs=0, default=argparse.SUPPRESS, help="print the version and exit"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_build(_command(commands, "build", "bring the index in line with the folder"))
    _add_ask(_command(commands, "ask", "answer a question with passages", "question"))
    _command(commands, "eval", "measure the answers to questions of your own", "questions")
    _add_serve(_command(commands, "serve", "open the chat in a browser"))
    _add_doctor(_command(commands, "doctor", "check that the index is intact and agrees with the folder"))
    return parser


class _Version(argparse.Action):
    """Print the version and exit; it is looked up only then, which other commands need not wait for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(version_text())
        parser.exit()


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, purpose: str, *positional: str
) -> argparse.ArgumentParser:
    """Add a command with the options that all commands have, and the `positional` ones before its folder."""
    command = commands.add_parser(
        name, help=purpose, description=f"{purpose.capitalize()}.", argument_default=argparse.SUPPRESS
    )
    for argument in positional:
        command.add_argument(argument)
    command.add_argument("folder", nargs="?", help=f"the documents (default: {DEFAULTS['folder']})")
    command.add_argument("--index", metavar="DIR", help="where the index is kept (default: in your cache folder)")
    command.add_argument(
        "--model",
        metavar="NAME",
        help="folder or hub name of a sentence-transformers model (default: that of the index, or built-in)",
    )
    if name != "serve":
        command.add_argument("--json", action="store_true", help="print one JSON object")
    return command


def _add_build(build: argparse.ArgumentParser) -> None:
    meant = "go on although most documents are gone, or the index belongs to another folder"
    build.add_argument("--force", action="store_true", help=meant)
    build.add_argument("--watch", action="store_true", help="keep running and follow the folder until Ctrl-C")


def _add_ask(ask: argparse.ArgumentParser) -> None:
    ask.add_argument("-k", type=_positive, help=f"how many passages (default: {PASSAGES})")
    ask.add_argument(
        "--document",
        action="append",
        dest="documents",
        metavar="PART",
        help="search only documents whose path matches; may be repeated",
    )
    ask.add_argument(
        "--language",
        action="append",
        dest="languages",
        metavar="CODE",
        help="search only passages in this language, such as ar; may be repeated",
    )
    ask.add_argument("--after", metavar="DATE", help="search only documents dated on or after this day")
    ask.add_argument("--before", metavar="DATE", help="search only documents dated before this day")


def _add_serve(serve: argparse.ArgumentParser) -> None:
    serve.add_argument("--host", help=f"address to serve on (default: {DEFAULTS['host']})")
    serve.add_argument("--port", help=f"port to serve on (default: {DEFAULTS['port']})")
    serve.add_argument("--watch", action="store_true", help="follow the folder even when nobody asks")
    serve.add_argument(
        "--allow-upload", action="store_const", const="yes", help="let visitors of the page add documents"
    )
    serve.add_argument(
        "--public-url", metavar="URL", help="where a proxy makes the page known, such as https://docs.example.org/sanad"
    )


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    doctor.add_argument("--repair", action="store_true", help="repair what can be repaired")
    doctor.add_argument("--drop", metavar="NAME", help="remove the index of a model that is not in use")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of passages")
    return int(text)
