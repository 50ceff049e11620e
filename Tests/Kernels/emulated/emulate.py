"""Runs a static program for x86-64 on an emulated processor that has AVX-512 and VNNI.

    python3 Tests/Kernels/emulated/emulate.py                    the tests of the hot loops
    python3 Tests/Kernels/emulated/emulate.py PROGRAM [WORD...]  any other program

README.md beside this says what it needs and how long it takes. Exits as the program did.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread

from packages import unpack

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
KERNELS = ROOT / "Sources" / "CKernels"
FOLDER = ROOT / "build" / "emulated"
DEBIAN = FOLDER / "debian"
LIBRARIES = DEBIAN / "usr" / "lib" / "x86_64-linux-gnu"

SUITE = "trixie"
KERNEL = "linux-image-cloud-amd64"
PACKAGES = ["bochs", "bochs-term", "bochsbios", "vgabios", "isolinux", "syslinux-common", "xorriso"]

BOCHS = """
plugin_ctrl: unmapped=1, serial=1
display_library: term
config_interface: textconfig
cpu: model={cpu}, count=1, ips=100000000, ignore_bad_msrs=1{exclude}
clock: sync=none
memory: guest=256, host=256
romimage: file=$BXSHARE/BIOS-bochs-latest, options=fastboot
vgaromimage: file=$BXSHARE/VGABIOS-lgpl-latest
pci: enabled=1, chipset=i440fx
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path=boot.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=serial.txt
log: bochs.log
panic: action=fatal
error: action=ignore
info: action=ignore
"""
# Linux stops at what bochs has of 5-level paging and AMX, and its AVX512_BF16 is wrong (README.md).
EXCLUDE = {"sapphire_rapids": ', exclude_features="la57,amx,amx_int8,amx_bf16,avx512bf16"'}

# Words behind "--" are arguments of the first program; the loader adds "initrd=..." to them.
ISOLINUX = """
DEFAULT linux
PROMPT 0
LABEL linux
 KERNEL /linux
 INITRD /initrd
 APPEND console=ttyS0,115200 mitigations=off nopcid noinvpcid lpj=1000000 quiet loglevel=0 \
tsc=reliable idle=halt -- {words}
"""


def entry(name: str, mode: int, data: bytes = b"", device: tuple[int, int] = (0, 0)) -> bytes:
    """A file in an archive of cpio (newc)."""
    fields = [0, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name) + 1, 0]
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4)


def initrd(init: Path, program: Path) -> bytes:
    return (
        entry("dev", 0o040755)
        + entry("dev/console", 0o020600, device=(5, 1))
        + entry("init", 0o100755, init.read_bytes())
        + entry("program", 0o100755, program.read_bytes())
        + entry("TRAILER!!!", 0)
    )


def unpacked(program: str, *words: str) -> list[str]:
    """A command of the unpacked packages, with the libraries that it was built for."""
    loader = [str(LIBRARIES / "ld-linux-x86-64.so.2"), "--library-path", str(LIBRARIES)]
    return [*loader, str(DEBIAN / "usr" / "bin" / program), *words]


def compile_static(target: Path, sources: list[Path], *flags: str) -> Path:
    # Bochs 3.0 and 3.1 refuse gathers whose index is one of zmm16 to 31, which processors do not.
    command = ["clang", "-std=gnu11", "-O2", "-mno-gather", "-static", *flags]
    subprocess.run([*command, *map(str, sources), "-lm", "-o", str(target)], check=True)
    return target


def write_image(folder: Path, program: Path, words: list[str]) -> None:
    """boot.iso: Linux, and a file system in memory of two programs."""
    image = folder / "image"
    (image / "isolinux").mkdir(parents=True)
    init = compile_static(folder / "init", [HERE / "init.c"])
    (image / "initrd").write_bytes(initrd(init, program))
    linux = next((DEBIAN / "boot").glob("vmlinuz-*"))
    (image / "linux").write_bytes(linux.read_bytes())
    for part in ("ISOLINUX/isolinux.bin", "syslinux/modules/bios/ldlinux.c32"):
        source = DEBIAN / "usr" / "lib" / part
        (image / "isolinux" / source.name).write_bytes(source.read_bytes())
    (image / "isolinux" / "isolinux.cfg").write_text(ISOLINUX.format(words=" ".join(words)))
    boot = ["-b", "isolinux/isolinux.bin", "-c", "isolinux/boot.cat", "-no-emul-boot"]
    boot += ["-boot-load-size", "4", "-boot-info-table"]
    make = unpacked("xorriso", "-as", "mkisofs", "-quiet", "-o", str(folder / "boot.iso"), *boot)
    subprocess.run([*make, str(image)], check=True)


def read_terminal(path: str) -> None:
    with contextlib.suppress(OSError):
        terminal = os.open(path, os.O_RDONLY | os.O_NOCTTY)
        while os.read(terminal, 4096):
            pass


def emulate(folder: Path) -> None:
    """Runs bochs until the machine ends. It draws the screen on a terminal of its own, whose name
    it prints, and stops for good if nobody reads that."""
    environment = {
        **os.environ,
        "BXSHARE": str(DEBIAN / "usr" / "share" / "bochs"),
        "LTDL_LIBRARY_PATH": str(LIBRARIES / "bochs" / "plugins"),
        "TERM": "xterm",
    }
    bochs = subprocess.Popen(
        unpacked("bochs-bin", "-q", "-f", "bochsrc"),
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    for line in bochs.stdout:
        terminal = re.search(r"/dev/pts/\d+", line)
        if terminal:
            Thread(target=read_terminal, args=(terminal[0],), daemon=True).start()
    bochs.wait()


def run(program: Path, words: list[str], cpu: str) -> int:
    """Prints what the program printed; its exit status."""
    with tempfile.TemporaryDirectory(dir=FOLDER) as name:
        folder = Path(name)
        write_image(folder, program, words)
        (folder / "bochsrc").write_text(BOCHS.format(cpu=cpu, exclude=EXCLUDE.get(cpu, "")))
        emulate(folder)
        serial = folder / "serial.txt"
        output = serial.read_text().replace("\r", "") if serial.exists() else ""
        print(output, end="")
        status = re.search(r"^END status (\d+)$", output, re.MULTILINE)
        if not status and "END signal" not in output:
            print((folder / "bochs.log").read_text()[-2000:], file=sys.stderr)
        return int(status[1]) if status else 1


def kernel_tests() -> Path:
    sources = sorted([*KERNELS.glob("*.c"), *HERE.parent.glob("*.c")])
    return compile_static(FOLDER / "kernels", sources, f"-I{KERNELS / 'include'}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--cpu", default="sapphire_rapids", help="a model of `bochs -help cpu`")
    parser.add_argument("program", nargs="?", type=Path, help="static; default: the kernels' tests")
    parser.add_argument("words", nargs="*", help="its arguments")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    unpack(SUITE, [*PACKAGES, KERNEL], DEBIAN)
    if options.program:
        return run(options.program.resolve(), options.words, options.cpu)
    return run(kernel_tests(), ["avx2", "avx512"], options.cpu)


if __name__ == "__main__":
    sys.exit(main())
