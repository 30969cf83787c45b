"""The built programs are what their sources say; the header is what core says."""

import shutil

import pytest

from core.chain.programs import PUMP, PUMPSWAP
from core.errors import Refused
from localnet import genesis
from localnet.programs import builder, facts, linker


def test_the_header_holds_what_core_says():
    assert (builder.FOLDER / facts.HEADER).read_text(encoding="utf-8") == facts.header()


@pytest.mark.parametrize("name", builder.PROGRAMS)
def test_the_committed_program_is_what_its_source_builds(name: str):
    if shutil.which(builder.COMPILER) is None:
        pytest.skip(f"{builder.COMPILER} is not installed")
    assert builder.compiled(name) == builder.shared_object(name).read_bytes()


def test_programs_stand_at_their_real_ids():
    assert [program for program, _ in genesis.programs()] == [PUMP, PUMPSWAP]


def test_what_does_not_compile_is_refused_with_the_compilers_words(tmp_path, monkeypatch):
    if shutil.which(builder.COMPILER) is None:
        pytest.skip(f"{builder.COMPILER} is not installed")
    (tmp_path / "broken.c").write_text("int x = ;\n")
    monkeypatch.setattr(builder, "FOLDER", tmp_path)

    with pytest.raises(Refused, match=r"broken\.c: .*expected expression"):
        builder.compiled("broken")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("int counter; unsigned long entrypoint(void) { return counter++; }", "writable"),
        ("extern int puts(const char *); unsigned long entrypoint(void) { return puts(0); }", "no system call"),
        ("unsigned long start(void) { return 0; }", "no function entrypoint"),
    ],
)
def test_what_the_runtime_could_not_load_is_refused(source: str, why: str, tmp_path, monkeypatch):
    if shutil.which(builder.COMPILER) is None:
        pytest.skip(f"{builder.COMPILER} is not installed")
    (tmp_path / "bad.c").write_text(source)
    monkeypatch.setattr(builder, "FOLDER", tmp_path)

    with pytest.raises(Refused, match=why):
        builder.compiled("bad")


def test_linking_is_of_relocatable_files_only():
    with pytest.raises(Refused, match="no relocatable ELF"):
        linker.link(b"\x7fELF\2\1\1")
