"""`relevo platform up|status|check|log|restart|password|upgrade|backup|restore|down`: on Docker."""

import argparse
import sys
from pathlib import Path

import msgspec
from msgspec.structs import replace

from app.commands.engine import add_engine_options, engine_address
from app.commands.platform_output import ProgressPrinter, describe, interruptible, print_details
from app.commands.registries import CommandSignIns, add_registry_words
from app.paths import system_paths
from services.containers.engine.engine import Engine, open_engine
from services.errors import Cancelled, NotFound, RelevoError
from services.platform.backup.create import back_up
from services.platform.backup.restore import restore
from services.platform.client_profile import profile_of, save_profile, tunnel_hints
from services.platform.discovery import find_platform, require_platform
from services.platform.part_operations import part_log, restart_part
from services.platform.recovery.recover import request_of
from services.platform.request import DURABILITIES, PlatformRequest
from services.platform.setup import set_up
from services.platform.status import platform_status
from services.platform.store_check import check_store
from services.platform.teardown import plan_tear_down, tear_down
from services.platform.upgrade import upgrade
from services.profiles.registries import RegistrySignIns
from services.profiles.secrets import Secrets
from services.store.addresses import SqliteAddress
from services.store.connect import open_store
from services.supervisor.consistency import Consistency, check_projects

_NOT_OF_A_REQUEST = {"action", "docker", "docker_certificates", "profile", "new_token"}


def main(arguments: list[str]) -> int:
    """Do what the word says; 1 if a part is not well, 130 if it was interrupted."""
    options = _parser().parse_args(arguments)
    if options.action == "check" and options.workspace is not None:
        return _check_workspace(options)
    actions = {
        "up": _up, "status": _status, "check": _check, "log": _log, "restart": _restart,
        "password": _password,
        "upgrade": _upgrade, "backup": _backup, "restore": _restore, "down": _down,
    }  # fmt: skip
    sign_ins = CommandSignIns(RegistrySignIns(Secrets()))
    with open_engine(engine_address(options), credentials=sign_ins.get) as engine:
        try:
            return sign_ins.asking(lambda: actions[options.action](engine, options))
        except Cancelled as stopped:
            print(f"Interrupted. {stopped}", file=sys.stderr)
            return 130
        except RelevoError as error:
            print_details(error)
            raise


def _up(engine: Engine, options: argparse.Namespace) -> int:
    asked = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in vars(options).items()
        if name not in _NOT_OF_A_REQUEST and value is not None
    }
    printer = ProgressPrinter()
    with interruptible(printer) as progress:
        discovered = find_platform(engine, options.name)
        known = request_of(engine, discovered, options.image_prefix or "", progress, printer.output)
    request = replace(known or PlatformRequest(), **asked)
    for warning in engine.info().warnings:
        print(f"Warning: {warning}", file=sys.stderr)
    secrets, profile = Secrets(), profile_of(request, engine.address, options.profile)

    def issued(token: str) -> None:
        secrets.put(profile.name, "gateway-token", token)
        print(f"Administrator's token, shown this once: {token}", flush=True)

    with interruptible(printer) as progress:
        outcome = set_up(
            engine, request, progress, output=printer.output, issued=issued, new_token=options.new_token
        )
    kept = save_profile(profile, outcome, system_paths().profiles, secrets)
    for word in ("made", "changed", "started", "removed"):
        if names := getattr(outcome, word):
            print(f"{word.capitalize():<9} {', '.join(names)}")
    print(f"Gateway   {request.address()}")
    how = f"relevo platform password --name {request.name}"
    where = "its password is in the keyring" if kept else f"no keyring here; its password: {how}"
    print(f"Profile   {profile.name} ({where})")
    for hint in tunnel_hints(request, engine.address):
        print(hint)
    return 0


def _status(engine: Engine, options: argparse.Namespace) -> int:
    state = platform_status(engine, options.name)
    print("\n".join(describe(state)))
    return 0 if state.well else 1


