"""Loads a strategy by name, and refuses one that is not a pure judgement before anything else is touched."""

import importlib
import importlib.util
import inspect
import sys
from copy import deepcopy
from functools import partial
from pathlib import Path

from actors.adapters.answer_time import AnswerTime
from commands.strategy_source import complaint, imports_of_own
from core.errors import Refused
from core.hearing import Fault, Hearing, described
from core.settings import Settings
from core.strategy import Candidate, Holding, MemcoinStrategy, MicroLightning
from core.types import Venue

OWN = f"{MicroLightning.__module__}:{MicroLightning.__name__}"
HELP = "a strategy of your own, as core.strategy.MemcoinStrategy says (MICRO_STRATEGY)"
METHODS = ("weigh", "leave")
NAME = 40
HANG_S = 1.0
"""Real time after which a call is taken to hang, where a late answer would still count."""


def hearing_of(settings: Settings, *, paced: bool) -> Hearing:
    """The strategy that the settings name, as the machines hear it. Raises Refused. `paced`: time is real."""
    strategy = load(settings.runtime.strategy, most_s=settings.strategy.most_s)
    return hearing_with(strategy, settings, paced=paced)


def hearing_with(strategy: MemcoinStrategy, settings: Settings, *, paced: bool) -> Hearing:
    """This strategy, with the time that the settings give it. The house's own needs no watch."""
    most_s = settings.strategy.most_s
    if type(strategy) is MicroLightning:
        return Hearing(strategy)
    return Hearing(
        strategy,
        timed=AnswerTime(most_s if paced else HANG_S),
        most_s=most_s,
        late_counts=not paced,
    )


def load(spec: str, *, most_s: float = 0.05) -> MemcoinStrategy:
    """The strategy `package.module:Class`, read, imported, made and tried. Raises Refused with one line."""
    if spec == OWN:
        return MicroLightning()
    module_name, colon, class_name = spec.partition(":")
    if not colon or not class_name.isidentifier() or not all(part.isidentifier() for part in module_name.split(".")):
        raise Refused(f"--strategy takes package.module:Class, not {spec!r}")
    _read(spec, module_name)
    try:
        module = importlib.import_module(module_name)
        made = getattr(module, class_name, None)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code may raise whatever it likes
        raise Refused(f"strategy {spec} cannot be imported: {described(error)}") from None
    if not inspect.isclass(made):
        raise Refused(f"strategy {spec}: {module_name} has no class {class_name}")
    try:
        strategy = made()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        raise Refused(f"strategy {spec} cannot be made without arguments: {described(error)}") from None
    return checked(strategy, spec, most_s=most_s)


def checked(strategy: object, spec: str, *, most_s: float = 0.05) -> MemcoinStrategy:
    """The object as a strategy, after its form and its answers were looked at. Raises Refused."""
    fault = _form(strategy) or _answers(strategy, most_s)  # type: ignore[arg-type]  # its form is a strategy's
    if fault:
        raise Refused(f"strategy {spec}: {fault}")
    return strategy  # type: ignore[return-value]  # looked at just now


