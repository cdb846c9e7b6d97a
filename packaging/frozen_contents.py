"""What goes into the frozen program and what stays out: read by affekt.spec and by the tests. No imports of ours."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# (path in the checkout, folder in the frozen program). Each must exist when the program is frozen.
DATA = [
    ("resources", "resources"),
    ("models/shipped", "models/shipped"),
    ("models/audio/mel_filterbank.npz", "models/audio"),
    ("models/audio/tagger.safetensors", "models/audio"),
    ("models/inference/domain.safetensors", "models/inference"),
    ("app/library/migrations", "app/library/migrations"),
    ("LICENSE", "."),
    ("LICENSE-WEIGHTS", "."),
]

# Imported inside functions, or by name from an Alembic script that PyInstaller does not read.
PACKAGES = ["app", "models"]
HIDDEN_IMPORTS = [
    "alembic.command",
    "alembic.config",
    "sqlalchemy.dialects.sqlite",
    "PySide6.QtSvg",
    # The figures are written by suffix: matplotlib looks these up by name.
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_pdf",
    "matplotlib.backends.backend_svg",
]

# Never needed by this program: other toolkits, other people's test suites, notebooks, and what torch can do without.
EXCLUDED_MODULES = [
    "IPython",
    "PyQt5",
    "PyQt6",
    "PySide6.QtPdf",
    "PySide6.QtPdfWidgets",
    "PySide6.QtVirtualKeyboard",
    "PySide6.QtWebEngineCore",
    "_pytest",
    "jams",
    "mir_eval",
    "mypy",
    "notebook",
    "pandas",
    "pip",
    "pytest",
    "ruff",
    "tensorboard",
    "tkinter",
    "torch.utils.tensorboard",
    "wx",
]

# Large, and wanted by nobody here as long as no file of ours imports one of their users: PyInstaller would collect
# them because torch, pyqtgraph and matplotlib can make use of them where they are installed.
HEAVY = {
    "librosa": ["librosa", "numba", "llvmlite", "sklearn", "scipy", "pooch", "joblib"],
    "captum": ["captum", "scipy", "sklearn"],
    "scipy": ["scipy"],
    "sklearn": ["sklearn", "scipy", "joblib"],
}


def excluded_modules() -> list[str]:
    """Modules that stay out: never needed, or not imported by any file of ours today."""
    imported = set()
    for file in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for user in re.findall(r"^\s*(?:import|from)\s+(\w+)", file.read_text("utf-8"), re.MULTILINE):
            imported.add(user)
    wanted = {name for user, names in HEAVY.items() if user in imported for name in names}
    unwanted = {name for names in HEAVY.values() for name in names} - wanted
    return sorted({*EXCLUDED_MODULES, *unwanted})


# Files that PyInstaller's hooks collect and the program runs without. `torch_shm_manager` stays: torch's DataLoader
# starts it. libQt6Quick and libQt6Qml stay: the FFmpeg plugin of QtMultimedia links them.
_DROPPED = re.compile(
    r"""
    ^torch/test/ | ^torch/include/ | ^torch/share/ | ^torch/lib/.*\.(a|lib)$
    | ^torch/bin/(?!torch_shm_manager)
    | ^PySide6/.*translations/(?!qtbase_(en|zh|ko))
    | ^PySide6/.*(libQt6|Qt6|Qt)Pdf(Widgets)?(\.|$|/)
    | ^PySide6/.*(libQt6|Qt6|Qt)VirtualKeyboard
    | ^PySide6/.*plugins/platforminputcontexts/.*virtualkeyboard
    | ^PySide6/.*plugins/imageformats/.*qpdf
    | ^PySide6/.*plugins/platformthemes/.*gtk3
    | ^PySide6/.*plugins/platforms/.*(eglfs|linuxfb|vnc|minimalegl|vkkhrdisplay)
    | ^PySide6/.*plugins/(egldeviceintegrations|qmllint|qmltooling|designer)/
    | ^PySide6/(Qt/)?qml/
    | /(tests|testing/data)/.*\.(py|npz|npy|csv|gz|dat|mat|wav)$
    """,
    re.VERBOSE,
)
# Packages whose `tests` or `testing` folders are imported at run time.
_KEPT = re.compile(r"^(numpy|torch|scipy)/(_?testing)/")


def keeps(name: str) -> bool:
    """Whether the file that would lie at `name` inside the frozen program goes in."""
    name = name.replace("\\", "/")
    return bool(_KEPT.search(name)) or not _DROPPED.search(name)