def _check(engine: Engine, options: argparse.Namespace) -> int:
    with interruptible(ProgressPrinter()) as progress:
        told = check_store(engine, options.name, repair=options.repair, progress=progress)
    return _print_findings(msgspec.json.decode(told, type=list[Consistency]))


def _check_workspace(options: argparse.Namespace) -> int:
    if not options.workspace.is_dir():
        raise NotFound(f"there is no workspace {options.workspace}")
    store = open_store(SqliteAddress(str(options.workspace)))
    try:
        return _print_findings(check_projects(store, repair=options.repair))
    finally:
        store.close()


def _print_findings(found: list[Consistency]) -> int:
    """One line a project, and what differs below it; 1 if something is left that differs."""
    for one in found:
        print(
            f"{one.project}  {one.rows} rows of its log compared{'' if one.lines() else ': all is whole'}"
        )
        for line in one.lines():
            print(f"  {line}")
    return 0 if all(one.whole for one in found) else 1


def _log(engine: Engine, options: argparse.Namespace) -> int:
    for line in part_log(engine, options.name, options.part, options.lines):
        print(line)
    return 0


def _restart(engine: Engine, options: argparse.Namespace) -> int:
    restart_part(engine, options.name, options.part, lambda _fraction, _text: None)
    print(f"{options.part} is healthy")
    return 0


def _password(engine: Engine, options: argparse.Namespace) -> int:
    secrets = require_platform(engine, options.name).secrets
    if secrets is None:
        raise NotFound(
            f"no container of {options.name} has its passwords",
            remedy="Setting it up again finds those beside its data: "
            f"relevo platform up --name {options.name}.",
        )
    print(getattr(secrets, options.role))
    return 0


def _upgrade(engine: Engine, options: argparse.Namespace) -> int:
    printer = ProgressPrinter()
    if options.backup is not None:
        _backup(engine, options)
    with interruptible(printer) as progress:
        done = upgrade(engine, options.name, progress, output=printer.output, build=not options.keep_images)
    print(f"Upgraded  {', '.join(done.changed) or 'nothing: all parts run these images already'}")
    if done.missing:
        print(
            f"Missing   {', '.join(done.missing)}; to make them: relevo platform up --name {options.name}"
        )
    return 0


def _backup(engine: Engine, options: argparse.Namespace) -> int:
    with interruptible(ProgressPrinter()) as progress:
        made = back_up(engine, options.name, options.backup, progress)
    print(f"Backup    {made} (whoever gets it can read all of the platform's data)")
    return 0


def _restore(engine: Engine, options: argparse.Namespace) -> int:
    printer = ProgressPrinter()
    with interruptible(printer) as progress:
        name = restore(
            engine, options.backup, progress, name=options.name, prefix=options.image_prefix,
            output=printer.output,
        ).name  # fmt: skip
    print(f"Restored  {name}; now set it up: relevo platform up --name {name}")
    return 0