def _read(spec: str, module_name: str) -> None:
    """Look at the source of the module, its packages, and all of its own package that it imports, before any runs."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.append(here)
    own = module_name.split(".")[0]
    waiting, seen = [module_name], set[str]()
    while waiting:
        name = waiting.pop()
        parts = name.split(".")
        for length in range(1, len(parts) + 1):
            prefix = ".".join(parts[:length])
            if prefix in seen:
                continue
            seen.add(prefix)
            source = _source(prefix)
            if source is None:
                if name == module_name:
                    raise Refused(f"strategy {spec}: there is no module {prefix} with source (looked beside {here})")
                break  # a name inside a module that was read
            fault = complaint(source, own=own)
            if fault:
                raise Refused(f"strategy {spec}: {prefix} {fault}")
            waiting += imports_of_own(source, own)


def _source(name: str) -> str | None:
    """The text of a module, found without running it: its packages have been read before. Empty for a bare folder."""
    try:
        found = importlib.util.find_spec(name)
    except (Exception, SystemExit):  # noqa: BLE001 - a package's own code runs here
        return None
    if found is None:
        return None
    if found.origin is None:
        return "" if found.submodule_search_locations is not None else None
    path = Path(found.origin)
    return path.read_text(encoding="utf-8") if path.suffix == ".py" else None


def _form(strategy: object) -> str:
    name = getattr(strategy, "name", None)
    if type(name) is not str or not name.isprintable() or not 0 < len(name.strip()) <= NAME:
        return f"its name must be 1 to {NAME} printable characters"
    for method in METHODS:
        call = getattr(strategy, method, None)
        if not callable(call):
            return f"it has no method {method}(…); see core.strategy.MemcoinStrategy"
        if inspect.iscoroutinefunction(call) or inspect.isgeneratorfunction(call):
            return f"{method} must answer at once, it is no coroutine and no generator"
        try:
            inspect.signature(call).bind(object())
        except TypeError:
            return f"{method} must take exactly one argument"
    return ""


def _answers(strategy: MemcoinStrategy, most_s: float) -> str:
    """Ask about made-up tokens and positions, each three times: all must be answers, in time, and always the same."""
    hearing = Hearing(strategy, timed=AnswerTime(HANG_S), most_s=most_s, late_counts=True)
    before = _state(strategy)
    questions = [partial(hearing.weigh, one) for one in CANDIDATES] + [partial(hearing.leave, one) for one in HOLDINGS]
    for ask in questions:
        late = hearing.faults[Fault.SLOW]
        answers = [ask() for _ in range(3)]
        # One that was cut off is no answer, and so no different one.
        fault = next((one.fault for one in answers if one.fault), "")
        if fault:
            return fault
        if any(one != answers[0] for one in answers):
            return "it gives different answers to the same question"
        # One or two late answers of three may be the machine's fault.
        if hearing.faults[Fault.SLOW] == late + 3:
            return f"it takes more than {most_s * 1000:.0f} ms for an answer"
    return "" if _state(strategy) == before else "its answers change it: a strategy keeps no state"


def _state(strategy: object) -> object:
    return deepcopy(getattr(strategy, "__dict__", None))


def _candidate(liquidity: int, age_s: float, holders: int | None, *, reentry: bool) -> Candidate:
    quote = 30_000_000_000 + liquidity
    price = quote * quote / (30_000_000_000 * 1_073_000_000_000_000)
    return Candidate(
        mint="TrialMint",
        symbol="TRIAL",
        creator="TrialCreator",
        at_s=1_790_000_000.0,
        age_s=age_s,
        venue=Venue.CURVE,
        price=price,
        highest_price=price * 1.2,
        liquidity_lamports=liquidity,
        liquidity_usd=liquidity * 80 / 1e9,
        volume_lamports=2 * liquidity,
        volume_usd=2 * liquidity * 80 / 1e9,
        holders=holders,
        quality=0.6,
        risk=0.3,
        stake_lamports=40_000_000,
        reentry=reentry,
    )


def _holding(held_s: float, gain: float, share: float) -> Holding:
    bought, cost = 900_000_000_000, 40_000_000
    held = max(int(bought * share), 1)
    return Holding(
        operation_id="op1",
        mint="TrialMint",
        symbol="TRIAL",
        at_s=1_790_000_000.0,
        held_s=held_s,
        bought_tokens=bought,
        held_tokens=held,
        cost_lamports=cost,
        sale_lamports=int(cost * share * (1 + gain)),
        gain=gain,
        price=cost / bought * (1 + gain),
        entry_price=cost / bought,
        highest_price=cost / bought * (1 + max(gain, 0.0)),
        liquidity_lamports=50_000_000_000,
    )


CANDIDATES = tuple(
    _candidate(liquidity, age_s, holders, reentry=reentry)
    for liquidity, age_s, holders, reentry in (
        (25_000_000_000, 60.0, 50, False),
        (60_000_000_000, 400.0, 120, False),
        (84_000_000_000, 899.0, 500, True),
        (0, 0.0, None, False),
    )
)
HOLDINGS = tuple(
    _holding(held_s, gain, share)
    for held_s in (0.0, 600.0, 1_700.0, 3_299.0)
    for gain, share in ((-0.99, 1.0), (-0.1, 0.5), (0.0, 1.0), (0.3, 0.75), (9.0, 0.0))
)
