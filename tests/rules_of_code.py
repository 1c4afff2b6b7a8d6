"""The house rules of Python, as functions of a file's path and text; each complaint says a mend."""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("portal", "consultations", "proposals")
LONGEST_FILE, LONGEST_TEST, LONGEST_FUNCTION, LONGEST_VIEW = 300, 400, 40, 20
DRAWERS = re.compile(
    r"services|utils?|managers|signals|core|common|base|helpers|misc|handlers|lib|tools|processors"
)
NAMED_BY_OTHERS = {
    "portal/services.py": "finds the services that the site needs; holds no domain logic",
    "portal/live/database/base.py": "Django looks for a database backend under this name",
}
READS_ENVIRONMENT = ("portal/settings.py", "portal/services.py", "portal/__main__.py")
RAW_SQL = {
    "consultations/models/opinion.py": "an opinion is one upsert by the database's clock",
    "portal/doors/management/backups.py": "one moment of the database for dump and counts",
    "portal/doors/importers/taking_over.py": "opinions are taken over in bulk",
    "portal/journal/seal.py": "an advisory lock lets sealers take turns, also at the first line",
    "portal/live/numbers.py": "numbers of all topics of a verb in one statement, sorted",
    "portal/live/publish.py": "a revocation is kept and the old ones forgotten in two statements",
    "proposals/coedit/replay.py": "advisory locks, and reading a log as it was at one moment",
    "proposals/models/supported.py": "a support is one statement by the database's clock",
    "proposals/models/update.py": "clientIDs of a crowd are bound in one statement",
    "proposals/coedit/store.py": "the log's rows are locked in order and appended gaplessly",
}
OF_HTTP = ("django.http", "django.shortcuts", "django.views", "portal.http")

Rule = Callable[[str, str], Iterator[str]]


def is_view(path: str) -> bool:
    parts = Path(path).parts
    return (
        Path(path).name == "views.py" or "views" in parts[:-1] or parts[:2] == ("portal", "doors")
    )


def is_model(path: str) -> bool:
    return Path(path).name == "models.py" or "models" in Path(path).parts[:-1]


def functions(text: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [name.name for name in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


def named_after_a_noun(path: str, _text: str) -> Iterator[str]:
    """No drawers."""
    for part in Path(path).with_suffix("").parts:
        if DRAWERS.fullmatch(part) and path not in NAMED_BY_OTHERS:
            yield f"{part}: name the module after the noun or the process it holds"


def short_file(path: str, text: str) -> Iterator[str]:
    limit = LONGEST_TEST if path.startswith("tests/") else LONGEST_FILE
    if (lines := len(text.splitlines())) > limit:
        yield f"{lines} lines: split it by noun (limit {limit})"


def short_functions(path: str, text: str) -> Iterator[str]:
    for node in functions(text):
        arguments = [argument.arg for argument in node.args.args]
        limit = LONGEST_VIEW if is_view(path) and "request" in arguments[:1] else LONGEST_FUNCTION
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if lines > limit:
            yield f"{node.name}, {lines} lines: name its second half (limit {limit})"


def models_without_http(path: str, text: str) -> Iterator[str]:
    if is_model(path):
        for node in ast.walk(ast.parse(text)):
            for module in imported(node):
                if module.startswith(OF_HTTP):
                    yield f"{module}: a model takes values, the view takes the request"


def imports_at_the_top(_path: str, text: str) -> Iterator[str]:
    for function in functions(text):
        for node in ast.walk(function):
            for module in imported(node):
                yield f"{module}: an import inside a function hides a cycle of floors"
    if re.search(r"^if (typing\.)?TYPE_CHECKING", text, re.MULTILINE):
        yield "TYPE_CHECKING: an import for types only hides a cycle of floors"


def synchronous(path: str, text: str) -> Iterator[str]:
    """The mount runs pages in threads; only sockets are asynchronous."""
    command = "management" in Path(path).parts
    forms = "forms" in path
    if (is_view(path) or is_model(path) or forms or path == "portal/http.py") and not command:
        names = [node.name for node in functions(text) if isinstance(node, ast.AsyncFunctionDef)]
        if names:
            named = ", ".join(names)
            yield f"{named}: async belongs to sockets; here it costs a thread hop per request"


def environment_in_one_place(path: str, text: str) -> Iterator[str]:
    if path not in READS_ENVIRONMENT and re.search(
        r"\bos\.(environ|getenv)\b|\bimport environ", text
    ):
        yield "read it in portal/settings.py and use the setting"


def raw_sql_is_listed(path: str, text: str) -> Iterator[str]:
    found = re.search(
        r"connection\.cursor\(|\.cursor\(\) as|RawSQL\(|\.objects\.raw\(|\.extra\(", text
    )
    if found and path not in RAW_SQL:
        yield f"{found[0]}: use the query set, or list it with a reason"


def keyset_pages(path: str, text: str) -> Iterator[str]:
    """A count and an offset read every row before the page."""
    if is_view(path) and "importers" not in path and "management" not in path:
        for found in re.findall(r"\bPaginator\b|\.count\(\)|\[\w*(?:page|offset)\w*[ *:]", text):
            yield f"{found}: counts live on the row, pages go by keyset"


def exact_tally(path: str, text: str) -> Iterator[str]:
    if "/tally/" in path:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Div) or (
                isinstance(node, ast.Constant) and isinstance(node.value, float)
            ):
                yield f"{ast.unparse(node) or '/'}: integers and Fractions only"
        for found in re.findall(r"\bfloat\(|\bround\(|\brandom\b", text):
            yield f"{found}: integers and Fractions only"


def standard_library_only(path: str, text: str) -> Iterator[str]:
    if path == "portal/services.py" or path.startswith("bin/"):
        for node in ast.walk(ast.parse(text)):
            for module in imported(node):
                if module.split(".")[0] not in sys.stdlib_module_names | {"__future__"} and (
                    module != "portal.services"
                ):
                    yield f"{module}: bin/dev runs this before anything is installed"


def one_time_of_the_past(path: str, text: str) -> Iterator[str]:
    """Things with an invented time are made by importers and the demo town alone."""
    if not path.startswith(("portal/demo/", "portal/doors/importers/", "portal/doors/management/")):
        for found in re.findall(r"(?:from|import) portal\.(demo|doors\.importers)\b", text):
            yield f"portal.{found}: only importers and the demo town make things of the past"


OF_PRODUCT: tuple[Rule, ...] = (
    named_after_a_noun,
    short_file,
    short_functions,
    models_without_http,
    imports_at_the_top,
    synchronous,
    environment_in_one_place,
    raw_sql_is_listed,
    keyset_pages,
    exact_tally,
    standard_library_only,
    one_time_of_the_past,
)
OF_TESTS: tuple[Rule, ...] = (short_file,)
OF_BIN: tuple[Rule, ...] = (short_file, short_functions, standard_library_only)
