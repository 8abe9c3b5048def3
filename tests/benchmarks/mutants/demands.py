"""Pure. What the Recommendation demands of a hub, and which cases hold it: the table in the hub's report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.benchmarks.mutants.mutant import Mutant

DEMANDS = (
    "take `hub.callback`, `hub.mode` and `hub.topic` (2.1.3, 5.1)",
    "take `hub.secret` of less than 200 bytes (5.1)",
    "ignore parameters that it does not understand (5.1)",
    "let active subscriptions be requested again; a request overrides the one before once it is verified, not earlier (5.1)",
    "support unsubscription, and ignore a lease in it (5.1)",
    "decode non-reserved characters (5.1.1)",
    "keep the callback's query and append to it with `&`; push to the callback with it (5.1.1)",
    "answer 202, or 4xx and 5xx to errors, whatever comes of verification (5.1.2)",
    "redirect by 307 or 308, with Location (5.1.2)",
    "tell who is denied (5.2)",
    "verify intent with mode, topic, challenge and lease (5.3)",
    "take 3xx, 4xx, 5xx and another body for a no (5.3.1)",
    "enforce the end of leases, and give none for ever (5.3.1)",
    "POST the content under the topic's Content-Type (7)",
    "name hub and topic in Link headers (7)",
    "take 2xx for a success and everything else for a failure; follow no redirection (7)",
    "ignore the body of the answer (7)",
    "keep a failing subscription to the end of its lease, and go on trying (7)",
    "sign what is pushed to those who gave a secret (8)",
    "call the callback exactly as it was given (9.3)",
)
HEAD = "| | a hub must (section) | cases | mutants | in |\n|--:|---|--:|--:|---|"


def numbers_in(said: str) -> set[int]:
    """The numbers of the demands behind MUST in a case's docstring: `MUST 4 and 13 (5.1)` is 4 and 13."""
    words = said.partition("(")[0].replace(",", " ").replace(":", " ").split()
    return {int(word) for word in words if word.isdigit()} if "MUST" in words else set()


def table(cases: Mapping[str, str], mutants: Sequence[Mutant]) -> str:
    """The table of the demands. `cases`: file::test → docstring."""
    rows = [_row(number, demand, cases, mutants) for number, demand in enumerate(DEMANDS, 1)]
    return "\n".join([HEAD, *rows])


def _row(number: int, demand: str, cases: Mapping[str, str], mutants: Sequence[Mutant]) -> str:
    held = {name for name, said in cases.items() if number in numbers_in(said)}
    files = sorted({name.partition("::")[0].removeprefix("test_").removesuffix(".py") for name in held})
    return f"| {number} | {demand} | {len(held)} | {sum(each.case in held for each in mutants)} | {', '.join(files)} |"