def _down(engine: Engine, options: argparse.Namespace) -> int:
    plan = plan_tear_down(engine, options.name, delete_data=options.delete_data)
    print("\n".join(plan.lines()), flush=True)
    if options.delete_data and options.confirm != options.name:
        print(f"Nothing was changed. To delete these data, add: --confirm {options.name}", file=sys.stderr)
        return 2
    with interruptible(ProgressPrinter()) as progress:
        tear_down(
            engine, options.name, progress, delete_data=options.delete_data, confirmation=options.confirm
        )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="relevo platform", description=__doc__)
    add_registry_words(parser)
    words = parser.add_subparsers(dest="action", required=True)
    _add_up(words.add_parser("up", help="set a platform up, complete it, or change what is said here"))
    _add_common(words.add_parser("status", help="each part: state, version, address, memory"))
    checked = words.add_parser("check", help="whether log, live tables, rollups and registry fit together")
    checked.add_argument("--repair", action="store_true", help="bring what live tables and rollups lack")
    checked.add_argument(
        "--workspace", type=Path, metavar="FOLDER", help="an embedded workspace, instead of a platform"
    )
    _add_common(checked)
    for word, text in (("log", "what a part wrote"), ("restart", "restart a part")):
        command = words.add_parser(word, help=text)
        command.add_argument("part", help="such as gateway, or a model service's container")
        _add_common(command)
        if word == "log":
            command.add_argument("--lines", type=int, default=100)
    password = words.add_parser("password", help="print a password, for whoever may ask the engine")
    password.add_argument(
        "--role", choices=("administrator", "reader", "datalake"), default="administrator",
        help="Cassandra's relevo_administrator or relevo_reader, or the datalake's user relevo",
    )  # fmt: skip
    _add_common(password)
    upgraded = words.add_parser("upgrade", help="bring each part to this program's images")
    add_registry_words(upgraded)
    upgraded.add_argument("--keep-images", action="store_true", help="build none that is there already")
    upgraded.add_argument(
        "--backup", type=Path, metavar="FOLDER", help="copy its data into a new folder there first"
    )
    _add_common(upgraded)
    saved = words.add_parser("backup", help="copy its data into a new folder; each part stops meanwhile")
    saved.add_argument("backup", type=Path, metavar="FOLDER", help="in which the new folder is made")
    _add_common(saved)
    restored = words.add_parser("restore", help="bring data back from a backup; then set it up")
    add_registry_words(restored)
    restored.add_argument("backup", type=Path, metavar="FOLDER", help="that a backup has made")
    restored.add_argument("--name", default="", help="another name than the platform had")
    restored.add_argument("--image-prefix", default="", help="a registry to pull Relevo's images from")
    add_engine_options(restored)
    down = words.add_parser("down", help="stop and remove its containers; data stay")
    down.add_argument("--delete-data", action="store_true", help="delete its data as well, for ever")
    down.add_argument("--confirm", default="", metavar="NAME", help="the platform's exact name")
    _add_common(down)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="relevo", help="the platform's name (default: relevo)")
    add_engine_options(parser)


def _add_up(parser: argparse.ArgumentParser) -> None:
    add_registry_words(parser)
    parser.description = "What is not said stays as it is, or is the default at a first set-up."
    _add_common(parser)
    parser.add_argument("--profile", default="", help="name of the profile (default: the platform's)")
    parser.add_argument("--new-token", action="store_true", help="issue a further administrator's token")
    asked = parser.add_argument_group("platform")
    for name, text in (
        ("gateway-host", "address of the engine's machine that clients use (default: 127.0.0.1)"),
        ("team-host", "the same for Cassandra, registry and datalake (default: 127.0.0.1)"),
        ("public-address", "under which clients reach the gateway"),
        ("certificate", "PEM file; with it the gateway serves HTTPS"),
        ("key", "PEM file of the certificate's key"),
        ("image-prefix", "a registry to pull Relevo's images from, instead of building them"),
    ):
        asked.add_argument(f"--{name}", help=text)
    for name in ("gateway-port", "cassandra-port", "registry-port", "datalake-port", "gateways"):
        asked.add_argument(f"--{name}", type=int)
    asked.add_argument("--listener-ports", type=int, nargs="*", metavar="PORT")
    asked.add_argument(
        "--allow-origin", dest="allowed_origins", action="extend", nargs="*", metavar="ORIGIN",
        help="web pages of these origins may call, such as https://shop.example.com; alone, of none",
    )  # fmt: skip
    asked.add_argument("--left-out", nargs="*", metavar="PART", help="registry, datalake or both")
    asked.add_argument("--durability", choices=DURABILITIES)
    asked.add_argument("--swarm", action="store_true", default=None,
                       help="run the gateways as a service of the engine's Swarm")  # fmt: skip
    for name in ("plain-http-beyond-loopback", "plain-team-beyond-loopback"):
        asked.add_argument(f"--{name}", action="store_true", default=None)
