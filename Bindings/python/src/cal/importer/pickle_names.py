"""Names in a pickle that give it away as an attack on readers which execute pickles.

Safety does not rest on this list, since nothing is executed whatever it is named: the list only
turns such a file into an error that says so, wherever in the file the name stands.
"""

from __future__ import annotations

_MODULES = frozenset(
    "os posix nt subprocess sys builtins __builtin__ importlib runpy shutil socket ctypes pty code "
    "codeop pickle _pickle marshal operator webbrowser commands pip timeit pdb bdb asyncio "
    "multiprocessing io _io torch.hub".split()
)
# Plain types out of these modules, which honest checkpoints name.
_HARMLESS = frozenset(
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in "set frozenset dict list tuple int float complex bool str bytes bytearray slice "
    "object range unicode long".split()
)


def is_alarming(module: str, name: str) -> bool:
    within = any(module == each or module.startswith(each + ".") for each in _MODULES)
    return within and f"{module}.{name}" not in _HARMLESS
