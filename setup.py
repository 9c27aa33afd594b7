"""How the compiled core, `clearprop._native`, is built; all else stands in pyproject.toml.

`native/core.cpp` is compiled once for every instruction set, `native/module.cpp` once for any CPU:
it asks the CPU at run time which core may be called. GCC 11 or Clang 12 is needed; CC, CXX, CFLAGS
and LDFLAGS do what they do in any setuptools build. Two variables are our own:

CLEARPROP_REQUIRE_NATIVE=1  a core that does not build is an error; else clearprop goes without
CLEARPROP_SANITIZE=1        check every memory access; wants a build folder of its own, see Makefile
"""

import os
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pybind11
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.modified import newer_group

# The target's name, not this machine's: macOS can build for its other processor. A universal2
# build is for both at once and gets the plain core.
X86 = sysconfig.get_platform().endswith("x86_64")
X86_CORES = {
    "v2": ["-march=x86-64-v2"],
    "v3": ["-march=x86-64-v3"],
    "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
}
CORES = X86_CORES if X86 else {"base": []}

# No -ffast-math: NaN and infinity mark a member that diverged, and sums keep their order.
# The same for -ffp-contract: native/vector.h says where a product and a sum are fused.
NUMERICS = ["-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
FLAGS = ["-std=c++17", "-fvisibility=hidden", "-Wall", "-Wextra", "-pthread", *NUMERICS]
CHECKS = []
if os.environ.get("CLEARPROP_SANITIZE", "0") != "0":
    CHECKS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
    FLAGS += [*CHECKS, "-O1", "-g", "-fno-wrapv", "-UNDEBUG", "-D_GLIBCXX_ASSERTIONS"]
else:
    # Python's own flags ask for debug information; CFLAGS=-g brings it back for a profiler.
    FLAGS += ["-O3"] if "CFLAGS" in os.environ else ["-O3", "-g0"]


class BuildNative(build_ext):
    """Compiles one source several times with different flags, which setuptools cannot."""

    def build_extension(self, ext: Extension) -> None:
        """Compile all objects side by side and link them, or leave no extension at all."""
        target = self.get_ext_fullpath(ext.name)
        if not (self.force or newer_group([*ext.sources, *ext.depends], target, "newer")):
            return
        module, core = ext.sources
        # From the plainest CPU to the richest: of an inline function that several objects hold,
        # the linker keeps the first, and that one must run wherever any of them is called.
        jobs = [("module", module, [])]
        jobs += [(isa, core, [f"-DCLEARPROP_ISA={isa}", *flags]) for isa, flags in CORES.items()]

        def compile_one(folder: str, source: str, flags: list[str]) -> str:
            options = {"macros": ext.define_macros, "include_dirs": ext.include_dirs}
            options["extra_postargs"] = [*ext.extra_compile_args, *flags]
            return self.compiler.compile([source], str(Path(self.build_temp, folder)), **options)[0]

        try:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                objects = list(pool.map(compile_one, *zip(*jobs, strict=True)))
            options = {"extra_postargs": ext.extra_link_args, "target_lang": ext.language}
            self.compiler.link_shared_object(objects, target, **options)
        except BaseException:
            Path(target).unlink(missing_ok=True)
            raise

    def copy_extensions_to_source(self) -> None:
        """For an editable installation; where nothing was built, nothing older may stay."""
        package = self.get_finalized_command("build_py").get_package_dir("clearprop")
        for ext in self.extensions:
            Path(package, Path(self.get_ext_filename(ext.name)).name).unlink(missing_ok=True)
        super().copy_extensions_to_source()


NATIVE = Extension(
    "clearprop._native",
    ["native/module.cpp", "native/core.cpp"],
    depends=["setup.py", *sorted(str(header) for header in Path("native").glob("*.h"))],
    include_dirs=[pybind11.get_include()],
    define_macros=[("CLEARPROP_X86", None)] if X86 else [],
    extra_compile_args=FLAGS,
    extra_link_args=["-pthread", *CHECKS],
    language="c++",
    optional=os.environ.get("CLEARPROP_REQUIRE_NATIVE", "0") == "0",
)
setup(cmdclass={"build_ext": BuildNative}, ext_modules=[NATIVE])
