"""Versions of code: kept once, found again, compared, and run again."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile

import pytest

from jupyter_tracker.errors import Ambiguous, Conflict, InvalidCode, InvalidInput, InvalidSource, NotFound
from jupyter_tracker.models import CodeKind, Lifecycle, RunState


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "package").mkdir(parents=True)
    (folder / "main.py").write_text("from package import words\nprint(words.WORD)\n")
    (folder / "package" / "__init__.py").write_text("")
    (folder / "package" / "words.py").write_text("WORD = 'one'\n")
    return folder


def paths(tracker, source):
    return [file.path for file in tracker.sources.describe(source.id)]


def printed(run):
    run.wait(60)
    assert run.state is RunState.SUCCEEDED, f"{run.info.reason}\n{run.logs()}"
    return str(run.logs())


def git(folder, *arguments):
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", folder, *who, *arguments], check=True, capture_output=True)


def test_a_folder_becomes_a_version_with_all_its_files(tracker, project):
    made = tracker.sources.create(project, description="the first")
    assert (made.name, made.version, made.kind, made.entry_point) == ("project", 1, CodeKind.FOLDER, "main.py")
    assert (made.description, made.file_count) == ("the first", 3)
    assert paths(tracker, made) == ["main.py", "package/__init__.py", "package/words.py"]
    assert tracker.sources.get("project") == made == tracker.sources.get(made.id) == tracker.sources.get(made.id[:8])


def test_equal_code_is_kept_once(tracker, project, tmp_path):
    made = tracker.sources.create(project)
    assert tracker.sources.create(project).id == made.id
    elsewhere = tracker.sources.create(project, name="other")
    assert (elsewhere.digest, elsewhere.version) == (made.digest, 1)
    assert len(tracker.sources.list()) == 2


def test_changed_code_is_the_next_version(tracker, project):
    first = tracker.sources.create(project)
    (project / "package" / "words.py").write_text("WORD = 'two'\n")
    second = tracker.sources.create(project)
    assert (second.version, second.digest != first.digest) == (2, True)
    assert tracker.sources.get("project").version == 2
    assert tracker.sources.get("project@1") == first
    assert [each.label for each in tracker.sources.list("project")] == ["project@2", "project@1"]


def test_a_script_is_kept_with_the_modules_beside_it_that_it_imports(tracker, project):
    (project / "unrelated.py").write_text("")
    made = tracker.sources.create(project / "main.py")
    assert (made.kind, made.entry_point) == (CodeKind.SCRIPT, "main.py")
    assert paths(tracker, made) == ["main.py", "package/__init__.py", "package/words.py"]


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar"])
def test_an_archive_is_the_same_as_its_folder(tracker, project, tmp_path, kind):
    archive = tmp_path / f"project.{kind}"
    files = [path for path in sorted(project.rglob("*")) if path.is_file()]
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as made:
            for path in files:
                made.write(path, path.relative_to(project))
    else:
        with tarfile.open(archive, "w:gz" if kind == "tar.gz" else "w") as made:
            made.add(project, ".")
    assert tracker.sources.create(archive).id == tracker.sources.create(project).id
    assert tracker.sources.create(archive, entry_point="package/words.py").entry_point == "package/words.py"


@pytest.mark.needs("assets")
def test_a_commit_is_kept_as_it_was(tracker, project):
    git(project, "init", "-q")
    git(project, "add", ".")
    git(project, "commit", "-qm", "one")
    before = tracker.sources.create(project)
    (project / "main.py").write_text("changed but not committed\n")
    made = tracker.sources.create(project, commit="HEAD")
    assert (made.id, made.entry_point) == (before.id, "main.py")
    inside = tracker.sources.create(project / "package", commit="HEAD", name="inside")
    assert paths(tracker, inside) == ["__init__.py", "words.py"]
    assert len(inside.git_commit) == 40
    with pytest.raises(InvalidSource, match="no commit 'v9'"):
        tracker.sources.create(project, commit="v9")
    with pytest.raises(InvalidSource, match="no commit '--help'"):
        tracker.sources.create(project, commit="--help")


def test_a_folder_without_repository_has_no_commits(tracker, project):
    with pytest.raises(InvalidSource, match="no git repository"):
        tracker.sources.create(project, commit="HEAD")


def test_ignored_files_are_left_out(tracker, project):
    (project / ".gitignore").write_text("*.log\n/data/\n!kept.log\n")
    (project / "package" / ".gitignore").write_text("!own.log\nwords.py\n")
    for name in ("a.log", "kept.log", "data/x.bin", "package/own.log", "__pycache__/main.pyc", ".git/config"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text("x")
    expected = [".gitignore", "kept.log", "main.py", "package/.gitignore", "package/__init__.py", "package/own.log"]
    assert paths(tracker, tracker.sources.create(project)) == expected
    (project / ".trackerignore").write_text("*\n!main.py\n")
    assert paths(tracker, tracker.sources.create(project)) == ["main.py"]


def test_two_versions_are_compared(tracker, project):
    tracker.sources.create(project)
    (project / "package" / "words.py").write_text("WORD = 'two'\n")
    (project / "new.bin").write_bytes(b"\0\1")
    (project / "package" / "__init__.py").unlink()
    tracker.sources.create(project)
    found = tracker.sources.difference("project@1", "project@2")
    assert (found.data.added, found.data.removed, found.data.changed) == (
        ("new.bin",),
        ("package/__init__.py",),
        ("package/words.py",),
    )
    assert "-WORD = 'one'\n+WORD = 'two'\n" in str(found)
    assert "new.bin was added; it is no text" in str(found)
    assert found.frame()["change"].tolist() == ["added", "removed", "changed"]
    assert "project@1 → project@2: 1 added, 1 removed, 1 changed" in repr(found)
    assert tracker.sources.difference("project@1", "project@1").equal


def test_a_version_is_written_into_an_empty_folder_only(tracker, project, tmp_path):
    (project / "main.py").chmod(0o755)
    tracker.sources.create(project)
    target = tracker.sources.download("project", tmp_path / "copy")
    assert (target / "package" / "words.py").read_text() == "WORD = 'one'\n"
    assert (target / "main.py").stat().st_mode & 0o100
    with pytest.raises(Conflict, match="not an empty folder"):
        tracker.sources.download("project", target)


@pytest.mark.needs("assets")
def test_an_archived_one_leaves_the_list_and_stays_usable(tracker, project):
    made = tracker.sources.create(project)
    assert tracker.sources.archive("project").lifecycle is Lifecycle.ARCHIVED
    assert tracker.sources.list() == []
    assert [each.id for each in tracker.sources.list(lifecycle="archived")] == [made.id]
    assert printed(tracker.runs.submit("digits", code=tracker.sources.get("project"))) == "one"
    assert tracker.sources.restore("project").lifecycle is Lifecycle.ACTIVE


@pytest.mark.needs("restoring")
def test_a_deleted_one_is_found_by_id_and_version_and_is_restored(tracker, project):
    made = tracker.sources.create(project)
    tracker.sources.delete("project")
    assert tracker.sources.list() == []
    with pytest.raises(NotFound, match="by its version: project@1"):
        tracker.sources.get("project")
    with pytest.raises(Conflict, match=r"deleted.*[Rr]estore"):
        tracker.runs.submit("digits", code=made)
    assert tracker.runs.list() == []
    assert tracker.sources.restore("project@1").id == made.id
    tracker.sources.delete(made.id)
    assert tracker.sources.create(project).lifecycle is Lifecycle.ACTIVE


@pytest.mark.needs("assets")
def test_the_code_of_a_submitted_run_is_kept_and_runs_again_as_it_was(tracker, project):
    first = tracker.runs.submit("digits", code=project)
    assert printed(first) == "one"
    (project / "package" / "words.py").write_text("WORD = 'two'\n")
    assert printed(tracker.runs.submit("digits", code=project)) == "two"
    source = tracker.sources.get(first.info.source)
    again = tracker.runs.submit("digits", code=source)
    assert printed(again) == "one"
    assert (again.name, again.info.source) == ("main", source.id)
    assert tracker.sources.describe(source.id).runs == (again.id, first.id)
    assert tracker.sources.describe(source.id).source == source


@pytest.mark.needs("assets")
def test_an_old_script_and_an_old_cell_run_with_the_modules_they_had(tracker, project, monkeypatch):
    monkeypatch.chdir(project)
    script = tracker.runs.submit("digits", code="main.py")
    cell = tracker.runs.submit("digits", code="import os\nfrom package import words\nprint(words.WORD)\n")
    assert {printed(script), printed(cell)} == {"one"}
    (project / "package" / "words.py").write_text("WORD = 'two'\n")
    for run in (script, cell):
        assert printed(tracker.runs.submit("digits", code=tracker.sources.get(run.info.source))) == "one"


@pytest.mark.needs("assets")
def test_a_notebook_runs_again_as_it_was(tracker, tmp_path):
    import nbformat

    cells = [nbformat.v4.new_code_cell("import near\nprint(near.WORD)")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "train.ipynb")
    (tmp_path / "near.py").write_text("WORD = 'one'\n")
    made = tracker.sources.create(tmp_path / "train.ipynb")
    assert (made.kind, paths(tracker, made)) == (CodeKind.NOTEBOOK, ["near.py", "train.ipynb"])
    (tmp_path / "near.py").write_text("WORD = 'two'\n")
    # A kernel may say something of its own before.
    assert printed(tracker.runs.submit("digits", code=made)).splitlines()[-1] == "one"


@pytest.mark.needs("assets")
def test_another_entry_point_of_a_source_can_be_started(tracker, project):
    (project / "other.py").write_text("print('the other')\n")
    made = tracker.sources.create(project)
    assert printed(tracker.runs.submit("digits", code=made, entry_point="other.py")) == "the other"
    with pytest.raises(InvalidCode, match=r"nothing\.py"):
        tracker.runs.submit("digits", code=made, entry_point="nothing.py")


def test_a_source_without_entry_point_asks_for_one(tracker, project):
    (project / "main.py").rename(project / "start.py")
    with pytest.raises(InvalidCode, match="entry_point="):
        tracker.runs.submit("digits", code=tracker.sources.create(project))


@pytest.mark.needs("assets")
def test_code_that_is_too_large_is_run_and_told_of(tracker, project):
    (project / "data.bin").write_bytes(b"")
    with (project / "data.bin").open("r+b") as file:
        file.truncate(50_000_001)
    run = tracker.runs.submit("digits", code=project)
    assert printed(run) == "one"
    assert run.info.source == ""
    (event,) = [each for each in run.events() if each.kind == "source_too_large"]
    assert event.level == "warning"
    assert "50 MB" in event.message
    assert ".trackerignore" in event.message


@pytest.mark.needs("assets")
def test_code_that_cannot_be_kept_is_run_and_told_of(tracker, project):
    (project / ".gitignore").mkdir()
    (project / ".trackerignore").write_text("*\n")
    run = tracker.runs.submit("digits", code=project)
    assert printed(run) == "one"
    assert [each.kind for each in run.events()][1] == "source_not_kept"


def test_a_run_in_a_kernel_has_no_source(run):
    assert run.info.source == ""


def test_what_is_not_there_is_named(tracker, project):
    tracker.sources.create(project)
    with pytest.raises(NotFound, match="Did you mean 'project'"):
        tracker.sources.get("projct")
    with pytest.raises(InvalidSource, match="There is no file or folder"):
        tracker.sources.create("nothing.py")
    with pytest.raises(InvalidSource, match=r"entry point 'x\.py'"):
        tracker.sources.create(project, entry_point="x.py")
    with pytest.raises(InvalidInput, match="name"):
        tracker.sources.create(project, name="\n")


def test_a_prefix_of_several_is_ambiguous(tracker, tmp_path):
    labels = [tracker.sources.create(f"print({number})\n").id[:1] for number in range(17)]
    twice = next(label for label in labels if labels.count(label) > 1)
    with pytest.raises(Ambiguous, match="cell@"):
        tracker.sources.get(twice)


def test_it_is_described_in_other_words(tracker, project):
    tracker.sources.create(project)
    assert tracker.sources.update("project", description="of the paper").description == "of the paper"
    shown = repr(tracker.sources.describe("project"))
    assert "source project@1" in shown
    assert "of the paper" in shown
    assert "package/words.py" in shown
    assert "project" in repr(tracker.sources.list())
    assert tracker.sources.list().frame()["files"].tolist() == [3]


@pytest.mark.needs("assets")
def test_capabilities_show_them(tracker):
    tracker.sources.list()  # where the backend has them
    shown = {each.operation: str(each.support) for each in tracker.capabilities()}
    verbs = {operation.partition(".")[2] for operation in shown if operation.startswith("sources.")}
    assert {"create", "get", "list", "delete", "restore", "archive"} <= verbs
    assert {shown[f"sources.{verb}"] for verb in verbs} == {"native"}
