"""`requirements.txt` as it is read before an image is built: what is named, taken along, and refused."""

from pathlib import Path

import pytest

from services.errors import InvalidInput, NotFound
from services.publish.requirements import Requirements, read_requirements


def written(folder: Path, text: str, **further: str) -> Requirements:
    (folder / "requirements.txt").write_text(text, encoding="utf-8")
    for name, content in further.items():
        (folder / f"{name}.txt").write_text(content, encoding="utf-8")
    return read_requirements(folder)


def names(found: Requirements) -> list[str]:
    return [one.name for one in found.named]


def test_without_a_file_or_a_package_nothing_is_asked_for(tmp_path: Path) -> None:
    assert read_requirements(tmp_path) == Requirements()
    assert written(tmp_path, "# later\n\n--prefer-binary\n") == Requirements()


def test_packages_are_named_in_their_normal_form_with_file_and_line(tmp_path: Path) -> None:
    found = written(
        tmp_path,
        "# the model's\nScikit_Learn==1.7.2 ; python_version >= '3.9'  # older\n"
        "--extra-index-url https://packages.plant/simple\n"
        "toolz[all] >=1,\\\n  <2 --hash=sha256:00\npywin32; sys_platform == 'win32'\n",
    )
    assert names(found) == ["scikit-learn", "toolz"]
    assert [one.text for one in found.named] == ["Scikit_Learn==1.7.2", "toolz[all] >=1,  <2"]
    assert [one.where for one in found.named] == ["requirements.txt, line 2", "requirements.txt, line 4"]
    assert found.files == ("requirements.txt",)


def test_markers_are_about_the_image_whatever_this_machine_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    found = written(tmp_path, "one; sys_platform == 'linux'\ntwo; python_version > '3.11'\n")
    assert names(found) == ["one"]


def test_included_files_and_wheels_are_taken_along(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    wheel = tmp_path / "wheels" / "Plant_Tools-1.0-py3-none-any.whl"
    wheel.write_bytes(b"")
    (tmp_path / "more").mkdir()
    found = written(
        tmp_path,
        "-r more.txt\n-climits.txt\n./wheels/Plant_Tools-1.0-py3-none-any.whl\n--find-links=wheels\n",
        more="toolz\n-r requirements.txt\n",
        limits="pandas<3\n",
    )
    assert names(found) == ["toolz", "plant-tools"]
    assert found.files == (
        "requirements.txt", "more.txt", "limits.txt", "wheels/Plant_Tools-1.0-py3-none-any.whl",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("scikit learn", r"line 2: 'scikit learn' is no requirement"),
        ("-e ./mine", "installs a folder of sources"),
        ("--editable=./mine", "installs a folder of sources"),
        ("./mine.whl", "neither a wheel nor a source archive"),
        ("../elsewhere.txt", "outside the deploy folder"),
        ("-r ../elsewhere.txt", "outside the deploy folder"),
        ("--index-url https://me:secret@packages.plant/simple", "would stay in the image"),
        ("mine @ https://secret@packages.plant/mine-1.0.tar.gz", "would stay in the image"),
    ],
)
def test_what_cannot_be_is_refused_with_its_line_and_no_secret(
    tmp_path: Path, line: str, words: str
) -> None:
    (tmp_path / "mine.whl").write_bytes(b"")
    with pytest.raises(InvalidInput, match=words) as told:
        written(tmp_path, f"toolz\n{line}\n")
    assert told.value.message.startswith("requirements.txt, line 2: ")
    assert "secret" not in str(vars(told.value))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"line 1: there is no wheels/mine-1\.0-py3-none-any\.whl"):
        written(tmp_path, "./wheels/mine-1.0-py3-none-any.whl")
    (tmp_path / "requirements.txt").write_bytes("größe\n".encode("latin-1"))
    with pytest.raises(InvalidInput, match="not in UTF-8"):
        read_requirements(tmp_path)
